//! A command has its own reply, and never that of the command before, whatever a server does with the reply.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::untyped;
use redgrease_embedded::Server;

const TRIGGERS: &str = r"
def told(*words):
    try:
        return repr(execute(*words))
    except Exception as error:
        return 'error ' + str(error).strip()

def both(x):
    return told(*x) + ', then ' + told('ECHO', 'next')

def in_block(x):
    with atomic():
        return both(x)

async def later(x):
    return both(x)

KEYS = [
    ('SET', 'text', '1'), ('HSET', 'hash', 'f', '1'), ('RPUSH', 'list', 'a'), ('SADD', 'set', 'm'),
    ('GEOADD', 'sorted', '13.3', '38.1', 'a'), ('XADD', 'stream', '*', 'f', '1'),
]

def commands():
    for command in execute('COMMAND'):
        flags = [str(flag) for flag in command[2]]
        is_data = 'write' in flags or 'readonly' in flags
        if is_data and not {'admin', 'noscript', 'blocking'} & set(flags) and not command[0].startswith('rg.'):
            yield command[0], abs(command[1]) - 1, command[3]

# Calls every command on data with keys of every type, and with arguments that are wrong in several ways.
def walk(x):
    calls, odd = 0, []
    for name, count, first in commands():
        for key in [key[1] for key in KEYS] + ['absent']:
            for filler in ['1', 'f']:
                for more in [0, 1, 3]:
                    words = [filler] * (count + more)
                    if first and len(words) >= first:
                        words[first - 1] = key
                    for made in KEYS:
                        told('DEL', made[1])
                        told(*made)
                    told(name, *words)
                    marker = 'marker %d' % calls
                    answer = told('ECHO', marker)
                    calls += 1
                    if answer != repr(marker):
                        odd.append(' '.join([name] + words) + ': ' + answer)
    return [str(calls), str(odd[:20])]

def add(name, function, mode):
    GB('CommandReader').map(lambda x: x[1:]).map(function).register(trigger=name, mode=mode)
add('sync', both, 'sync')
add('async', both, 'async_local')
add('atomic', in_block, 'async_local')
add('coroutine', later, 'async_local')
add('walk', walk, 'async_local')
";

const WAYS: [&str; 4] = ["sync", "async", "atomic", "coroutine"];

/// Commands whose errors Valkey 9.1 holds back, and their siblings. `sorted` is a sorted set.
const REFUSED: [&[&str]; 8] = [
    &["GETSET", "sorted", "1"],
    &["GETDEL", "sorted"],
    &["GETEX", "sorted", "EX", "10"],
    &["SET", "sorted", "1", "GET"],
    &["LPOP", "sorted"],
    &["HINCRBY", "sorted", "f", "1"],
    &["BITFIELD", "sorted", "SET", "u8", "0", "1"],
    &["APPEND", "sorted", "1"],
];

fn server() -> Server {
    let server = Server::start().unwrap();
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", TRIGGERS]), "OK");
    assert_eq!(untyped(&server, &["ZADD", "sorted", "1", "a"]), "1");
    server
}

#[test]
fn an_error_belongs_to_the_command_that_failed() {
    let server = server();
    for way in WAYS {
        for refused in REFUSED {
            let words = [&["RG.TRIGGER", way], refused].concat();
            let answer = untyped(&server, &words);
            assert!(answer.starts_with("error WRONGTYPE"), "{words:?}: {answer}");
            assert!(answer.ends_with(", then 'next'"), "{words:?}: {answer}");
        }
        for absent in [&["GETDEL", "absent"][..], &["GETSET", "absent", way]] {
            let words = [&["RG.TRIGGER", way], absent].concat();
            assert_eq!(untyped(&server, &words), "None, then 'next'", "{words:?}");
        }
        let words = ["RG.TRIGGER", way, "GETDEL", "absent"];
        let expected = format!("'{way}', then 'next'");
        assert_eq!(untyped(&server, &words), expected);
    }
    assert_eq!(untyped(&server, &["ECHO", "client"]), "client");
}

#[test]
fn an_error_of_a_hooked_command_reaches_its_client() {
    let server = server();
    let script = "GB('KeysReader').register('*', commands=['getset', 'getdel'], mode='sync')
GB('CommandReader').map(lambda x: call_next(*x[1:])).register(hook='append', mode='sync')
GB('CommandReader').map(lambda x: call_next(*x[1:])).register(hook='getex', mode='async_local')";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", script]), "OK");
    for refused in REFUSED {
        let answer = untyped(&server, refused);
        assert!(answer.contains("WRONGTYPE"), "{refused:?}: {answer}");
        assert_eq!(untyped(&server, &["ECHO", "client"]), "client");
        let answer = untyped(&server, &["RG.TRIGGER", "sync", "ECHO", "gear"]);
        assert_eq!(answer, "'gear', then 'next'");
    }
}

#[test]
fn an_error_of_a_hook_that_calls_the_command_reaches_the_client() {
    let server = server();
    let script =
        "GB('CommandReader').map(lambda x: call_next(*x[1:])).register(hook='getset', mode='sync')
GB('CommandReader').map(lambda x: call_next(*x[1:])).register(hook='getdel', mode='async_local')";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", script]), "OK");
    for refused in [&["GETSET", "sorted", "1"][..], &["GETDEL", "sorted"]] {
        let answer = untyped(&server, refused);
        assert!(answer.contains("WRONGTYPE"), "{refused:?}: {answer}");
        assert_eq!(untyped(&server, &["ECHO", "client"]), "client");
    }
}

#[test]
fn no_command_on_data_leaves_its_reply_to_the_next_one() {
    let server = server();
    let answer = untyped(&server, &["RG.TRIGGER", "walk"]);
    let calls = answer.split('\'').nth(1).unwrap_or_default();
    assert!(
        calls.parse::<u32>().is_ok_and(|calls| calls > 1000),
        "{answer}"
    );
    assert!(answer.ends_with("'[]']"), "{answer}");
}
