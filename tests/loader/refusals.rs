//! Every reason not to load: one line that ends with the remedy, a server that goes on, and a right load behind it.

use crate::installation::{Installation, PARTS};
use crate::running::Running;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

#[test]
fn arguments_that_name_no_python_are_refused() {
    let running = Running::new();
    let whole = Installation::whole();
    let loader = whole.loader();
    let give = "give one of them";
    for (arguments, texts) in [
        (
            &["Python"][..],
            &["argument Python has no value", "such as 3.12"][..],
        ),
        (
            &["ExecutionThreads", "2", "Python", ""],
            &["no value", "such as 3.12"],
        ),
        (
            &["Python", "3.11", "Python", "3.12"],
            &["Python 3.11 and Python 3.12", give],
        ),
        (
            &["Python", "3.11", "PythonExecutable", "/usr/bin/python3"],
            &["and PythonExecutable /usr/bin/python3", give],
        ),
        (
            &["Python", "12"],
            &["Python 12 is neither", "the path of a Python"],
        ),
        (
            &["Python", "3.12.1"],
            &["Python 3.12.1 is neither", "the path of a Python"],
        ),
        (
            &["Python", "nosuchpython"],
            &[
                "names nosuchpython, which is neither on PATH",
                "whole path of a Python",
            ],
        ),
        (
            &["Python", "/no/such/python"],
            &["/no/such/python does not exist", "the program of a Python"],
        ),
        (
            &["Python", "/proc"],
            &[
                "argument Python: /proc is no virtual environment",
                "or the program of a Python",
            ],
        ),
        (
            &["Python", "/etc/passwd"],
            &["/etc/passwd is not a program", "the program of a Python"],
        ),
        (
            &["PythonExecutable", "/no/such"],
            &[
                "argument PythonExecutable: /no/such",
                "the program of a Python",
            ],
        ),
        (
            &["Python", "3.99"],
            &[
                "is Python 3.99, and the engines in",
                "install an engine for this one",
            ],
        ),
        (
            &["Python", "python3.99"],
            &["is Python 3.99", "install an engine for this one"],
        ),
        (&["ExecutionThreads", "many"], &[]),
    ] {
        if texts.is_empty() {
            // The engine itself refuses, before it starts Python.
            assert!(
                running.load(&loader, arguments).contains("Error loading"),
                "{arguments:?}"
            );
        } else {
            running.refuses(&loader, arguments, texts);
        }
    }
    let version = format!("3.{}", PARTS.minor);
    running.loads(&loader, &["ExecutionThreads", "2", "Python", &version]);
}

/// Makes a pipe with a name, which nobody writes to.
fn pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// Remedies that several refusals end with.
const ARGUMENT: &str = "with the module argument Python or the variable REDGREASE_PYTHON";
const AGAIN: &str = "make the virtual environment again";

#[test]
fn pythons_of_another_kind_are_refused() {
    let running = Running::new();
    let whole = Installation::whole();
    let version = format!("3.{}", PARTS.minor);
    let package = format!("install the package libpython{version}");
    let pyenv = format!("--force {version}`");
    let is_debian = Path::new("/etc/debian_version").exists();
    let package: &str = if is_debian {
        &package
    } else {
        "python3-libs on Fedora)"
    };
    let no_library = ("libpython", "");
    for (changes, texts) in [
        (
            &[("version", "3.8")][..],
            &["is Python 3.8, and the oldest is 3.9", ARGUMENT][..],
        ),
        (
            &[("version", "3.99")],
            &[
                "is Python 3.99, and the engines in",
                "are for 3.",
                "install an engine for this one",
            ],
        ),
        (
            &[("implementation", "pypy")],
            &["is PyPy, not CPython", ARGUMENT],
        ),
        (
            &[("free_threaded", "1")],
            &[
                "is free-threaded",
                "name it with the module argument Python or the variable REDGREASE_PYTHON",
            ],
        ),
        (
            &[("bits", "32")],
            &["is a Python of 32 bits", "install a Python of 64 bits"],
        ),
        (
            &[no_library],
            &[
                "has no shared libpython",
                "`./configure --enable-shared`, or name another one with the module argument Python or the variable REDGREASE_PYTHON",
            ],
        ),
        (
            &[no_library, ("base", "/usr")],
            &["has no shared libpython", package],
        ),
        (
            &[no_library, ("base", "/x/.pyenv/versions/3")],
            &["PYTHON_CONFIGURE_OPTS=--enable-shared", &pyenv],
        ),
    ] {
        let python = whole.fake("python", changes);
        running.refuses_python(&whole, &python, texts);
    }
    running.loads_at_last(&whole);
}

#[test]
fn libraries_that_are_no_libpython_are_refused() {
    let running = Running::new();
    let whole = Installation::whole();
    let file = |name: &str| whole.dir.path().join(name);
    let version = "const char *Py_GetVersion(void) { return \"3.7.9 (other)\"; }";
    whole.library(&file("libother.so"), version);
    whole.library(&file("libnothing.so"), "");
    fs::write(file("text.so"), "not a library").unwrap();
    let whole_libpython = fs::read(&PARTS.libpython).unwrap();
    fs::write(
        file("cut.so"),
        &whole_libpython[..whole_libpython.len() / 2],
    )
    .unwrap();
    pipe(&file("pipe.so"));
    for (library, texts) in [
        (
            "absent.so",
            &["absent.so, which cannot be read (No such file", ARGUMENT][..],
        ),
        ("text.so", &["text.so, which is not a library", ARGUMENT]),
        (
            "cut.so",
            &["cut.so, which is damaged: its end is missing", ARGUMENT],
        ),
        (
            "pipe.so",
            &[
                "pipe.so, which cannot be read (it is not a regular file)",
                ARGUMENT,
            ],
        ),
        (
            "libother.so",
            &["libother.so is the library of Python 3.7.9, and", ARGUMENT],
        ),
        (
            "libnothing.so",
            &["libnothing.so is no libpython", ARGUMENT],
        ),
    ] {
        let library = file(library);
        let python = whole.fake("python", &[("libpython", library.to_str().unwrap())]);
        running.refuses_python(&whole, &python, texts);
    }
    running.loads_at_last(&whole);
}

