//! Every reason not to load: one line that ends with the remedy, a server that goes on, and a right load behind it.

use crate::common::capability::tell;
use crate::common::untyped;
use crate::installation::{Installation, PARTS, failures, is_redis_6, open_to_modules};
use redgrease_embedded::Server;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

/// A plain server that can load modules while it runs.
struct Running {
    server: Server,
    _dir: Installation,
}

impl Running {
    fn new() -> Self {
        let dir = Installation::empty();
        let builder = Server::builder()
            .server(dir.server_program(&[]))
            .without_engine();
        let server = open_to_modules(builder).start().unwrap();
        Running { server, _dir: dir }
    }

    fn load(&self, module: &Path, arguments: &[&str]) -> String {
        let module = module.to_str().unwrap();
        let words = [&["MODULE", "LOAD", module], arguments].concat();
        untyped(&self.server, &words)
    }

    /// Expects a refusal in one line with these texts, the last of which is its end.
    #[track_caller]
    fn refuses(&self, module: &Path, arguments: &[&str], texts: &[&str]) {
        let before = failures(&self.server).len();
        let reply = self.load(module, arguments);
        assert!(reply.contains("Error loading the extension"), "{reply}");
        assert_eq!(untyped(&self.server, &["PING"]), "PONG");
        let lines = failures(&self.server).split_off(before);
        assert_eq!(lines.len(), 1, "{texts:?}: {lines:#?}");
        let line = &lines[0];
        assert!(
            line.starts_with("could not load the RedGrease engine: "),
            "{line}"
        );
        for text in texts {
            assert!(line.contains(text), "{text:?} in {line}");
        }
        assert!(line.ends_with(texts.last().unwrap()), "{line}");
    }

    /// Expects that the loader refuses a Python.
    #[track_caller]
    fn refuses_python(&self, whole: &Installation, python: &Path, texts: &[&str]) {
        let python = python.to_str().unwrap();
        self.refuses(&whole.loader(), &["Python", python], texts);
    }

    /// Expects that the engine loads and runs with the right Python.
    #[track_caller]
    fn loads_at_last(&self, whole: &Installation) {
        let python = PARTS.python.to_str().unwrap();
        self.loads(&whole.loader(), &["Python", python]);
    }

    /// Expects that the engine loads and runs.
    #[track_caller]
    fn loads(&self, module: &Path, arguments: &[&str]) {
        let reply = self.load(module, arguments);
        let log = self.server.log_tail(5);
        assert_eq!(reply, "OK", "{log}");
        self.works();
    }

    #[track_caller]
    fn works(&self) {
        let script = "GB('ShardsIDReader').map(lambda _: sum(range(5))).run()";
        let reply = untyped(&self.server, &["RG.PYEXECUTE", script]);
        assert!(reply.contains("10"), "{reply}");
    }
}

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

#[test]
fn the_engine_is_loaded_once() {
    let running = Running::new();
    let (first, second) = (Installation::whole(), Installation::whole());
    running.loads(&first.loader(), &[]);
    let texts = [
        "has a module `rg` already",
        "load one of them, once per server",
    ];
    for module in [&second.loader(), &PARTS.loader, &PARTS.engine] {
        running.refuses(module, &[], &texts);
        running.works();
    }
    let refused = untyped(&running.server, &["MODULE", "UNLOAD", "rg"]);
    assert!(refused.contains("ERR"), "{refused}");
    running.works();
}

#[test]
fn the_loader_is_refused_behind_the_engine() {
    let running = Running::new();
    running.loads(&PARTS.engine, &[]);
    let texts = [
        "has a module `rg` already",
        "load one of them, once per server",
    ];
    running.refuses(&Installation::whole().loader(), &[], &texts);
    running.works();
}

/// A module that is named as RedisGears is.
const GEARS: &str = r"
int RedisModule_OnLoad(void **context, void **arguments, int count) {
    int (*get)(const char *, void *) = context[0];
    void (*attributes)(void *, const char *, int, int);
    get(`RedisModule_SetModuleAttribs`, &attributes);
    attributes(context, `rg`, 10212, 1);
    return 0;
}";

#[test]
fn a_server_with_redisgears_is_left_alone() {
    let running = Running::new();
    let whole = Installation::whole();
    let gears = whole.dir.path().join("gears.so");
    whole.library(&gears, &GEARS.replace('`', "\""));
    assert_eq!(running.load(&gears, &[]), "OK");
    let texts = [
        "which is this engine or RedisGears",
        "load one of them, once per server",
    ];
    running.refuses(&whole.loader(), &[], &texts);
    running.refuses(&PARTS.engine, &[], &texts);
}

/// A starting server ends with the line, and its own behind it.
#[test]
fn a_server_that_starts_ends_with_the_line() {
    let empty = Installation::empty();
    let error = empty.server(&[]).start().unwrap_err().to_string();
    let lines = error.matches("could not load the RedGrease engine: there is no engine in");
    assert_eq!(lines.count(), 1, "{error}");
}

/// The page of the engine lists how a line can begin.
#[test]
fn lines_begin_as_the_documentation_says() {
    let page = include_str!("../../docs/engine.md");
    let (_, table) = page.split_once("| beginning of the line |").unwrap();
    let (table, _) = table.split_once("\n\n").unwrap();
    let cells = table.lines().filter_map(|row| row.split('|').nth(1));
    let beginnings: Vec<&str> = cells
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .collect();
    assert!(beginnings.len() > 4, "{beginnings:?}");
    let running = Running::new();
    let whole = Installation::whole();
    for arguments in [
        &["Python", "/no/such/python"][..],
        &["ExecutionThreads", "many"],
        &["ExecutionThreads", "0"],
        &["CompatibleReplies", "2.0"],
        &["ExecutionThreads"],
        &["Nope"],
    ] {
        let before = failures(&running.server).len();
        let reply = running.load(&whole.loader(), arguments);
        assert!(reply.contains("Error loading the extension"), "{reply}");
        let lines = failures(&running.server).split_off(before);
        let [line] = &lines[..] else {
            panic!("{arguments:?}: {lines:#?}");
        };
        assert!(
            beginnings.iter().any(|begin| line.starts_with(begin)),
            "{line}"
        );
    }
    running.loads_at_last(&whole);
}

/// The words of the server itself, which the documentation names.
#[test]
fn two_refusals_are_those_of_the_server() {
    if is_redis_6() {
        tell("the server lets every client load modules, without the right to execute");
        return;
    }
    let whole = Installation::whole();
    let closed = whole.server(&[]).start().unwrap();
    let reply = untyped(&closed, &["MODULE", "LOAD", "/no/such.so"]);
    assert!(reply.contains("MODULE command not allowed"), "{reply}");
    drop(closed);
    fs::set_permissions(whole.loader(), fs::Permissions::from_mode(0o644)).unwrap();
    let error = whole.server(&[]).start().unwrap_err().to_string();
    assert!(
        error.contains("It does not have execute permissions"),
        "{error}"
    );
}
