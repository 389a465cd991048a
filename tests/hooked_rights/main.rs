//! The rights of those who send hooked commands: a hook gives no right, and needs none.
//!
//! | file | purpose |
//! |---|---|
//! | `wire.rs` | a connection that shows every reply |
//! | `same.rs` | with and without hooks, a user gets the same answers |
//! | `transactions.rs` | rights, users and hooks that change between MULTI and EXEC |
//! | `logins.rs` | clients that have not logged in |
//! | `paused.rs` | rights that change while a command waits |
//! | `typed.rs` | the engine's own commands, typed by a client |
//! | `rewritten.rs` | hooks that run something else than their caller sent |
//! | `keys.rs` | which words of a hooked command are keys for the server |
//! | `databases.rs` | users whose rights name databases |
//! | `users.rs` | the user of a gear that a gear calls |
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

#[path = "../common/mod.rs"]
mod common;
mod databases;
mod kept;
mod keys;
mod logins;
mod paused;
mod rewritten;
mod same;
mod transactions;
mod typed;
mod users;
mod wire;

use common::capability::{Capability, lacks};
use common::untyped;
use redgrease_embedded::Server;
use wire::Wire;

/// Hooks that pass everything on.
const HOOKS: &str = "
for name in ['SET', 'GET', 'INCR', 'PUBLISH', 'SORT', 'OBJECT', 'COPY', 'GETDEL', 'XREADGROUP', 'MSET', 'DEL']:
    GB('CommandReader').map(lambda x: call_next(*x[1:])).register(hook=name, mode='MODE', convertToStr=False)
";

/// Registrations of key events that withhold the replies of commands.
const WATCHED: &str = "
GB('KeysReader').foreach(lambda r: None).register('*', mode='MODE', commands=['SET', 'GET', 'INCR', 'COPY', 'GETDEL', 'MSET', 'DEL'])
";

/// A server with a script. `None` if it cannot run a command as another user: then it refuses scripts for several users.
fn server(script: &str, as_owner: bool) -> Option<Server> {
    let server = Server::builder()
        .module_arg("ExecuteAsOwner", if as_owner { "1" } else { "0" })
        .start()
        .unwrap();
    if lacks(&server, Capability::CommandsAsUser) {
        return None;
    }
    if !script.is_empty() {
        assert_eq!(untyped(&server, &["RG.PYEXECUTE", script]), "OK");
    }
    Some(server)
}

fn set_user(server: &Server, name: &str, rules: &str) {
    let mut words = vec!["ACL", "SETUSER", name, "reset", "on", ">p"];
    words.extend(rules.split(' '));
    assert_eq!(untyped(server, &words), "OK");
}

/// Redis 7.0 does not tell the filter of commands whose command it is.
fn knows_clients(server: &Server) -> bool {
    let mut wire = Wire::new(server);
    !wire.say("INFO server").contains("redis_version:7.0.")
        || wire.say("INFO server").contains("valkey_version")
}
