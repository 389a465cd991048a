//! Readers give a user what its own commands would give: names as `SCAN`, values as `GET`, messages as `XRANGE`.

use crate::common::eventually;
use crate::world::{AUTHOR, CALLER, DEFAULT, SECRET, World};

/// Runs that read something that the restricted users have no right to.
const REFUSED: &[&str] = &[
    "GB('KeysReader').run('*')",
    "GB('KeysReader').run('secret')",
    "GB('KeysReader').run('secre*')",
    "GB('KeysReader').run('secret:hash')",
    "GB('KeysReader').run('secret:h*')",
    "GB('KeysReader').run('secret:list')",
    "GB('KeysReader').run('secret:l*')",
    "GB('KeysReader').run('secret:stream')",
    "GB('KeysReader').map(lambda r: r['value']).run('secret*')",
    "GB('KeysReader').filter(lambda r: 'TOP' in str(r)).count().run('secret')",
    "GB('StreamReader').run('secret:stream')",
    "GB('StreamReader').run('secret:stream', fromId='0')",
    "GB('PythonReader').map(lambda _: execute('GET', 'secret')).run(lambda: iter([1]))",
    "print(execute('GET', 'secret'))",
];

#[test]
fn a_run_reads_nothing_that_its_user_may_not_read() {
    let Some(world) = World::start() else { return };
    for script in REFUSED {
        let answer = world.ask(AUTHOR, &["RG.PYEXECUTE", script]);
        assert!(answer.contains("NOPERM"), "{script}: {answer}");
        assert!(!answer.contains(SECRET), "{script}: {answer}");
        let answer = world.ask(DEFAULT, &["RG.PYEXECUTE", script]);
        assert!(!answer.contains("NOPERM"), "{script}: {answer}");
    }
}

#[test]
fn a_run_reads_what_its_user_may_read() {
    let Some(world) = World::start() else { return };
    world.ask(DEFAULT, &["HSET", "app:h", "field", "mine"]);
    world.ask(DEFAULT, &["RPUSH", "app:l", "mine"]);
    world.ask(DEFAULT, &["XADD", "app:s", "*", "field", "mine"]);
    world.ask(DEFAULT, &["SADD", "app:set", "mine"]);
    for script in [
        "GB('KeysReader').sort().run('app:*')",
        "GB('KeysReader').run('app:x')",
        "GB('KeysReader').run('app:h')",
        "GB('KeysReader').run('app:nothing')",
        "GB('StreamReader').run('app:s')",
        // The names of all keys, as with SCAN.
        "GB('KeysReader').count().run('*')",
        "GB('KeysOnlyReader').sort().run()",
        "GB('KeysReader').map(lambda r: r['key']).sort().run('*', readValue=False)",
    ] {
        let mine = world.ask(AUTHOR, &["RG.PYEXECUTE", script]);
        let all = world.ask(DEFAULT, &["RG.PYEXECUTE", script]);
        assert_eq!(mine, all, "{script}");
        assert!(!mine.contains("NOPERM"), "{script}: {mine}");
    }
}

#[test]
fn each_command_of_a_reader_needs_its_right() {
    let Some(world) = World::start() else { return };
    world.ask(DEFAULT, &["HSET", "app:h", "field", "mine"]);
    for (right, script) in [
        ("-scan", "GB('KeysReader').run('app:*')"),
        ("-scan", "GB('KeysOnlyReader').run('app:*')"),
        ("-scan", "GB('KeysReader').count().run('app:*')"),
        ("-get", "GB('KeysReader').run('app:x')"),
        ("-get", "GB('KeysReader').run('app:*')"),
        ("-hgetall", "GB('KeysReader').run('app:h')"),
    ] {
        world.ask(DEFAULT, &["ACL", "SETUSER", AUTHOR, right]);
        let answer = world.ask(AUTHOR, &["RG.PYEXECUTE", script]);
        assert!(answer.contains("NOPERM"), "{right}: {script}: {answer}");
        let again = right.replace('-', "+");
        world.ask(DEFAULT, &["ACL", "SETUSER", AUTHOR, &again]);
        let answer = world.ask(AUTHOR, &["RG.PYEXECUTE", script]);
        assert!(!answer.contains("NOPERM"), "{again}: {script}: {answer}");
    }
}

