//! Reads the `Cargo.toml` of the crate that is being compiled.
//!
//! The file is read once per process. A macro server of an editor lives long and serves many crates, so a manifest is
//! kept per path, and read again when the file changes.
//!
//! `cargo` starts the compiler again when a dependency of the manifest changes, but not when `[package.metadata]` does.
//! An expansion that depends on the metadata has to contain an `include_bytes!` of the path.

use std::collections::{BTreeSet, HashMap};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::SystemTime;
use toml::Table;

/// A manifest and the path of its file.
pub(crate) struct Manifest {
    pub(crate) path: PathBuf,
    table: Table,
    redgrease: OnceLock<Option<Dependency>>,
}

/// The place of a dependency in a manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    Dependencies,
    /// Only tests, examples and benchmarks have it.
    Dev,
    /// Only the build script has it.
    Build,
}

/// A dependency by the name that the crate's code uses.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) section: Section,
    /// Whether a registry has it under this name: nothing but a version and features belongs to it.
    pub(crate) is_plain: bool,
}

const SECTIONS: [(&str, Section); 3] = [
    ("dependencies", Section::Dependencies),
    ("dev-dependencies", Section::Dev),
    ("build-dependencies", Section::Build),
];

/// The manifest of the crate that is being compiled. `None` if a build system has no manifests, or if it is not
/// readable: then `cargo` says why.
pub(crate) fn current() -> Option<Arc<Manifest>> {
    type Kept = HashMap<PathBuf, (Option<SystemTime>, Arc<Manifest>)>;
    static KEPT: Mutex<Option<Kept>> = Mutex::new(None);

    let path = Path::new(&env::var_os("CARGO_MANIFEST_DIR")?).join("Cargo.toml");
    let changed = fs::metadata(&path).ok()?.modified().ok();
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    let kept = kept.get_or_insert_default();
    if let Some((at, manifest)) = kept.get(&path)
        && *at == changed
    {
        return Some(Arc::clone(manifest));
    }
    let manifest = Arc::new(Manifest::read(&path)?);
    kept.insert(path, (changed, Arc::clone(&manifest)));
    Some(manifest)
}

impl Manifest {
    fn read(path: &Path) -> Option<Self> {
        Manifest::parse(path, &fs::read_to_string(path).ok()?)
    }

    pub(crate) fn parse(path: &Path, text: &str) -> Option<Self> {
        Some(Manifest {
            path: path.to_owned(),
            table: text.parse().ok()?,
            redgrease: OnceLock::new(),
        })
    }

    /// The name of the package.
    pub(crate) fn package(&self) -> Option<&str> {
        self.table.get("package")?.get("name")?.as_str()
    }

    /// A string of `[package.metadata.redgrease]`.
    pub(crate) fn metadata(&self, key: &str) -> Option<&str> {
        let package = self.table.get("package")?;
        let own = package.get("metadata")?.get("redgrease")?;
        own.get(key)?.as_str()
    }

    /// Whether a value of `[package.metadata.redgrease]` is there and no string.
    pub(crate) fn is_no_text(&self, key: &str) -> bool {
        let own = || {
            let package = self.table.get("package")?;
            package.get("metadata")?.get("redgrease")?.get(key)
        };
        own().is_some_and(|value| !value.is_str())
    }

    /// The targets of the package that can have gears, sorted: `lib`, `bin-NAME` and `example-NAME`, and the name of a library that
    /// has one of its own.
    pub(crate) fn targets(&self) -> Vec<String> {
        let mut targets = BTreeSet::new();
        let folder = self.path.parent().unwrap_or(Path::new(""));
        let is_automatic = |key: &str| {
            let package = self.table.get("package");
            let value = package.and_then(|package| package.get(key)?.as_bool());
            value.unwrap_or(true)
        };
        let has_lib = || is_automatic("autolib") && folder.join("src/lib.rs").is_file();
        if self.table.contains_key("lib") || has_lib() {
            targets.insert("lib".to_owned());
        }
        let name = || self.table.get("lib")?.get("name")?.as_str();
        targets.extend(name().map(str::to_owned));
        for (kind, key, sources_in) in [
            ("bin", "autobins", "src/bin"),
            ("example", "autoexamples", "examples"),
        ] {
            let mut found = sources(&folder.join(sources_in));
            let main = folder.join("src/main.rs");
            if kind == "bin" && main.is_file() {
                let name = self.package().unwrap_or_default();
                found.push((name.to_owned(), main));
            }
            // A target with a name of its own has the file in place of the automatic one.
            let named = |path: &Path| {
                let mut paths = self
                    .targets_of(kind)
                    .filter_map(|one| one.get("path")?.as_str());
                paths.any(|named| folder.join(named).components().eq(path.components()))
            };
            found.retain(|(_, path)| is_automatic(key) && !named(path));
            let declared = self
                .targets_of(kind)
                .filter_map(|one| one.get("name")?.as_str());
            let all = found.iter().map(|(name, _)| &**name).chain(declared);
            targets.extend(all.map(|name| format!("{kind}-{name}")));
        }
        targets.into_iter().collect()
    }

