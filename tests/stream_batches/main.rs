//! Batches of stream messages: every message is handled, and no message twice.
//!
//! | file | event during the batch |
//! |---|---|
//! | `stopped.rs` | batches are stopped or fail, registrations are paused |
//! | `one_by_one.rs` | messages of a batch are acknowledged one by one |
//! | `replaced.rs` | registrations are upgraded, or unregistered and made again |
//! | `withdrawn.rs` | batches that have not begun are taken back |
//! | `recreated.rs` | streams are deleted and created again, or the master changes |
//! | `moved.rs` | streams go and come back |
//! | `reloaded.rs` | the server is restarted or loads its data again |
//! | `owners.rs` | the owner of a registration loses its rights |
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

#[path = "../common/mod.rs"]
mod common;
mod moved;
mod one_by_one;
mod owners;
mod recreated;
mod reloaded;
mod replaced;
mod stopped;
mod withdrawn;

use common::untyped;
use redgrease_embedded::Server;

/// Records the beginning and end of each message. It waits while the key `gate` contains the message's
/// number.
const HANDLER: &str = "
import time
def handle(r):
    n = r['value']['n']
    execute('RPUSH', 'begun', n)
    while execute('GET', 'gate') == n:
        time.sleep(0.005)
    execute('RPUSH', 'handled', n)
GB('StreamReader').foreach(handle).register('s', onFailedPolicy=POLICY, onFailedRetryInterval=1, trimStream=TRIM)
";

fn register(server: &Server, policy: &str, trim: bool) {
    let script = HANDLER
        .replace("POLICY", &format!("'{policy}'"))
        .replace("TRIM", if trim { "True" } else { "False" });
    let answer = untyped(server, &["RG.PYEXECUTE", &script, "ID", "s", "UPGRADE"]);
    assert_eq!(answer, "OK");
}

fn add(server: &Server, numbers: std::ops::Range<u32>) {
    for n in numbers {
        untyped(server, &["XADD", "s", "*", "n", &n.to_string()]);
    }
}

fn list(server: &Server, key: &str) -> Vec<String> {
    let text = untyped(server, &["LRANGE", key, "0", "-1"]);
    text.lines().map(str::to_owned).collect()
}

fn running(server: &Server) -> String {
    let all = untyped(server, &["RG.DUMPEXECUTIONS"]);
    let rows: Vec<&str> = all.lines().collect();
    rows.chunks(6)
        .find(|row| row[3] == "running")
        .map(|row| row[1].to_owned())
        .unwrap()
}

fn unacknowledged(server: &Server) -> String {
    let pending = untyped(server, &["XPENDING", "s", "__gears_consumer_group__"]);
    pending.lines().next().unwrap().to_owned()
}

/// The value of a field in the row of the only registration.
fn field(server: &Server, name: &str) -> String {
    let rows = untyped(server, &["RG.DUMPREGISTRATIONS"]);
    let mut lines = rows.lines();
    lines.find(|line| *line == name).unwrap();
    lines.next().unwrap().to_owned()
}

/// The id of the only registration.
fn id(server: &Server) -> String {
    field(server, "id")
}
