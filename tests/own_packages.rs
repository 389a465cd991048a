//! The package `redgrease` that a session required is for this session alone. All others import the bundled one.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::{eventually, untyped};
use redgrease_embedded::{Builder, Server};
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// Writes the wheels of a package `redgrease` in two versions, and of a package that depends on it.
const WHEELS: &str = r#"
import sys, zipfile
folder = sys.argv[1]
def wheel(name, version, files, requires=""):
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(f"{folder}/{name}-{version}-py3-none-any.whl", "w") as made:
        for path, text in files.items():
            made.writestr(path, text)
        made.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{requires}")
        made.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        made.writestr(f"{info}/RECORD", "")
def package(version):
    return {
        "redgrease/__init__.py": f"from redgrease.data import Kept\nimport redgrease.data\nversion = {version!r}\nfrom . import lazy as _lazy\n",
        "redgrease/data.py": "import redgrease\nclass Kept:\n    def __init__(self, value): self.value = value\n    def told(self): return redgrease.version + ' ' + self.value\n",
        "redgrease/lazy.py": "def late():\n    import redgrease.later\n    from redgrease.later import answer\n    return answer, redgrease.later.answer, redgrease.version\n",
        "redgrease/later.py": "answer = 42\n",
        "redgrease/exits.py": "raise SystemExit(3)\n",
        "redgrease/fails.py": "1 / 0\n",
        "redgrease/only/__init__.py": "from .deep import depth\n",
        "redgrease/only/deep.py": "depth = __name__\n",
    }
wheel("redgrease", "9.1", package("9.1"))
wheel("redgrease", "9.2", package("9.2"))
wheel("redis", "3.5.3", {"redis_stub.py": ""})
wheel("leaning", "1.0", {"leaning.py": "import redgrease\nversion = redgrease.version\n"}, "Requires-Dist: redgrease==9.1\n")
wheel("unrelated", "1.0", {"unrelated.py": "value = 5\n"})
"#;

struct Packages {
    folder: TempDir,
}