    /// The tables `[[bin]]` or `[[example]]`.
    fn targets_of(&self, kind: &str) -> impl Iterator<Item = &toml::Value> {
        let all = self.table.get(kind).and_then(|all| all.as_array());
        all.into_iter().flatten()
    }

    /// The dependency on the package `redgrease`, in the first section that has it. A dependency that has this name and
    /// is another package, such as a fork, counts if there is no other.
    pub(crate) fn redgrease(&self) -> Option<&Dependency> {
        self.redgrease
            .get_or_init(|| self.dependency("redgrease"))
            .as_ref()
    }

    fn dependency(&self, package: &str) -> Option<Dependency> {
        let mut workspace = None;
        let mut of_that_name = None;
        for (section, name, value) in self.all_dependencies() {
            let inherited = value
                .and_then(|value| value.get("workspace")?.as_bool())
                .unwrap_or(false);
            let renamed = if inherited {
                workspace
                    .get_or_insert_with(|| self.workspace())
                    .as_ref()
                    .and_then(|workspace| workspace.inherited(name))
            } else {
                value
                    .and_then(|value| value.get("package")?.as_str())
                    .map(str::to_owned)
            };
            let name_of = || Dependency {
                name: name.to_owned(),
                section,
                is_plain: !inherited
                    && value.is_none_or(|value| {
                        let others = ["path", "git", "registry", "package"];
                        !others.iter().any(|key| value.contains_key(*key))
                    }),
            };
            if renamed.as_deref().unwrap_or(name) == package {
                return Some(name_of());
            }
            if name == package && of_that_name.is_none() {
                of_that_name = Some(name_of());
            }
        }
        of_that_name
    }

    /// Every dependency with its section, also those of single targets.
    fn all_dependencies(&self) -> impl Iterator<Item = (Section, &str, Option<&Table>)> {
        SECTIONS.into_iter().flat_map(move |(key, section)| {
            let targets = self
                .table
                .get("target")
                .and_then(|targets| targets.as_table())
                .into_iter()
                .flat_map(Table::values)
                .filter_map(|target| target.as_table());
            std::iter::once(&self.table)
                .chain(targets)
                .filter_map(move |table| table.get(key)?.as_table())
                .flatten()
                .map(move |(name, value)| (section, name.as_str(), value.as_table()))
        })
    }

    /// The package of an inherited dependency, if it has another name there.
    fn inherited(&self, name: &str) -> Option<String> {
        let workspace = self.table.get("workspace")?;
        let dependency = workspace.get("dependencies")?.get(name)?;
        Some(dependency.get("package")?.as_str()?.to_owned())
    }

    /// The manifest of the workspace: the one that the package names, or the first one in a folder above.
    fn workspace(&self) -> Option<Manifest> {
        let folder = self.path.parent()?;
        let named = self
            .table
            .get("package")
            .and_then(|package| package.get("workspace")?.as_str());
        if let Some(named) = named {
            return Manifest::read(&folder.join(named).join("Cargo.toml"));
        }
        folder
            .ancestors()
            .filter_map(|folder| Manifest::read(&folder.join("Cargo.toml")))
            .find(|manifest| manifest.table.contains_key("workspace"))
    }
}

