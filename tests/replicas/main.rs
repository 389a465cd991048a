//! Gears on a replica: what comes from the master arrives as its effects, once, and only the master's clients change
//! registrations.
//!
//! | file | purpose |
//! |---|---|
//! | `effects.rs` | what a master sends |
//! | `restarted.rs` | promotion, demotion, restarts |
//! | `hooked.rs` | which commands meet hooks |
//! | `registrations.rs` | who may change registrations |
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

#[path = "../common/mod.rs"]
mod common;
mod effects;
mod hooked;
mod registrations;
mod restarted;

use common::{plain_connection, untyped};
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

/// Sends a command of words that are separated by spaces.
fn send(server: &Server, words: &str) -> String {
    untyped(server, &words.split(' ').collect::<Vec<_>>())
}

/// Hooks that change arguments, write something else, or write nothing.
const CHANGES: &str = "
def changed(words):
    return call_next('changed:' + words[1], *words[2:])
def counted(words):
    execute('HINCRBY', 'counts', words[0].lower(), 1)
    return call_next(*words[1:])
GB('CommandReader').map(changed).register(hook='SET', keyprefix='c', mode='sync', convertToStr=False)
GB('CommandReader').map(lambda words: 'left out').register(hook='RPUSH', keyprefix='none', mode='sync', convertToStr=False)
for name in ['MSET', 'RENAME', 'COPY', 'PUBLISH', 'DEL', 'STRLEN', 'INCR', 'EXPIRE', 'XADD', 'RESTORE', 'SORT']:
    GB('CommandReader').map(counted).register(hook=name, mode='sync', convertToStr=False)
GB('CommandReader').map(lambda words: execute('SET', *words[1:])).register(trigger='set', mode='sync')
GB('CommandReader').map(lambda words: execute('SET', *words[1:])).register(trigger='set_later')
GB('KeysReader').foreach(lambda r: execute('INCRBY', 'events', 1)).register('c*', mode='async_local', eventTypes=['set'])
";

fn in_multi(server: &Server, commands: &[&str]) {
    let mut con = plain_connection(server);
    for command in [&["MULTI"], commands, &["EXEC"]].concat() {
        let words: Vec<&str> = command.split(' ').collect();
        let _: redis::Value = redis::cmd(words[0])
            .arg(&words[1..])
            .query(&mut con)
            .unwrap();
    }
}
