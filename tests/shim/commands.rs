//! `cmd`: names, arguments and results as in redis-py, with or without redis-py.

use crate::Bare;
use crate::common::untyped;
use redgrease_embedded::Server;

/// Expressions with the results of redis-py, evaluated in this order on an empty server.
const CALLS: &[(&str, &str)] = &[
    ("cmd.set('text', b'\\xff\\x00')", "True"),
    ("cmd.get('text')", "b'\\xff\\x00'"),
    ("cmd.get('absent')", "None"),
    ("cmd.set('text', 2, nx=True)", "None"),
    ("cmd.set('text', 2, ex=100, xx=True)", "True"),
    ("cmd.ttl('text')", "100"),
    ("cmd.mset({'a': 1, 'b': 2.5})", "True"),
    ("cmd.mget('a', ['b'][0], 'absent')", "[b'1', b'2.5', None]"),
    (
        "cmd.incr('n'), cmd.incr('n', 5), cmd.decr('n')",
        "(1, 6, 5)",
    ),
    ("cmd.incrbyfloat('f', 1.5)", "1.5"),
    (
        "cmd.append('a', '23'), cmd.strlen('a'), cmd.getrange('a', 0, 1)",
        "(3, 3, b'12')",
    ),
    (
        "cmd.setex('e', 100, 'x'), cmd.setnx('e', 'y'), cmd.getset('e', 'z')",
        "(True, False, b'x')",
    ),
    (
        "cmd.setbit('bits', 7, 1), cmd.getbit('bits', 7), cmd.bitcount('bits')",
        "(0, 1, 1)",
    ),
    (
        "cmd.exists('a', 'b', 'absent'), cmd.delete('e', 'absent')",
        "(2, 1)",
    ),
    (
        "cmd.expire('a', 100), cmd.expire('absent', 1), cmd.persist('a')",
        "(True, False, True)",
    ),
    (
        "cmd.type('a'), cmd.rename('a', 'c'), cmd.pttl('c')",
        "(b'string', True, -1)",
    ),
    (
        "sorted(cmd.keys('[bc]')), sorted(cmd.scan_iter(match='[bc]'))",
        "([b'b', b'c'], [b'b', b'c'])",
    ),
    ("cmd.scan(match='none')[1]", "[]"),
    (
        "cmd.hset('h', 'k', 'v'), cmd.hset('h', mapping={'i': 1, 'f': 2.5})",
        "(1, 2)",
    ),
    (
        "cmd.hget('h', 'k'), cmd.hgetall('h')",
        "(b'v', {b'k': b'v', b'i': b'1', b'f': b'2.5'})",
    ),
    (
        "cmd.hmget('h', 'k', 'none'), cmd.hkeys('h')",
        "([b'v', None], [b'k', b'i', b'f'])",
    ),
    (
        "cmd.hincrby('h', 'i'), cmd.hincrbyfloat('h', 'f', 0.5)",
        "(2, 3.0)",
    ),
    (
        "cmd.hexists('h', 'k'), cmd.hdel('h', 'k', 'i'), cmd.hlen('h')",
        "(True, 2, 1)",
    ),
    (
        "cmd.hscan('h'), list(cmd.hscan_iter('h'))",
        "((0, {b'f': b'3'}), [(b'f', b'3')])",
    ),
    (
        "cmd.rpush('l', 'a', 'b'), cmd.lpush('l', 1), cmd.lrange('l', 0, -1)",
        "(2, 3, [b'1', b'a', b'b'])",
    ),
    (
        "cmd.lpop('l'), cmd.rpop('l'), cmd.llen('l'), cmd.lindex('l', 0)",
        "(b'1', b'b', 1, b'a')",
    ),
    (
        "cmd.lset('l', 0, 'x'), cmd.lrem('l', 0, 'x'), cmd.lpop('l')",
        "(True, 1, None)",
    ),
    (
        "cmd.sadd('s', 'a', 'b'), cmd.smembers('s') == {b'a', b'b'}",
        "(2, True)",
    ),
    (
        "bool(cmd.sismember('s', 'a')), cmd.srem('s', 'a'), cmd.scard('s')",
        "(True, 1, 1)",
    ),
    (
        "cmd.sunion(['s', 't']), cmd.sinter('s', 't'), cmd.spop('s')",
        "({b'b'}, set(), b'b')",
    ),
    (
        "cmd.zadd('z', {'a': 1, 'b': 2.5}), cmd.zadd('z', {'a': 1}, incr=True)",
        "(2, 2.0)",
    ),
    (
        "cmd.zrange('z', 0, -1, withscores=True)",
        "[(b'a', 2.0), (b'b', 2.5)]",
    ),
    (
        "cmd.zrevrange('z', 0, 0), cmd.zrangebyscore('z', 2.1, '+inf')",
        "([b'b'], [b'b'])",
    ),
    (
        "cmd.zscore('z', 'a'), cmd.zscore('z', 'none'), cmd.zrank('z', 'b')",
        "(2.0, None, 1)",
    ),
    (
        "cmd.zincrby('z', 1, 'a'), cmd.zpopmin('z'), cmd.zcard('z')",
        "(3.0, [(b'b', 2.5)], 1)",
    ),
    (
        "cmd.xadd('x', {'f': 1}, id='1-1'), cmd.xadd('x', {'f': 2}, '2-1', maxlen=9)",
        "(b'1-1', b'2-1')",
    ),
    (
        "cmd.xlen('x'), cmd.xrange('x', count=1)",
        "(2, [(b'1-1', {b'f': b'1'})])",
    ),
    ("cmd.xrevrange('x', count=1)", "[(b'2-1', {b'f': b'2'})]"),
    (
        "cmd.xread({'x': '1-1'}), cmd.xread({'x': '9'})",
        "([[b'x', [(b'2-1', {b'f': b'2'})]]], [])",
    ),
    ("cmd.xgroup_create('x', 'g', '0')", "True"),
    (
        "cmd.xreadgroup('g', 'me', {'x': '>'}, count=1)",
        "[[b'x', [(b'1-1', {b'f': b'1'})]]]",
    ),
    (
        "cmd.xpending('x', 'g')['consumers'], cmd.xack('x', 'g', '1-1')",
        "([{'name': b'me', 'pending': 1}], 1)",
    ),
    (
        "cmd.xinfo_stream('x')['length'], cmd.xdel('x', '1-1'), cmd.xtrim('x', 0)",
        "(2, 1, 1)",
    ),
    ("cmd.pfadd('p', 'a', 'b'), cmd.pfcount('p')", "(1, 2)"),
    (
        "cmd.ping(), cmd.echo('x'), cmd.config_get('maxmemory')",
        "(True, b'x', {'maxmemory': '0'})",
    ),
    (
        "type(cmd.info()['used_memory']), [type(part) for part in cmd.time()]",
        "(<class 'int'>, [<class 'int'>, <class 'int'>])",
    ),
    (
        "cmd.eval('return {KEYS[1], ARGV[1]}', 1, 'k', 2)",
        "[b'k', b'2']",
    ),
    ("cmd.publish('channel', 'message')", "0"),
    // Every value can be converted to text.
    (
        "cmd.hset('any', mapping={'none': None, 'list': [1, 'x'], 'raw': bytearray(b'\\xff')}), cmd.hvals('any')",
        "(3, [b'None', b\"[1, 'x']\", b'\\xff'])",
    ),
    ("cmd.set('é', 'ü'), cmd.get('é').decode()", "(True, 'ü')"),
    ("repr(cmd), repr(cmd.get)", "('cmd', 'cmd.get')"),
    ("cmd.flushall(), cmd.dbsize()", "(True, 0)"),
];