#[test]
fn programs_that_do_not_answer_are_refused() {
    let running = Running::new();
    let whole = Installation::whole();
    let works = "a Python that works";
    let errors = "echo 'no module named encodings' >&2; exit 1";
    let pyenv =
        "echo 'pyenv: python3: command not found' >&2; echo 'at the same time.' >&2; exit 127";
    for (script, texts) in [
        ("exit 0", &["does not answer as a Python does", works][..]),
        (errors, &["(\"no module named encodings\")", works]),
        (
            pyenv,
            &[
                "is a start script of pyenv, which has no version",
                "`pyenv global 3.X`",
                ARGUMENT,
            ],
        ),
        (
            "echo 'Unknown option: -I' >&2; exit 2",
            &["is older than Python 3.9", ARGUMENT],
        ),
        ("yes", &["prints without end", "not of a script around it"]),
        ("kill -9 $$", &["does not answer as a Python does", works]),
        (
            "echo; echo redgrease:version=3.11; exit 0",
            &["does not answer as a Python does", works],
        ),
    ] {
        let python = whole.program("python", script);
        running.refuses_python(&whole, &python, texts);
    }
    let closed = whole.program("closed", "exit 0");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o644)).unwrap();
    let dangling = whole.dir.path().join("venv/bin/python");
    fs::create_dir_all(dangling.parent().unwrap()).unwrap();
    symlink("/opt/removed/bin/python3", &dangling).unwrap();
    let removed = [
        "is a link to /opt/removed/bin/python3, which does not exist",
        AGAIN,
    ];
    for (python, texts) in [
        (
            &closed,
            &["closed is not a program", "the program of a Python"],
        ),
        (&dangling, &removed),
        (&whole.dir.path().join("venv"), &removed),
    ] {
        running.refuses_python(&whole, python, texts);
    }
    running.loads_at_last(&whole);
}

#[test]
fn a_python_that_hangs_is_given_up() {
    let running = Running::new();
    let whole = Installation::whole();
    let python = whole.program("hangs", "sleep 1000 & sleep 1000");
    let texts = [
        "did not answer within 15 seconds",
        "run it by hand to see what it waits for",
    ];
    running.refuses_python(&whole, &python, &texts);
    running.loads(&whole.loader(), &[]);
}

#[test]
fn engines_that_cannot_be_used_are_refused() {
    let running = Running::new();
    let minor = PARTS.minor;
    let whole = fs::read(&PARTS.engine).unwrap();
    let with = |bytes: &[u8]| {
        let installation = Installation::empty();
        fs::write(installation.engine(minor), bytes).unwrap();
        installation
    };
    let marker = |from: &str, to: &str| {
        let text = |what: &str| format!("redgrease-engine {what}");
        Installation::changed(minor, &text(from), &text(to))
    };
    let mut machine = whole.clone();
    machine[18] = 40;
    let local = Installation::empty();
    fs::write(local.dir.path().join("libredgrease_engine.so"), "").unwrap();
    let link = Installation::empty();
    symlink("/no/engine.so", link.engine(minor)).unwrap();
    let (piped, device, huge) = (
        Installation::empty(),
        Installation::empty(),
        Installation::empty(),
    );
    pipe(&piped.engine(minor));
    symlink("/dev/zero", device.engine(minor)).unwrap();
    let file = fs::File::create(huge.engine(minor)).unwrap();
    file.set_len(1 << 40).unwrap();
    let irregular = "cannot be read (it is not a regular file)";
    let python = |minor: u32| format!("interface=1 python=3.{minor:<2}");
    let own = python(minor);
    let wrong = python(if minor == 10 { 12 } else { 10 });
    let again = "for your user with `cargo xtask install`)";
    for (installation, texts) in [
        (
            Installation::empty(),
            &["there is no engine in", "into the directory of the loader"][..],
        ),
        (with(b""), &[".so is empty", again]),
        (
            with(&whole[..whole.len() / 2]),
            &["is damaged: its end is missing", again],
        ),
        (with(&whole[..whole.len() - 1]), &["is damaged", again]),
        (with(b"#!/bin/sh\n"), &["is not a library", again]),
        (
            with(&machine),
            &["is for another kind of machine", std::env::consts::ARCH],
        ),
        (
            marker("interface=", "interfaces"),
            &["is not an engine of this project", again],
        ),
        (
            marker("interface=1", "interface=2"),
            &[
                "with interface 2, and this loader",
                "loader and engine of one version",
            ],
        ),
        (
            Installation::changed(minor, own.trim_end(), wrong.trim_end()),
            &["is for Python 3.1", again],
        ),
        (
            Installation::changed(minor, "GLIBC_2.3", "GLIBC_9.3"),
            &[
                "needs glibc 9.3",
                "and this machine has 2.",
                "or build the engine on this one",
            ],
        ),
        (local, &["libredgrease_engine.so is empty", again]),
        (link, &["cannot be read", again]),
        (piped, &[irregular, again]),
        (device, &[irregular, again]),
        (huge, &["cannot be read (it is larger than 256 MB)", again]),
    ] {
        let python = PARTS.python.to_str().unwrap();
        running.refuses(&installation.loader(), &["Python", python], texts);
    }
    let loader = Installation::whole();
    running.loads(
        &loader.loader(),
        &["Python", PARTS.python.to_str().unwrap()],
    );
}
