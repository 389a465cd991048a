//! What scripts see: the words of errors, the names, and the values of settings.
//!
//! | file | subject |
//! |---|---|
//! | `builder.rs` | wrong arguments of the operations of a chain |
//! | `ends.rs` | wrong arguments of `run` and `register` |
//! | `runtime.rs` | wrong and odd arguments of the functions that scripts call |
//! | `server.rs` | the words of the server, and the settings |
//! | `threads.rs` | threads and coroutines that gears start |
//! | `names.rs` | the names that scripts can see |
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

#[path = "../common/mod.rs"]
mod common;

mod builder;
mod ends;
mod names;
mod runtime;
mod server;
mod threads;

use common::untyped;
use redgrease_embedded::Server;

/// The reply of `RG.PYEXECUTE`.
pub(crate) fn run(server: &Server, script: &str) -> String {
    untyped(server, &["RG.PYEXECUTE", script])
}

/// Runs the expressions in one script, and compares the text of the `gears.error` that each of them raises.
pub(crate) fn raise(server: &Server, expected: &[(&str, &str)]) {
    let cases: Vec<String> = expected
        .iter()
        .map(|(expression, _)| format!("    ({expression:?}, lambda: {expression}),\n"))
        .collect();
    let script = format!(
        "
def f(*args): return None
def outcome(call):
    try:
        return 'no error: %r' % (call(),)
    except redisgears.GearsError as e:
        return str(e)
    except BaseException as e:
        return '%s: %s' % (type(e).__name__, e)
for name, call in [
{}]:
    execute('RPUSH', 'outcomes', outcome(call))
",
        cases.concat()
    );
    untyped(server, &["DEL", "outcomes"]);
    assert_eq!(run(server, &script), "OK");
    let said = untyped(server, &["LRANGE", "outcomes", "0", "-1"]);
    let said: Vec<&str> = said.split('\n').collect();
    assert_eq!(said.len(), expected.len(), "{said:?}");
    for ((expression, words), said) in expected.iter().zip(said) {
        assert_eq!(said, *words, "{expression}");
    }
}
