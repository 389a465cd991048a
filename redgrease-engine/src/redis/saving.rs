//! Whether the server saves its data: for a file, or for a replica.
//!
//! The server calls the same functions of a module type for `DUMP` and `MIGRATE`, which any user may send.

use super::raw;
use std::ffi::c_void;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

/// The process of the server. Its children save.
static SERVER: OnceLock<u32> = OnceLock::new();
/// The server itself saves: `SAVE`, `SHUTDOWN`, `DEBUG RELOAD`, `FLUSHALL`.
static SAVES_ITSELF: AtomicBool = AtomicBool::new(false);

/// Remembers the process that loads the module.
pub(super) fn remember_server() {
    let _ = SERVER.set(std::process::id());
}

/// `true` in a child of the server, and while the server itself saves all of its data.
pub(super) fn is_saving() -> bool {
    let is_child = SERVER
        .get()
        .is_some_and(|server| *server != std::process::id());
    is_child || SAVES_ITSELF.load(Ordering::Relaxed)
}

/// Called when saving begins and ends.
pub(super) unsafe extern "C" fn on_persistence(
    _context: *mut raw::RedisModuleCtx,
    _event: raw::RedisModuleEvent,
    subevent: u64,
    _data: *mut c_void,
) {
    // A child has its own copy of the flag.
    let begins = matches!(
        subevent,
        raw::REDISMODULE_SUBEVENT_PERSISTENCE_SYNC_RDB_START
            | raw::REDISMODULE_SUBEVENT_PERSISTENCE_SYNC_AOF_START
    );
    SAVES_ITSELF.store(begins, Ordering::Relaxed);
}