/// The error names the key, as that of a command of a gear does.
#[test]
fn the_refusal_of_a_reader_names_the_key() {
    let Some(world) = World::start() else { return };
    world.ask(DEFAULT, &["SADD", "secret:set", SECRET]);
    for (script, named) in [
        (
            "GB('KeysReader').run('secret')",
            "'get' with the key 'secret'",
        ),
        (
            "GB('KeysReader').run('secre[t]')",
            "'get' with the key 'secret'",
        ),
        (
            "GB('KeysReader').run('secret:hash')",
            "'hgetall' with the key 'secret:hash'",
        ),
        (
            "GB('KeysReader').run('secret:l*')",
            "'lrange' with the key 'secret:list'",
        ),
        (
            "GB('KeysReader').run('secret:set')",
            "'type' with the key 'secret:set'",
        ),
        (
            "GB('StreamReader').run('secret:stream')",
            "'xrange' with the key 'secret:stream'",
        ),
    ] {
        let answer = world.ask(AUTHOR, &["RG.PYEXECUTE", script]);
        assert!(answer.contains("NOPERM"), "{script}: {answer}");
        assert!(answer.contains(named), "{script}: {answer}");
    }
}

/// Permissions to read or write keys, and selectors, which are rules beside those of the user.
#[test]
fn a_reader_needs_the_permission_to_read() {
    let Some(world) = World::start() else { return };
    let user = |rules: &[&str]| {
        let start = ["ACL", "SETUSER", "special", "reset", "on", ">p"];
        let words = [start.as_slice(), rules].concat();
        assert_eq!(world.ask(DEFAULT, &words), "OK");
        world.ask(
            "special",
            &["RG.PYEXECUTE", "GB('KeysReader').run('secret')"],
        )
    };
    for rules in [
        ["+@all", "%W~secret"].as_slice(),
        &["+@all", "-get", "~*"],
        &["+@all", "%R~app:*", "%W~*"],
        &["+rg.pyexecute", "+scan", "(+get ~app:*)", "(+set ~secret)"],
    ] {
        let answer = user(rules);
        assert!(answer.contains("NOPERM"), "{rules:?}: {answer}");
        assert!(!answer.contains(SECRET), "{rules:?}: {answer}");
    }
    for rules in [
        ["+@all", "%R~secret"].as_slice(),
        &["+@all", "~*"],
        &["allcommands", "allkeys", "-flushall"],
        &["+rg.pyexecute", "+scan", "(+get ~secret)"],
    ] {
        let answer = user(rules);
        assert!(answer.contains(SECRET), "{rules:?}: {answer}");
    }
}

/// A gear of the default user that begins runs for its caller.
const NESTED: &str = "
def nested(words):
    for reader, keys in [('KeysReader', 'secret'), ('KeysReader', 'secre*'), ('StreamReader', 'secret:stream'), ('KeysReader', 'app:x')]:
        GB(reader).foreach(lambda r: execute('APPEND', 'app:seen', str(r))).run(keys)
    return 'ran'
GB('CommandReader').map(nested).register(trigger='sync', mode='sync')
GB('CommandReader').map(nested).register(trigger='async', mode='async_local')
";

#[test]
fn a_run_of_a_gear_reads_with_the_rights_of_the_caller() {
    let Some(world) = World::start() else { return };
    world.register(DEFAULT, NESTED);
    for trigger in ["sync", "async"] {
        for (user, sees) in [(CALLER, false), (DEFAULT, true)] {
            assert_eq!(world.ask(user, &["RG.TRIGGER", trigger]), "[ran]");
            eventually("all runs have ended", || {
                let rows = world.ask(DEFAULT, &["RG.DUMPEXECUTIONS"]);
                !rows.contains("running") && !rows.contains("created")
            });
            let seen = world.ask(DEFAULT, &["GETDEL", "app:seen"]);
            assert!(seen.contains("mine"), "{trigger} {user}: {seen}");
            assert_eq!(seen.contains(SECRET), sees, "{trigger} {user}: {seen}");
        }
    }
}

/// Handlers of the user [`AUTHOR`] for keys and streams that it may not read.
const HANDLERS: &str = "
for mode in ('sync', 'async_local'):
    GB('KeysReader').foreach(lambda r: execute('APPEND', 'app:seen', str(r['value']))).register('secret*', mode=mode, eventTypes=['set', 'hset', 'rpush'])
    GB('KeysReader').foreach(lambda r: execute('APPEND', 'app:names', r['key'])).register('secret*', mode=mode, readValue=False, eventTypes=['set'])
