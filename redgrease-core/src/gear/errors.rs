//! Errors that name a gear.

use super::spec::Gear;
use crate::error::{EncodeError, Error, ErrorKind};
use redis::RedisError;

impl Gear {
    /// Name and place of the gear, for the text of an error.
    pub(crate) fn label(&self) -> String {
        let place = self.location();
        format!("gear `{}` ({}:{})", self.name(), place.file, place.line)
    }
}

impl Error {
    /// The error of a call. `trigger` is the name that was called.
    pub(crate) fn of_call(e: RedisError, gear: &Gear, trigger: &str) -> Self {
        let mut error = Error::from(e);
        match error.kind_mut() {
            ErrorKind::UnknownTrigger { trigger: named, .. } => trigger.clone_into(named),
            ErrorKind::Timeout { of, .. } => *of = Some(gear.label()),
            _ => {}
        }
        match error.kind() {
            ErrorKind::Redis
            | ErrorKind::NoPermission { .. }
            | ErrorKind::Connect { .. }
            | ErrorKind::PoolExhausted { .. } => error.about(gear),
            _ => error,
        }
    }

    /// Names the gear whose call ended with an error that is not about the gear.
    pub(crate) fn about(self, gear: &Gear) -> Self {
        self.about_call(gear.label())
    }

    /// Names the gear of a failed conversion.
    pub(crate) fn of_gear(mut self, gear: &Gear) -> Self {
        if let ErrorKind::Convert { of, .. } = self.kind_mut() {
            *of = Some(gear.label());
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

#[cfg(test)]
mod tests {
    use crate::Error;
    use crate::prelude::tests::{gear, spec};

    #[test]
    fn answers_that_are_no_exceptions_name_the_gear() {
        let gear = gear("lookup", spec("lookup", ""));
        for (line, remedy) in [
            (
                "LOADING Redis is loading the dataset in memory",
                "try again",
            ),
            ("OOM command not allowed", "OOM"),
            (
                "NOPERM this user has no permissions to run the 'rg.trigger' command",
                "ACL SETUSER",
            ),
        ] {
            let reply = format!("-{line}\r\n");
            let answer = redis::parse_redis_value(reply.as_bytes()).unwrap();
            let e = answer.extract_error().unwrap_err();
            let text = Error::of_call(e, gear, "lookup").to_string();
            assert!(
                text.starts_with("gear `lookup` (") && text.contains(line),
                "{text}"
            );
            assert!(text.contains(remedy), "{text}");
        }
    }
}
