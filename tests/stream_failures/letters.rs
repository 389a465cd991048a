//! The fields of a dead letter.

use crate::common::{empty, eventually, untyped};
use crate::{OPTIONS, add, all_are_settled, bad, field, letters, list, register};

#[test]
fn a_letter_has_the_fields_of_the_message_and_tells_what_happened() {
    let (server, _con) = empty();
    bad(&server, &["5"]);
    register(&server, "foreach(handle)", OPTIONS);
    let id = untyped(
        &server,
        &["XADD", "s", "7-5", "n", "5", "k", "\u{e4}", "k", "b"],
    );
    all_are_settled(&server);
    let letter = letters(&server).remove(0);
    for (name, value) in [
        ("n", "5"),
        ("redgrease:stream", "s"),
        ("redgrease:id", &id),
        ("redgrease:error", "ValueError: bad 5"),
        ("redgrease:tries", "3"),
        ("redgrease:gear", "handle"),
        ("redgrease:session", "s"),
    ] {
        assert_eq!(letter[name], value, "{name}");
    }
    let traceback = &letter["redgrease:traceback"];
    assert!(
        traceback.starts_with("Traceback (most recent call last):\n"),
        "{traceback}"
    );
    assert!(
        traceback.contains("in handle\n") && traceback.ends_with("ValueError: bad 5"),
        "{traceback}"
    );
    assert!(letter["redgrease:time"].parse::<u64>().unwrap() > 1_600_000_000_000);
    // The fields of the message come first, in their order.
    let row = untyped(&server, &["XRANGE", "dead", "-", "+"]);
    let fields: Vec<&str> = row.lines().skip(1).take(7).collect();
    assert_eq!(
        fields,
        ["n", "5", "k", "\u{e4}", "k", "b", "redgrease:stream"]
    );
}

/// The last line and the place of an exception are in a letter, whichever function has raised it.
#[test]
fn a_letter_names_the_exception_of_a_coroutine() {
    for (raised, error, told) in [
        ("ValueError()", "ValueError", "ValueError"),
        ("ValueError('bad')", "ValueError: bad", "bad"),
        ("KeyError('k')", "KeyError: 'k'", "KeyError: 'k'"),
        ("ValueError(3)", "ValueError: 3", "ValueError: 3"),
        ("SystemExit(3)", "SystemExit: 3", "SystemExit: 3"),
        (
            "KeyboardInterrupt()",
            "KeyboardInterrupt",
            "KeyboardInterrupt",
        ),
        (
            "StopAsyncIteration()",
            "StopAsyncIteration",
            "StopAsyncIteration",
        ),
        (
            "MemoryError()",
            "MemoryError: the gear needs more memory",
            "the gear needs more memory",
        ),
        (
            "asyncio.CancelledError()",
            "asyncio.exceptions.CancelledError",
            "CancelledError",
        ),
    ] {
        for step in ["map", "foreach"] {
            let (server, _con) = empty();
            let script = format!(
                "import asyncio\nasync def handle(r):\n    raise {raised}\nGB('StreamReader').{step}(handle).register('s', {OPTIONS})"
            );
            assert_eq!(untyped(&server, &["RG.PYEXECUTE", &script]), "OK");
            add(&server, "s", 0..1);
            eventually(raised, || letters(&server).len() == 1);
            let letter = letters(&server).remove(0);
            let name = &letter["redgrease:error"];
            assert!(name.starts_with(error), "{raised}: {name}");
            let traceback = &letter["redgrease:traceback"];
            let frames =
                "Traceback (most recent call last):\n  File \"<string>\", line 3, in handle\n";
            assert!(
                traceback.starts_with(frames) && traceback.ends_with(name.as_str()),
                "{raised}: {traceback}"
            );
            let last = field(&server, "lastError");
            assert!(last.starts_with(told), "{raised}: {last}");
        }
    }
}

/// Callers get the text of the exception, as RedisGears sends it, or its name.
#[test]
fn callers_of_a_coroutine_get_a_text_that_says_something() {
    let (server, _con) = empty();
    for (raised, error) in [
        ("ValueError('bad')", "bad"),
        ("ValueError()", "ValueError"),
        ("KeyError('k')", "KeyError: 'k'"),
    ] {
        let script = format!("async def handle(r):\n    raise {raised}\nGB().map(handle).run('*')");
        untyped(&server, &["SET", "key", "x"]);
        let told = untyped(&server, &["RG.PYEXECUTE", &script]);
        assert_eq!(told.trim(), error, "{raised}");
    }
}