/// The names and files of the programs in a folder: `NAME.rs` and `NAME/main.rs`.
fn sources(folder: &Path) -> Vec<(String, PathBuf)> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let programs = entries.filter_map(|entry| {
        let path = entry.path();
        let main = path.join("main.rs");
        let name = path.file_stem()?.to_str()?.to_owned();
        if path.extension().is_some_and(|end| end == "rs") {
            Some((name, path))
        } else {
            main.is_file().then_some((name, main))
        }
    });
    programs.collect()
}

#[cfg(test)]
mod tests {
    use super::{Dependency, Manifest, Section, current};
    use std::fs;
    use std::path::Path;

    fn manifest(text: &str) -> Manifest {
        Manifest::parse(Path::new("/nowhere/Cargo.toml"), text).expect("a manifest")
    }

    fn found(text: &str) -> Option<(String, Section)> {
        let Dependency { name, section, .. } = manifest(text).dependency("redgrease")?;
        Some((name, section))
    }

    #[allow(clippy::unnecessary_wraps, reason = "it is compared with a search")]
    fn normal(name: &str) -> Option<(String, Section)> {
        Some((name.to_owned(), Section::Dependencies))
    }

    #[test]
    fn a_dependency_has_the_name_that_the_code_uses() {
        assert_eq!(found("dependencies.redgrease = '0.1'"), normal("redgrease"));
        assert_eq!(
            found(
                "[dependencies]\nrg = { package = 'redgrease', version = '0.1', optional = true }"
            ),
            normal("rg")
        );
        assert_eq!(
            found("[dependencies.rg]\npackage = 'redgrease'\npath = '..'"),
            normal("rg")
        );
        assert_eq!(found("[dependencies]\nserde = '1'"), None);
        assert_eq!(found("[package]\nname = 'x'"), None);
    }

    #[test]
    fn a_dependency_of_a_target_counts() {
        let text = "[target.'cfg(unix)'.dependencies]\nrg = { package = 'redgrease' }";
        assert_eq!(found(text), normal("rg"));
    }

    #[test]
    fn dependencies_of_all_targets_go_before_those_of_tests() {
        let text = "[dev-dependencies]\ntested = { package = 'redgrease' }\n\
                    [dependencies]\nrg = { package = 'redgrease' }";
        assert_eq!(found(text), normal("rg"));
        let text = "[dev-dependencies]\nredgrease = '0.1'\n[build-dependencies]\nredgrease = '0.1'";
        assert_eq!(found(text), Some(("redgrease".to_owned(), Section::Dev)));
        let text = "[build-dependencies]\nredgrease = '0.1'";
        assert_eq!(found(text), Some(("redgrease".to_owned(), Section::Build)));
    }

    #[test]
    fn a_fork_under_the_name_counts_if_there_is_no_other() {
        let fork = "[dependencies]\nredgrease = { package = 'my-fork' }";
        assert_eq!(found(fork), normal("redgrease"));
        assert_eq!(
            found(&format!("{fork}\nrg = {{ package = 'redgrease' }}")),
            normal("rg")
        );
    }

    #[test]
    fn an_inherited_dependency_has_the_package_of_the_workspace() {
        let folder = tempfile::tempdir().expect("a folder");
        let member = folder.path().join("crates/member");
        fs::create_dir_all(&member).expect("a folder");
        let root = "[workspace]\nmembers = ['crates/member']\n\
                    [workspace.dependencies]\nrg = { package = 'redgrease', version = '0.1' }";
        fs::write(folder.path().join("Cargo.toml"), root).expect("the workspace");
        for text in [
            "[package]\nname = 'member'\n[dependencies]\nrg = { workspace = true }",
            "[package]\nname = 'member'\nworkspace = '../..'\n[dependencies]\nrg.workspace = true",
        ] {
            let path = member.join("Cargo.toml");
            fs::write(&path, text).expect("the member");
            let manifest = Manifest::read(&path).expect("a manifest");
            let dependency = manifest.dependency("redgrease").expect("a dependency");
            assert_eq!(dependency.name, "rg");
        }
    }

