//! `cargo xtask new`: a crate outside of this clone, with a gear and its test.
//!
//! | file | purpose |
//! |---|---|
//! | `name.rs` | the names that a package can have |
//! | `place.rs` | the folders that a crate can be made in |
//! | `template.rs` | the files of a new crate, from the folder `template` |

mod name;
mod place;
mod template;

pub(crate) use template::Kind;

use crate::say::say;
use crate::shell;
use crate::steps::{Failed, Outcome};
use crate::workspace;
use std::fs;
use std::path::Path;

pub(crate) fn command(path: &Path, name: Option<&str>, kind: Kind) -> Outcome {
    let (folder, name) = make(path, name, kind)?;
    say!("Made the crate `{name}` in {}. Next:", folder.display());
    if redgrease_embedded::find_engine().is_err() {
        say!("  cargo xtask install        # here, once: builds the engine for your user");
    }
    say!("  cd {}", shell::quoted(&folder));
    say!("  cargo test");
    Ok(())
}

/// Makes a crate. Returns its folder and its name.
pub(crate) fn make(
    path: &Path,
    name: Option<&str>,
    kind: Kind,
) -> Outcome<(std::path::PathBuf, String)> {
    let clone = workspace::root();
    let folder = place::of(path, clone)?;
    let last = folder.file_name().unwrap_or_default().to_string_lossy();
    let name = name.unwrap_or(&last).to_owned();
    let lock = template::lock(clone)?;
    name::check(&name, &template::packages(&lock))?;
    let files = template::files(clone, kind, &name)?;
    for (file, text) in files.into_iter().chain([("Cargo.lock".into(), lock)]) {
        let file = folder.join(file);
        let parent = file.parent().unwrap_or(&folder);
        fs::create_dir_all(parent)
            .and_then(|()| fs::write(&file, text))
            .map_err(|e| Failed::file(&file, "written", &e))?;
    }
    Ok((folder, name))
}

#[cfg(test)]
mod tests {
    use super::{Kind, make};
    use std::fs;
    use std::path::PathBuf;

    fn empty(name: &str) -> PathBuf {
        let id = std::process::id();
        let dir = std::env::temp_dir().join(format!("redgrease-new-{name}-{id}"));
        fs::create_dir_all(&dir).unwrap();
        dir.canonicalize().unwrap()
    }

    #[test]
    fn a_new_crate_has_no_placeholders() {
        let dir = empty("placeholders");
        for kind in [Kind::Gear, Kind::Web] {
            let path = dir.join(format!("my-{kind:?}").to_lowercase());
            let (folder, name) = make(&path, None, kind).unwrap();
            assert_eq!(folder, path);
            let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
            assert!(
                manifest.contains(&format!("name = \"{name}\"")),
                "{manifest}"
            );
            assert!(manifest.contains("\n[workspace]\n"), "{manifest}");
            for file in ["Cargo.lock", "README.md", ".gitignore", "src/main.rs"] {
                let text = fs::read_to_string(folder.join(file)).unwrap();
                assert!(!text.contains("{{") && !text.contains("{%"), "{file}");
            }
            assert!(!folder.join("cargo-generate.toml").exists());
        }
        fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn a_folder_that_has_files_stays_as_it_is() {
        let dir = empty("files");
        let path = dir.join("mine");
        fs::create_dir(&path).unwrap();
        fs::write(path.join("notes"), "mine").unwrap();
        let said = make(&path, None, Kind::Gear).unwrap_err().to_string();
        assert!(said.contains("is not empty"), "{said}");
        assert_eq!(fs::read_dir(&path).unwrap().count(), 1);
        fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn nothing_is_written_for_a_name_that_cannot_be_used() {
        let dir = empty("name");
        for path in ["fn", "7up", "redgrease"] {
            let path = dir.join(path);
            make(&path, None, Kind::Gear).unwrap_err();
            assert!(!path.exists());
        }
        let path = dir.join("7up");
        let (_, name) = make(&path, Some("seven-up"), Kind::Gear).unwrap();
        assert_eq!(name, "seven-up");
        fs::remove_dir_all(dir).unwrap();
    }
}
