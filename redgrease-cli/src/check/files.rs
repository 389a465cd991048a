//! The files that the paths of the command line stand for.

use crate::failure::Failure;
use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// Something to check.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Input {
    Stdin,
    Script {
        path: PathBuf,
        /// The files of requirements that are loaded before it.
        requirements: Vec<PathBuf>,
    },
    Requirements(PathBuf),
    Crate {
        folder: PathBuf,
        /// Only the mistakes in this file.
        only: Option<PathBuf>,
    },
}

pub(super) fn of(paths: &[PathBuf]) -> Result<BTreeSet<Input>, Failure> {
    let mut inputs = BTreeSet::new();
    for path in paths {
        if path.as_os_str() == "-" {
            inputs.insert(Input::Stdin);
            continue;
        }
        let about = fs::metadata(path).map_err(|e| unreadable(path, &e))?;
        if about.is_dir() {
            let mut found = BTreeSet::new();
            folder(path, &[], &mut found)?;
            // A name that is misspelt would pass for ever.
            if found.is_empty() {
                return Err(Failure::usage(format!(
                    "nothing in {} can be checked: it has no script (*.py), no file of requirements and no Cargo.toml; name another \
                     folder",
                    path.display()
                )));
            }
            inputs.append(&mut found);
        } else {
            inputs.insert(file(path)?);
        }
    }
    Ok(inputs)
}

/// A file that the command line names.
fn file(path: &Path) -> Result<Input, Failure> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let is = |ending: &str| path.extension().is_some_and(|other| other == ending);
    if is_manifest(path) {
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        Ok(Input::Crate { folder, only: None })
    } else if is("rs") {
        let real = path.canonicalize().map_err(|e| unreadable(path, &e))?;
        let of_crate = |dir: &&Path| dir.join("Cargo.toml").is_file();
        let folder = real.ancestors().skip(1).find(of_crate);
        let folder = folder.ok_or_else(|| {
            Failure::usage(format!(
                "{} belongs to no crate: no folder around it has a Cargo.toml, and the compiler finds the mistakes; name a \
                 file of a crate",
                path.display()
            ))
        })?;
        Ok(Input::Crate {
            folder: folder.to_owned(),
            only: Some(real.clone()),
        })
    } else if is_requirements(&name) {
        Ok(Input::Requirements(path.to_owned()))
    } else {
        let requirements = beside(path.parent().unwrap_or(Path::new("")))?;
        Ok(Input::Script {
            path: path.to_owned(),
            requirements,
        })
    }
}

/// What is in a folder. `outer`: the files of requirements of the folders around it.
fn folder(dir: &Path, outer: &[PathBuf], inputs: &mut BTreeSet<Input>) -> Result<(), Failure> {
    if dir.join("Cargo.toml").is_file() {
        inputs.insert(Input::Crate {
            folder: dir.to_owned(),
            only: None,
        });
        return Ok(());
    }
    let mut requirements = outer.to_owned();
    requirements.extend(beside(dir)?);
    for path in entries(dir)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with(['_', '.']) {
            continue;
        }
        // A link to a folder may lead back.
        if path.is_dir() && !path.is_symlink() {
            let is_made = ["pyvenv.cfg", "CACHEDIR.TAG"]
                .iter()
                .any(|mark| path.join(mark).is_file());
            if !is_made && name != "node_modules" {
                folder(&path, &requirements, inputs)?;
            }
        } else if is_requirements(&name) {
            inputs.insert(Input::Requirements(path));
        } else if path.extension().is_some_and(|ending| ending == "py") && path.is_file() {
            inputs.insert(Input::Script {
                path,
                requirements: requirements.clone(),
            });
        }
    }
    Ok(())
}

/// The files of requirements in a folder.
fn beside(dir: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut found = entries(dir)?;
    found.retain(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        is_requirements(&name) && !name.starts_with(['_', '.']) && path.is_file()
    });
    Ok(found)
}

fn entries(dir: &Path) -> Result<Vec<PathBuf>, Failure> {
    let dir = if dir.as_os_str().is_empty() {
        Path::new(".")
    } else {
        dir
    };
    let entries = fs::read_dir(dir).map_err(|e| unreadable(dir, &e))?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    Ok(paths)
}

fn is_manifest(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == "Cargo.toml")
}

fn is_requirements(name: &str) -> bool {
    name.contains("requirements") && Path::new(name).extension().is_some_and(|it| it == "txt")
}

pub(super) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|e| unreadable(path, &e))
}

pub(super) fn stdin() -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    io::stdin().read_to_end(&mut bytes).map_err(|e| {
        Failure::usage(format!(
            "the standard input could not be read ({e}): pipe a script into it, or name a file"
        ))
    })?;
    Ok(bytes)
}

fn unreadable(path: &Path, e: &io::Error) -> Failure {
    Failure::usage(format!(
        "{} could not be read ({e}): correct the path, or the rights of the file",
        path.display()
    ))
}

#[cfg(test)]
mod tests {
    use super::{Input, of};
    use std::fs;
    use std::path::PathBuf;

    #[test]
    fn the_files_of_a_folder() {
        let dir = tempfile::tempdir().unwrap();
        let at = |path: &str| dir.path().join(path);
        for path in [
            "a.py",
            "_private.py",
            "requirements.txt",
            "notes.txt",
            "deep/b.py",
            "deep/dev-requirements.txt",
            "deep/.hidden/c.py",
            "venv/pyvenv.cfg",
            "venv/d.py",
            "krate/Cargo.toml",
            "krate/src/e.py",
            "krate/src/lib.rs",
        ] {
            fs::create_dir_all(at(path).parent().unwrap()).unwrap();
            fs::write(at(path), "").unwrap();
        }
        let script = |path: &str, requirements: &[&str]| Input::Script {
            path: at(path),
            requirements: requirements.iter().map(|path| at(path)).collect(),
        };
        let found: Vec<Input> = of(&[dir.path().to_owned()]).unwrap().into_iter().collect();
        assert_eq!(
            found,
            [
                script("a.py", &["requirements.txt"]),
                script(
                    "deep/b.py",
                    &["requirements.txt", "deep/dev-requirements.txt"]
                ),
                Input::Requirements(at("deep/dev-requirements.txt")),
                Input::Requirements(at("requirements.txt")),
                Input::Crate {
                    folder: at("krate"),
                    only: None
                },
            ]
        );
        let rust = of(&[at("krate/src/lib.rs")]).unwrap();
        let Some(Input::Crate { folder, only }) = rust.first() else {
            panic!("{rust:?}");
        };
        assert_eq!(folder, &at("krate").canonicalize().unwrap());
        assert!(only.as_ref().unwrap().ends_with("src/lib.rs"));
        let missing = of(&[PathBuf::from("/no/such")]).unwrap_err().to_string();
        assert!(missing.contains("/no/such could not be read"), "{missing}");
    }
}
