//! PostgreSQL for the tests of the recipes. The machine's own one is used if there is one.
//!
//! Installing the package would start a service on the machine, so the package of the machine's release is unpacked into the
//! target directory. There the tests find it by themselves.

use super::apt::Release;
use super::libraries::{add_missing, machine_loader};
use super::{find, runs, write_script};
use crate::shell::quoted;
use crate::steps::{self, Failed, Outcome};
use crate::workspace;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The programs that the tests start.
const PROGRAMS: [&str; 2] = ["initdb", "postgres"];

/// Makes PostgreSQL available to the tests. The package is downloaded once.
pub(crate) fn prepare() -> Outcome {
    if on_machine() {
        return Ok(());
    }
    fetch().map_err(|failed| {
        Failed::new(format!(
            "PostgreSQL is missing, and could not be fetched for the tests of the recipes: {failed}\n  \
             or install PostgreSQL with the package manager of the machine, and run this command again\n  \
             Fedora: postgresql-server\n  \
             Arch:   postgresql\n  \
             macOS:  postgresql@17, with its folder `bin` on PATH"
        ))
    })
}

/// Whether the machine has the programs: in the folder of a package of Debian, in that of `pg_config`, or on PATH.
fn on_machine() -> bool {
    let of_debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let of_debian = of_debian
        .flatten()
        .map(|version| version.path().join("bin"));
    let configured = steps::output(Command::new("pg_config").arg("--bindir")).map(PathBuf::from);
    let path = env::var_os("PATH").unwrap_or_default();
    of_debian
        .chain(configured)
        .chain(env::split_paths(&path))
        .any(|folder| PROGRAMS.iter().all(|name| folder.join(name).is_file()))
}

fn fetch() -> Outcome {
    let dir = workspace::target()?.join("servers").join("postgresql");
    if !dir.is_dir() {
        let release = Release::of_machine(&["Debian", "Ubuntu"])?;
        release.unpack("fetching PostgreSQL for the tests", "postgresql", &dir)?;
    }
    let initdb = find(&dir.join("root"), &|file| file == "initdb");
    let Some(programs) = initdb.as_deref().and_then(Path::parent) else {
        return Err(again("has no initdb", &dir));
    };
    let failed = |e| Failed::file(&dir, "changed", &e);
    let (root, added, scripts) = (dir.join("root"), dir.join("added"), dir.join("bin"));
    let loader =
        machine_loader().ok_or_else(|| again("has no use without a dynamic loader", &dir))?;
    fs::create_dir_all(&scripts).map_err(failed)?;
    for name in PROGRAMS {
        let program = programs.join(name);
        add_missing(&loader, &program, &root, &added).map_err(failed)?;
        // A variable, because initdb starts the other program.
        let text = format!(
            "#!/bin/sh\nLD_LIBRARY_PATH={} exec {} \"$@\"\n",
            quoted(&added),
            quoted(&program)
        );
        let script = scripts.join(name);
        write_script(&script, &text).map_err(failed)?;
        if !runs(&script) {
            return Err(again(&format!("has a {name} that does not run here"), &dir));
        }
    }
    Ok(())
}

fn again(problem: &str, dir: &Path) -> Failed {
    Failed::new(format!(
        "{} {problem}: remove the folder, and run this command again",
        dir.display()
    ))
}
