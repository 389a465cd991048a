//! The id of this server among the shards of a cluster.

use super::raw;
use std::sync::OnceLock;

/// The id of a server that is in no cluster.
const ALONE: &str = "0000000000000000000000000000000000000000";

static SHARD_ID: OnceLock<String> = OnceLock::new();

/// 40 hexadecimal digits; all of them zero outside of a cluster.
pub(crate) fn shard_id() -> &'static str {
    SHARD_ID.get().map_or(ALONE, String::as_str)
}

/// Asks the server for the id, once while the module loads.
pub(super) fn remember() {
    // SAFETY: the id has 40 bytes without a NUL. They belong to the server, which does not change them while they are copied.
    let id = unsafe {
        let Some(get) = raw::RedisModule_GetMyClusterID else {
            return;
        };
        let id = get();
        if id.is_null() {
            return;
        }
        std::slice::from_raw_parts(id.cast::<u8>(), ALONE.len())
    };
    let _ = SHARD_ID.set(String::from_utf8_lossy(id).into_owned());
}