/// Without redis-py, `execute_command` returns the reply as it is.
const IN_ORDER: &[(&str, &str)] = &[(
    "cmd.execute_command('CONFIG GET', 'maxmemory')",
    "[b'maxmemory', b'0']",
)];

/// Expressions that raise, with the exception.
const REFUSED: &[(&str, &str)] = &[
    (
        "cmd.blpop('x', 1)",
        "NotImplementedError: BLPOP waits, and a gear must not block the server",
    ),
    (
        "cmd.pipeline()",
        "NotImplementedError: `cmd.pipeline` is not for gears",
    ),
    (
        "cmd.pubsub()",
        "NotImplementedError: `cmd.pubsub` is not for gears",
    ),
    (
        "cmd.lock('x')",
        "NotImplementedError: `cmd.lock` is not for gears",
    ),
    (
        "cmd.xread({'x': '0'}, block=1)",
        "NotImplementedError: XREAD must not wait inside a gear",
    ),
    (
        "cmd.multi()",
        "NotImplementedError: MULTI changes a connection",
    ),
    (
        "cmd.zadd('x', {})",
        "DataError: ZADD requires at least one element/score pair",
    ),
    ("cmd.hset('x')", "DataError: 'hset' with no key value pairs"),
    (
        "[cmd.set('x', 1), cmd.lpush('x', 1)]",
        "ResponseError: WRONGTYPE Operation",
    ),
    (
        "cmd.incr('x', 'y')",
        "ResponseError: value is not an integer or out of range",
    ),
    (
        "cmd.execute_command('NOSUCH', 1)",
        "ResponseError: unknown command",
    ),
    (
        "cmd.hgett('h', 'k')",
        "AttributeError: cmd has no method `hgett`, did you mean `hget`?",
    ),
    (
        "cmd.evalsha('0' * 40, 0)",
        "NoScriptError: No matching script",
    ),
    (
        "cmd.execute_command('GET', 'k', option=1)",
        "TypeError: commands have no options (option)",
    ),
];

fn answers(run: impl Fn(&str) -> String, calls: &[(&str, &str)]) {
    for (call, expected) in calls {
        let script = format!("ShardsIDReader().map(lambda _: repr(({call}))).run()");
        assert_eq!(run(&script).trim_end(), *expected, "{call}");
    }
}

#[test]
fn cmd_answers_as_redis_py_does() {
    let bare = Bare::start();
    answers(|script| bare.run(script), CALLS);
    answers(|script| bare.run(script), IN_ORDER);
}

#[test]
fn redis_py_answers_scripts_that_require_it() {
    let server = Server::start().unwrap();
    let run = |script: &str, more: &[&str]| {
        let script = format!("from redgrease import *\n{script}");
        let words = [&["RG.PYEXECUTE", &script], more].concat();
        untyped(&server, &words)
    };
    let required = |script: &str| run(script, &["REQUIREMENTS", "redis"]);
    let origin =
        "ShardsIDReader().map(lambda _: type(getattr(cmd, 'bitfield')('k')).__module__).run()";
    let client = required(origin);
    assert!(client.contains("redis.commands.core"), "{client}");
    answers(required, CALLS);
    // The package of another session changes nothing.
    let client = run(origin, &[]);
    assert!(client.contains("redgrease_commands"), "{client}");
}

#[test]
fn cmd_refuses_what_a_gear_must_not_do() {
    let bare = Bare::start();
    for (call, expected) in REFUSED {
        let script = format!(
            "
def call(_):
    try:
        return {call}
    except Exception as error:
        return '%s: %s' % (type(error).__name__, error)
ShardsIDReader().map(call).run()"
        );
        let answer = bare.run(&script);
        assert!(answer.contains(expected), "{call}: {answer}");
    }
}
