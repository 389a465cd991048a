//! `cargo xtask wheel`: builds the Python package `redgrease-engine`.
//!
//! | file | purpose |
//! |---|---|
//! | `build.rs` | builds the loader and the engines, and collects them in a folder |
//! | `built.rs` | finds a wheel that was built, and reads its name |
//! | `trial.rs` | installs the wheel into venvs and runs gears |
//!
//! The sources of the package, and the script that packs it, are in `redgrease-wheel/`.

mod build;
pub(crate) mod built;
mod trial;

use crate::args::Args;
use crate::say::{note, say};
use crate::setup;
use crate::steps::{self, Failed, Outcome};
use crate::workspace;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

/// The minor versions of Python 3 that the wheel has engines for.
const MINORS: std::ops::RangeInclusive<u32> = 9..=13;

pub(crate) fn command(args: Args) -> Outcome {
    let out = match args.out {
        Some(out) => out,
        None if args.local => workspace::local_wheels()?,
        None => folder()?,
    };
    if args.local {
        check_named()?;
    }
    let minors = minors(args.only.as_deref())?;
    let (python, libraries, candidates) = if args.local {
        let ready = setup::run(args.yes)?;
        let (libraries, minor) = build::local(&ready)?;
        (
            ready.python.clone(),
            libraries,
            vec![(minor, Ok(ready.python))],
        )
    } else {
        let python = setup::parts(args.yes)?;
        (python, build::all(&minors)?, installed(&minors))
    };
    let wheel = pack(&python, &libraries, &out, args.local)?;
    if args.test {
        return trial::run(&wheel, candidates);
    }
    say!("\n{}", wheel.display());
    Ok(())
}

/// Fails if `REDGREASE_ENGINE` names an engine that no local wheel can be packed from.
pub(crate) fn check_named() -> Outcome {
    match env::var_os("REDGREASE_ENGINE").filter(|_| setup::is_named()) {
        Some(engine) => build::parts_of(Path::new(&engine)).map(drop),
        None => Ok(()),
    }
}

/// Packs the engine that [`setup`] built, and tries the wheel: the part of `cargo xtask test`. Returns the wheel.
pub(crate) fn test(ready: &setup::Ready) -> Outcome<PathBuf> {
    let (libraries, minor) = build::local(ready)?;
    let wheel = pack(&ready.python, &libraries, &workspace::local_wheels()?, true)?;
    trial::run(&wheel, vec![(minor, Ok(ready.python.clone()))])?;
    Ok(wheel)
}

/// The Pythons of this machine that fit the engines of a wheel.
fn installed(minors: &[u32]) -> Vec<trial::Candidate> {
    setup::python::find_all(MINORS)
        .into_iter()
        .filter(|(minor, _)| minors.contains(minor))
        .map(|(minor, found)| (minor, found.map(|python| python.program)))
        .collect()
}

/// The folder of everything that this command makes.
fn folder() -> Outcome<PathBuf> {
    let folder = workspace::wheels()?;
    fs::create_dir_all(&folder).map_err(|e| Failed::file(&folder, "created", &e))?;
    Ok(folder)
}

/// The folder of the package's sources.
fn sources() -> PathBuf {
    workspace::root().join("redgrease-wheel")
}

fn minors(only: Option<&str>) -> Outcome<Vec<u32>> {
    let Some(only) = only else {
        return Ok(MINORS.collect());
    };
    only.split(',')
        .map(|version| {
            let minor = version.trim().strip_prefix("3.")?.parse().ok()?;
            MINORS.contains(&minor).then_some(minor)
        })
        .collect::<Option<Vec<u32>>>()
        .ok_or_else(|| {
            Failed::new(format!(
                "`--only {only}` is not a list of versions of Python: write for example `--only 3.11,3.12` \
                 (3.9 to 3.13)"
            ))
        })
}

fn pack(python: &Path, libraries: &Path, out: &Path, local: bool) -> Outcome<PathBuf> {
    note!("\n==> packing the wheel");
    let mut pack = Command::new(python);
    pack.arg(sources().join("packing"))
        .arg(libraries)
        .arg(out)
        .args(["--version", env!("CARGO_PKG_VERSION")])
        .args(local.then_some("--local"))
        .stderr(Stdio::inherit());
    steps::output(&mut pack)
        .map(PathBuf::from)
        .ok_or_else(|| Failed::new("packing the wheel failed: the lines above tell the reason"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_parsed() {
        assert_eq!(minors(None).unwrap(), [9, 10, 11, 12, 13]);
        assert_eq!(minors(Some("3.9, 3.13")).unwrap(), [9, 13]);
        for wrong in ["", "3.8", "3.14", "12", "3.11;3.12", "3.x"] {
            let said = minors(Some(wrong)).unwrap_err().to_string();
            assert!(said.contains("3.11,3.12"), "{wrong}: {said}");
        }
    }
}
