//! A clock that is cheap to read.

use std::time::Duration;

/// A moment, with the resolution of the kernel's tick: one to four milliseconds. That is enough for the statistics of sync
/// calls, which are in milliseconds and are right on average. Two reads of an exact clock would take a tenth of such a call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CoarseInstant(Duration);

impl CoarseInstant {
    pub(crate) fn now() -> CoarseInstant {
        let mut time = libc::timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        // SAFETY: the kernel fills the structure, which lives through the call. On a system without this clock the
        // structure keeps its zeros.
        unsafe { libc::clock_gettime(COARSE, &raw mut time) };
        CoarseInstant(Duration::new(
            u64::try_from(time.tv_sec).unwrap_or(0),
            u32::try_from(time.tv_nsec).unwrap_or(0),
        ))
    }

    pub(crate) fn elapsed(self) -> Duration {
        CoarseInstant::now().0.saturating_sub(self.0)
    }
}

#[cfg(target_os = "linux")]
const COARSE: libc::clockid_t = libc::CLOCK_MONOTONIC_COARSE;
#[cfg(not(target_os = "linux"))]
const COARSE: libc::clockid_t = libc::CLOCK_MONOTONIC;