impl Packages {
    fn new() -> Packages {
        let folder = TempDir::new().unwrap();
        std::fs::create_dir(folder.path().join("wheels")).unwrap();
        let made = Command::new("python3")
            .args(["-c", WHEELS])
            .arg(folder.path().join("wheels"))
            .status()
            .unwrap();
        assert!(made.success());
        Packages { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn builder(&self) -> Builder {
        let wheels = self.path("wheels");
        Server::builder()
            .python_dir(self.path("python"))
            .module_arg(
                "PipArguments",
                format!("--no-index --find-links {}", wheels.display()),
            )
    }
}

fn raw(server: &Server, script: &str) -> String {
    untyped(server, &["RG.PYEXECUTE", script])
        .trim_end()
        .to_owned()
}

fn with(server: &Server, requirement: &str, script: &str) -> String {
    let words = ["RG.PYEXECUTE", script, "REQUIREMENTS", requirement];
    untyped(server, &words).trim_end().to_owned()
}

/// Runs an expression in a gear, after an import.
fn ask(import: &str, expression: &str) -> String {
    format!("{import}\nGB('ShardsIDReader').map(lambda _: {expression}).run()")
}

const VERSION: &str = "getattr(redgrease, 'version', 'bundled')";

#[test]
fn only_the_sessions_that_ask_for_the_package_import_it() {
    let packages = Packages::new();
    let server = packages.builder().start().unwrap();
    let version = ask("import redgrease", VERSION);
    assert_eq!(raw(&server, &version), "bundled");
    assert_eq!(with(&server, "redgrease==9.1", &version), "9.1");
    // In every order, and after each other.
    for _ in 0..2 {
        assert_eq!(raw(&server, &version), "bundled");
        assert_eq!(with(&server, "redgrease==9.1", &version), "9.1");
        assert_eq!(with(&server, "unrelated", &version), "bundled");
    }
    // However the requirement is written, and through another package.
    for requirement in ["RedGrease[all] == 9.1", "leaning"] {
        assert_eq!(with(&server, requirement, &version), "9.1", "{requirement}");
    }
    assert_eq!(
        with(
            &server,
            "leaning",
            &ask("import leaning", "leaning.version")
        ),
        "9.1"
    );
    assert_eq!(raw(&server, &version), "bundled");
    // Another version is for all sessions that ask for the package, because a server has one version of each.
    assert_eq!(with(&server, "redgrease==9.2", &version), "9.2");
    assert_eq!(raw(&server, &version), "bundled");
}

#[test]
#[allow(
    clippy::too_many_lines,
    reason = "one installation serves all the forms: another one takes half a minute"
)]
fn every_form_of_an_import_finds_the_package_of_the_session() {
    let packages = Packages::new();
    let server = packages.builder().start().unwrap();
    let required = |script: &str| with(&server, "redgrease==9.1", script);
    for (import, expression, installed, bundled) in [
        (
            "import redgrease.data",
            "hasattr(redgrease.data, 'Kept')",
            "True",
            "False",
        ),
        (
            "import redgrease.data as d",
            "hasattr(d, 'ExecID')",
            "False",
            "True",
        ),
        (
            "from redgrease import data",
            "hasattr(data, 'ExecID')",
            "False",
            "True",
        ),
        (
            "import importlib\nm = importlib.import_module('redgrease.data')",
            "hasattr(m, 'Kept')",
            "True",
            "False",
        ),
        (
            "m = __import__('redgrease.data').data",
            "hasattr(m, 'Kept')",
            "True",
            "False",
        ),
        (
            "import sys, redgrease\nm = sys.modules['redgrease']",
            "hasattr(m, 'version')",
            "True",
            "False",
        ),
        (
            "import redgrease",
            "'version' in dir(redgrease)",
            "True",
            "False",
        ),
        (
            "import redgrease",
            "redgrease.__name__ + str(redgrease.__spec__.name)",
            "redgreaseredgrease",
            "redgreaseredgrease",
        ),
        (
            "import redgrease\nfrom redgrease import *",
            "str('Kept' in globals()) + str('cmd' in globals())",
            "TrueFalse",
            "FalseTrue",
        ),
        (
            "import importlib.util",
            "str(importlib.util.find_spec('redgrease').origin).startswith('/')",
            "True",
            "False",
        ),
    ] {
        for _ in 0..2 {
            assert_eq!(required(&ask(import, expression)), installed, "{import}");
            assert_eq!(raw(&server, &ask(import, expression)), bundled, "{import}");
        }
    }
    // Imports inside of functions, when the gear runs, and inside of the package.
    let late = "
def late(_):
    import redgrease
    from redgrease import data
    return getattr(redgrease, 'version', 'bundled') + str(hasattr(data, 'ExecID'))
GB('ShardsIDReader').map(late).run()";
    assert_eq!(required(late), "9.1False");
    assert_eq!(raw(&server, late), "bundledTrue");
    let inside = ask("from redgrease.lazy import late", "late()");
    assert_eq!(required(&inside), "(42, 42, '9.1')");
    assert_eq!(
        required(&ask("from redgrease.only import depth", "depth")),
        "redgrease.only.deep"
    );
    // What one package does not have is an error for its sessions only.
    for _ in 0..2 {
        let missing = raw(&server, "from redgrease.lazy import late");
        assert!(
            missing.contains("No module named 'redgrease.lazy'"),
            "{missing}"
        );
        let missing = raw(&server, "from redgrease.client import Redis");
        assert!(
            missing.contains("redgrease.client is for clients"),
            "{missing}"
        );
        let missing = required("from redgrease.serverside import cmd");
        assert!(
            missing.contains("No module named 'redgrease.serverside'"),
            "{missing}"
        );
        let missing = required("from redgrease import cmd");
        assert!(missing.contains("cannot import name 'cmd'"), "{missing}");
        let missing = raw(&server, "from redgrease import version");
        assert!(
            missing.contains("cannot import name 'version'"),
            "{missing}"
        );
    }
    let ends = required("import redgrease.exits\nredgrease.exits.x");
    assert!(
        ends.contains("ImportError") || ends.contains("ends the program"),
        "{ends}"
    );
    let fails = required("from redgrease.fails import x");
    assert!(fails.contains("ZeroDivisionError"), "{fails}");
    // The bundled package still works as a whole.
    let bundled = "from redgrease import *\nKeysReader().count().run()";
    untyped(&server, &["SET", "a", "1"]);
    assert_eq!(raw(&server, bundled), "1");
    let commands = ask("from redgrease import cmd", "cmd.get('a')");
    assert_eq!(raw(&server, &commands), "b'1'");
}

const REGISTER: &str = "
import redgrease
from redgrease import data
def version(): return getattr(redgrease, 'version', 'bundled')
def in_thread(_):
    found = []
    def work():
        import redgrease as again
        found.append(version() + getattr(again, 'version', 'bundled'))
    thread = Thread(target=work)
    thread.start()
    thread.join()
    return found[0]
async def coroutine(_):
    await asyncio.sleep(0)
    import redgrease
    return getattr(redgrease, 'version', 'bundled')
def dynamic(r):
    name = r[1]
    GB('CommandReader').map(lambda _: version() + str(hasattr(data, 'ExecID'))).register(trigger=name)
for mode in 'sync', 'async', 'async_local':
    GB('CommandReader').map(lambda _: version()).register(trigger='%s-' + mode, mode=mode)
GB('CommandReader').map(in_thread).register(trigger='%s-thread')
GB('CommandReader').map(coroutine).register(trigger='%s-coroutine')
GB('CommandReader').map(dynamic).register(trigger='%s-dynamic')
GB('KeysReader').foreach(lambda r: execute('SET', 'seen-' + r['key'], version())).register('%s-key', eventTypes=['hset'])
";

fn register(server: &Server, name: &str, requirement: Option<&str>) {
    let script = REGISTER.replace("%s", name);
    let mut words = vec!["RG.PYEXECUTE", &script, "ID", name, "UPGRADE"];
    words.extend(
        requirement
            .map(|text| ["REQUIREMENTS", text])
            .into_iter()
            .flatten(),
    );
    assert_eq!(untyped(server, &words), "OK");
}

