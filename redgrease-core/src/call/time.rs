//! The time that a call has, with that to register its gear again.

use crate::error::{Error, ErrorKind, Result};
use crate::gear::Gear;
use crate::registry::Healed;
use std::time::{Duration, Instant};

/// A limit of a call that has begun.
#[derive(Debug, Clone, Copy)]
pub(super) struct Time {
    /// The whole limit.
    limit: Option<Duration>,
    /// `None` is too far away for the clock, or no limit.
    end: Option<Instant>,
}

impl Time {
    /// The time of a call with this limit that begins now.
    pub(super) fn of(limit: Option<Duration>) -> Self {
        Time {
            limit,
            end: limit.and_then(|limit| Instant::now().checked_add(limit)),
        }
    }

    /// The time that is left; `None` without a limit. It is never zero, which sockets refuse as a limit.
    pub(super) fn left(self) -> Option<Duration> {
        let left = self.end?.saturating_duration_since(Instant::now());
        Some(left.max(Duration::from_millis(1)))
    }

    /// The limit of the call, and that of its first command.
    pub(super) fn all(self) -> (Option<Duration>, Option<Duration>) {
        (self.limit, self.limit)
    }

    /// The limit of the call, and that of its command after the gear was registered again.
    pub(super) fn rest(self) -> (Option<Duration>, Option<Duration>) {
        (self.limit, self.left())
    }

    fn has_passed(self) -> bool {
        self.end.is_some_and(|end| end <= Instant::now())
    }

    /// What to do after the server was told to register the gear again. Nothing, if no time is left.
    pub(super) fn after_healing(self, healed: Result<Healed>, gear: &Gear) -> Result<Healed> {
        match healed {
            Err(e) if e.is_timeout() && self.has_passed() => Err(self.passed(gear)),
            Ok(Healed::Retry) if self.has_passed() => Err(self.passed(gear)),
            healed => healed.map_err(|e| e.about(gear)),
        }
    }

    fn passed(self, gear: &Gear) -> Error {
        Error::new(ErrorKind::Timeout {
            of: Some(gear.label()),
            limit: self.limit,
            situation: None,
            registering: true,
        })
    }
}
