//! Work that executions and scripts have handed on which were stopped.

use super::{ask, script, told, untyped, with_users};
use crate::common::{eventually, plain_connection};
use redgrease_embedded::Server;

const GEARS: &str = "
def worker(tag):
    while sys.shared['go on']:
        sys.shared.setdefault(tag, {})['last'] = answer('INCR', 'app:' + tag)
        time.sleep(0.01)
def begin(tag):
    sys.shared['go on'] = True
    threading.Thread(target=worker, args=(tag,), daemon=True).start()
def slow(r):
    begin('slow')
    while True:
        time.sleep(0.01)
async def waiting(r):
    begin('waiting')
    await asyncio.sleep(1000)
def ended(r):
    begin('ended')
    return 'ok'
for gear in (slow, waiting, ended):
    GB('CommandReader').map(gear).register(trigger=gear.__name__, mode='async_local')
";

/// The id of the execution that runs.
fn running(server: &Server) -> String {
    let mut id = String::new();
    eventually("the execution runs", || {
        let listed = untyped(server, &["RG.DUMPEXECUTIONS"]);
        let lines: Vec<&str> = listed.lines().collect();
        let row = lines.chunks(6).find(|row| row.contains(&"running"));
        id = row.map_or_else(String::new, |row| row[1].to_owned());
        !id.is_empty()
    });
    id
}

#[test]
fn threads_of_an_aborted_execution_run_no_more_commands() {
    let server = Server::start().unwrap();
    if !with_users(&server) {
        return;
    }
    assert_eq!(
        untyped(&server, &["RG.PYEXECUTE", &script("i", GEARS)]),
        "OK"
    );
    let last = |tag: &str| told(&server, "i", tag).remove("last").unwrap_or_default();
    for tag in ["slow", "waiting"] {
        let mut con = plain_connection(&server);
        let client = std::thread::spawn(move || ask(&mut con, &["RG.TRIGGER", tag]));
        eventually("the thread writes", || last(tag).parse::<u32>().is_ok());
        untyped(&server, &["RG.ABORTEXECUTION", &running(&server)]);
        assert!(client.join().unwrap().contains("aborted"));
        eventually("the thread is refused", || {
            last(tag).contains("the execution was aborted")
        });
    }
}

#[test]
fn threads_of_an_execution_that_has_ended_go_on() {
    let server = Server::start().unwrap();
    if !with_users(&server) {
        return;
    }
    assert_eq!(
        untyped(&server, &["RG.PYEXECUTE", &script("j", GEARS)]),
        "OK"
    );
    assert_eq!(untyped(&server, &["RG.TRIGGER", "ended"]), "ok");
    let count = || {
        told(&server, "j", "ended")
            .remove("last")
            .and_then(|last| last.parse::<u32>().ok())
    };
    eventually("the thread writes", || count().is_some());
    let before = count();
    eventually("the thread goes on", || count() > before);
}

#[test]
fn threads_of_an_aborted_script_run_no_more_commands() {
    let server = Server::start().unwrap();
    if !with_users(&server) {
        return;
    }
    assert_eq!(
        untyped(&server, &["RG.PYEXECUTE", &script("k", GEARS)]),
        "OK"
    );
    let body = script(
        "l",
        "
def worker(tag):
    while True:
        sys.shared.setdefault(tag, {})['last'] = answer('INCR', 'app:' + tag)
        time.sleep(0.01)
threading.Thread(target=worker, args=('body',), daemon=True).start()
while True:
    time.sleep(0.01)
",
    );
    let mut con = plain_connection(&server);
    let client = std::thread::spawn(move || ask(&mut con, &["RG.PYEXECUTE", &body, "ID", "slow"]));
    let last = || {
        told(&server, "k", "body")
            .remove("last")
            .unwrap_or_default()
    };
    eventually("the thread writes", || last().parse::<u32>().is_ok());
    untyped(&server, &["RG.ABORTEXECUTION", "slow"]);
    assert!(client.join().unwrap().contains("aborted"));
    eventually("the thread is refused", || {
        last().contains("the execution was aborted")
    });
}
