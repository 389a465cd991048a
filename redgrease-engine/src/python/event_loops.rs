//! The event loops that run coroutines.
//!
//! Each session has one loop for all its coroutines, so that a coroutine that holds up its loop holds up no other session. A loop
//! has a thread. There are few loops: a loop serves another session when its session is gone, and when there are as many loops
//! as may be, sessions share them.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// The greatest number of loops. `coroutines.py` has as many threads.
const MOST: usize = 16;

/// A loop that is inside of one step of a coroutine for so long is slow.
const SLOW: Duration = Duration::from_millis(300);

/// The loop of a session.
#[derive(Debug)]
pub(crate) struct EventLoop {
    number: usize,
}

#[derive(Debug)]
struct State {
    sessions: AtomicUsize,
    /// When the step began that the loop runs, in milliseconds since the first use; 0 if it runs none.
    step: AtomicU64,
}

static LOOPS: [State; MOST] = [const {
    State {
        sessions: AtomicUsize::new(0),
        step: AtomicU64::new(0),
    }
}; MOST];

/// The number of loops that were ever used.
static USED: Mutex<usize> = Mutex::new(0);

fn state(number: usize) -> Option<&'static State> {
    LOOPS.get(number)
}

/// Milliseconds since the first use, and one more.
fn now() -> u64 {
    static FIRST: OnceLock<Instant> = OnceLock::new();
    let elapsed = FIRST.get_or_init(Instant::now).elapsed().as_millis();
    u64::try_from(elapsed).unwrap_or(u64::MAX).saturating_add(1)
}

impl State {
    fn is_slow(&self) -> bool {
        let since = self.step.load(Ordering::Relaxed);
        since > 0 && now().saturating_sub(since) >= u64::try_from(SLOW.as_millis()).unwrap_or(0)
    }
}

/// The place of the loop for another session: the first one without a session, or else a new one, or else the one with the
/// fewest sessions. Each loop is given with its number of sessions, and whether it is slow. One that is slow comes last.
fn choose(loops: &[(usize, bool)], most: usize) -> usize {
    let fewest = |(_, (sessions, is_slow)): &(usize, &(usize, bool))| (*is_slow, *sessions);
    let best = loops.iter().enumerate().min_by_key(fewest);
    match best {
        Some((place, (0, false))) => place,
        _ if loops.len() < most => loops.len(),
        best => best.map_or(0, |(place, _)| place),
    }
}

impl EventLoop {
    /// A loop for another session.
    pub(crate) fn of_new_session() -> Arc<EventLoop> {
        let mut used = USED.lock().unwrap_or_else(PoisonError::into_inner);
        let loops: Vec<(usize, bool)> = LOOPS
            .iter()
            .take(*used)
            .map(|one| (one.sessions.load(Ordering::Relaxed), one.is_slow()))
            .collect();
        let number = choose(&loops, MOST);
        *used = (*used).max(number + 1);
        if let Some(state) = state(number) {
            state.sessions.fetch_add(1, Ordering::Relaxed);
        }
        Arc::new(EventLoop { number })
    }

    /// The number by which the runtime knows the loop.
    pub(crate) fn number(&self) -> usize {
        self.number
    }

    /// Runs a step of a coroutine on the loop's thread.
    pub(super) fn step<R>(&self, step: impl FnOnce() -> R) -> R {
        struct End(Option<&'static State>);
        impl Drop for End {
            fn drop(&mut self) {
                if let Some(state) = self.0 {
                    state.step.store(0, Ordering::Relaxed);
                }
            }
        }
        let end = End(state(self.number));
        if let Some(state) = end.0 {
            state.step.store(now(), Ordering::Relaxed);
        }
        step()
    }
}

impl Drop for EventLoop {
    fn drop(&mut self) {
        if let Some(state) = state(self.number) {
            state.sessions.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// The number of loops that a coroutine holds up.
pub(crate) fn slow_event_loops() -> usize {
    LOOPS.iter().filter(|one| one.is_slow()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_session_has_a_loop_while_there_are_enough() {
        assert_eq!(choose(&[], 3), 0);
        assert_eq!(choose(&[(1, false)], 3), 1);
        assert_eq!(choose(&[(1, false), (0, false)], 3), 1);
        assert_eq!(choose(&[(2, false), (1, false), (2, false)], 3), 1);
    }

    #[test]
    fn no_session_gets_a_slow_loop_if_there_is_another_one() {
        assert_eq!(choose(&[(0, true)], 3), 1);
        assert_eq!(choose(&[(1, true), (2, false)], 2), 1);
        assert_eq!(choose(&[(2, true), (1, true)], 2), 1);
    }

    #[test]
    fn a_session_gives_its_loop_back() {
        let one = EventLoop::of_new_session();
        let other = EventLoop::of_new_session();
        assert_ne!(one.number(), other.number());
        let number = one.number();
        drop(one);
        assert!((0..MOST).any(|_| EventLoop::of_new_session().number() == number));
    }

    #[test]
    fn a_long_step_is_slow() {
        let one = EventLoop::of_new_session();
        let state = state(one.number()).unwrap();
        one.step(|| assert!(!state.is_slow()));
        now();
        std::thread::sleep(SLOW);
        state.step.store(1, Ordering::Relaxed);
        assert!(state.is_slow() && slow_event_loops() > 0);
        state.step.store(0, Ordering::Relaxed);
    }
}
