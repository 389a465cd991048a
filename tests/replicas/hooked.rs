//! Which commands meet hooks: not those of the engine, and those in transactions and scripts.

use crate::common::{eventually, plain_connection, untyped};
use crate::{COUNTS_HSET, send};
use redgrease_embedded::Server;

#[test]
fn the_engines_own_commands_meet_no_hooks() {
    let server = Server::start().unwrap();
    let script = "
for name in ['TYPE', 'GET', 'HGETALL', 'XREADGROUP', 'XACK', 'XDEL', 'XINFO', 'XGROUP', 'XRANGE', 'COMMAND', 'ACL']:
    try:
        GB('CommandReader').map(lambda words: 'hooked').register(hook=name, mode='sync')
    except Exception as refused:
        log(name + ': ' + str(refused))
GB('KeysReader').foreach(lambda r: execute('RPUSH', 'log', r['value'])).register('k*', mode='sync', eventTypes=['set'], keyTypes=['string'])
GB('StreamReader').foreach(lambda r: execute('RPUSH', 'messages', r['value']['f'])).register('s', mode='sync')
";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", script]), "OK");
    assert_eq!(send(&server, "GET k"), "hooked");
    send(&server, "SET k v");
    send(&server, "XADD s * f 1");
    send(&server, "XADD s * f 2");
    eventually("the messages are handled", || {
        send(&server, "LRANGE messages 0 -1") == "1\n2"
    });
    assert_eq!(send(&server, "LRANGE log 0 -1"), "v");
    assert_eq!(send(&server, "XLEN s"), "0");
    let later = "GB('CommandReader').map(lambda words: call_next(*words[1:])).register(hook='STRLEN', mode='sync')";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", later]), "OK");
    let read = "GB('KeysReader').map(lambda r: r['value']).run('k')";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", read]), "v\n");
}

#[test]
fn a_command_in_multi_runs_when_its_hook_is_removed() {
    for (words, expected) in [("HSET hh a b", 1), ("STRLEN k", 0)] {
        let server = Server::start().unwrap();
        let name = words.split(' ').next().unwrap();
        let script = COUNTS_HSET.replace("HSET", name).replace("MODE", "sync");
        assert_eq!(untyped(&server, &["RG.PYEXECUTE", &script]), "OK");
        let mut con = plain_connection(&server);
        let mut ask = |words: &str| -> redis::Value {
            let words: Vec<&str> = words.split(' ').collect();
            redis::cmd(words[0])
                .arg(&words[1..])
                .query(&mut con)
                .unwrap()
        };
        ask("MULTI");
        ask(words);
        let rows = send(&server, "RG.DUMPREGISTRATIONS");
        let id = rows.lines().nth(1).unwrap();
        assert_eq!(untyped(&server, &["RG.UNREGISTER", id]), "OK");
        assert_eq!(
            ask("EXEC"),
            redis::Value::Array(vec![redis::Value::Int(expected)])
        );
        assert_eq!(send(&server, "EXISTS count"), "0");
    }
    let server = Server::start().unwrap();
    for words in [
        "RG.INNERHOOK nosuch",
        "RG.INNERHOOK EVAL return 0",
        "RG.INNERHOOK SYNC",
        "RG.INNERHOOK SELECT 1",
    ] {
        let refused = send(&server, words);
        assert!(refused.contains("the engine's own"), "{words}: {refused}");
    }
}

/// Redis 6.2 keeps the memory of a script's words for its next command.
#[test]
fn scripts_with_hooked_commands_of_many_lengths() {
    let server = Server::start().unwrap();
    let script = "
def longer(words):
    return call_next(*words[1:])
for name in ['DECR', 'TIME', 'EXPIRE', 'MSET', 'GET']:
    GB('CommandReader').map(longer).register(hook=name, mode='sync', convertToStr=False)
";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", script]), "OK");
    let lua = "
for round = 1, 200 do
    local words = {}
    for number = 1, round % 40 do words[#words + 1] = 'k' .. number words[#words + 1] = round end
    if #words > 0 then redis.call('MSET', unpack(words)) redis.call('SADD', 'set', unpack(words)) end
    redis.call('TIME')
    redis.call('DECR', 'k' .. (round % 40))
    redis.call('EXPIRE', 'k1', 1000)
    words[#words + 1] = 'last'
    redis.call('RPUSH', 'list', unpack(words))
    redis.call('LTRIM', 'list', -200, -1)
end
return redis.call('GET', 'k39')
";
    assert_eq!(untyped(&server, &["EVAL", lua, "0"]), "198");
    assert_eq!(send(&server, "LLEN list"), "200");
    assert_eq!(
        send(&server, "RG.INNERHOOK"),
        "ERR wrong number of arguments for 'rg.innerhook' command"
    );
}
