//! The events of `LATENCY`.

use super::lock::locked;
use super::raw;
use std::time::Duration;

/// The event of executions that no client waits for.
const RUN: &std::ffi::CStr = c"rg-run";

/// Shorter executions are not told: each one takes the server's lock again.
const SHORTEST: Duration = Duration::from_millis(10);

/// Tells `LATENCY` of an execution that no client waits for. (The server measures the commands of clients that wait.) Takes
/// the server's lock, unless this thread holds it.
pub(crate) fn note_run(duration: Duration) {
    if duration < SHORTEST {
        return;
    }
    let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
    locked(|_| {
        // SAFETY: this thread has the lock, and the name ends with NUL.
        unsafe {
            if let Some(add) = raw::RedisModule_LatencyAddSample {
                add(RUN.as_ptr(), millis);
            }
        }
    });
}
