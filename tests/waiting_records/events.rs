//! Records of messages, events and calls that wait.

use crate::common::{empty, eventually, field, untyped};
use crate::{FREE, HOLD, call, held, holding, script, trigger, until_held};
use redgrease_embedded::Server;

/// Six messages in batches of three.
fn stream_of_six(server: &Server, chain: &str) {
    script(
        server,
        &format!(
            "{HOLD}{FREE}
GB('StreamReader').map(lambda r: int(r['value']['n'])).map(hold){chain}.foreach(lambda x: execute('RPUSH', 'passed', x)).register(prefix='s', batch=3)"
        ),
    );
    for number in ["0", "1", "2", "3", "4", "5"] {
        untyped(server, &["XADD", "s", "*", "n", number]);
    }
}

#[test]
fn messages_of_a_stream_keep_their_order_while_they_wait() {
    let (server, _con) = empty();
    stream_of_six(&server, "");
    for number in 0..6 {
        until_held(&server, number + 1);
        let left = (6 - number).to_string();
        eventually("those before it are acknowledged", || {
            untyped(&server, &["XLEN", "s"]) == left
        });
        assert_eq!(trigger(&server, &["free_all"]).unwrap(), ["1"]);
    }
    eventually("all have passed", || {
        untyped(&server, &["LRANGE", "passed", "0", "-1"]) == "0\n1\n2\n3\n4\n5"
    });
}

#[test]
fn messages_of_a_batch_that_is_handled_as_a_whole_wait_together() {
    let (server, _con) = empty();
    stream_of_six(&server, ".accumulate(lambda a, x: (a or 0) + x)");
    until_held(&server, 3);
    for number in ["2", "0"] {
        trigger(&server, &["free", number]).unwrap();
    }
    assert_eq!(untyped(&server, &["LLEN", "passed"]), "0");
    assert_eq!(held(&server), 3);
    trigger(&server, &["free", "1"]).unwrap();
    until_held(&server, 6);
    assert_eq!(untyped(&server, &["LRANGE", "passed", "0", "-1"]), "3");
    trigger(&server, &["free_all"]).unwrap();
    eventually("all have passed and are acknowledged", || {
        untyped(&server, &["LRANGE", "passed", "0", "-1"]) == "3\n12"
            && untyped(&server, &["XLEN", "s"]) == "0"
    });
}

#[test]
fn an_event_behind_one_that_waits_is_handled_and_can_free_it() {
    for mode in ["async", "async_local"] {
        let (server, _con) = empty();
        script(
            &server,
            &format!(
                "
held = {{}}
def handle(r):
    if r['key'] == 'k:wait':
        held['f'] = gearsFuture()
        execute('SET', 'waits', 1)
        return held['f']
    held.pop('f').continueRun('freed')
    return 'freeing'
GB('KeysReader').map(handle).foreach(lambda x: execute('RPUSH', 'done', x)).register('k:*', mode='{mode}', readValue=False)
"
            ),
        );
        untyped(&server, &["SET", "k:wait", "x"]);
        eventually("the first event waits", || {
            untyped(&server, &["EXISTS", "waits"]) == "1"
        });
        untyped(&server, &["SET", "k:free", "x"]);
        eventually("both events are handled", || {
            untyped(&server, &["LLEN", "done"]) == "2"
        });
        eventually("both are counted", || {
            let dump = untyped(&server, &["RG.DUMPREGISTRATIONS"]);
            let rows: Vec<String> = dump.lines().map(str::to_owned).collect();
            field(&rows, "numSuccess") == "2"
        });
    }
}

#[test]
fn events_that_wait_go_on_one_at_a_time() {
    let (server, _con) = empty();
    // The sum is wrong if two handlers run between reading and writing it.
    script(
        &server,
        "
import time
inside = [0]
async def later(r):
    await asyncio.sleep(0.01)
    return r['key']
def add(key):
    inside[0] += 1
    time.sleep(0.002)
    execute('INCR', 'n' if inside[0] == 1 else 'overlaps')
    inside[0] -= 1
GB('KeysReader').map(later).foreach(add).register('k:*', mode='async_local', readValue=False)
",
    );
    for number in 0..40 {
        untyped(&server, &["SET", &format!("k:{number}"), "x"]);
    }
    eventually("all events are handled", || {
        untyped(&server, &["GET", "n"]) == "40"
    });
    assert_eq!(untyped(&server, &["EXISTS", "overlaps"]), "0");
}

#[test]
fn calls_of_an_inorder_trigger_wait_for_the_one_that_waits() {
    for mode in ["async", "async_local", "sync"] {
        let (server, _con) = empty();
        holding(
            &server,
            ".flatmap(lambda x: [x[1] + '1', x[1] + '2']).map(hold)",
            &format!(", mode='{mode}', inorder=True"),
        );
        let first = call(&server, &["go", "a"]);
        until_held(&server, 2);
        let second = call(&server, &["go", "b"]);
        eventually("the second is listed", || {
            untyped(&server, &["RG.DUMPEXECUTIONS"]).lines().count() == 12
        });
        trigger(&server, &["free", "a1"]).unwrap();
        if mode != "sync" {
            assert_eq!(held(&server), 2);
        }
        trigger(&server, &["free", "a2"]).unwrap();
        assert_eq!(first.join().unwrap().unwrap(), ["a2", "a1"]);
        eventually("the second has begun", || {
            untyped(&server, &["LRANGE", "held", "0", "-1"]).contains("b1")
        });
        trigger(&server, &["free_all"]).unwrap();
        assert_eq!(second.join().unwrap().unwrap(), ["b2", "b1"]);
    }
}

#[test]
fn a_registration_that_goes_gives_its_waiting_events_up() {
    let (server, _con) = empty();
    script(
        &server,
        &format!(
            "{HOLD}GB('KeysReader').map(lambda r: r['key']).map(hold).register('k:*', mode='async_local')"
        ),
    );
    for number in 0..5 {
        untyped(&server, &["SET", &format!("k:{number}"), "x"]);
    }
    until_held(&server, 5);
    let dump = untyped(&server, &["RG.DUMPREGISTRATIONS"]);
    let rows: Vec<String> = dump.lines().map(str::to_owned).collect();
    let id = field(&rows, "id");
    assert_eq!(
        untyped(&server, &["RG.UNREGISTER", id, "abortpending"]),
        "OK"
    );
    let left = || untyped(&server, &["RG.DUMPEXECUTIONS"]);
    for id in left().lines().skip(1).step_by(6) {
        untyped(&server, &["RG.ABORTEXECUTION", id]);
    }
    eventually("no execution is left", || left().is_empty());
}
