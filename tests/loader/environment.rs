//! Packages of the virtual environment that was chosen, beside those of requirements.

use crate::common::{untyped, wheel};
use crate::installation::{Installation, PARTS};
use redgrease_embedded::{Builder, Server};
use std::fs;
use std::path::Path;
use std::process::Command;

/// A server whose Python is that of a virtual environment with two packages.
fn in_environment(whole: &Installation) -> Builder {
    let venv = whole.dir.path().join("venv");
    let made = Command::new(&PARTS.python)
        .args(["-I", "-m", "venv", "--without-pip"])
        .arg(&venv)
        .status()
        .unwrap();
    assert!(made.success());
    let site = venv.join(format!("lib/python3.{}/site-packages", PARTS.minor));
    let write = |file: &Path, text: &str| {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    };
    write(&site.join("of_venv.py"), "answer = 7\n");
    write(&site.join("shared_one/__init__.py"), "answer = 8\n");
    // As an editable installation is.
    write(
        &site.join("edited.pth"),
        &format!("{}\n", whole.dir.path().join("src").display()),
    );
    write(&whole.dir.path().join("src/edited_one.py"), "answer = 9\n");
    whole.server(&[("VIRTUAL_ENV", &venv)])
}

fn answer(server: &Server, module: &str, requirements: &[&str]) -> String {
    let script = format!(
        "def f(_):\n    import {module}\n    return {module}.answer\nGB('ShardsIDReader').map(f).run()"
    );
    let words = [&["RG.PYEXECUTE", &script, "REQUIREMENTS"], requirements].concat();
    let words = if requirements.is_empty() {
        &words[..2]
    } else {
        &words[..]
    };
    untyped(server, words)
}

#[test]
fn gears_import_the_packages_of_the_environment_behind_those_of_requirements() {
    let whole = Installation::whole();
    let wheels = whole.dir.path().join("wheels");
    wheel::make_wheel(&wheels, "shared_one", 10);
    let pip = format!("--no-index --find-links {}", wheels.display());
    let server = in_environment(&whole)
        .module_arg("PipArguments", &pip)
        .start()
        .unwrap();
    assert!(answer(&server, "of_venv", &[]).starts_with('7'));
    assert!(answer(&server, "edited_one", &[]).starts_with('9'));
    assert!(answer(&server, "shared_one", &[]).starts_with('8'));
    // The package of the requirement takes the place of the one that is loaded already.
    let answered = answer(&server, "shared_one", &["shared_one==1.2"]);
    assert!(
        answered.starts_with("42"),
        "{answered}\n{}",
        server.log_tail(10)
    );
    assert!(answer(&server, "shared_one", &[]).starts_with("42"));
    assert!(answer(&server, "of_venv", &[]).starts_with('7'));
    drop(server);
    let server = whole
        .server(&[("VIRTUAL_ENV", &whole.dir.path().join("venv"))])
        .start()
        .unwrap();
    assert!(answer(&server, "shared_one", &[]).starts_with("42"));
    assert!(answer(&server, "of_venv", &[]).starts_with('7'));
}

#[test]
fn packages_of_a_python_that_is_no_environment_are_hidden() {
    let whole = Installation::whole();
    let server = whole
        .server(&[])
        .module_arg("Python", &PARTS.python)
        .start()
        .unwrap();
    let error = answer(&server, "pip", &[]);
    assert!(error.contains("No module named 'pip'"), "{error}");
}
