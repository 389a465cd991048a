//! Which Python is taken, in the order of the places.

use crate::common::untyped;
use crate::installation::{Installation, PARTS, failures, told};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

/// Makes a virtual environment without pip.
pub(crate) fn venv(path: &Path) {
    let made = std::process::Command::new(&PARTS.python)
        .args(["-I", "-m", "venv", "--without-pip"])
        .arg(path)
        .status()
        .unwrap();
    assert!(made.success());
}

#[test]
fn the_parts_are_told() {
    let whole = Installation::whole();
    let python = PARTS.python.to_str().unwrap();
    let server = whole
        .server(&[])
        .module_arg("Python", python)
        .start()
        .unwrap();
    let engine = whole.engine(PARTS.minor);
    assert_eq!(told(&server, "engine_file"), engine.to_str().unwrap());
    assert_eq!(
        told(&server, "libpython"),
        PARTS.libpython.to_str().unwrap()
    );
    assert_eq!(told(&server, "python_program"), python);
    assert_eq!(
        untyped(&server, &["RG.CONFIGGET", "PythonExecutable"]),
        python
    );
    assert_eq!(untyped(&server, &["RG.CONFIGGET", "Python"]), python);
}

#[test]
fn one_libpython_is_open_whatever_the_engine_was_linked_with() {
    let whole = Installation::whole();
    let server = whole
        .server(&[])
        .module_arg("Python", &PARTS.python)
        .start()
        .unwrap();
    let info = untyped(&server, &["INFO", "server"]);
    let process = info
        .lines()
        .find_map(|line| line.strip_prefix("process_id:"))
        .unwrap();
    let maps = fs::read_to_string(format!("/proc/{process}/maps")).unwrap();
    let mut files: Vec<&str> = maps
        .lines()
        .filter_map(|line| line.split_whitespace().last())
        .filter(|file| file.contains("libpython3."))
        .collect();
    files.dedup();
    assert_eq!(
        files,
        [fs::canonicalize(&PARTS.libpython)
            .unwrap()
            .to_str()
            .unwrap()]
    );
}

#[test]
fn an_argument_comes_before_the_variables_and_they_before_the_path() {
    let whole = Installation::whole();
    let (first, second) = (
        whole.dir.path().join("venv ä 1"),
        whole.dir.path().join("venv 2"),
    );
    venv(&first);
    venv(&second);
    let broken = whole.program("bin/python3", "exit 1");
    let program = |venv: &Path| venv.join("bin/python").to_str().unwrap().to_owned();
    let path = whole.path("bin");

    let all = [
        ("REDGREASE_PYTHON", &*first),
        ("VIRTUAL_ENV", &*second),
        ("PATH", &*path),
    ];
    let server = whole
        .server(&all)
        .module_arg("Python", second.as_os_str())
        .start()
        .unwrap();
    assert_eq!(told(&server, "python_program"), program(&second));
    drop(server);
    let server = whole.server(&all).start().unwrap();
    assert_eq!(told(&server, "python_program"), program(&first));
    drop(server);
    let server = whole.server(&all[1..]).start().unwrap();
    assert_eq!(told(&server, "python_program"), program(&second));
    drop(server);
    // A program that nobody has named is passed over.
    let server = whole.server(&all[2..]).start().unwrap();
    assert_ne!(told(&server, "python_program"), broken.to_str().unwrap());
}

#[test]
fn a_variable_that_names_an_unusable_python_is_refused() {
    let whole = Installation::whole();
    let venv = whole.dir.path().join("venv");
    fs::create_dir_all(venv.join("bin")).unwrap();
    symlink("/opt/removed/python3", venv.join("bin/python3")).unwrap();
    for (name, end) in [
        (
            "VIRTUAL_ENV",
            "make the virtual environment again (or unset VIRTUAL_ENV)",
        ),
        ("REDGREASE_PYTHON", "make the virtual environment again"),
    ] {
        let error = whole
            .server(&[(name, &venv)])
            .start()
            .unwrap_err()
            .to_string();
        let begin = format!("could not load the RedGrease engine: {name}: ");
        let line = error
            .lines()
            .find(|line| line.contains(&begin))
            .unwrap_or_else(|| panic!("{error}"));
        assert!(
            line.contains("bin/python3 is a link to /opt/removed/python3"),
            "{line}"
        );
        assert!(line.ends_with(end), "{line}");
    }
}

#[test]
fn a_script_around_a_python_may_say_other_things_first() {
    let whole = Installation::whole();
    let python = PARTS.python.display();
    let script = format!("echo welcome; echo loaded >&2; exec '{python}' \"$@\"");
    whole.program("a b/ö/python3", &script);
    let server = whole
        .server(&[("PATH", &whole.path("a b/ö"))])
        .start()
        .unwrap();
    assert_eq!(
        told(&server, "python_program"),
        PARTS.python.to_str().unwrap()
    );
}

#[test]
fn the_python_around_the_loader_is_found() {
    let place = Installation::empty();
    let prefix = place.dir.path().join("prefix");
    venv(&prefix);
    let site = format!(
        "lib/python3.{}/site-packages/redgrease_engine/lib",
        PARTS.minor
    );
    let lib = prefix.join(site);
    fs::create_dir_all(&lib).unwrap();
    fs::rename(place.loader(), lib.join("redgrease.so")).unwrap();
    symlink(
        &PARTS.engine,
        lib.join(format!("redgrease-engine-3.{}.so", PARTS.minor)),
    )
    .unwrap();
    // A link to the loader is followed.
    symlink(lib.join("redgrease.so"), place.loader()).unwrap();
    let server = place.server(&[]).start().unwrap();
    let program = prefix.join("bin/python");
    assert_eq!(told(&server, "python_program"), program.to_str().unwrap());
}

#[test]
fn if_no_python_can_be_used_the_line_tells_why() {
    let minor = PARTS.minor;
    let text = |minor: u32| format!("interface=1 python=3.{minor}");
    // An engine for a version that nobody has.
    let digits = if minor < 10 { 7 } else { 97 };
    let other = Installation::changed(digits, &text(minor), &text(digits));
    let path = other.path("bin");
    other.fake("bin/python3", &[("implementation", "pypy")]);
    let error = other
        .server(&[("PATH", &path)])
        .start()
        .unwrap_err()
        .to_string();
    let line = error
        .lines()
        .find(|line| line.contains("no Python can be used"))
        .unwrap_or_else(|| panic!("{error}"));
    assert!(
        line.contains(&format!(
            "the engines in {} are for 3.{digits}",
            other.dir.path().display()
        )),
        "{line}"
    );
    assert!(
        line.contains("/usr/bin/python3") || !Path::new("/usr/bin/python3").exists(),
        "{line}"
    );
    assert_eq!(failures_of(&error), 1, "{error}");
}

fn failures_of(text: &str) -> usize {
    text.matches("could not load the RedGrease engine").count()
}

#[test]
fn names_of_settings_may_be_mixed_with_the_python() {
    let whole = Installation::whole();
    let server = whole
        .server(&[])
        .module_arg("ExecutionThreads", "2")
        .module_arg("pythonexecutable", &PARTS.python)
        .module_arg("MaxExecutions", "7")
        .start()
        .unwrap();
    assert_eq!(
        untyped(
            &server,
            &["RG.CONFIGGET", "ExecutionThreads", "MaxExecutions"]
        ),
        "2\n7"
    );
    assert!(
        failures(&server)
            .iter()
            .all(|line| !line.contains("could not"))
    );
}
