//! The functions of the runtime that scripts and gears call.

use super::{exception, run, value};
use crate::config::{self, Change};
use crate::python::integer;
use crate::scope::{self, Scope, WithheldReply};
use crate::testing::{eval, repr, with_python};
use std::sync::Arc;

#[test]
fn commands_are_texts() {
    assert_eq!(value("execute()"), "[]");
    let expected = "the given command must be a string";
    assert_eq!(exception("execute(5)"), expected);
    assert_eq!(exception("execute(b'GET', 'x')"), expected);
}

#[test]
fn an_argument_without_a_text_is_an_error() {
    let script = "
class Silent:
    def __str__(self):
        raise ValueError('no text')
execute('GET', Silent())
";
    let error = run(script).unwrap_err();
    assert!(error.contains("ValueError: no text"), "{error}");
}

#[test]
fn functions_of_hooks_fail_elsewhere() {
    assert_eq!(exception("call_next('x')"), "Can not get CommandHook ctx");
    assert_eq!(exception("get_command()"), "Can not get command ctx");
    assert_eq!(exception("override_reply(1)"), "Can not get command ctx");
}

#[test]
fn a_handler_sees_the_command_and_replaces_its_reply_once() {
    let words = vec![b"set".to_vec(), b"key".to_vec(), b"\xff".to_vec()];
    let reply = Arc::new(WithheldReply::new(words));
    with_python(|py| {
        scope::with(Scope::withheld, Some(Arc::clone(&reply)), || {
            let command = repr(&eval(py, "get_command()"));
            assert!(command.starts_with("['set', 'key', "), "{command}");
            assert_eq!(repr(&eval(py, "override_reply('first')")), "None");
        });
        assert!(!reply.replace(integer(py, 1).unbind().into()));
        let again = scope::with(Scope::withheld, Some(reply), || {
            let function = crate::testing::function(py, "lambda: override_reply('second')");
            function.call0(py).unwrap_err().to_string()
        });
        assert!(again.contains("Can only override reply once"), "{again}");
    });
}

#[test]
fn atomic_blocks_do_not_nest() {
    let script = "
seen = [isInAtomicBlock()]
with atomic():
    seen.append(isInAtomicBlock())
    try:
        with atomic():
            seen.append('nested')
    except Exception as e:
        seen.append(str(e))
    seen.append(isInAtomicBlock())
seen.append(isInAtomicBlock())
with atomic():
    seen.append('again')
flat_error(repr(seen))
";
    let seen = run(script).unwrap_err();
    let expected = "[False, True, 'Already inside an atomic block', True, False, 'again']";
    assert_eq!(seen, expected);
}

#[test]
fn a_script_has_no_future() {
    let expected = "Future object can only be created inside certain execution steps";
    assert_eq!(exception("gearsFuture()"), expected);
    for arguments in ["1", "None", "a=1"] {
        assert_eq!(
            exception(&format!("gearsFuture({arguments})")),
            "Future gets no arguments"
        );
    }
}

#[test]
fn a_script_may_not_await() {
    assert_eq!(value("isAsyncAllow()"), "False");
}

#[test]
fn settings_of_users_are_readable() {
    let name = "a setting of the tests of gears";
    assert_eq!(value(&format!("configGet('{name}')")), "None");
    assert_eq!(value(&format!("gearsConfigGet('{name}', 5)")), "5");
    let change = config::get().set(name.as_bytes(), Some(b"set"));
    assert!(matches!(change, Change::Saved), "{change:?}");
    assert_eq!(value(&format!("configGet('{name}')")), "'set'");
    assert_eq!(value(&format!("gearsConfigGet('{name}', 5)")), "'set'");
    assert_eq!(exception("configGet(5)"), "get_config key must be a string");
}

#[test]
fn log_takes_a_text_and_a_level() {
    for level in ["debug", "verbose", "notice", "warning"] {
        run(&format!("log('text', '{level}')")).unwrap();
    }
    assert_eq!(
        exception("log('text', level='loud')"),
        "Log level should be one of the following : debug,verbose,notice,warning"
    );
    assert_eq!(exception("log(5)"), "Log message must be a string");
}

#[test]
fn a_server_on_its_own_is_the_first_shard() {
    assert_eq!(value("hashtag()"), "'06S'");
    assert_eq!(value("list(shardReaderCallback())"), "['1']");
}

#[test]
fn the_runtime_is_importable_under_its_names() {
    let script = "
import redisgears, rg
from redgrease import GearsBuilder as Builder, execute as run_command
Builder('CommandReader').register(trigger='of the package')
if rg is not redisgears: raise Exception()
";
    let collected = run(script).unwrap();
    assert_eq!(collected.registrations.len(), 1);
}

/// What only the runtime uses: its functions have it among their variables.
const NATIVE: &str = "runCoroutine.__globals__['_native']";

#[test]
fn scripts_do_not_see_what_only_the_runtime_uses() {
    assert_eq!(exception("_native"), "name '_native' is not defined");
    let own = "sorted(name for name in globals() if name[:1] == '_' and name[:2] != '__')";
    assert_eq!(value(own), "['_saveGlobals']");
}

#[test]
fn an_outcome_of_an_unknown_execution_is_refused() {
    let unknown = "execution plan does not exist";
    assert_eq!(
        exception(&format!("{NATIVE}.when_done('no id', print)")),
        unknown
    );
    let id = "0000000000000000000000000000000000000000-999999999";
    let statement = format!("{NATIVE}.when_done('{id}', print)");
    assert_eq!(exception(&statement), unknown);
}
