//! The folders that a crate can be made in.

use crate::failure::Failure;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// The whole path of a folder for a new crate. It does not exist or is empty, and is not in the clone, if there is one.
pub(super) fn of(path: &Path, clone: Option<&Path>) -> Result<PathBuf, Failure> {
    let folder = whole(path)?;
    // A clone that cannot be read has no folder in it.
    let clone = clone.and_then(|clone| clone.canonicalize().ok());
    if let Some(clone) = clone.filter(|clone| folder.starts_with(clone)) {
        let name = folder.file_name().unwrap_or_default();
        let beside = clone.parent().unwrap_or(&clone).join(name);
        return Err(Failure::usage(format!(
            "{} is inside of the clone of RedGrease: name a folder outside, such as {}",
            folder.display(),
            beside.display()
        )));
    }
    match fs::read_dir(&folder) {
        Ok(mut entries) => match entries.next() {
            None => Ok(folder),
            Some(_) => Err(Failure::usage(format!(
                "{} is not empty: name another folder",
                folder.display()
            ))),
        },
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(folder),
        Err(e) => Err(Failure::usage(format!(
            "{} cannot be used ({e}): name another folder",
            folder.display()
        ))),
    }
}

/// The path without links, also if its last parts do not exist.
fn whole(path: &Path) -> Result<PathBuf, Failure> {
    let absolute = std::path::absolute(path).map_err(|e| {
        Failure::usage(format!(
            "`{}` is no folder ({e}): name the folder of the new crate",
            path.display()
        ))
    })?;
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
        let place = |path: &str| of(&root.join(path), Some(&clone)).map_err(|e| e.to_string());

        assert_eq!(place("empty").unwrap(), root.join("empty"));
        assert_eq!(place("new/deep").unwrap(), root.join("new/deep"));
        assert_eq!(place("clone/../new").unwrap(), root.join("new"));
        assert_eq!(place("clone2").unwrap(), root.join("clone2"));
        for (path, reason) in [
            ("clone/app", "inside of the clone"),
            ("clone/none/../app", "inside of the clone"),
            ("none/../clone/app", "inside of the clone"),
            ("link/app", "inside of the clone"),
            ("clone", "inside of the clone"),
            ("file", "cannot be used"),
            (".", "is not empty"),
        ] {
            let said = place(path).unwrap_err();
            assert!(said.contains(reason), "{path}: {said}");
        }
        assert_eq!(of(&clone.join("app"), None).unwrap(), clone.join("app"));
        assert!(of(Path::new(""), Some(&clone)).is_err());
        fs::remove_dir_all(root).unwrap();
    }
}
