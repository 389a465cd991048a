//! Waking the thread that sends.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Instant;

/// Rings until the thread has heard it.
#[derive(Debug, Default)]
pub(super) struct Bell {
    rings: Mutex<bool>,
    changed: Condvar,
}

impl Bell {
    pub(super) fn ring(&self) {
        let mut rings = self.rings.lock().unwrap_or_else(PoisonError::into_inner);
        if !*rings {
            *rings = true;
            self.changed.notify_one();
        }
    }

    /// Waits until the bell rings, or until `until`. Then the bell is quiet.
    pub(super) fn wait(&self, until: Instant) {
        let rings = self.rings.lock().unwrap_or_else(PoisonError::into_inner);
        let left = until.saturating_duration_since(Instant::now());
        let (mut rings, _) = self
            .changed
            .wait_timeout_while(rings, left, |rings| !*rings)
            .unwrap_or_else(PoisonError::into_inner);
        *rings = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_bell_that_rang_before_is_heard_once() {
        let bell = Bell::default();
        bell.ring();
        bell.ring();
        let begun = Instant::now();
        bell.wait(begun + Duration::from_mins(1));
        assert!(begun.elapsed() < Duration::from_secs(30));
        let until = Instant::now() + Duration::from_millis(5);
        bell.wait(until);
        assert!(Instant::now() >= until);
    }

    #[test]
    fn another_thread_is_woken() {
        let bell = Bell::default();
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| bell.wait(Instant::now() + Duration::from_mins(1)));
            bell.ring();
            waits.join().unwrap();
        });
    }
}
