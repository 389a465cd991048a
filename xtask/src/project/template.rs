//! The files of a new crate.
//!
//! They are in the folder `template`, in the form of cargo-generate: `{{project-name}}` stands for the name of the
//! package and `{{redgrease}}` for the clone, and the ending `.liquid` is left out. It keeps cargo from reading
//! the manifests as such of this project.

use crate::steps::{Failed, Outcome};
use std::fs;
use std::path::{Path, PathBuf};

/// The templates: folders of `template`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A program that calls a gear.
    Gear,
    /// A web service with axum.
    Web,
}

impl Kind {
    fn folder(self) -> &'static str {
        match self {
            Kind::Gear => "gear",
            Kind::Web => "web",
        }
    }
}

/// The settings of cargo-generate, which are no part of the new crate.
const SETTINGS: &str = "cargo-generate.toml";

/// The files of a crate: paths in it, and texts.
pub(super) fn files(clone: &Path, kind: Kind, name: &str) -> Outcome<Vec<(PathBuf, String)>> {
    let clone_text = clone.to_string_lossy();
    if clone_text.contains(['"', '\\', '\n', '{']) {
        return Err(Failed::new(format!(
            "the path of this clone, {clone_text}, cannot stand in a manifest: move the clone to a folder \
             without quotes, backslashes and braces in its path"
        )));
    }
    let root = clone.join("template").join(kind.folder());
    let mut paths = Vec::new();
    walk(&root, &mut paths)?;
    paths.sort();
    let mut files = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).map_err(|e| Failed::file(&path, "read", &e))?;
        let text = text
            .replace("{{project-name}}", name)
            .replace("{{redgrease}}", &clone_text);
        let mut inside = path.strip_prefix(&root).unwrap_or(&path).to_owned();
        if inside == Path::new(SETTINGS) {
            continue;
        }
        if inside.extension().is_some_and(|ending| ending == "liquid") {
            inside.set_extension("");
        }
        files.push((inside, text));
    }
    Ok(files)
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> Outcome {
    let failed = |e| Failed::file(folder, "read", &e);
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() {
            walk(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

/// The versions of dependencies that the project is tested with, for the `Cargo.lock` of a crate outside. With them a
/// crate whose dependencies were downloaded before builds without network. The packages of the clone are left out:
/// cargo adds those that the crate uses.
pub(super) fn lock(clone: &Path) -> Outcome<String> {
    let path = clone.join("Cargo.lock");
    let text = fs::read_to_string(&path).map_err(|e| Failed::file(&path, "read", &e))?;
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
    use super::{lock, packages};
    use crate::workspace;
    use std::fs;

    /// The kinds of errors that a file tells apart, in its order.
    fn kinds(path: &str) -> Vec<String> {
        let text = fs::read_to_string(workspace::root().join(path)).unwrap();
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
        for path in ["template/web/src/routes.rs", "examples/web/src/error.rs"] {
            assert_eq!(kinds(path), page, "{path}");
        }
    }

    #[test]
    fn the_lock_has_dependencies_and_no_package_of_this_project() {
        let names = packages(&lock(workspace::root()).unwrap());
        for name in ["redis", "tokio", "axum"] {
            assert!(names.iter().any(|other| other == name), "{name}");
        }
        for name in ["redgrease", "xtask", "shop"] {
            assert!(!names.iter().any(|other| other == name), "{name}");
        }
    }
}