fn answers(server: &Server, name: &str, version: &str) {
    for kind in ["sync", "async", "async_local", "coroutine"] {
        let said = untyped(server, &["RG.TRIGGER", &format!("{name}-{kind}")]);
        assert_eq!(said, version, "{name}-{kind}");
    }
    let said = untyped(server, &["RG.TRIGGER", &format!("{name}-thread")]);
    assert_eq!(said, format!("{version}{version}"), "{name}-thread");
    untyped(
        server,
        &["DEL", &format!("seen-{name}-key"), &format!("{name}-key")],
    );
    untyped(server, &["HSET", &format!("{name}-key"), "f", "v"]);
    eventually("the key event is handled", || {
        untyped(server, &["GET", &format!("seen-{name}-key")]) == version
    });
}

#[test]
fn registrations_keep_their_package() {
    let packages = Packages::new();
    let server = packages.builder().start().unwrap();
    register(&server, "before", None);
    register(&server, "asks", Some("redgrease==9.1"));
    register(&server, "after", None);
    register(&server, "too", Some("leaning"));
    for _ in 0..2 {
        for (name, version) in [
            ("asks", "9.1"),
            ("before", "bundled"),
            ("too", "9.1"),
            ("after", "bundled"),
        ] {
            answers(&server, name, version);
        }
    }
    // An upgrade to the package and away from it.
    register(&server, "after", Some("redgrease==9.1"));
    register(&server, "too", None);
    answers(&server, "after", "9.1");
    answers(&server, "too", "bundled");
    answers(&server, "before", "bundled");
}

#[test]
fn registrations_that_gears_make_and_pickles_keep_their_package_after_a_restart() {
    let packages = Packages::new();
    let data = TempDir::new().unwrap();
    let start = |dir: &Path| {
        packages
            .builder()
            .server_arg("dir", dir.to_str().unwrap())
            .start()
            .unwrap()
    };
    let server = start(data.path());
    register(&server, "asks", Some("redgrease==9.1"));
    register(&server, "plain", None);
    let pickled = "
import redgrease
kept = redgrease.Kept('inside')
def told(r):
    return loads(dumps(kept)).told()
GB('CommandReader').map(told).register(trigger='told')
def again(r):
    GB('CommandReader').map(lambda _: kept.told()).register(trigger='kept')
GB('CommandReader').map(again).register(trigger='keep')
registerTE(1, lambda: execute('SET', 'ticked', redgrease.Kept('tick').told()), 'timer')
";
    let words = [
        "RG.PYEXECUTE",
        pickled,
        "ID",
        "pickled",
        "REQUIREMENTS",
        "redgrease==9.1",
    ];
    assert_eq!(untyped(&server, &words), "OK");
    untyped(&server, &["RG.TRIGGER", "asks-dynamic", "asks-made"]);
    untyped(&server, &["RG.TRIGGER", "plain-dynamic", "plain-made"]);
    untyped(&server, &["RG.TRIGGER", "keep"]);
    let check = |server: &Server| {
        eventually("the sessions are there", || {
            untyped(server, &["RG.TRIGGER", "told"]) == "9.1 inside"
        });
        assert_eq!(untyped(server, &["RG.TRIGGER", "kept"]), "9.1 inside");
        assert_eq!(untyped(server, &["RG.TRIGGER", "asks-made"]), "9.1False");
        assert_eq!(
            untyped(server, &["RG.TRIGGER", "plain-made"]),
            "bundledTrue"
        );
        answers(server, "asks", "9.1");
        answers(server, "plain", "bundled");
        untyped(server, &["DEL", "ticked"]);
        eventually("the timer ticks", || {
            untyped(server, &["GET", "ticked"]) == "9.1 tick"
        });
    };
    check(&server);
    assert_eq!(untyped(&server, &["SAVE"]), "OK");
    drop(server);
    let server = start(data.path());
    check(&server);
    assert_eq!(raw(&server, &ask("import redgrease", VERSION)), "bundled");
}

/// Threads of the server import both packages for the first time at once.
#[test]
fn both_packages_can_be_imported_at_the_same_time() {
    let packages = Packages::new();
    let server = packages.builder().start().unwrap();
    assert_eq!(with(&server, "redgrease==9.1", ""), "OK");
    let late = |name: &str| {
        format!(
            "
def late(_):
    import redgrease.data, redgrease
    from redgrease import data
    return getattr(redgrease, 'version', 'bundled') + str(hasattr(data, 'ExecID'))
GB('CommandReader').map(late).register(trigger='{name}', mode='async_local')"
        )
    };
    assert_eq!(with(&server, "redgrease==9.1", &late("asks")), "OK");
    assert_eq!(raw(&server, &late("plain")), "OK");
    std::thread::scope(|scope| {
        for _ in 0..4 {
            for (name, expected) in [("asks", "9.1False"), ("plain", "bundledTrue")] {
                let server = &server;
                scope.spawn(move || {
                    for _ in 0..50 {
                        assert_eq!(untyped(server, &["RG.TRIGGER", name]), expected);
                    }
                });
            }
        }
    });
}
