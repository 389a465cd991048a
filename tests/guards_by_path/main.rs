//! The guards of the server, on every path by which a gear runs: a command of a gear gets what the same command of a client gets.
//! Where it differs, the table in the section "Guards" of `book/src/engine.md` says so, and these tests read it.
//!
//! | file | purpose |
//! |---|---|
//! | `table.rs` | the table of the documentation |
//! | `guards.rs` | how a server gets under a guard, and out of it |
//! | `paths.rs`, `gears.py` | the paths, and the gears on them |
//! | `matrix.rs` | the comparison |
//! | `read_only_scripts.rs` | scripts that may not write |
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

#[path = "../common/mod.rs"]
mod common;
mod guards;
mod matrix;
mod paths;
mod read_only_scripts;
mod table;

use common::capability::{Capability, lacks};

/// The commands whose answers the table has: one that needs memory, another that writes, one that reads.
const IN_TABLE: usize = 3;

/// The commands that gears and clients run.
const COMMANDS: &[&[&str]] = &[
    &["SET", "k", "v"],
    &["DEL", "nothing"],
    &["GET", "k"],
    &["XADD", "s", "*", "a", "b"],
    // Scripts may not run these.
    &["BRPOPLPUSH", "list", "other", "0"],
    &["BLPOP", "list", "0"],
    &["EVAL", "return redis.call('SET', KEYS[1], 'v')", "1", "k"],
    &["EVAL", "return redis.call('GET', KEYS[1])", "1", "k"],
];

/// `true` for a command that scripts may not run.
fn is_no_script(command: usize) -> bool {
    matches!(COMMANDS[command][0], "BRPOPLPUSH" | "BLPOP" | "EVAL")
}

#[test]
fn the_table_names_the_guards_that_are_tested() {
    let rows: Vec<&str> = table::ROWS.iter().map(|row| row.guard.as_str()).collect();
    let tested: Vec<&str> = guards::GUARDS.iter().map(|guard| guard.name).collect();
    assert_eq!(rows, tested);
}

#[test]
fn gears_meet_the_guards_of_clients_on_every_path() {
    let (server, _con) = common::empty();
    if lacks(&server, Capability::GuardsOfRedis7) {
        return;
    }
    drop(server);
    let wrong: Vec<String> = guards::GUARDS.iter().flat_map(matrix::mismatches).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
