//! The words of errors about wrong arguments: of the builder, of the functions that scripts call, of commands.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::{eventually, untyped};
use redgrease_embedded::Server;

/// The reply of `RG.PYEXECUTE`.
fn run(server: &Server, script: &str) -> String {
    untyped(server, &["RG.PYEXECUTE", script])
}

/// Runs the expressions in one script, and compares the text of the `gears.error` that each of them raises.
fn raise(server: &Server, expected: &[(&str, &str)]) {
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

#[test]
fn wrong_numbers_of_arguments_of_the_builder() {
    let server = Server::start().unwrap();
    for (method, good) in [
        ("map", "f"),
        ("filter", "f"),
        ("flatmap", "f"),
        ("foreach", "f"),
        ("accumulate", "f"),
        ("repartition", "f"),
        ("groupby", "f, f"),
        ("localgroupby", "f, f"),
        ("batchgroupby", "f, f"),
        ("limit", "1, 2"),
        ("collect", ""),
        ("count", ""),
        ("countby", "f"),
        ("distinct", ""),
        ("sort", "True"),
        ("avg", "f"),
        ("aggregate", "0, f, f"),
        ("aggregateby", "f, 0, f, f"),
    ] {
        let comma = if good.is_empty() { "" } else { ", " };
        let words = format!("wrong number of args to {method} function");
        let optional = ["collect", "count", "countby", "distinct", "sort", "avg"];
        if !optional.contains(&method) {
            raise(&server, &[(&format!("GB().{method}()"), &words)]);
        }
        raise(
            &server,
            &[(&format!("GB().{method}({good}{comma}1)"), &words)],
        );
        let named = run(
            &server,
            &format!("f = lambda *a: None\nGB().{method}({good}{comma}more=1)"),
        );
        assert!(
            named.contains(&format!("gears.error: {words}: ")) && named.contains("more"),
            "{named}"
        );
        // A chain of PyFlatExecution has the native operations only.
        if !["distinct", "sort", "avg", "aggregate", "aggregateby"].contains(&method) {
            let expression = format!("gearsCtx().{method}({good}{comma}1)");
            raise(&server, &[(&expression, &words)]);
        }
    }
    // By position and by name.
    let script = "
f = lambda *a: None
GB().map(f=f).filter(f=f).flatmap(f=f).foreach(f=f).accumulate(f=f).repartition(extractor=f)
GB().groupby(f, reducer=f).localgroupby(reducer=f, extractor=f).batchgroupby(extractor=f, reducer=f)
GB().limit(length=1).limit(1, start=2).countby(extractor=f).sort(reverse=False).avg(extractor=f)
GB().aggregate(zero=0, seqOp=f, combOp=f).aggregateby(f, 0, combOp=f, seqOp=f)
GB(reader='KeysReader', defaultArg='*', desc='x')
gearsCtx(reader='KeysReader', desc=None).map(f=f)
";
    assert_eq!(run(&server, script), "OK");
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table of words")]
fn wrong_kinds_of_arguments_of_the_builder() {
    let server = Server::start().unwrap();
    raise(
        &server,
        &[
            ("GB().map(1)", "map argument must be a function"),
            ("GB().map(str)", "map argument must be a function"),
            ("GB().map(None)", "map argument must be a function"),
            ("GB().filter('x')", "filter argument must be a function"),
            ("GB().flatmap(list)", "flatmap argument must be a function"),
            ("GB().foreach(f=5)", "foreach argument must be a function"),
            (
                "GB().accumulate([])",
                "accumulate argument must be a function",
            ),
            (
                "GB().repartition(1)",
                "repartition argument must be a function",
            ),
            (
                "GB().groupby(1, f)",
                "groupby extractor argument must be a function",
            ),
            (
                "GB().groupby(f, 1)",
                "groupby reducer argument must be a function",
            ),
            (
                "GB().localgroupby(1, f)",
                "groupby extractor argument must be a function",
            ),
            (
                "GB().batchgroupby(1, f)",
                "batchgroupby extractor argument must be a function",
            ),
            (
                "GB().batchgroupby(f, 1)",
                "batchgroupby reducer argument must be a function",
            ),
            ("GB().countby(1)", "countby argument must be a function"),
            ("GB().avg(1)", "avg argument must be a function"),
            (
                "GB().aggregate(0, 1, f)",
                "aggregate argument must be a function",
            ),
            (
                "GB().aggregate(0, f, None)",
                "aggregate argument must be a function",
            ),
            (
                "GB().aggregateby(f, 0, 1, f)",
                "aggregateby argument must be a function",
            ),
            (
                "GB().aggregateby(1, 0, f, f)",
                "groupby extractor argument must be a function",
            ),
            ("GB().limit('a')", "limit argument must be a number"),
            ("GB().limit(1.5)", "limit argument must be a number"),
            ("GB().limit(None)", "limit argument must be a number"),
            ("GB().limit(1, 'a')", "limit argument must be a number"),
            (
                "GB().limit(1, start=None)",
                "limit argument must be a number",
            ),
            ("GB(5)", "reader argument must be a string"),
            ("GB([])", "reader argument must be a string"),
            ("GB(None)", "reader argument must be a string"),
            (
                "GB(reader=b'KeysReader')",
                "reader argument must be a string",
            ),
            ("GB('KeysReader', '*', 5)", "desc argument must be a string"),
            ("GB(desc=5)", "desc argument must be a string"),
            ("GB('no')", "The given reader does not exists"),
            ("gearsCtx(5)", "reader argument must be a string"),
            (
                "gearsCtx('KeysReader', 5)",
                "desc argument must be a string",
            ),
            (
                "gearsCtx(1, 2, 3)",
                "wrong number of args to gearsCtx function",
            ),
            ("GB(defaultArg=5).run()", "regex argument must be a string"),
            ("GB().run(5)", "regex argument must be a string"),
            (
                "GB('KeysOnlyReader').run(5)",
                "regex argument must be a string",
            ),
            (
                "GB('PythonReader').run()",
                "pyreader argument must be a function",
            ),
            (
                "GB('PythonReader').run(5)",
                "pyreader argument must be a function",
            ),
            (
                "GB('PythonReader').run(iter)",
                "pyreader argument must be a function",
            ),
            (
                "GB('PythonReader').run('')",
                "pyreader argument must be a function",
            ),
        ],
    );
}

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

#[test]
fn an_empty_pattern_reads_all_keys() {
    let server = Server::start().unwrap();
    untyped(&server, &["MSET", "a", "1", "b", "2"]);
    for run_all in [
        "GB().count().run('')",
        "GB('KeysReader', '').count().run()",
        "GB(defaultArg='').count().run()",
        "GB().count().run('', readValue=False)",
        "GB().filter(lambda r: True).count().run('')",
        "GB('KeysOnlyReader').count().run('')",
        "GB('PythonReader').count().run(createKeysOnlyReader(''))",
        "import redgrease\nredgrease.KeysReader('').count().run()",
        "import redgrease\nredgrease.KeysOnlyReader().count().run('')",
    ] {
        assert_eq!(run(&server, run_all), "2\n", "{run_all}");
    }
    // An exact name is a name: there is no key with the empty one.
    let exact = "GB().map(lambda r: r['type']).run('', noScan=True)";
    assert_eq!(run(&server, exact), "empty\n");
}

#[test]
fn settings_show_what_is_in_force() {
    let server = Server::builder()
        .module_arg("ExecutionThreads", "4000")
        .start()
        .unwrap();
    let value = |name: &str| untyped(&server, &["RG.CONFIGGET", name]);
    assert!(value("PythonInstallationDir").starts_with('/'));
    assert_eq!(value("ExecutionThreads"), "512");
    let executable = run(
        &server,
        "import sys\nGB('ShardsIDReader').map(lambda r: sys.executable).run()",
    );
    assert_eq!(format!("{}\n", value("PythonExecutable")), executable);
    assert!(value("Plugin").contains("redgrease_engine"));
}

/// A command that the server does not run has the words that a client gets.
#[test]
fn execute_has_the_words_of_the_server() {
    let server = Server::start().unwrap();
    let commands: &[&[&str]] = &[
        &["NOSUCH"],
        &["nosuch", "a", "b"],
        &["GET"],
        &["get", "a", "b"],
        &["CONFIG", "NOSUCH"],
        &["SET", "x", "1", "NOSUCH"],
        &["OBJECT"],
        &["INCR", "list"],
    ];
    untyped(&server, &["RPUSH", "list", "x"]);
    for command in commands {
        // Without the quotes, the case of names and spaces: older servers have them in places of their own.
        let plain = |text: &str| {
            let letters = |c: &char| !"'`\"".contains(*c) && !c.is_whitespace();
            text.to_lowercase()
                .chars()
                .filter(letters)
                .collect::<String>()
        };
        let client = plain(&untyped(&server, command));
        let words: Vec<String> = command.iter().map(|word| format!("{word:?}")).collect();
        let words = words.join(", ");
        for (kind, script) in [
            (
                "step",
                format!(
                    "GB('CommandReader').map(lambda r: execute({words})).register(trigger='t', mode='async_local')"
                ),
            ),
            (
                "sync",
                format!(
                    "GB('CommandReader').map(lambda r: execute({words})).register(trigger='t', mode='sync')"
                ),
            ),
            (
                "coroutine",
                format!(
                    "async def f(r): return execute({words})\nGB('CommandReader').map(f).register(trigger='t')"
                ),
            ),
        ] {
            let upgraded = untyped(&server, &["RG.PYEXECUTE", &script, "ID", "app", "UPGRADE"]);
            assert_eq!(upgraded, "OK");
            let said = plain(&untyped(&server, &["RG.TRIGGER", "t"]));
            assert!(
                said.contains(&client),
                "{kind} {command:?}: {said} is not {client}"
            );
        }
    }
    let body = run(&server, "execute('NOSUCH')");
    assert!(body.contains("gears.error: ERR unknown command"), "{body}");
    let redgrease = run(
        &server,
        "import redgrease\ntry:\n    redgrease.cmd.execute_command('NOSUCH')\nexcept Exception as e:\n    flat_error(type(e).__name__ + ' ' + str(e))",
    );
    assert!(
        redgrease.starts_with("ResponseError unknown command"),
        "{redgrease}"
    );
}

#[test]
fn an_unknown_trigger_says_what_can_be_done() {
    let server = Server::start().unwrap();
    let first = "ERR subcommand not found: no gear has the trigger ";
    for command in ["RG.TRIGGER", "RG.TRIGGERONKEY"] {
        let said = untyped(&server, &[command, "nobody", "x"]);
        assert!(said.starts_with(&format!("{first}'nobody': ")), "{said}");
        assert!(said.contains("RG.DUMPREGISTRATIONS"), "{said}");
    }
    assert_eq!(
        run(&server, "GB('CommandReader').register(trigger='somebody')"),
        "OK"
    );
    let said = untyped(&server, &["RG.TRIGGER", "SomeBody"]);
    assert!(said.ends_with("call 'somebody'"), "{said}");
    let strange = untyped(&server, &["RG.TRIGGER", "a\r\nb\0c"]);
    assert!(strange.starts_with(first), "{strange}");
    let long = untyped(&server, &["RG.TRIGGER", &"x".repeat(100_000)]);
    assert!(long.starts_with(first) && long.len() < 500, "{long}");
    let empty = untyped(&server, &["RG.TRIGGER", ""]);
    assert!(empty.starts_with(&format!("{first}'': ")), "{empty}");
    let inside = run(
        &server,
        "GB('ShardsIDReader').map(lambda r: execute('RG.TRIGGER', 'nobody')).run()",
    );
    assert!(inside.contains(first), "{inside}");
    let script = "return redis.pcall('RG.TRIGGER', 'nobody').err";
    let lua = untyped(&server, &["EVAL", script, "0"]);
    assert!(lua.contains("subcommand not found: "), "{lua}");
}

#[test]
fn a_thread_of_python_builds_chains_when_it_has_a_session() {
    let server = Server::start().unwrap();
    let script = "
def attempt(name):
    try:
        GB('CommandReader').map(lambda r: name).register(trigger=name)
        execute('HSET', 'outcome', name, 'done')
    except redisgears.GearsError as e:
        execute('HSET', 'outcome', name, str(e))
def registered(name):
    registerGearsThread()
    GB()
    attempt(name)
def with_session(name, session):
    setGearsSession(session)
    attempt(name)
def begin(r):
    session = getGearsSession()
    for target, args in [(attempt, ('plain',)), (registered, ('registered',)), (with_session, ('session', session))]:
        Thread(target=target, args=args).start()
GB('CommandReader').map(begin).register(trigger='begin')
";
    assert_eq!(run(&server, script), "OK");
    untyped(&server, &["RG.TRIGGER", "begin"]);
    eventually("the threads end", || {
        untyped(&server, &["HLEN", "outcome"]) == "3"
    });
    let outcome = |name: &str| untyped(&server, &["HGET", "outcome", name]);
    assert!(outcome("plain").starts_with("Can not create a gearsCtx on a python created thread"));
    assert!(outcome("registered").contains("setGearsSession"));
    assert_eq!(outcome("session"), "done");
}

#[test]
fn a_background_coroutine_belongs_to_a_session() {
    let server = Server::start().unwrap();
    let script = "
async def work(name):
    await asyncio.sleep(0)
    session = getGearsSession()
    GB('CommandReader').map(lambda r: name).register(trigger=name)
    execute('HSET', 'sessions', name, session.id if session else 'none')
    return name
def begin(r):
    session = getGearsSession()
    runCoroutine(work('default'))
    runCoroutine(cr=work('named'), f=None, delay=0.01, s=session)
    future = gearsFuture()
    runCoroutine(work('future'), f=future, delay=0.05)
    return future
GB('CommandReader').map(begin).register(trigger='begin')
async def settle(r):
    first, second = createFuture(), createFuture()
    setFutureResults(f=first, res='a')
    setFutureResults(second, 'b')
    return [await first, await second]
GB('CommandReader').map(settle).register(trigger='settle', convertToStr=False)
";
    let registered = untyped(&server, &["RG.PYEXECUTE", script, "ID", "app"]);
    assert_eq!(registered, "OK");
    assert_eq!(untyped(&server, &["RG.TRIGGER", "begin"]), "future");
    eventually("the coroutines end", || {
        untyped(&server, &["HLEN", "sessions"]) == "3"
    });
    for name in ["default", "named", "future"] {
        assert_eq!(untyped(&server, &["HGET", "sessions", name]), "app");
        assert_eq!(untyped(&server, &["RG.TRIGGER", name]), name);
    }
    assert_eq!(untyped(&server, &["RG.TRIGGER", "settle"]), "a\nb");
}

#[test]
fn dir_lists_the_names_of_redisgears() {
    let server = Server::start().unwrap();
    let script = "
def public(value): return ' '.join(name for name in dir(value) if not name.endswith('__'))
def ask(r):
    session = getGearsSession()
    builder = GB('KeysOnlyReader')
    return ['|'.join([public(redisgears), public(builder), public(builder.gearsCtx), public(session), session.id,
            str(hasattr(builder, '__localAggregateby__'))])]
GB('CommandReader').map(ask).register(trigger='ask', convertToStr=False)
";
    untyped(&server, &["RG.PYEXECUTE", script, "ID", "app"]);
    let said = untyped(&server, &["RG.TRIGGER", "ask"]);
    let parts: Vec<&str> = said.trim_end().split('|').collect();
    assert_eq!(
        parts,
        [
            "GearsError GearsFlatError GearsForceStopped PyAtomic PyExecutionSession PyFlatExecution PyFuture \
             _saveGlobals atomicCtx callNext config_get executeCommand flatError gearsCtx gearsFutureCtx getCommand \
             getGearsSession getMyHashTag isAsyncAllow isInAtomicBlock log overrideReply registerGearsThread \
             registerTimeEvent setGearsSession",
            "accumulate aggregate aggregateby avg batchgroupby collect count countby defaultArg distinct filter \
             flatmap foreach gearsCtx groupby limit localgroupby map reader realReader register repartition run sort",
            "accumulate batchgroupby collect filter flatmap foreach groupby limit localgroupby map register \
             repartition run",
            "",
            "app",
            "True",
        ]
    );
    let local = "
def add(k, a, r): return a + 1
GB('PythonReader').__localAggregateby__(lambda r: r, 0, add).map(lambda r: (r['key'], r['value'])).run(lambda: (yield from 'aba'))
";
    let said = run(&server, local);
    assert!(
        said.contains("('a', 2)") && said.contains("('b', 1)"),
        "{said}"
    );
}

#[test]
fn redisai_has_its_names_and_says_that_it_is_not_loaded() {
    let server = Server::start().unwrap();
    let script = "
import redisAI
from redisAI import createTensorFromValues, PyTensor
names = '''PyDAGRunner PyGraphRunner PyTensor PyTorchScriptRunner createDAGRunner createModelRunner createScriptRunner
createTensorFromBlob createTensorFromValues getTensorFromKey mgetTensorsFromKeyspace modelRunnerAddInput
modelRunnerAddOutput modelRunnerRun modelRunnerRunAsync msetTensorsInKeyspace scriptRunnerAddInput
scriptRunnerAddInputList scriptRunnerAddOutput scriptRunnerRun scriptRunnerRunAsync setTensorInKey
tensorGetDataAsBlob tensorGetDims tensorToFlatList'''.split()
assert sorted(n for n in dir(redisAI) if not n.startswith('_')) == sorted(names), dir(redisAI)
for name in names:
    member = getattr(redisAI, name)
    assert isinstance(member, type) == name.startswith('Py'), name
    for args in ((), ('FLOAT', [2], [1, 2])):
        try:
            member(*args)
        except redisgears.GearsError as e:
            assert 'redisAI.%s: RedisAI is not loaded' % name in str(e), e
        else:
            raise AssertionError(name)
assert not isinstance(5, PyTensor)
assert not hasattr(redisAI, 'noSuchName')
# A function of RedisAI in a registration.
GB('CommandReader').map(lambda r: createTensorFromValues('FLOAT', [1], [1])).register(trigger='ai')
GB('CommandReader').map(lambda r: redisAI.createModelRunner('m')).register(trigger='model')
";
    assert_eq!(run(&server, script), "OK");
    for trigger in ["ai", "model"] {
        let said = untyped(&server, &["RG.TRIGGER", trigger]);
        assert!(said.contains("RedisAI is not loaded"), "{said}");
    }
}
