//! Wrong and odd arguments of the functions that scripts call.

use super::common::untyped;
use super::{raise, run};
use redgrease_embedded::Server;

#[test]
fn wrong_arguments_of_the_runtime() {
    let server = Server::start().unwrap();
    let levels = "Log level should be one of the following : debug,verbose,notice,warning";
    let no_text = "Log level must be a sting (debug/verbose/notice/warning)";
    raise(
        &server,
        &[
            ("log()", "log function must get a log message as input"),
            (
                "log(level='debug')",
                "log function must get a log message as input",
            ),
            ("log(5)", "Log message must be a string"),
            ("log(b'x')", "Log message must be a string"),
            ("log(None)", "Log message must be a string"),
            ("log('warning', 5)", "Log message must be a string"),
            ("log('x', level='loud')", levels),
            ("log('x', 'y')", levels),
            ("log('x', level=5)", no_text),
            ("log('x', level=None)", no_text),
            ("log('x', 'y', 'z')", "wrong number of args to log function"),
            (
                "log('x', color=1)",
                "wrong number of args to log function: there is no argument 'color'",
            ),
            (
                "log('warning', 'x', level='debug')",
                "wrong number of args to log function: 'level' was given twice",
            ),
            ("registerTE()", "not enough arguments for time event"),
            ("registerTE(1)", "not enough arguments for time event"),
            ("registerTE('a', f)", "time argument must be a long"),
            ("registerTE(1.5, f)", "time argument must be a long"),
            ("registerTE(None, f)", "time argument must be a long"),
            (
                "registerTE(0, f)",
                "time interval must be a positive number of seconds",
            ),
            ("registerTE(1, 5)", "callback must be a function"),
            (
                "registerTE(1, f, 'k', 4)",
                "wrong number of args to registerTE function",
            ),
            ("configGet(5)", "get_config key must be a string"),
            ("configGet()", "wrong number of args to configGet function"),
            (
                "configGet('a', 'b')",
                "wrong number of args to configGet function",
            ),
            (
                "flat_error()",
                "wrong number of args to flat_error function",
            ),
            (
                "override_reply()",
                "wrong number of args to override_reply function",
            ),
            (
                "setGearsSession()",
                "wrong number of args to setGearsSession function",
            ),
            ("execute(5)", "the given command must be a string"),
        ],
    );
}

#[test]
fn the_log_takes_its_level_in_every_form() {
    let server = Server::start().unwrap();
    let script = "
log('plain')
log('named', level='warning')
log('warning', 'level first')
log('level last', 'warning')
log(msg='both named', level='warning')
log(level='warning', msg='named the other way')
log('warning', 'notice')
log('warning')
";
    assert_eq!(run(&server, script), "OK");
    let log = server.log_tail(30);
    let mark = |text: &str| {
        let line = log
            .lines()
            .find(|line| line.ends_with(&format!("GEARS: {text}")));
        let line = line.unwrap_or_else(|| panic!("{text}: {log}"));
        line.contains(" # ")
    };
    for text in [
        "named",
        "level first",
        "level last",
        "both named",
        "named the other way",
    ] {
        assert!(mark(text), "{text} is a warning: {log}");
    }
    assert!(!mark("plain"), "{log}");
    assert!(
        mark("notice"),
        "the first of two levels is the level: {log}"
    );
    assert!(!mark("warning"), "a single word is the message: {log}");
}

/// The functions that have no arguments refuse one by position and one by name.
#[test]
fn functions_without_arguments() {
    let server = Server::start().unwrap();
    for function in [
        "hashtag",
        "isAsyncAllow",
        "isInAtomicBlock",
        "getGearsSession",
        "registerGearsThread",
        "get_command",
        "atomic",
        "createFuture",
        "profilerCreate",
    ] {
        let words = format!("wrong number of args to {function} function");
        raise(&server, &[(&format!("{function}(1)"), &words)]);
        refuse_name(&server, &format!("{function}(more=1)"), &words);
    }
    let script = "
assert hashtag() == '06S' and isAsyncAllow() is False and isInAtomicBlock() is False
assert getGearsSession().id and registerGearsThread() is None
with atomic(): assert isInAtomicBlock()
";
    assert_eq!(run(&server, script), "OK");
}

