//! Builds the loader and the engines, and collects them in a folder, under the names they have in the wheel.

use crate::setup::{self, Ready, python};
use crate::steps::{self, Failed, Outcome};
use crate::workspace::{self, LOADER, library};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The Cargo profile, and the folder in the target directory that has its name.
const PROFILE: &str = "wheel";

/// Builds the loader, and an engine for each minor version of Python 3. None of these Pythons has to be installed.
pub(super) fn all(minors: &[u32]) -> Outcome<PathBuf> {
    let libraries = empty_folder()?;
    let built = workspace::target()?.join(PROFILE);
    let older_glibc = older_glibc()?;
    let mut loader = library_of("redgrease-loader", older_glibc.as_deref());
    steps::step("building the loader", &mut loader)?;
    copy(&built.join(library("loader")), &libraries.join(LOADER))?;
    // All engines share the target directory, and so the packages that do not depend on Python. Each build replaces the
    // engine of the build before.
    for minor in minors {
        let mut engine = library_of("redgrease-engine", older_glibc.as_deref());
        engine
            .env("PYO3_CONFIG_FILE", python_config(*minor)?)
            .env_remove("PYO3_PYTHON");
        steps::step(
            &format!("building the engine for Python 3.{minor}"),
            &mut engine,
        )?;
        copy(
            &built.join(library("engine")),
            &libraries.join(workspace::engine_name(*minor)),
        )?;
    }
    Ok(libraries)
}

/// The command that builds the library of a package, with an object file more to link.
fn library_of(package: &str, object: Option<&Path>) -> Command {
    let mut cargo = steps::cargo();
    cargo.args(["rustc", "--profile", PROFILE, "-p", package]);
    cargo.args(["--lib", "--crate-type", "cdylib"]);
    if let Some(object) = object {
        cargo.arg("--").arg("-C");
        cargo.arg(format!("link-arg={}", object.display()));
    }
    cargo
}

/// Compiles the object file with which the libraries load on an older glibc than that of this machine.
fn older_glibc() -> Outcome<Option<PathBuf>> {
    if !cfg!(all(
        target_os = "linux",
        target_env = "gnu",
        target_arch = "x86_64"
    )) {
        return Ok(None);
    }
    let object = super::folder()?.join("older-glibc.o");
    let compiler = setup::compiler().map_err(|lack| {
        Failed::new(format!(
            "the wheel needs a C compiler: {}; run `cargo xtask setup`",
            lack.reason()
        ))
    })?;
    let mut compile = Command::new(compiler);
    compile
        .args(["-c", "-O2", "-fPIC", "-fno-builtin", "-o"])
        .arg(&object)
        .arg(super::sources().join("glibc").join("older.c"));
    steps::step("compiling redgrease-wheel/glibc/older.c", &mut compile)?;
    Ok(Some(object))
}

/// Collects the loader and the engine of this machine's Python. Returns the folder and the minor version.
pub(super) fn local(ready: &Ready) -> Outcome<(PathBuf, u32)> {
    let (loader, engine) = parts_of(&ready.engine)?;
    let minor = python::minor(&ready.python)?;
    let libraries = empty_folder()?;
    copy(&loader, &libraries.join(LOADER))?;
    copy(&engine, &libraries.join(workspace::engine_name(minor)))?;
    Ok((libraries, minor))
}

/// The loader and the engine that a build has put beside each other. A file that `REDGREASE_ENGINE` names may be another one.
pub(super) fn parts_of(built: &Path) -> Outcome<(PathBuf, PathBuf)> {
    let folder = built.parent().unwrap_or(Path::new("."));
    let [loader, engine] = ["loader", "engine"].map(|part| folder.join(library(part)));
    if loader.is_file() && engine.is_file() {
        return Ok((loader, engine));
    }
    Err(Failed::new(format!(
        "{} is not in a target directory, and a local wheel is packed from the loader and the engine of one: \
         unset REDGREASE_ENGINE",
        built.display()
    )))
}

/// A file that describes a Python to PyO3. The engine then names no libpython: the loader opens it.
fn python_config(minor: u32) -> Outcome<PathBuf> {
    let file = super::folder()?.join(format!("python-3.{minor}.config"));
    let width = usize::BITS;
    let text = format!(
        "implementation=CPython\n\
         version=3.{minor}\n\
         shared=true\n\
         pointer_width={width}\n\
         suppress_build_script_link_lines=true\n"
    );
    // Cargo builds again what depends on a file that was written.
    if fs::read_to_string(&file).is_ok_and(|present| present == text) {
        return Ok(file);
    }
    fs::write(&file, text).map_err(|e| Failed::file(&file, "written", &e))?;
    Ok(file)
}

/// The folder for the libraries, without those of an earlier wheel.
fn empty_folder() -> Outcome<PathBuf> {
    let folder = super::folder()?.join("lib");
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(|e| Failed::file(&folder, "emptied", &e))?;
    }
    fs::create_dir_all(&folder).map_err(|e| Failed::file(&folder, "created", &e))?;
    Ok(folder)
}

fn copy(from: &Path, to: &Path) -> Outcome {
    fs::copy(from, to).map_err(|e| Failed::file(from, "copied", &e))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_local_wheel_has_the_parts_of_a_build() {
        let dir = workspace::target()
            .unwrap()
            .join("redgrease")
            .join("test-parts");
        // What a failed run has left.
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).unwrap();
        let (loader, engine) = (dir.join(library("loader")), dir.join(library("engine")));
        fs::write(&loader, "").unwrap();
        let said = parts_of(&dir.join(LOADER)).unwrap_err().to_string();
        assert!(
            said.contains("test-parts/redgrease.so is not in a target directory"),
            "{said}"
        );
        assert!(said.ends_with("unset REDGREASE_ENGINE"), "{said}");
        fs::write(&engine, "").unwrap();
        assert_eq!(parts_of(&loader).unwrap(), (loader, engine));
        fs::remove_dir_all(&dir).unwrap();
    }
}
