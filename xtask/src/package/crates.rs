//! Packs the crates and unpacks them into a folder.

use crate::steps::{self, Failed, Outcome};
use crate::workspace;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The published crates, each behind those it depends on.
pub(super) const PUBLISHED: [&str; 7] = [
    "redgrease-syntax",
    "redgrease-macros",
    "redgrease-core",
    "redgrease-embedded",
    "redgrease",
    "redgrease-engine",
    "redgrease-loader",
];

/// A folder for the time of a command, which is removed with this value.
#[derive(Debug)]
pub(super) struct Scratch(PathBuf);

impl Scratch {
    /// A folder outside of the workspace and of every target directory.
    pub(super) fn outside(name: &str) -> Outcome<Self> {
        let parent = std::env::temp_dir();
        remove_abandoned(&parent, name);
        Self::empty(&parent.join(format!("{name}-{}", std::process::id())))
    }

    /// A folder in the target directory. What a command that was interrupted has left there is removed.
    pub(super) fn in_target(name: &str) -> Outcome<Self> {
        let parent = workspace::target()?.join("redgrease").join("package");
        Self::empty(&parent.join(name))
    }

    fn empty(dir: &Path) -> Outcome<Self> {
        if dir.exists() {
            fs::remove_dir_all(dir).map_err(|e| Failed::file(dir, "emptied", &e))?;
        }
        let failed = |e| Failed::file(dir, "created", &e);
        fs::create_dir_all(dir).map_err(failed)?;
        dir.canonicalize().map(Scratch).map_err(failed)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file, with its folders.
    pub(super) fn write(&self, name: &str, text: &str) -> Outcome<PathBuf> {
        let path = self.0.join(name);
        let folder = path.parent().unwrap_or(&self.0);
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(&path, text))
            .map_err(|e| Failed::file(&path, "written", &e))?;
        Ok(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // `drop` cannot report the error.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Removes the folders of commands that were interrupted: those with the number of a process that has ended.
fn remove_abandoned(parent: &Path, name: &str) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let file = entry.file_name();
        let process = file.to_str().and_then(|file| {
            let number = file.strip_prefix(name)?.strip_prefix('-')?;
            number.parse::<u32>().ok()
        });
        let Some(process) = process else { continue };
        if !steps::succeeds(Command::new("kill").args(["-0", &process.to_string()])) {
            // A folder of another user stays.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// A crate as it would be published.
#[derive(Debug)]
pub(super) struct Packed {
    pub(super) name: &'static str,
    pub(super) file: PathBuf,
    /// The folder of the unpacked crate.
    pub(super) folder: PathBuf,
}

impl Packed {
    /// Makes the unpacked crate a workspace of its own: cargo would look for one in the folders above it.
    pub(super) fn leave_workspace(&self) -> Outcome {
        let manifest = self.folder.join("Cargo.toml");
        let text =
            fs::read_to_string(&manifest).map_err(|e| Failed::file(&manifest, "read", &e))?;
        fs::write(&manifest, text + "\n[workspace]\n")
            .map_err(|e| Failed::file(&manifest, "written", &e))
    }
}

/// Packs crates and unpacks them into a folder.
pub(super) fn unpacked(names: &[&'static str], into: &Path) -> Outcome<Vec<Packed>> {
    let packages = workspace::target()?.join("redgrease").join("package");
    let mut pack = steps::cargo();
    pack.args(["package", "--quiet", "--no-verify", "--allow-dirty"])
        .arg("--target-dir")
        .arg(&packages)
        .args(names.iter().flat_map(|name| ["-p", name]));
    // It warns about each test that is not in the packages.
    steps::quiet_step("packing the crates", &mut pack)?;
    names
        .iter()
        .map(|name| {
            let stem = format!("{name}-{}", env!("CARGO_PKG_VERSION"));
            let file = packages.join("package").join(format!("{stem}.crate"));
            let mut tar = Command::new("tar");
            tar.arg("-xzf").arg(&file).arg("-C").arg(into);
            if !steps::succeeds(&mut tar) {
                return Err(Failed::new(format!(
                    "{} could not be unpacked: install tar, and free space in {}",
                    file.display(),
                    into.display()
                )));
            }
            Ok(Packed {
                name,
                file,
                folder: into.join(stem),
            })
        })
        .collect()
}

/// The lines of a `Cargo.toml` that put the unpacked crates in the place of published ones.
pub(super) fn patch(crates: &[Packed]) -> String {
    let lines = crates.iter().map(|packed| {
        let path = packed.folder.display().to_string();
        format!("{} = {{ path = {path:?} }}\n", packed.name)
    });
    format!("[patch.crates-io]\n{}", lines.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_processes_that_have_ended_are_removed() {
        let parent = Scratch::in_target(&format!("test-abandoned-{}", std::process::id())).unwrap();
        let mut ended = Command::new("true").spawn().unwrap();
        ended.wait().unwrap();
        let names = [
            format!("mine-{}", ended.id()),
            format!("mine-{}", std::process::id()),
            format!("yours-{}", ended.id()),
            "mine-notes".to_owned(),
        ];
        for name in &names {
            parent.write(&format!("{name}/file"), "").unwrap();
        }
        remove_abandoned(parent.path(), "mine");
        let stays = names.map(|name| parent.path().join(name).exists());
        assert_eq!(stays, [false, true, true, true]);
    }

    #[test]
    fn a_folder_is_empty_at_first_and_gone_at_last() {
        let name = format!("test-scratch-{}", std::process::id());
        let scratch = Scratch::in_target(&name).unwrap();
        let left = scratch
            .write("a/left", "by a command that was interrupted")
            .unwrap();
        assert!(left.starts_with(workspace::target().unwrap()));
        std::mem::forget(scratch);
        let scratch = Scratch::in_target(&name).unwrap();
        let dir = scratch.path().to_owned();
        assert!(dir.is_dir() && !left.exists());
        drop(scratch);
        assert!(!dir.exists());
    }
}
