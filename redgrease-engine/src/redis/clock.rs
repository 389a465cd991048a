//! A clock that costs next to nothing to read.

use std::time::Duration;

/// A moment, as exact as the kernel's tick: one to four milliseconds. Enough for the statistics of
/// sync calls, which are in milliseconds, and whose sum is right on average; reading an exact
/// clock twice would be a tenth of such a call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CoarseInstant(Duration);

impl CoarseInstant {
    pub(crate) fn now() -> CoarseInstant {
        let mut time = libc::timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        // SAFETY: the kernel fills the structure it is given; every Linux has this clock, and
        // where there is none the structure stays as it is.
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
