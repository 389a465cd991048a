//! Waking the thread that sends.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

#[derive(Debug, Default)]
struct State {
    rings: bool,
    /// The thread sleeps until this time.
    sleeps_until: Option<Instant>,
}

/// Rings until the thread has heard it.
#[derive(Debug, Default)]
pub(super) struct Bell {
    state: Mutex<State>,
    changed: Condvar,
}

impl Bell {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn ring(&self) {
        let mut state = self.state();
        if !state.rings {
            state.rings = true;
            self.changed.notify_one();
        }
    }

    /// Rings, unless the thread wakes by itself at this time at the latest.
    pub(super) fn ring_by(&self, at: Instant) {
        let wakes = self.state().sleeps_until;
        if wakes.is_none_or(|wakes| wakes > at) {
            self.ring();
        }
    }

    /// Waits until the bell rings, or until `until`. Then the bell is quiet.
    pub(super) fn wait(&self, until: Instant) {
        let mut state = self.state();
        state.sleeps_until = Some(until);
        let left = until.saturating_duration_since(Instant::now());
        let (mut state, _) = self
            .changed
            .wait_timeout_while(state, left, |state| !state.rings)
            .unwrap_or_else(PoisonError::into_inner);
        *state = State::default();
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
    fn a_thread_that_wakes_in_time_is_not_woken() {
        let bell = Bell::default();
        let soon = Instant::now() + Duration::from_millis(100);
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| bell.wait(soon));
            while bell.state().sleeps_until.is_none() {
                std::thread::yield_now();
            }
            bell.ring_by(soon);
            bell.ring_by(soon + Duration::from_secs(1));
            assert!(!bell.state().rings);
            waits.join().unwrap();
        });
        // A thread that is awake may have looked at its times before this one was known.
        bell.ring_by(soon);
        assert!(bell.state().rings);
    }

    #[test]
    fn a_thread_that_would_wake_too_late_is_woken() {
        let bell = Bell::default();
        let early = Instant::now() + Duration::from_secs(10);
        let late = early + Duration::from_secs(50);
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| bell.wait(late));
            bell.ring_by(early);
            waits.join().unwrap();
        });
        assert!(Instant::now() < late);
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
