//! The files of a new crate.
//!
//! They are in the folder `template`, in the form of cargo-generate: `{{project-name}}` stands for the name of the
//! package and `{{redgrease}}` for the clone, and the ending `.liquid` is left out. It keeps cargo from reading
//! the manifests as such of this project.

use crate::failure::Failure;
use std::fs;
use std::path::Path;

/// The templates: folders of `template`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A program that calls a gear.
    Gear,
    /// A web service with axum.
    Web,
}

/// The files of a template, in the program itself.
macro_rules! files {
    ($folder:literal: $($file:literal),+ $(,)?) => {
        &[$(($file, include_str!(concat!("../../template/", $folder, "/", $file)))),+]
    };
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Kind::Gear => "gear",
            Kind::Web => "web",
        }
    }

    fn files(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Kind::Gear => {
                files!("gear": ".gitignore", "Cargo.toml.liquid", "README.md.liquid", "src/gears.rs", "src/main.rs")
            }
            Kind::Web => files!(
                "web": ".gitignore", "Cargo.toml.liquid", "README.md.liquid", "src/gears.rs", "src/main.rs", "src/routes.rs"
            ),
        }
    }
}

/// How the templates depend on the project.
const BY_PATH: &str = "path = \"{{redgrease}}\"";

/// The files of a crate: paths in it, and texts. Without a clone it depends on the published version.
pub(super) fn files(
    clone: Option<&Path>,
    kind: Kind,
    name: &str,
) -> Result<Vec<(String, String)>, Failure> {
    let dependency = match clone.map(Path::to_string_lossy) {
        None => format!("version = \"{}\"", env!("CARGO_PKG_VERSION")),
        Some(clone) if clone.contains(['"', '\\', '\n', '{']) => {
            return Err(Failure::failed(format!(
                "the path of the clone of RedGrease, {clone}, cannot stand in a manifest: move the clone to a folder without \
                 quotes, backslashes and braces in its path"
            )));
        }
        Some(clone) => format!("path = \"{clone}\""),
    };
    let file = |(path, text): &(&str, &str)| {
        let path = path.strip_suffix(".liquid").unwrap_or(path).to_owned();
        let text = text
            .replace("{{project-name}}", name)
            .replace(BY_PATH, &dependency);
        (path, text)
    };
    Ok(kind.files().iter().map(file).collect())
}

/// The names of the packages that a manifest among the files depends on.
pub(super) fn dependencies(files: &[(String, String)]) -> Vec<String> {
    let manifest = files.iter().find(|(path, _)| path == "Cargo.toml");
    let text = manifest.map_or("", |(_, text)| text.as_str());
    let mut is_list = false;
    let mut names = Vec::new();
    for line in text.lines() {
        if line.starts_with('[') {
            is_list = line.ends_with("dependencies]");
        } else if let Some((name, _)) = line.split_once(" = ").filter(|_| is_list) {
            names.push(name.to_owned());
        }
    }
    names
}

/// The versions of dependencies that the project is tested with, for the `Cargo.lock` of a crate outside. With them a
/// crate whose dependencies were downloaded before builds without network. The packages of the clone are left out:
/// cargo adds those that the crate uses.
pub(super) fn lock(clone: &Path) -> Result<String, Failure> {
    let path = clone.join("Cargo.lock");
    let text = fs::read_to_string(&path).map_err(|e| {
        Failure::failed(format!(
            "{} could not be read ({e}): get the file back with git",
            path.display()
        ))
    })?;
    let mut parts = text.split("[[package]]\n");
    let mut lock = parts.next().unwrap_or_default().to_owned();
    for package in parts.filter(|package| package.contains("\nsource = ")) {
        lock.push_str("[[package]]\n");
        lock.push_str(package);
    }
    Ok(lock)
}

/// The names of the packages in a `Cargo.lock`.
pub(super) fn packages(lock: &str) -> Vec<String> {
    let names = lock
        .lines()
        .filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'));
    names.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::{Kind, dependencies, files, lock, packages};
    use std::fs;
    use std::path::Path;

    const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

    /// The kinds of errors that a file tells apart, in its order.
    fn kinds(path: &str) -> Vec<String> {
        let text = fs::read_to_string(Path::new(ROOT).join(path)).unwrap();
        let named = text.split("ErrorKind::").skip(1);
        named
            .map(|rest| {
                let end = rest.find(|c: char| !c.is_alphanumeric()).unwrap();
                rest[..end].to_owned()
            })
            .collect()
    }

    #[test]
    fn the_template_tells_the_errors_apart_that_the_page_does() {
        let page = kinds("book/src/web-services.md");
        assert!(page.len() > 3, "{page:?}");
        for path in [
            "redgrease-cli/template/web/src/routes.rs",
            "examples/web/src/error.rs",
        ] {
            assert_eq!(kinds(path), page, "{path}");
        }
    }

    #[test]
    fn every_file_of_the_templates_is_made() {
        for kind in [Kind::Gear, Kind::Web] {
            let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("template");
            let root = root.join(kind.name());
            let mut folders = vec![root.clone()];
            let mut there = Vec::new();
            while let Some(folder) = folders.pop() {
                for entry in fs::read_dir(folder).unwrap() {
                    let path = entry.unwrap().path();
                    let inside = path.strip_prefix(&root).unwrap().to_string_lossy();
                    if path.is_dir() {
                        folders.push(path.clone());
                    } else if inside != "cargo-generate.toml" {
                        there.push(inside.trim_end_matches(".liquid").to_owned());
                    }
                }
            }
            there.sort();
            let made = files(None, kind, "mine").unwrap();
            let mut names: Vec<String> = made.iter().map(|(path, _)| path.clone()).collect();
            names.sort();
            assert_eq!(names, there);
        }
    }

    #[test]
    fn a_new_crate_depends_on_the_clone_or_on_a_version() {
        for kind in [Kind::Gear, Kind::Web] {
            for (clone, dependency) in [
                (Some(Path::new("/my clone")), "path = \"/my clone\""),
                (
                    None,
                    concat!("version = \"", env!("CARGO_PKG_VERSION"), "\""),
                ),
            ] {
                let files = files(clone, kind, "mine").unwrap();
                for (path, text) in &files {
                    assert!(!text.contains("{{") && !text.contains("{%"), "{path}");
                }
                let (_, manifest) = files.iter().find(|(path, _)| path == "Cargo.toml").unwrap();
                assert_eq!(
                    manifest
                        .matches(&format!("redgrease = {{ {dependency}"))
                        .count(),
                    2,
                    "{manifest}"
                );
                assert!(
                    manifest.contains("name = \"mine\"") && manifest.contains("\n[workspace]\n")
                );
                assert!(dependencies(&files).contains(&"redgrease".to_owned()));
            }
        }
        assert!(files(Some(Path::new("/a\"b")), Kind::Gear, "mine").is_err());
        let web = dependencies(&files(None, Kind::Web, "mine").unwrap());
        for name in ["axum", "tokio", "tower"] {
            assert!(web.iter().any(|other| other == name), "{web:?}");
        }
    }

    #[test]
    fn the_lock_has_dependencies_and_no_package_of_this_project() {
        let names = packages(&lock(Path::new(ROOT)).unwrap());
        for name in ["redis", "tokio", "axum"] {
            assert!(names.iter().any(|other| other == name), "{name}");
        }
        for name in ["redgrease", "xtask", "shop"] {
            assert!(!names.iter().any(|other| other == name), "{name}");
        }
    }
}
