//! C code of another thread keeps the interpreter, which no other thread can have then.

use super::common::{eventually, plain_connection, untyped};
use super::{SOON, silence, strict};
use redgrease_embedded::Server;

/// Sync gears of every kind, and async gears whose C code keeps the interpreter for some seconds, in three ways.
const GEARS: &str = "
import threading
def in_c(x):
    execute('INCR', 'begun')
    sum(range(3 * 10**7))
    return execute('INCR', 'ended')
def in_thread(x):
    thread = threading.Thread(target=in_c, args=(x,), daemon=True)
    thread.start()
    thread.join()
def in_block(x):
    execute('INCR', 'begun')
    with atomic():
        sum(range(3 * 10**7))
    execute('INCR', 'ended')
for name, function in ('in_c', in_c), ('in_thread', in_thread), ('in_block', in_block):
    GB('CommandReader').map(function).register(trigger=name, mode='async_local')
GB('CommandReader').map(lambda x: 'pong').register(trigger='ping', mode='sync')
GB('CommandReader').map(lambda x: call_next(*x[1:])).register(hook='hset', mode='sync')
GB('KeysReader').foreach(lambda r: execute('INCR', 'events')).register('k*', mode='sync', eventTypes=['set'])
";

const BUSY: &str = "ERR Python is busy: C code";

/// Calls a trigger that keeps the interpreter, and runs `meanwhile`.
fn while_busy(server: &Server, trigger: &str, meanwhile: impl FnOnce()) {
    untyped(server, &["DEL", "begun", "ended"]);
    let mut con = plain_connection(server);
    let call = redis::cmd("RG.TRIGGER").arg(trigger).get_packed_command();
    con.send_packed_command(&call).unwrap();
    eventually("the gear has begun", || {
        untyped(server, &["GET", "begun"]) == "1"
    });
    meanwhile();
    eventually("the interpreter is free again", || {
        untyped(server, &["RG.TRIGGER", "ping"]) == "pong"
    });
}

#[test]
fn what_needs_python_gets_an_error_and_the_server_goes_on() {
    let server = strict();
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", GEARS]), "OK");
    for trigger in ["in_c", "in_thread"] {
        while_busy(&server, trigger, || {
            let (answer, longest) = silence(&server, &["RG.TRIGGER", "ping"]);
            if answer == "pong" {
                // This machine was so slow that the C code has ended.
                return;
            }
            assert!(
                answer.contains(BUSY) && longest < SOON,
                "{trigger}: {answer}"
            );
            assert!(answer.contains("of session "), "{trigger}: {answer}");
            if untyped(&server, &["EXISTS", "ended"]) == "1" {
                return;
            }
            assert_eq!(untyped(&server, &["SET", "k1", "v"]), "OK");
            let hooked = untyped(&server, &["HSET", "h", "a", "b"]);
            let is_over = untyped(&server, &["EXISTS", "ended"]) == "1";
            assert!(is_over || hooked.contains(BUSY), "{trigger}: {hooked}");
            assert!(is_over || untyped(&server, &["EXISTS", "h"]) == "0");
        });
    }
    let log = std::fs::read_to_string(server.log_path()).unwrap();
    assert!(log.contains(BUSY), "{log}");
    let rows = untyped(&server, &["RG.DUMPREGISTRATIONS"]);
    assert!(rows.contains(BUSY), "the event counts as failed: {rows}");
}

#[test]
fn a_block_in_c_code_gives_the_lock_back_and_sync_gears_get_an_error() {
    let server = strict();
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", GEARS]), "OK");
    while_busy(&server, "in_block", || {
        let (answer, longest) = silence(&server, &["RG.TRIGGER", "ping"]);
        assert!(answer == "pong" || answer.contains(BUSY), "{answer}");
        assert!(longest < SOON, "silent for {longest:?}");
    });
    assert_eq!(untyped(&server, &["EXISTS", "ended"]), "0");
}

#[test]
fn python_that_can_be_interrupted_keeps_nobody_waiting() {
    let server = strict();
    let script = "
def loop(x):
    while execute('EXISTS', 'gate'):
        for _ in range(100000): pass
GB('CommandReader').map(loop).register(trigger='loop', mode='async_local')
GB('CommandReader').map(lambda x: 'pong').register(trigger='ping', mode='sync')
";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", script]), "OK");
    untyped(&server, &["SET", "gate", "1"]);
    for _ in 0..3 {
        let mut con = plain_connection(&server);
        let call = redis::cmd("RG.TRIGGER").arg("loop").get_packed_command();
        con.send_packed_command(&call).unwrap();
    }
    for _ in 0..50 {
        assert_eq!(untyped(&server, &["RG.TRIGGER", "ping"]), "pong");
    }
    untyped(&server, &["DEL", "gate"]);
}
