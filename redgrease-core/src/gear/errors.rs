//! Errors that name a gear.

use super::spec::Gear;
use crate::error::{EncodeError, Error, ErrorKind};
use redis::RedisError;

/// Name and place of a gear, for the text of an error.
fn label(gear: &Gear) -> String {
    let place = gear.location();
    format!("gear `{}` ({}:{})", gear.name(), place.file, place.line)
}

impl Error {
    /// The error of a call. `trigger` is the name that was called.
    pub(crate) fn of_call(e: RedisError, gear: &Gear, trigger: &str) -> Self {
        let mut error = Error::from(e);
        match error.kind_mut() {
            ErrorKind::UnknownTrigger { trigger: named, .. } => trigger.clone_into(named),
            ErrorKind::Timeout { of, .. } => *of = Some(label(gear)),
            _ => {}
        }
        if error.is_connection() || error.is_pool_exhausted() {
            return error.about(gear);
        }
        error
    }

    /// Names the gear whose call ended with an error that is not about the gear.
    pub(crate) fn about(self, gear: &Gear) -> Self {
        self.about_call(label(gear))
    }

    /// Names the gear of a failed conversion.
    pub(crate) fn of_gear(mut self, gear: &Gear) -> Self {
        if let ErrorKind::Convert { of, .. } = self.kind_mut() {
            *of = Some(label(gear));
        }
        self
    }
}

impl EncodeError {
    /// Names the argument that could not be encoded.
    pub(crate) fn of_argument(self, gear: &Gear, index: usize) -> Self {
        match gear.spec().args.get(index) {
            Some((name, _)) => EncodeError::new(format!("argument `{name}`: {self}")),
            None => self,
        }
    }
}
