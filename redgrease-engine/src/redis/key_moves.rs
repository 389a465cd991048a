//! Keys that move to another shard of a cluster: `MIGRATE` deletes them here, and `RESTORE-ASKING` makes them there.
//!
//! The server tells of both as of any other change. A filter remembers which command runs.

use super::call::{Rights, call};
use super::cluster_bus::cluster_nodes;
use super::command::text;
use super::context::Context;
use super::hash_slot::slot_of;
use super::lock;
use super::raw;
use super::refusal;
use std::sync::atomic::{AtomicBool, Ordering};

/// The command that runs moves keys.
static MOVES: AtomicBool = AtomicBool::new(false);

/// Looks at the names of commands, if this server was started for a cluster.
pub(super) fn watch(context: &Context) {
    if !context.is_in_cluster_mode() {
        return;
    }
    // SAFETY: the base context belongs to the module and is never freed; the callback lives as long as the process.
    unsafe {
        if let Some(register) = raw::RedisModule_RegisterCommandFilter {
            // Not for commands that the engine runs in between.
            let flags = raw::REDISMODULE_CMDFILTER_NOSELF;
            register(lock::base(), Some(on_command), flags);
        }
    }
}

unsafe extern "C" fn on_command(filter: *mut raw::RedisModuleCommandFilterCtx) {
    // SAFETY: the server passes a live filter context, and a command has a name, which lives while this function runs.
    let name = unsafe { text(rm!(RedisModule_CommandFilterArgGet(filter, 0))) };
    let name = name.bytes();
    let moves =
        name.eq_ignore_ascii_case(b"migrate") || name.eq_ignore_ascii_case(b"restore-asking");
    MOVES.store(moves, Ordering::Relaxed);
}

/// The command of a client has ended.
pub(super) fn command_has_ended() {
    MOVES.store(false, Ordering::Relaxed);
}

/// `true` while keys are sent to another shard, or come from one.
pub(crate) fn keys_move() -> bool {
    MOVES.load(Ordering::Relaxed)
}

/// `true` if the event tells of a key that has left or come with its slot, which is no change of the data.
pub(crate) fn is_move(context: &Context, event: &str, key: &[u8]) -> bool {
    match event {
        "restore" => keys_move(),
        // A key may also go to a server outside of the cluster.
        "del" => keys_move() && call(context, Rights::Engine, b"EXISTS", &[key]).is_err(),
        "keymiss" => is_looked_for(context, key),
        _ => false,
    }
}

/// `true` if the server only looks whether the key is here, because its slot moves: before Redis 7.0 it tells of that as of a client
/// that has missed the key.
fn is_looked_for(context: &Context, key: &[u8]) -> bool {
    !refusal::comes_as_reply()
        && context.is_in_cluster_mode()
        && cluster_nodes(context).is_some_and(|nodes| moves_here(&nodes, slot_of(key)))
}

/// `true` if the server that lists these nodes has marked the slot: `[77->-id]` leaves it, and `[93-<-id]` comes.
fn moves_here(nodes: &str, slot: u16) -> bool {
    let is_mine = |line: &&str| line.contains("myself");
    let marks = nodes.lines().find(is_mine).unwrap_or_default();
    let mark = format!("[{slot}-");
    marks.split(' ').any(|word| word.starts_with(&mark))
}

#[cfg(test)]
mod tests {
    use super::moves_here;

    #[test]
    fn the_marks_of_the_own_slots_are_read() {
        let nodes = "a 127.0.0.1:1@11 master - 0 0 1 connected 0-100 [5->-b]\n\
                     b 127.0.0.1:2@12 myself,master - 0 0 2 connected 101-200 [150->-a] [7-<-a]\n";
        for (slot, expected) in [
            (150, true),
            (7, true),
            (5, false),
            (15, false),
            (101, false),
        ] {
            assert_eq!(moves_here(nodes, slot), expected, "{slot}");
        }
        assert!(!moves_here("", 7));
    }
}
