//! This machine: the server program, the engine, Python, and what installs packages.

use super::report::Report;
use crate::server::pythons::{self, Python};
use redgrease_embedded::{engine_places, find_engine, find_server};
use std::ffi::OsStr;
use std::process::Command;

pub(super) fn look(is_reached: bool, has_module: bool, report: &mut Report) {
    server(is_reached, report);
    let versions = engine(has_module, report);
    let pythons = pythons::find(&versions);
    python(&pythons, &versions, has_module, report);
    installer(&pythons, report);
}

fn server(is_reached: bool, report: &mut Report) {
    const CHECK: &str = "server program";
    match find_server() {
        Ok(program) => {
            let said = pythons::answer(Command::new(&program).arg("--version"));
            match said {
                Ok(said) => {
                    let line = said.lines().next().unwrap_or_default();
                    let line = line.split(" sha=").next().unwrap_or(line);
                    report.ok(CHECK, format!("{} ({line})", program.display()));
                }
                Err(why) => report.broken(
                    CHECK,
                    !is_reached,
                    format!("{} {why}", program.display()),
                    "install it again, or name another one in REDGREASE_SERVER",
                ),
            }
        }
        Err(error) => {
            let text = error.to_string();
            let (message, remedy) = text.split_once(": ").unwrap_or((&text, ""));
            report.broken(CHECK, !is_reached, message, remedy);
        }
    }
}

/// The versions of Python that the engine on this machine is for.
fn engine(has_module: bool, report: &mut Report) -> Vec<String> {
    const CHECK: &str = "engine";
    let places = engine_places();
    let Some(used) = places.iter().find(|place| place.is_used) else {
        let text = match find_engine() {
            Err(error) => error.to_string(),
            // The file that a variable names is there, and is something else.
            Ok(_) => places
                .iter()
                .find_map(|place| {
                    let (problem, remedy) = (place.problem.as_ref()?, place.remedy.as_ref()?);
                    Some(format!("{}: {problem}: {remedy}", place.path.display()))
                })
                .unwrap_or_default(),
        };
        let (message, remedy) = text.rsplit_once(": ").unwrap_or((&text, ""));
        report.broken(CHECK, !has_module, message, remedy);
        return Vec::new();
    };
    let mut versions: Vec<String> = Vec::new();
    for version in used
        .engines
        .iter()
        .filter_map(|engine| engine.python.clone())
    {
        if !versions.contains(&version) {
            versions.push(version);
        }
    }
    let library = used.library.as_deref().unwrap_or(&used.path);
    report.ok(
        CHECK,
        format!("{} for Python {}", library.display(), versions.join(", ")),
    );
    versions
}

fn python(pythons: &[Python], versions: &[String], has_module: bool, report: &mut Report) {
    const CHECK: &str = "python here";
    if versions.is_empty() {
        return;
    }
    let of_engine = || pythons.iter().filter(|one| versions.contains(&one.version));
    if let Some(python) = of_engine().find(|python| python.flaw().is_none()) {
        let libpython = python.libpython.as_deref().unwrap_or(&python.program);
        report.ok(
            CHECK,
            format!(
                "{}, {} ({})",
                python.version,
                python.program.display(),
                libpython.display()
            ),
        );
        return;
    }
    let versions = versions.join(" or ");
    let remedy = format!(
        "install Python {versions} with its shared library (Debian: `apt install libpython3-dev`; pyenv: \
         `--enable-shared`), or an engine for another Python"
    );
    let message = match of_engine().find_map(|python| Some((python, python.flaw()?))) {
        Some((python, flaw)) => format!(
            "{} {flaw}, and the engine is for Python {versions}",
            python.program.display()
        ),
        None => format!("the engine is for Python {versions}, which this machine does not have"),
    };
    report.broken(CHECK, !has_module, message, remedy);
}

fn installer(pythons: &[Python], report: &mut Report) {
    const CHECK: &str = "installer";
    let uv = pythons::named(OsStr::new("uv"));
    let pip = pythons.iter().find(|python| python.makes_environments);
    match (uv, pip) {
        (Some(uv), _) => report.ok(CHECK, format!("uv, {}", uv.display())),
        (None, Some(python)) => report.ok(CHECK, format!("pip of {}", python.program.display())),
        (None, None) => report.warning(
            CHECK,
            "neither uv nor a Python that makes environments with pip: packages that gears require cannot be installed",
            "install uv, or the module `venv` with `ensurepip` (Debian: `apt install python3-venv`)",
        ),
    }
}
