//! Wrong arguments of `run` and `register`.

use super::{raise, run};
use redgrease_embedded::Server;

#[test]
fn an_empty_pattern_reads_all_keys() {
    let server = Server::start().unwrap();
    super::common::untyped(&server, &["MSET", "a", "1", "b", "2"]);
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
fn the_ends_of_chains() {
    let server = Server::start().unwrap();
    raise(
        &server,
        &[
            (
                "GB().run('*', True, True, 1)",
                "wrong number of args to run function",
            ),
            (
                "GB('CommandReader').register('*', True, True, 1)",
                "wrong number of args to register function",
            ),
            (
                "gearsCtx().run('*', 1)",
                "wrong number of args to run function",
            ),
            (
                "gearsCtx('CommandReader').register('*', 1)",
                "wrong number of args to register function",
            ),
            (
                "gearsCtx().run('*', arg='*')",
                "wrong number of args to run function: 'arg' was given twice",
            ),
            (
                "gearsCtx().register('*', prefix='*')",
                "wrong number of args to register function: 'prefix' was given twice",
            ),
            ("GB().run('*', mode=5)", "execution mode must be a string"),
            ("GB().run('*', mode='x')", "unknown execution mode"),
            ("GB().run('*', noScan=1)", "exactMatch value is not boolean"),
            (
                "GB('StreamReader').run('s', fromId=5)",
                "fromId argument must be a string",
            ),
            (
                "GB('CommandReader').register(trigger=5)",
                "trigger argument is not string",
            ),
            (
                "GB('CommandReader').register()",
                "no trigger or hook argument was given",
            ),
            (
                "GB().register('*', eventTypes=5)",
                "given eventTypes is not iterable",
            ),
            ("GB().register('*', keyTypes=['x'])", "unknown key type"),
            (
                "GB().register('*', onRegistered=5)",
                "OnRegistered argument must be a function",
            ),
            (
                "GB('StreamReader').register('s', batch='x')",
                "batch argument must be a number",
            ),
        ],
    );
    // Named arguments that nobody knows are ignored, as with RedisGears.
    let script = "
GB().count().run(arg='*', convertToStr=False, collect=True, unknown=1)
gearsCtx('CommandReader').register(prefix='*', trigger='t', unknown=1)
";
    assert_eq!(run(&server, script), "OK");
}
