//! A server that cannot save its data does not shut down. Its gears go on.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::{eventually, untyped};
use redgrease_embedded::Server;
use std::fs;

#[test]
fn gears_go_on_after_a_shutdown_that_failed() {
    let server = Server::builder()
        .server_arg("dbfilename", "taken.rdb")
        .start()
        .unwrap();
    let script = "
def count():
    execute('INCR', 'ticks')
registerTE(1, count)
GB('CommandReader').map(lambda x: execute('INCR', 'calls')).register(trigger='t', mode='async_local')
def block(x):
    with atomic():
        return execute('INCR', 'blocks')
GB('CommandReader').map(block).register(trigger='atomic', mode='async_local')
GB('StreamReader').foreach(lambda x: execute('INCR', 'messages')).register('s', mode='async_local')
";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", script]), "OK");
    // A file cannot take the place of a folder.
    let folder = untyped(&server, &["CONFIG", "GET", "dir"]);
    let folder = folder.lines().last().unwrap().to_owned();
    fs::create_dir_all(format!("{folder}/taken.rdb/x")).unwrap();
    for round in 1..=2 {
        let answer = untyped(&server, &["SHUTDOWN", "SAVE"]);
        assert!(answer.contains("Errors trying to SHUTDOWN"), "{answer}");
        assert_eq!(untyped(&server, &["RG.TRIGGER", "t"]), round.to_string());
        assert_eq!(
            untyped(&server, &["RG.TRIGGER", "atomic"]),
            round.to_string()
        );
        untyped(&server, &["XADD", "s", "*", "a", "b"]);
        eventually("the message is handled", || {
            untyped(&server, &["GET", "messages"]) == round.to_string()
        });
        untyped(&server, &["DEL", "ticks"]);
        eventually("the time event goes on", || {
            untyped(&server, &["EXISTS", "ticks"]) == "1"
        });
    }
}