#[test]
fn a_letter_tells_that_memory_was_missing() {
    let (server, _con) = empty();
    let script = format!(
        "def handle(r):\n    raise MemoryError()\nGB('StreamReader').foreach(handle).register('s', {OPTIONS})"
    );
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", &script]), "OK");
    add(&server, "s", 0..1);
    eventually("it is given up", || letters(&server).len() == 1);
    let letter = letters(&server).remove(0);
    let error = &letter["redgrease:error"];
    assert!(
        error.starts_with("MemoryError: the gear needs more memory")
            && error.ends_with("RG.CONFIGSET"),
        "{error}"
    );
    let traceback = &letter["redgrease:traceback"];
    assert!(
        traceback.contains("in handle\n") && traceback.ends_with(error.as_str()),
        "{traceback}"
    );
    // The error stays a list of lines, which clients read.
    let last = field(&server, "lastError");
    assert!(last.ends_with("RG.CONFIGSET\\n']"), "{last}");
}

/// The text of the exception begins with `PAUSE`: nothing is tried again or given up.
#[test]
fn every_kind_of_handler_can_pause_its_registration() {
    for handler in [
        "def handle(r):\n    raise Exception('PAUSE it')",
        "async def handle(r):\n    raise Exception('PAUSE it')",
        "async def handle(r):\n    raise KeyError('PAUSE it') from None",
        "def handle(r):\n    raise flat_error('PAUSE it')",
    ] {
        let (server, _con) = empty();
        let script = format!("{handler}\nGB('StreamReader').map(handle).register('s', {OPTIONS})");
        assert_eq!(untyped(&server, &["RG.PYEXECUTE", &script]), "OK");
        add(&server, "s", 0..1);
        let pauses = !handler.contains("KeyError");
        if pauses {
            eventually(handler, || field(&server, "status") == "PAUSED");
            assert!(letters(&server).is_empty());
            assert_eq!(untyped(&server, &["XLEN", "s"]), "1");
        } else {
            // Its text is that of a key: it begins with a quote.
            eventually(handler, || letters(&server).len() == 1);
        }
    }
}

/// Another registration reads the dead letters: it may put messages back.
#[test]
fn dead_letters_are_a_stream_like_any_other() {
    let (server, _con) = empty();
    bad(&server, &["0"]);
    register(&server, "foreach(handle)", OPTIONS);
    let script = "
def put_back(r):
    execute('SREM', 'bad', r['value']['n'])
    execute('XADD', r['value']['redgrease:stream'], '*', 'n', r['value']['n'])
    execute('RPUSH', 'put_back', r['value']['redgrease:error'])
GB('StreamReader').foreach(put_back).register('dead')
def told(r):
    execute('RPUSH', 'told', r['event'])
GB('KeysReader').foreach(told).register('dead', eventTypes=['xadd'])
";
    assert_eq!(
        untyped(&server, &["RG.PYEXECUTE", script, "ID", "other"]),
        "OK"
    );
    add(&server, "s", 0..1);
    eventually("it is handled in the end", || {
        list(&server, "handled") == ["0"]
    });
    eventually("the error is known", || {
        list(&server, "put_back") == ["ValueError: bad 0"]
    });
    eventually("handlers of key events hear of it", || {
        list(&server, "told") == ["xadd"]
    });
}

/// A hook of `XADD` is for the commands of clients and gears.
#[test]
fn a_hook_does_not_get_dead_letters() {
    let (server, _con) = empty();
    bad(&server, &["0"]);
    register(&server, "foreach(handle)", OPTIONS);
    add(&server, "s", 0..1);
    all_are_settled(&server);
    let hook = "GB('CommandReader').map(lambda x: 'hooked').register(hook='XADD', mode='sync', keyprefix='dead')";
    assert_eq!(
        untyped(&server, &["RG.PYEXECUTE", hook, "ID", "hook"]),
        "OK"
    );
    add(&server, "s", 0..1);
    eventually("both are there", || letters(&server).len() == 2);
}

/// The traceback of a group ends with a line of its drawing.
#[test]
fn a_group_of_exceptions_is_told_by_its_text_and_its_first_exception() {
    let (server, _con) = empty();
    // Python 3.10 and older have no groups.
    let raised = "import sys\nif sys.version_info < (3, 11):\n    ExceptionGroup = lambda text, inner: ValueError('g (1 sub-exception): ValueError: 1')";
    let script = format!(
        "{raised}\ndef handle(r):\n    raise ExceptionGroup('g', [ValueError(1)])\nGB('StreamReader').foreach(handle).register('s', {OPTIONS})"
    );
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", &script]), "OK");
    add(&server, "s", 0..1);
    eventually("the letter", || letters(&server).len() == 1);
    let error = &letters(&server)[0]["redgrease:error"];
    assert!(
        error.ends_with(": g (1 sub-exception): ValueError: 1"),
        "{error}"
    );
}
