//! A limit for the requests of each client.

use redgrease::prelude::*;
use serde::{Deserialize, Serialize};

/// The answer of the limiter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, GearValue)]
pub struct Verdict {
    /// Whether the request may go on.
    pub allowed: bool,
    /// Requests that are left in this window.
    pub left: u32,
    /// Seconds until the window ends.
    pub seconds: u32,
}

/// Counts a request of a client. A window begins with its first request and ends after `seconds`.
///
/// Synchronous: no other command runs between counting and the expiry, so the key never stays for ever.
#[gear_command(mode = "sync")]
pub async fn admit(client: &str, limit: u32, seconds: u32) -> Verdict {
    python! {
        key = "limit:" + client
        count = cmd.incr(key)
        if count == 1:
            cmd.expire(key, seconds)
        return {"allowed": count <= limit, "left": max(limit - count, 0), "seconds": max(cmd.ttl(key), 1)}
    }
}
