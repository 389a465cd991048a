//! Keys that move to another shard of a cluster: `MIGRATE` deletes them here, and `RESTORE-ASKING` makes them there.
//!
//! The server tells of both as of any other change. A filter remembers which command runs.

use super::call::{Rights, call};
use super::command::text;
use super::context::Context;
use super::lock;
use super::raw;
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
    keys_move()
        && match event {
            "restore" => true,
            // A key may also go to a server outside of the cluster.
            "del" => call(context, Rights::Engine, b"EXISTS", &[key]).is_err(),
            _ => false,
        }
}
