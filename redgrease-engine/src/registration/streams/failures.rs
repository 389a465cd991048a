//! The treatment of batches that fail: how often they are tried again, when, and where their messages go in the end.

use crate::plan::Mode;
use crate::registration::matches_prefix;
use std::time::Duration;

/// The policy for a batch that fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnFailed {
    /// The batch counts as handled.
    Continue,
    /// The registration stops reading.
    Abort,
    /// The batch is read again after the retry interval.
    Retry,
}

impl OnFailed {
    pub(crate) fn parse(word: &str) -> Option<OnFailed> {
        [OnFailed::Continue, OnFailed::Abort, OnFailed::Retry]
            .into_iter()
            .find(|policy| policy.as_str().eq_ignore_ascii_case(word))
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            OnFailed::Continue => "continue",
            OnFailed::Abort => "abort",
            OnFailed::Retry => "retry",
        }
    }
}

/// The tries that a message has at least if the end of the server cuts its tries off.
const TRIES_CUT_OFF: u32 = 3;

/// The options of a registration for batches that fail.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Failures {
    pub(crate) on_failed: OnFailed,
    /// The time between a failed batch and its first retry.
    pub(crate) retry_interval: Duration,
    /// The factor by which the interval grows from one retry to the next one.
    pub(crate) backoff: f64,
    /// The longest interval.
    pub(crate) max_interval: Duration,
    /// The number of times that a message is tried again. `None` is no limit.
    pub(crate) max_retries: Option<u32>,
    /// The stream that gets the messages which are given up.
    pub(crate) dead_letter: Option<Vec<u8>>,
    /// The name of the function that handles the messages, for readers of dead letters.
    pub(crate) handler: String,
}

impl Failures {
    /// The longest interval if none is given.
    pub(crate) const MAX_INTERVAL: Duration = Duration::from_hours(1);

    pub(crate) fn new(on_failed: OnFailed, retry_interval: Duration) -> Failures {
        Failures {
            on_failed,
            retry_interval,
            backoff: 1.0,
            max_interval: Failures::MAX_INTERVAL.max(retry_interval),
            max_retries: None,
            dead_letter: None,
            handler: String::new(),
        }
    }

    /// The reason why these options do not fit each other, or the streams that are read.
    pub(crate) fn check(&self, prefix: &[u8], mode: Mode) -> Result<(), String> {
        let retries = self.on_failed == OnFailed::Retry;
        if mode == Mode::Sync && self.on_failed != OnFailed::Continue {
            return Err(
                "ExecutionMode sync can only be combined with OnFailedPolicy Continue".to_owned(),
            );
        }
        if self.max_retries.is_some() && !retries {
            return Err("maxRetries is the number of retries of onFailedPolicy='retry': add onFailedPolicy='retry', or remove maxRetries".to_owned());
        }
        if self.grows() && !retries {
            return Err("retryBackoff and maxRetryInterval change the pause of onFailedPolicy='retry': add onFailedPolicy='retry', or remove them".to_owned());
        }
        if !self.backoff.is_finite() || self.backoff < 1.0 {
            return Err("retryBackoff must be a number from 1 on, such as 2.0".to_owned());
        }
        if self.max_interval < self.retry_interval {
            return Err(
                "maxRetryInterval is shorter than onFailedRetryInterval: make it at least as long"
                    .to_owned(),
            );
        }
        match &self.dead_letter {
            Some(stream) => self.check_dead_letter(stream, prefix),
            None => Ok(()),
        }
    }

    fn check_dead_letter(&self, stream: &[u8], prefix: &[u8]) -> Result<(), String> {
        if stream.is_empty() {
            return Err("deadLetter is empty: write the name of a stream".to_owned());
        }
        match (self.on_failed, self.max_retries) {
            (OnFailed::Abort, _) => {
                return Err("deadLetter contradicts onFailedPolicy='abort', which stops at a message that fails: use onFailedPolicy='retry' with maxRetries, or remove deadLetter".to_owned());
            }
            (OnFailed::Retry, None) => {
                return Err("deadLetter gets the messages that maxRetries gives up: add maxRetries, such as maxRetries=3".to_owned());
            }
            _ => {}
        }
        if matches_prefix(prefix, stream) {
            return Err(format!(
                "deadLetter '{}' is a stream that the registration of '{}' reads itself, so that its dead letters would never end: choose a name that the pattern does not match",
                String::from_utf8_lossy(stream),
                String::from_utf8_lossy(prefix)
            ));
        }
        Ok(())
    }

    /// `true` if the options differ from those that RedisGears knows.
    pub(crate) fn are_extended(&self) -> bool {
        self.gives_up() || self.grows()
    }

    /// `true` if the interval grows.
    pub(crate) fn grows(&self) -> bool {
        self.backoff > 1.0
    }

    /// `true` if a message is given up in the end. Then a message that was delivered before is read alone, so that the server
    /// counts its tries.
    pub(super) fn gives_up(&self) -> bool {
        self.max_retries.is_some() || self.dead_letter.is_some()
    }

