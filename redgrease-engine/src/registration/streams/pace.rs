//! How long sync batches keep the server from its clients. Messages may come faster than they are handled, for example those of a
//! handler that adds to its own stream.

use crate::python::turn_of_loop;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The time for sync batches in one turn of the server's event loop. A batch that has begun runs to its end.
const AT_ONCE: Duration = Duration::from_millis(200);

/// A turn of the event loop, and the microseconds that sync batches have taken in it. Written with the server's lock.
static TURN: AtomicU64 = AtomicU64::new(0);
static TAKEN: AtomicU64 = AtomicU64::new(0);

/// Some batches that run one after the other.
#[derive(Debug)]
pub(super) struct Pace {
    begun: Instant,
    /// What others have taken before, in the same turn. `None` if the server does not tell of its turns.
    before: Option<Duration>,
}

impl Pace {
    pub(super) fn begin() -> Pace {
        let before = turn_of_loop().map(|turn| {
            if TURN.swap(turn, Ordering::Relaxed) != turn {
                TAKEN.store(0, Ordering::Relaxed);
            }
            Duration::from_micros(TAKEN.load(Ordering::Relaxed))
        });
        Pace {
            begun: Instant::now(),
            before,
        }
    }

    /// `true` if the server has to look at its clients before the next batch.
    pub(super) fn is_over(&self) -> bool {
        self.before.unwrap_or_default() + self.begun.elapsed() >= AT_ONCE
    }
}

impl Drop for Pace {
    fn drop(&mut self) {
        if let Some(before) = self.before {
            let taken = before + self.begun.elapsed();
            let taken = u64::try_from(taken.as_micros()).unwrap_or(u64::MAX);
            TAKEN.fetch_max(taken, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_take_the_time_of_a_turn_together() {
        let pace = |before| Pace {
            begun: Instant::now(),
            before,
        };
        assert!(pace(Some(AT_ONCE)).is_over());
        assert!(!pace(None).is_over());
        let begun = Instant::now().checked_sub(AT_ONCE).unwrap();
        assert!(
            Pace {
                begun,
                before: None
            }
            .is_over()
        );
    }
}