";

#[test]
fn a_key_event_gives_no_value_that_the_owner_may_not_read() {
    let Some(world) = World::start() else { return };
    world.register(AUTHOR, HANDLERS);
    world.ask(DEFAULT, &["SET", "secret", SECRET]);
    world.ask(DEFAULT, &["HSET", "secret:hash", "field", SECRET]);
    world.ask(DEFAULT, &["RPUSH", "secret:list", SECRET]);
    eventually("the handlers without values run", || {
        world.ask(DEFAULT, &["GET", "app:names"]) == "secretsecret"
    });
    eventually("the others are refused", || {
        world
            .ask(DEFAULT, &["RG.DUMPREGISTRATIONS"])
            .matches("NOPERM")
            .count()
            == 2
    });
    assert_eq!(world.ask(DEFAULT, &["EXISTS", "app:seen"]), "0");
    assert!(
        !world
            .ask(DEFAULT, &["RG.DUMPREGISTRATIONS"])
            .contains(SECRET)
    );
    assert!(!world.server.log_tail(1000).contains(SECRET));
}

#[test]
fn a_stream_is_not_read_for_an_owner_that_may_not_read_it() {
    let Some(world) = World::start() else { return };
    for mode in ["sync", "async_local"] {
        let script = format!(
            "GB('StreamReader').foreach(lambda r: execute('APPEND', 'app:seen', str(r))).register('secret:stream', mode='{mode}')"
        );
        world.register(AUTHOR, &script);
        world.ask(DEFAULT, &["XADD", "secret:stream", "*", "field", SECRET]);
        let rows = || world.ask(DEFAULT, &["RG.DUMPREGISTRATIONS"]);
        eventually("the registration is paused", || rows().contains("PAUSED"));
        assert!(rows().contains("XREADGROUP"), "{}", rows());
        assert_eq!(world.ask(DEFAULT, &["EXISTS", "app:seen"]), "0");
        // The messages wait for an owner that may read them.
        let id = rows();
        let id = id.split("id, ").nth(1).unwrap().split(',').next().unwrap();
        world.ask(DEFAULT, &["ACL", "SETUSER", AUTHOR, "~secret:stream"]);
        assert_eq!(world.ask(DEFAULT, &["RG.UNPAUSEREGISTRATIONS", id]), "OK");
        eventually("the messages are handled", || {
            let seen = world.ask(DEFAULT, &["GET", "app:seen"]);
            seen.matches(SECRET).count() == 2
        });
        assert_eq!(world.ask(DEFAULT, &["RG.UNREGISTER", id]), "OK");
        world.ask(DEFAULT, &["ACL", "SETUSER", AUTHOR, "resetkeys", "~app:*"]);
        world.ask(DEFAULT, &["DEL", "app:seen", "secret:stream"]);
        world.ask(DEFAULT, &["XADD", "secret:stream", "*", "field", SECRET]);
    }
}

/// The reply to a command that would be too large is refused before it is read. The refusal tells the size to those only who
/// may read the key.
#[test]
fn the_size_of_a_key_is_not_told_to_a_user_who_may_not_read_it() {
    let Some(world) = World::start() else { return };
    world.register(
        DEFAULT,
        "
def read(words):
    try:
        return str(len(execute('LRANGE', 'secret:list', '0', '-1')))
    except Exception as e:
        return str(e)
GB('CommandReader').map(read).register(trigger='read', mode='async_local')
",
    );
    let many = format!(
        "for i = 1, 3000 do redis.call('RPUSH', 'secret:list', string.rep('{SECRET}', 1000)) end"
    );
    world.ask(DEFAULT, &["EVAL", &many, "0"]);
    world.ask(DEFAULT, &["RG.CONFIGSET", "ExecutionMaxMemory", "20000000"]);
    let answer = world.ask(DEFAULT, &["RG.TRIGGER", "read"]);
    assert!(
        !answer.contains("NOPERM") && answer.contains("ExecutionMaxMemory"),
        "{answer}"
    );
    let answer = world.ask(CALLER, &["RG.TRIGGER", "read"]);
    assert!(answer.contains("NOPERM"), "{answer}");
}