    /// `true` if a message that was tried so often is given up.
    pub(super) fn gives_up_after(&self, tries: u32) -> bool {
        tries > self.max_retries.unwrap_or(0)
    }

    /// `true` if a message that was tried so often is given up without another try, although no try has ended: the server ended
    /// during the last one.
    pub(super) fn gives_up_untold(&self, tries: u32) -> bool {
        self.gives_up_after(tries) && tries >= TRIES_CUT_OFF
    }

    /// The time until the next try, after a number of failures in a row. There is one retry per stream, by one server: nothing
    /// would be gained if the times were spread.
    pub(super) fn interval(&self, failures: u32) -> Duration {
        let exponent = i32::try_from(failures.saturating_sub(1)).unwrap_or(i32::MAX);
        let seconds = self.retry_interval.as_secs_f64() * self.backoff.powi(exponent);
        // An interval of zero times an infinite factor is no number.
        if seconds < self.max_interval.as_secs_f64() {
            Duration::from_secs_f64(seconds)
        } else if self.retry_interval.is_zero() {
            Duration::ZERO
        } else {
            self.max_interval
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn retry() -> Failures {
        Failures {
            max_retries: Some(3),
            dead_letter: Some(b"dead".to_vec()),
            ..Failures::new(OnFailed::Retry, Duration::from_secs(1))
        }
    }

    #[test]
    fn the_interval_grows_to_its_limit() {
        let growing = Failures {
            backoff: 2.0,
            max_interval: Duration::from_mins(1),
            ..retry()
        };
        let seconds = |failures| growing.interval(failures).as_secs();
        let all: Vec<u64> = (0..9).map(seconds).collect();
        assert_eq!(all, [1, 1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(seconds(u32::MAX), 60);
        assert_eq!(retry().interval(u32::MAX).as_secs(), 1);
        let at_once = Failures {
            retry_interval: Duration::ZERO,
            ..growing
        };
        assert_eq!(at_once.interval(u32::MAX), Duration::ZERO);
    }

    #[test]
    fn tries_are_one_more_than_retries() {
        let failures = retry();
        assert!(!failures.gives_up_after(3));
        assert!(failures.gives_up_after(4) && failures.gives_up_untold(4));
        let at_once = Failures {
            max_retries: None,
            on_failed: OnFailed::Continue,
            ..retry()
        };
        assert!(at_once.gives_up_after(1));
        assert!(!at_once.gives_up_untold(2), "a restart is no failure");
        assert!(at_once.gives_up_untold(3));
        assert!(!Failures::new(OnFailed::Retry, Duration::ZERO).gives_up());
    }

    #[test]
    fn options_that_contradict_each_other_are_refused() {
        let second = Duration::from_secs(1);
        let with = |change: fn(&mut Failures)| {
            let mut failures = retry();
            change(&mut failures);
            failures
        };
        let asynchronous = Mode::Async;
        for (failures, prefix, mode, word) in [
            (retry(), "s", Mode::Sync, "sync"),
            (
                with(|one| one.on_failed = OnFailed::Continue),
                "s",
                asynchronous,
                "maxRetries",
            ),
            (
                with(|one| one.on_failed = OnFailed::Abort),
                "s",
                asynchronous,
                "maxRetries",
            ),
            (
                Failures {
                    max_retries: None,
                    ..with(|one| one.on_failed = OnFailed::Abort)
                },
                "s",
                asynchronous,
                "contradicts",
            ),
            (
                with(|one| one.max_retries = None),
                "s",
                asynchronous,
                "add maxRetries",
            ),
            (
                with(|one| one.dead_letter = Some(Vec::new())),
                "s",
                asynchronous,
                "empty",
            ),
            (retry(), "dead", asynchronous, "never end"),
            (retry(), "d*", asynchronous, "never end"),
            (retry(), "*", asynchronous, "never end"),
            (
                with(|one| one.backoff = 0.5),
                "s",
                asynchronous,
                "from 1 on",
            ),
            (
                with(|one| one.backoff = f64::NAN),
                "s",
                asynchronous,
                "from 1 on",
            ),
            (
                with(|one| one.backoff = f64::INFINITY),
                "s",
                asynchronous,
                "from 1 on",
            ),
            (
                with(|one| one.max_interval = Duration::ZERO),
                "s",
                asynchronous,
                "shorter",
            ),
            (
                Failures {
                    backoff: 2.0,
                    ..Failures::new(OnFailed::Continue, second)
                },
                "s",
                asynchronous,
                "retryBackoff",
            ),
        ] {
            let refused = failures.check(prefix.as_bytes(), mode).unwrap_err();
            assert!(refused.contains(word), "{refused}");
        }
        assert_eq!(retry().check(b"s*", asynchronous), Ok(()));
        let at_once = Failures {
            dead_letter: Some(b"dead".to_vec()),
            ..Failures::new(OnFailed::Continue, second)
        };
        assert_eq!(at_once.check(b"s", Mode::Sync), Ok(()));
    }
}
