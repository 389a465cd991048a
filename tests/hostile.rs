//! No value and no exception of a gear crashes the server, or makes it send a malformed reply.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::{empty, eventually, untyped};
use redgrease_embedded::Server;

/// The reply of a run with one record, which is not converted to text.
fn raw(server: &Server, python: &str) -> String {
    let script = format!("{python}\nGB('ShardsIDReader').map(f).run(convertToStr=False)");
    untyped(server, &["RG.PYEXECUTE", &script])
}

fn still_works(server: &Server) {
    assert_eq!(untyped(server, &["PING"]), "PONG");
    assert_eq!(raw(server, "f = lambda x: 'fine'"), "fine\n");
}

#[test]
fn unusual_values_are_answered() {
    let (server, _con) = empty();
    for (expression, part) in [
        (
            "1 << 200",
            "1606938044258990275541962092341162602522202993782792835301376",
        ),
        ("-(1 << 64)", "18446744073709551616"),
        ("'\\ud800'", ""),
        ("['\\udfff', ['\\ud800']]", ""),
        ("float('nan')", "nan"),
        ("1e308 * 10", "inf"),
        ("b'\\xff\\x00'", ""),
        ("'+' + '\\r\\n' * 3", ""),
        ("'-' + '\\r\\n+OK\\r\\n'", ""),
        ("object()", "PY RECORD"),
        (
            "type('L', (list,), {'__len__': lambda s: 5, '__iter__': None})([1])",
            "1",
        ),
        (
            "type('S', (str,), {'__str__': lambda s: 1 / 0})('text')",
            "text",
        ),
        (
            "type('I', (int,), {'__str__': lambda s: 1 / 0})(1 << 70)",
            "PY RECORD",
        ),
    ] {
        let answer = raw(&server, &format!("f = lambda x: {expression}"));
        assert!(answer.contains(part), "{expression}: {answer:?}");
        still_works(&server);
    }
}

#[test]
fn recursive_lists_and_huge_results_are_answered() {
    let (server, _con) = empty();
    raw(&server, "l = []\nl.append(l)\nf = lambda x: l");
    still_works(&server);
    raw(
        &server,
        "l = []\nfor i in range(100000): l = [l]\nf = lambda x: l",
    );
    still_works(&server);
    let many = untyped(
        &server,
        &[
            "RG.PYEXECUTE",
            "GB('PythonReader').map(lambda i: str(i)).run(lambda: range(1000000).__iter__() and (i for i in range(1000000)))",
        ],
    );
    assert_eq!(many.lines().count(), 1_000_000);
    still_works(&server);
}

#[test]
fn every_exception_is_an_error() {
    let (server, _con) = empty();
    for raised in [
        "SystemExit()",
        "SystemExit(3)",
        "KeyboardInterrupt()",
        "GeneratorExit()",
        "StopIteration(1)",
        "MemoryError()",
        "BaseException('\\ud800')",
        "type('E', (Exception,), {'__str__': lambda s: 1 / 0})()",
        "type('E', (Exception,), {'__str__': lambda s: 5})()",
        "type('E', (BaseException,), {'__repr__': None})(1)",
        "UnicodeEncodeError('a', 'b', 1, 2, 'c')",
        "ExceptionGroup('g', [ValueError(1)]) if 'ExceptionGroup' in dir(__builtins__) else ValueError(1)",
    ] {
        let python = format!("def f(x):\n    raise {raised}");
        let answer = raw(&server, &python);
        assert!(!answer.is_empty(), "{raised}");
        // The script itself can raise it, too.
        let script = format!("raise {raised}");
        assert_ne!(
            untyped(&server, &["RG.PYEXECUTE", &script]),
            "OK",
            "{raised}"
        );
        still_works(&server);
    }
    for python in [
        "import sys\ndef f(x):\n    sys.exit()",
        "def f(x):\n    return f(x)",
        "async def f(x):\n    raise SystemExit()",
        "async def f(x):\n    raise KeyboardInterrupt()",
        "async def g():\n    raise SystemExit()\ndef f(x):\n    runCoroutine(g())\n    return 'left'",
        "import threading\ndef f(x):\n    t = threading.Thread(target=lambda: 1 / 0)\n    t.start()\n    t.join()",
        "import threading, sys\ndef f(x):\n    t = threading.Thread(target=sys.exit)\n    t.start()\n    t.join()",
        "def f(x):\n    del __builtins__\n    return nonsense",
        "def f(x):\n    with atomic():\n        raise SystemExit()",
        "def f(x):\n    atomic().__enter__()",
    ] {
        raw(&server, python);
        still_works(&server);
        let awaited = raw(&server, "async def f(x):\n    return 'awaited'");
        assert_eq!(awaited, "awaited\n", "after {python}");
    }
}

#[test]
fn a_future_that_is_never_continued_ends_with_an_error() {
    let (server, _con) = empty();
    let answer = raw(&server, "def f(x):\n    return gearsFuture()");
    assert!(
        answer.contains("Async record did not called continue"),
        "{answer}"
    );
    still_works(&server);
}

#[test]
fn invalid_scripts_are_refused() {
    let (server, _con) = empty();
    let deep = format!("x = {}1{}", "(".repeat(10_000), ")".repeat(10_000));
    let long = "x".repeat(5_000_000);
    for script in [
        "def",
        "\u{feff}x",
        "x\0y",
        deep.as_str(),
        long.as_str(),
        "\\",
        "'''",
    ] {
        assert_ne!(untyped(&server, &["RG.PYEXECUTE", script]), "OK");
        still_works(&server);
    }
}

#[test]
fn a_running_thread_of_a_gear_does_not_delay_the_shutdown() {
    let (server, _con) = empty();
    let python = "
import threading, time
def forever():
    while True:
        execute('INCR', 'beats')
        time.sleep(0.001)
def f(x):
    threading.Thread(target=forever, daemon=True).start()
    return 'left'
";
    assert_eq!(raw(&server, python), "left\n");
    eventually("the thread works", || {
        untyped(&server, &["GET", "beats"])
            .parse::<u32>()
            .is_ok_and(|n| n > 20)
    });
    still_works(&server);
    server.stop().unwrap();
}
