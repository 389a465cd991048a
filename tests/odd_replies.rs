//! Replies that the server cannot read itself are errors for the gear.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::untyped;
use redgrease_embedded::Server;

const TRIGGERS: &str = r"
def run(x):
    try:
        return 'reply ' + repr(execute(*x))
    except Exception as e:
        return 'error ' + str(e).strip()
def in_block(x):
    with atomic():
        return run(x)
async def later(x):
    return run(x)
def add(name, function, mode):
    GB('CommandReader').map(lambda x: x[1:]).map(function).register(trigger=name, mode=mode)
add('sync', run, 'sync')
add('async', run, 'async_local')
add('atomic', in_block, 'async_local')
add('coroutine', later, 'async_local')
GB('CommandReader').map(lambda x: run(['eval', x[2], '0'])).register(hook='hget', mode='sync')
";

const WAYS: [&str; 4] = ["sync", "async", "atomic", "coroutine"];

fn server() -> Server {
    let server = Server::start().unwrap();
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", TRIGGERS]), "OK");
    server
}

/// What a gear may see of an odd reply to `EVAL`: the error of the engine, or what a server leaves of the reply, which may refuse
/// the script.
fn is_told(answer: &str) -> bool {
    [
        "zero byte",
        "error ERR a b",
        "error ERR a",
        "reply 'a'",
        "reply [1, 'a']",
        "EVAL before Redis 7.0",
    ]
    .iter()
    .any(|one| answer.contains(one))
}

#[test]
fn an_error_with_a_zero_byte_is_an_error() {
    let server = server();
    for way in WAYS {
        for text in ["\0", "ERR a\0b"] {
            let answer = untyped(&server, &["RG.TRIGGER", way, "DEBUG", "ERROR", text]);
            assert!(answer.starts_with("error"), "{way}: {answer:?}");
            assert!(!answer.contains('\0'), "{way}: {answer:?}");
        }
        let script = "return redis.error_reply('ERR a\\0b')";
        let answer = untyped(&server, &["RG.TRIGGER", way, "EVAL", script, "0"]);
        assert!(is_told(&answer), "{way}: {answer}");
    }
    assert_eq!(untyped(&server, &["PING"]), "PONG");
}

#[test]
fn a_status_with_a_zero_byte_is_an_error_that_says_so() {
    let server = server();
    for way in WAYS {
        for script in [
            "return redis.status_reply('a\\0b')",
            "return {1, redis.status_reply('a\\0b')}",
            "return {1, {redis.error_reply('a\\0b')}}",
        ] {
            let answer = untyped(&server, &["RG.TRIGGER", way, "EVAL", script, "0"]);
            assert!(
                is_told(&answer) || answer.contains("reply [1, [") || answer == "error a",
                "{way}: {script}: {answer}"
            );
        }
    }
    let answer = untyped(
        &server,
        &["HGET", "h", "return redis.status_reply('a\\0b')"],
    );
    assert!(is_told(&answer), "{answer}");
    let script = "return {'x\\0y', 'OK', {1, '\\0'}}";
    let answer = untyped(&server, &["RG.TRIGGER", "async", "EVAL", script, "0"]);
    assert_eq!(answer, "reply ['x\\x00y', 'OK', [1, '\\x00']]");
    assert_eq!(untyped(&server, &["PING"]), "PONG");
}

#[test]
fn debug_protocol_does_not_end_an_old_server() {
    let server = server();
    for way in WAYS {
        for kind in [
            "push", "attrib", "map", "set", "double", "verbatim", "bignum", "nosuch",
        ] {
            let answer = untyped(&server, &["RG.TRIGGER", way, "DEBUG", "PROTOCOL", kind]);
            let is_answer = answer.starts_with("reply") || answer.starts_with("error");
            assert!(is_answer, "{way} {kind}: {answer}");
            assert_eq!(untyped(&server, &["PING"]), "PONG");
        }
    }
}