/// Checks that a call with a name that the function does not have says so.
fn refuse_name(server: &Server, call: &str, words: &str) {
    let said = run(server, call);
    assert!(
        said.contains(&format!("gears.error: {words}: ")) && said.contains("more"),
        "{call}: {said}"
    );
}

#[test]
fn functions_with_arguments() {
    let server = Server::start().unwrap();
    for (function, good) in [
        ("configGet", "'x'"),
        ("gearsConfigGet", "'x', 1"),
        ("setGearsSession", "None"),
        ("override_reply", "1"),
        ("flat_error", "'x'"),
        ("runCoroutine", "0, None, 0, None"),
        ("setFutureResults", "0, 0"),
        ("setFutureException", "0, 0"),
        ("GearsSession", "None"),
        ("GearsBuilder", "'KeysReader', '*', None"),
        ("createKeysOnlyReader", "'*', 1, False, None"),
        ("genDeprecated", "'a', 'b', f"),
        ("createDecorator", "'a'"),
        ("profilerStart", "0"),
        ("profilerStop", "0"),
        ("profilerGetInfo", "0, 'tottime'"),
    ] {
        let words = format!("wrong number of args to {function} function");
        let too_many = format!("{function}({good}, 1)");
        raise(&server, &[(&too_many, &words)]);
        if !["GearsBuilder", "createKeysOnlyReader"].contains(&function) {
            raise(&server, &[(&format!("{function}()"), &words)]);
        }
        let named = format!("f = lambda *a: None\n{function}({good}, more=1)");
        refuse_name(&server, &named, &words);
    }
    // Commands have no names for their words.
    for function in ["execute", "call_next"] {
        let words = format!("wrong number of args to {function} function");
        refuse_name(&server, &format!("{function}('get', more=1)"), &words);
    }
    let not_in_hook = "Can not get CommandHook ctx";
    let no_command = "Can not get command ctx";
    raise(
        &server,
        &[
            ("call_next()", not_in_hook),
            ("call_next('k')", not_in_hook),
            ("get_command()", no_command),
            ("override_reply(1)", no_command),
            ("override_reply(reply=1)", no_command),
            ("configGet(key=5)", "get_config key must be a string"),
            (
                "setGearsSession(5)",
                "setGearsSession takes what getGearsSession gave, or None",
            ),
            (
                "setGearsSession(s='x')",
                "setGearsSession takes what getGearsSession gave, or None",
            ),
            ("execute(None)", "the given command must be a string"),
            ("execute(b'get', 'k')", "the given command must be a string"),
            (
                "execute(['get', 'k'])",
                "the given command must be a string",
            ),
            ("gearsFuture(1)", "Future gets no arguments"),
            ("gearsFuture(more=1)", "Future gets no arguments"),
        ],
    );
    // No arguments are no command, as with RedisGears.
    let script = "assert execute() == []\nassert configGet(key='nothing') is None";
    assert_eq!(run(&server, script), "OK");
}

/// A future takes one value, in a step of a gear.
#[test]
fn futures() {
    let server = Server::start().unwrap();
    let script = "
def ask(r):
    said = []
    future = gearsFuture()
    for call in [lambda: future.continueRun(), lambda: future.continueRun(1, 2), lambda: future.continueFailed(),
            lambda: future.continueRun(more=1), lambda: future.continueFailed('a', 'b')]:
        try:
            call()
        except redisgears.GearsError as e:
            said.append(str(e))
    def later():
        time.sleep(0.05)
        future.continueRun(said)
    Thread(target=later).start()
    return future
GB('CommandReader').map(ask).register(trigger='ask', mode='async_local', convertToStr=False)
";
    assert_eq!(run(&server, script), "OK");
    assert_eq!(
        untyped(&server, &["RG.TRIGGER", "ask"]),
        "wrong number of args to continueRun function\n\
         wrong number of args to continueRun function\n\
         wrong number of args to continueFailed function\n\
         wrong number of args to continueRun function: there is no argument 'more'\n\
         wrong number of args to continueFailed function"
    );
}