    #[test]
    fn targets_are_found_as_cargo_finds_them() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("Cargo.toml");
        for file in [
            "src/lib.rs",
            "src/main.rs",
            "src/bin/tool.rs",
            "src/bin/large/main.rs",
            "src/bin/large/part.rs",
            "src/bin/notes.txt",
            "examples/demo.rs",
            "elsewhere.rs",
        ] {
            let file = folder.path().join(file);
            fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
            fs::write(file, "").expect("a file");
        }
        let targets = |text| Manifest::parse(&path, text).expect("a manifest").targets();
        assert_eq!(
            targets("[package]\nname = 'app'\n[[bin]]\nname = 'other'\npath = 'elsewhere.rs'"),
            [
                "bin-app",
                "bin-large",
                "bin-other",
                "bin-tool",
                "example-demo",
                "lib"
            ]
        );
        let text = "[package]\nname = 'app'\nautobins = false\nautoexamples = false";
        assert_eq!(targets(text), ["lib"]);
        assert_eq!(
            targets(&format!("{text}\n[lib]\nname = 'core'")),
            ["core", "lib"]
        );
    }

    /// Cargo makes no automatic target of a file that another target names.
    #[test]
    fn a_file_has_one_target() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("Cargo.toml");
        for file in [
            "src/lib.rs",
            "src/main.rs",
            "src/bin/tool.rs",
            "src/bin/large/main.rs",
            "examples/demo.rs",
            "examples/long/main.rs",
        ] {
            let file = folder.path().join(file);
            fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
            fs::write(file, "").expect("a file");
        }
        let targets = |text: &str| {
            let text = format!("[package]\nname = 'app'\n{text}");
            Manifest::parse(&path, &text)
                .expect("a manifest")
                .targets()
                .join(" ")
        };
        let all = "bin-app bin-large bin-tool example-demo example-long lib";
        for (text, was, is) in [
            (
                "[[bin]]\nname = 'x'\npath = 'src/main.rs'",
                "bin-app",
                "bin-x",
            ),
            (
                "[[bin]]\nname = 'x'\npath = './src/main.rs'",
                "bin-app",
                "bin-x",
            ),
            (
                "[[bin]]\nname = 'x'\npath = 'src/bin/tool.rs'",
                "bin-tool",
                "bin-x",
            ),
            (
                "[[bin]]\nname = 'x'\npath = 'src/bin/large/main.rs'",
                "bin-large",
                "bin-x",
            ),
            (
                "[[example]]\nname = 'x'\npath = 'examples/demo.rs'",
                "example-demo",
                "example-x",
            ),
            (
                "[[example]]\nname = 'x'\npath = 'examples/long/main.rs'",
                "example-long",
                "example-x",
            ),
            ("autolib = false", "lib", ""),
        ] {
            let mut expected: Vec<_> = all
                .split(' ')
                .map(|one| if one == was { is } else { one })
                .collect();
            expected.retain(|one| !one.is_empty());
            expected.sort_unstable();
            assert_eq!(targets(text), expected.join(" "), "{text}");
        }
        // These name no other target.
        for text in [
            "[[bin]]\nname = 'app'\npath = 'src/main.rs'",
            "[[bin]]\nname = 'tool'",
            "[lib]\npath = 'src/core.rs'",
        ] {
            assert_eq!(targets(text), all, "{text}");
        }
    }

    #[test]
    fn metadata_is_read() {
        let text = "[package]\nname = 'x'\nmetadata.redgrease.crate = 'my_lib::redgrease'";
        assert_eq!(manifest(text).metadata("crate"), Some("my_lib::redgrease"));
        assert_eq!(manifest(text).metadata("session"), None);
        assert_eq!(manifest("[package]\nname = 'x'").metadata("crate"), None);
        let is_no_text = |value| {
            let text = format!("[package.metadata.redgrease]\nsession = {value}");
            manifest(&text).is_no_text("session")
        };
        assert!(is_no_text("3") && is_no_text("['a']") && !is_no_text("'a'"));
        assert!(!manifest(text).is_no_text("session"));
    }

    #[test]
    fn the_manifest_of_this_crate_is_read() {
        let manifest = current().expect("a manifest");
        assert_eq!(manifest.package(), Some("redgrease-macros"));
        assert!(manifest.path.ends_with("redgrease-macros/Cargo.toml"));
    }

    #[test]
    fn a_broken_manifest_is_none() {
        assert!(Manifest::parse(Path::new("Cargo.toml"), "[dependencies").is_none());
    }
}
