//! Gears on a replica: what comes from the master arrives as its effects, once, and only the master's clients change
//! registrations.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::pair::{Pair, assert_equal, caught_up, follow};
use common::{eventually, free_port, master, plain_connection, untyped};
use redgrease_embedded::Server;

const COUNTS_HSET: &str = "
def hook(words):
    execute('INCR', 'count')
    return call_next(*words[1:])
GB('CommandReader').map(hook).register(hook='HSET', mode='MODE', convertToStr=False)
";

/// The hook of `HSET` in every mode that a hook can have.
fn modes() -> impl Iterator<Item = (&'static str, String)> {
    let script = |mode| (mode, COUNTS_HSET.replace("MODE", mode));
    ["sync", "async", "async_local"].into_iter().map(script)
}

#[test]
fn a_hooked_write_arrives_once() {
    for (mode, script) in modes() {
        let pair = Pair::start();
        pair.register(&script);
        assert_eq!(untyped(&pair.master, &["HSET", "hh", "a", "b"]), "1", "{mode}");
        pair.is_equal();
        assert_eq!(untyped(&pair.replica, &["HGET", "hh", "a"]), "b", "{mode}");
        assert_eq!(untyped(&pair.replica, &["GET", "count"]), "1", "{mode}");
    }
}
