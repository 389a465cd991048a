//! The errors of the builder and of the runtime's functions. Clients of RedisGears know the texts.

use super::{exception, run};

/// Checks the texts of the exceptions that statements raise.
#[track_caller]
fn check(cases: &[(&str, &str)]) {
    for (statement, expected) in cases {
        assert_eq!(exception(statement), *expected, "{statement}");
    }
}

#[test]
fn operations_take_functions() {
    check(&[
        ("GB().map(5)", "map argument must be a function"),
        ("GB().map(len)", "map argument must be a function"),
        ("GB().filter('f')", "filter argument must be a function"),
        ("GB().flatmap(None)", "flatmap argument must be a function"),
        ("GB().foreach(5)", "foreach argument must be a function"),
        (
            "GB().accumulate(5)",
            "accumulate argument must be a function",
        ),
        ("GB().countby(5)", "countby argument must be a function"),
        (
            "GB().groupby(5, lambda k, a, r: 1)",
            "groupby extractor argument must be a function",
        ),
        (
            "GB().groupby(lambda r: 1, 5)",
            "groupby reducer argument must be a function",
        ),
        (
            "GB().localgroupby(lambda r: 1, 5)",
            "groupby reducer argument must be a function",
        ),
        (
            "GB().batchgroupby(5, lambda k, r: 1)",
            "batchgroupby extractor argument must be a function",
        ),
        (
            "GB().batchgroupby(lambda r: 1, 5)",
            "batchgroupby reducer argument must be a function",
        ),
        (
            "GB().repartition(5)",
            "repartition argument must be a function",
        ),
        ("GB().limit('5')", "limit argument must be a number"),
        ("GB().limit(5, '5')", "limit argument must be a number"),
    ]);
}

#[test]
fn readers_can_do_different_things() {
    check(&[
        ("gearsCtx('NoReader')", "The given reader does not exists"),
        ("GB('NoReader')", "The given reader does not exists"),
        (
            "GB('CommandReader').run()",
            "Given reader do not support run or not exists",
        ),
        (
            "GB('ShardIDReader').run()",
            "Given reader do not support run or not exists",
        ),
        (
            "GB('PythonReader').register()",
            "given reader does not exists or does not support register",
        ),
        (
            "GB('ShardsIDReader').register()",
            "given reader does not exists or does not support register",
        ),
    ]);
}

#[test]
fn run_checks_its_arguments() {
    check(&[
        (
            "GB('PythonReader').run(5)",
            "pyreader argument must be a function",
        ),
        (
            "GB('PythonReader').run()",
            "pyreader argument must be a function",
        ),
        (
            "GB('StreamReader').run('s', fromId=5)",
            "fromId argument must be a string",
        ),
        (
            "GB('StreamReader').run(5)",
            "regex argument must be a string",
        ),
        ("GB('KeysReader').run(5)", "regex argument must be a string"),
        (
            "GB('KeysReader').run(noScan=1)",
            "exactMatch value is not boolean",
        ),
        (
            "GB('KeysReader').run(readValue=1)",
            "readValue value is not boolean",
        ),
        (
            "GB('KeysReader').run(mode='sync')",
            "unknown execution mode",
        ),
        (
            "GB('KeysReader').run(mode='later')",
            "unknown execution mode",
        ),
        (
            "GB('KeysReader').run(mode=5)",
            "execution mode must be a string",
        ),
    ]);
}

#[test]
fn register_checks_the_arguments_of_commands() {
    let both = "trigger argument can not be given with keyprefix or hook";
    let register = |arguments| format!("GB('CommandReader').register({arguments})");
    for (arguments, expected) in [
        ("", "no trigger or hook argument was given"),
        ("trigger=None", "no trigger or hook argument was given"),
        ("keyprefix='k'", "no trigger or hook argument was given"),
        ("trigger=5", "trigger argument is not string"),
        ("trigger='t', hook='get'", both),
        ("trigger='t', keyprefix='k'", both),
        ("hook=5", "hook argument is not string"),
        (
            "hook='get', keyprefix=5",
            "keyprefix argument is not string",
        ),
        ("trigger='t', inorder=1", "inorder argument is be boolean"),
        ("trigger='t', mode='later'", "unknown execution mode"),
        ("trigger='t', mode=5", "execution mode must be a string"),
        (
            "trigger='t', onRegistered=5",
            "OnRegistered argument must be a function",
        ),
    ] {
        assert_eq!(exception(&register(arguments)), expected, "{arguments}");
    }
}

