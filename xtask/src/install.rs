//! `cargo xtask install`: puts the engine where programs outside of this workspace find it.

use crate::say::{note, say};
use crate::setup::{self, python};
use crate::shell;
use crate::steps::{Failed, Outcome};
use crate::workspace::{self, LOADER};
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

pub(crate) fn command(yes: bool) -> Outcome {
    if setup::is_named() {
        return Err(Failed::new(
            "REDGREASE_ENGINE names an engine, and this command installs the one that it builds: \
             unset the variable",
        ));
    }
    let ready = setup::run(yes)?;
    let dir = redgrease_embedded::user_engine_dir()
        .ok_or_else(|| Failed::new("the user has no home directory: set HOME or XDG_DATA_HOME"))?;
    let engine = workspace::engine_in(&workspace::target()?);
    let loader = put_all(&ready.engine, &engine, python::minor(&ready.python)?, &dir)?;
    say!("\nInstalled for this user:");
    say!("  redis-server --loadmodule {}", shell::quoted(&loader));
    say!("Programs with `redgrease::embedded` find it by themselves.");
    Ok(())
}

/// Copies the files: at each moment, each of them is whole. The loader comes last, so that it never
/// stands there without an engine. Returns the path of the loader.
fn put_all(loader: &Path, engine: &Path, minor: u32, dir: &Path) -> Outcome<PathBuf> {
    fs::create_dir_all(dir).map_err(|e| Failed::file(dir, "created", &e))?;
    let name = workspace::engine_name(minor);
    put(engine, &dir.join(&name))?;
    let installed = dir.join(LOADER);
    put(loader, &installed)?;
    remove_others(dir, &name)?;
    Ok(installed)
}

fn put(from: &Path, to: &Path) -> Outcome {
    let content = fs::read(from).map_err(|e| Failed::file(from, "read", &e))?;
    let new = to.with_extension(format!("new-{}", std::process::id()));
    let write = |new: &Path| {
        let mut file = File::options()
            .create(true)
            .truncate(true)
            .write(true)
            // Redis refuses a module without the x bit.
            .mode(0o755)
            .open(new)?;
        file.write_all(&content)?;
        file.sync_all()?;
        fs::rename(new, to)
    };
    write(&new).map_err(|e| {
        let _ = fs::remove_file(&new);
        Failed::file(to, "written", &e)
    })
}

/// Removes the engines of other versions. Engines of this version, for other Pythons, stay.
fn remove_others(dir: &Path, new: &str) -> Outcome {
    let version = concat!(" version=", env!("CARGO_PKG_VERSION"), ";").as_bytes();
    let entries = fs::read_dir(dir).map_err(|e| Failed::file(dir, "read", &e))?;
    for path in entries.flatten().map(|entry| entry.path()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if !name.starts_with("redgrease-engine-3.") || name == new {
            continue;
        }
        let content = fs::read(&path).map_err(|e| Failed::file(&path, "read", &e))?;
        if !content.windows(version.len()).any(|text| text == version) {
            note!("==> removing {}: another version", path.display());
            fs::remove_file(&path).map_err(|e| Failed::file(&path, "removed", &e))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_files_replace_older_ones() {
        let root = std::env::temp_dir().join(format!("redgrease-install-{}", std::process::id()));
        let dir = root.join("a/lib");
        let write = |name: &str, text: &str| {
            let path = root.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            path
        };
        let own = env!("CARGO_PKG_VERSION");
        let engine = write("engine", &format!("engine version={own};"));
        let loader = write("loader", "loader");
        let same = write(
            "a/lib/redgrease-engine-3.9.so",
            &format!("x version={own};"),
        );
        let other = write("a/lib/redgrease-engine-3.10.so", "x version=0.0.1;");
        let replaced = write("a/lib/redgrease-engine-3.11.so", "x version=0.0.1;");
        let foreign = write("a/lib/notes.txt", "version=0.0.1;");

        let installed = put_all(&loader, &engine, 11, &dir).unwrap();
        assert_eq!(installed, dir.join(LOADER));
        assert_eq!(fs::read_to_string(&installed).unwrap(), "loader");
        let mode = fs::metadata(&installed).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o755);
        assert_eq!(fs::read(&replaced).unwrap(), fs::read(&engine).unwrap());
        assert!(same.is_file() && foreign.is_file() && !other.exists());
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 4);

        let said = put_all(&loader, &root.join("none"), 11, &dir).unwrap_err();
        assert!(
            said.to_string().contains("none could not be read"),
            "{said}"
        );
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 4);
        fs::remove_dir_all(&root).unwrap();
    }
}
