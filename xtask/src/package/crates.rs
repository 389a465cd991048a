//! Packs the crates and unpacks them outside of the workspace.

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

/// A folder outside of the workspace, which is removed with this value.
#[derive(Debug)]
pub(super) struct Scratch(PathBuf);

impl Scratch {
    pub(super) fn new(name: &str) -> Outcome<Self> {
        let dir = std::env::temp_dir().join(format!("{name}-{}", std::process::id()));
        let failed = |e| Failed::new(format!("{} could not be created: {e}", dir.display()));
        fs::create_dir_all(&dir).map_err(failed)?;
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
            .map_err(|e| Failed::new(format!("{} could not be written: {e}", path.display())))?;
        Ok(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // `drop` cannot report the error.
        let _ = fs::remove_dir_all(&self.0);
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

/// Packs crates and unpacks them into a folder.
pub(super) fn unpacked(names: &[&'static str], into: &Path) -> Outcome<Vec<Packed>> {
    let packages = workspace::target()?.join("redgrease").join("package");
    let mut pack = steps::cargo();
    pack.args(["package", "--quiet", "--no-verify", "--allow-dirty"])
        .arg("--target-dir")
        .arg(&packages)
        .args(names.iter().flat_map(|name| ["-p", name]))
        // It warns about each test that is not in the packages.
        .stderr(std::process::Stdio::null());
    steps::step("packing the crates", &mut pack).map_err(|e| {
        Failed::new(format!(
            "{e}: run `cargo package --workspace --no-verify --allow-dirty` for the reason"
        ))
    })?;
    names
        .iter()
        .map(|name| {
            let stem = format!("{name}-{}", env!("CARGO_PKG_VERSION"));
            let file = packages.join("package").join(format!("{stem}.crate"));
            let mut tar = Command::new("tar");
            tar.arg("-xzf").arg(&file).arg("-C").arg(into);
            if !steps::succeeds(&mut tar) {
                return Err(Failed::new(format!(
                    "{} could not be unpacked: tar is needed, and space in {}",
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
