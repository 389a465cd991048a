//! A lock that blocking and async code can both wait for.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Hands out one [`Turn`] at a time.
#[derive(Debug, Default)]
pub(super) struct Turns {
    is_taken: Mutex<bool>,
    released: Condvar,
    #[cfg(feature = "aio")]
    released_async: tokio::sync::Notify,
}

/// Ends when it is dropped.
#[derive(Debug)]
pub(super) struct Turn(Arc<Turns>);

impl Turns {
    /// Blocks the thread until the turn is free, for this time at most.
    pub(super) fn wait(self: Arc<Self>, limit: Option<Duration>) -> Option<Turn> {
        let is_taken = self.is_taken.lock().unwrap_or_else(PoisonError::into_inner);
        let limit = limit.unwrap_or(Duration::MAX);
        let (mut is_taken, waited) = self
            .released
            .wait_timeout_while(is_taken, limit, |is_taken| *is_taken)
            .unwrap_or_else(PoisonError::into_inner);
        if waited.timed_out() {
            return None;
        }
        *is_taken = true;
        drop(is_taken);
        Some(Turn(self))
    }

    /// Waits until the turn is free.
    #[cfg(feature = "aio")]
    pub(super) async fn wait_async(self: Arc<Self>) -> Turn {
        loop {
            // Created before the look at the flag, so that no release between the two is missed.
            let released = self.released_async.notified();
            if !std::mem::replace(
                &mut *self.is_taken.lock().unwrap_or_else(PoisonError::into_inner),
                true,
            ) {
                break;
            }
            released.await;
        }
        Turn(self)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        *self
            .0
            .is_taken
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = false;
        self.0.released.notify_one();
        #[cfg(feature = "aio")]
        self.0.released_async.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    static INSIDE: AtomicUsize = AtomicUsize::new(0);

    fn enter(turn: Turn) {
        assert_eq!(INSIDE.fetch_add(1, Ordering::SeqCst), 0);
        thread::yield_now();
        INSIDE.fetch_sub(1, Ordering::SeqCst);
        drop(turn);
    }

    #[test]
    fn a_turn_that_is_not_free_in_time_is_not_given() {
        let turns = Arc::<Turns>::default();
        let limit = Some(Duration::from_millis(5));
        let first = Arc::clone(&turns).wait(limit).unwrap();
        assert!(Arc::clone(&turns).wait(limit).is_none());
        drop(first);
        assert!(turns.wait(limit).is_some());
    }

    #[test]
    fn there_is_one_turn_for_threads_and_tasks() {
        let turns = Arc::<Turns>::default();
        let threads: Vec<_> = (0..8)
            .map(|i| {
                let turns = Arc::clone(&turns);
                thread::spawn(move || {
                    for _ in 0..200 {
                        let turns = Arc::clone(&turns);
                        #[cfg(feature = "aio")]
                        if i % 2 == 0 {
                            let runtime = tokio::runtime::Builder::new_current_thread().build();
                            enter(runtime.unwrap().block_on(turns.wait_async()));
                            continue;
                        }
                        let _ = i;
                        enter(turns.wait(None).unwrap());
                    }
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
    }
}
