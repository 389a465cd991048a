//! Jobs over many keys, for the benchmarks `batch` and `cluster`.
//!
//! | file | purpose |
//! |---|---|
//! | `data.rs` | the keys |
//! | `gear.rs` | the jobs as gears |
//! | `pull.rs` | the jobs by a client that fetches the values |
//! | `redis_py.rs`, `redis_py.py` | the jobs by redis-py, on one server and on a cluster |

mod data;
mod gear;
mod pull;
mod redis_py;

pub use data::{WORDS_PER_KEY, pieces};
pub use gear::gear;
pub use pull::{Words, pull};
pub use redis_py::redis_py;

use std::time::Duration;

/// A job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Job {
    /// Counts the keys.
    Count,
    /// Counts each word of the values.
    WordCount,
    /// Brings the names of all keys to the client.
    Names,
}

impl Job {
    /// All jobs.
    pub const ALL: [Job; 3] = [Job::Count, Job::WordCount, Job::Names];

    /// The name for tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Job::Count => "count",
            Job::WordCount => "word count",
            Job::Names => "names",
        }
    }
}

/// Number of different items, and number of all items.
pub type Counted = (u64, u64);

/// The time in the middle; of two, the longer one.
#[must_use]
pub fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_does_not_depend_on_the_order() {
        let times = |of: &[u64]| of.iter().copied().map(Duration::from_secs).collect();
        assert_eq!(median(times(&[9, 1, 2])), Duration::from_secs(2));
        assert_eq!(median(times(&[9, 1])), Duration::from_secs(9));
        assert_eq!(median(Vec::new()), Duration::ZERO);
    }
}
