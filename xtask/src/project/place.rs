//! The folders that a crate can be made in.

use crate::steps::{Failed, Outcome};
use std::fs;
use std::path::{Component, Path, PathBuf};

/// The whole path of a folder for a new crate. It does not exist or is empty, and is not in the clone.
pub(super) fn of(path: &Path, clone: &Path) -> Outcome<PathBuf> {
    let folder = whole(path)?;
    let clone = clone
        .canonicalize()
        .map_err(|e| Failed::file(clone, "read", &e))?;
    if folder.starts_with(&clone) {
        let name = folder.file_name().unwrap_or_default();
        let beside = clone.parent().unwrap_or(&clone).join(name);
        return Err(Failed::new(format!(
            "{} is inside of this clone: name a folder outside, such as {}",
            folder.display(),
            beside.display()
        )));
    }
    match fs::read_dir(&folder) {
        Ok(mut entries) => match entries.next() {
            None => Ok(folder),
            Some(_) => Err(Failed::new(format!(
                "{} is not empty: name another folder",
                folder.display()
            ))),
        },
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(folder),
        Err(e) => Err(Failed::new(format!(
            "{} cannot be used ({e}): name another folder",
            folder.display()
        ))),
    }
}

/// The path without links, also if its last parts do not exist.
fn whole(path: &Path) -> Outcome<PathBuf> {
    let absolute = std::path::absolute(path).map_err(|e| Failed::file(path, "read", &e))?;
    let mut whole = PathBuf::new();
    for part in absolute.components() {
        match part {
            Component::ParentDir => {
                whole.pop();
            }
            other => whole.push(other),
        }
        // Fails for a part that does not exist, which is no link.
        if let Ok(real) = whole.canonicalize() {
            whole = real;
        }
    }
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use super::of;
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::path::Path;

    #[test]
    fn the_folder_is_outside_of_the_clone_and_empty() {
        let id = std::process::id();
        let root = std::env::temp_dir().join(format!("redgrease-place-{id}"));
        fs::create_dir_all(root.join("clone/examples")).unwrap();
        fs::create_dir(root.join("empty")).unwrap();
        fs::write(root.join("file"), "").unwrap();
        symlink(root.join("clone"), root.join("link")).unwrap();
        let root = root.canonicalize().unwrap();
        let clone = root.join("clone");
        let place = |path: &str| of(&root.join(path), &clone).map_err(|e| e.to_string());

        assert_eq!(place("empty").unwrap(), root.join("empty"));
        assert_eq!(place("new/deep").unwrap(), root.join("new/deep"));
        assert_eq!(place("clone/../new").unwrap(), root.join("new"));
        assert_eq!(place("clone2").unwrap(), root.join("clone2"));
        for (path, reason) in [
            ("clone/app", "inside of this clone"),
            ("clone/none/../app", "inside of this clone"),
            ("none/../clone/app", "inside of this clone"),
            ("link/app", "inside of this clone"),
            ("clone", "inside of this clone"),
            ("file", "cannot be used"),
            (".", "is not empty"),
        ] {
            let said = place(path).unwrap_err();
            assert!(said.contains(reason), "{path}: {said}");
        }
        assert!(of(Path::new(""), &clone).is_err());
        fs::remove_dir_all(root).unwrap();
    }
}
