//! The id of this server among the shards of a cluster.

use super::context::Context;
use super::raw;
use std::sync::{PoisonError, RwLock};

/// The id of a server that is in no cluster.
const ALONE: &str = "0000000000000000000000000000000000000000";

static SHARD_ID: RwLock<&'static str> = RwLock::new(ALONE);

/// 40 hexadecimal digits; all of them zero outside of a cluster.
pub(crate) fn shard_id() -> &'static str {
    *SHARD_ID.read().unwrap_or_else(PoisonError::into_inner)
}

/// Asks the server for the id: while the module loads, and from time to time in a cluster, because `CLUSTER RESET HARD` gives the
/// server another id.
pub(crate) fn learn(_: &Context) {
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
    remember(id);
}

/// Keeps another id than before for as long as the process lives: ids that were written may still be read. Servers change it by
/// hand only.
fn remember(id: &[u8]) {
    if shard_id().as_bytes() != id {
        let id = String::from_utf8_lossy(id).into_owned();
        *SHARD_ID.write().unwrap_or_else(PoisonError::into_inner) = Box::leak(id.into());
    }
}