#[test]
fn register_checks_the_arguments_of_key_events() {
    let register = |arguments| format!("GB('KeysReader').register({arguments})");
    for (arguments, expected) in [
        ("5", "regex argument must be a string"),
        ("regex=5", "regex argument must be a string"),
        ("eventTypes=5", "given eventTypes is not iterable"),
        ("eventTypes=[5]", "given event type is not string"),
        ("keyTypes=5", "given keyTypes is not iterable"),
        ("keyTypes=[5]", "given key type is not string"),
        ("keyTypes=['string', 'tree']", "unknown key type"),
        ("commands=5", "given commands is not iterable"),
        ("commands=[5]", "given command is not string"),
        ("readValue=1", "readValue is not boolean"),
    ] {
        assert_eq!(exception(&register(arguments)), expected, "{arguments}");
    }
}

#[test]
fn register_checks_the_arguments_of_streams() {
    let register = |arguments| format!("GB('StreamReader').register({arguments})");
    let policy = "onFailedPolicy must be Continue/Abort/Retry";
    for (arguments, expected) in [
        ("batch='5'", "batch argument must be a number"),
        ("duration='5'", "duration argument must be a number"),
        ("onFailedPolicy='never'", policy),
        (
            "onFailedPolicy=5",
            "onFailedPolicy must be a string (Continue/Abort/Retry)",
        ),
        (
            "onFailedRetryInterval='5'",
            "retryInterval argument must be a number",
        ),
        (
            "onFailedRetryInterval=0.5",
            "onFailedRetryInterval is 0.5: write seconds, a whole number from 0 to 4294967295",
        ),
        (
            "onFailedRetryInterval=-1",
            "onFailedRetryInterval is -1: write seconds, a whole number from 0 to 4294967295",
        ),
        (
            "batch=0",
            "batch is 0: write the number of messages of a batch, a whole number from 1 to 4294967295",
        ),
        (
            "batch=2.0",
            "batch is 2.0: write the number of messages of a batch, a whole number from 1 to 4294967295",
        ),
        (
            "duration=-5",
            "duration is -5: write milliseconds, a whole number from 0 to 4294967295",
        ),
        (
            "duration=10**20",
            "duration is 100000000000000000000: write milliseconds, a whole number from 0 to 4294967295",
        ),
        (
            "duration=10**5000",
            "duration is a number with too many digits: write milliseconds, a whole number from 0 to 4294967295",
        ),
        (
            "maxRetries=-1",
            "maxRetries is -1: write the number of retries, a whole number from 0 to 4294967295",
        ),
        (
            "maxRetries=1.5",
            "maxRetries is 1.5: write the number of retries, a whole number from 0 to 4294967295",
        ),
        (
            "maxRetries=True",
            "maxRetries is True or False: write a number",
        ),
        ("maxRetries='1'", "maxRetries must be a number"),
        (
            "retryBackoff=True",
            "retryBackoff is True or False: write a number",
        ),
        (
            "retryBackoff='2'",
            "retryBackoff must be a number, such as 2.0",
        ),
        (
            "retryBackoff=2.0, maxRetryInterval=float('nan')",
            "maxRetryInterval is nan: write seconds, a whole number from 0 to 4294967295",
        ),
        ("trimStream=1", "pyTrimmStream argument must be a boolean"),
        (
            "mode='sync', onFailedPolicy='abort'",
            "ExecutionMode sync can only be combined with OnFailedPolicy Continue",
        ),
    ] {
        assert_eq!(exception(&register(arguments)), expected, "{arguments}");
    }
    assert!(run(&register("mode='sync', onFailedPolicy='continue'")).is_ok());
}

#[test]
fn time_events_check_their_arguments() {
    let interval = "time interval must be a positive number of seconds";
    check(&[
        ("registerTE(0, lambda: 1)", interval),
        ("registerTE(-1, lambda: 1)", interval),
        ("registerTE(1.5, lambda: 1)", "time argument must be a long"),
        ("registerTE('1', lambda: 1)", "time argument must be a long"),
        ("registerTE(1, 5)", "callback must be a function"),
    ]);
}

/// Functions of registrations must be able to leave the process; those of a run need not.
#[test]
fn registered_functions_can_be_pickled() {
    let script = |end: &str| {
        format!(
            "
import threading
def chain():
    lock = threading.Lock()
    return GB('KeysReader').map(lambda r: lock)
chain().{end}
"
        )
    };
    let error = run(&script("register()")).unwrap_err();
    assert!(error.contains("pickle"), "{error}");
    assert!(run(&script("run()")).unwrap().run.is_some());
}
