//! Errors of this crate on their way through the traits of redis-rs, which know no errors but their own.

use super::Error;
use std::{error, fmt, io};

/// An error of this crate inside of an `io::Error` inside of a `RedisError`.
#[derive(Debug)]
struct Carried(Error);

impl fmt::Display for Carried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The error itself is the source, because `io::Error` passes on the source alone.
impl error::Error for Carried {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(&self.0)
    }
}

impl Error {
    /// The error as one of redis-rs. `Error::from` takes it out.
    pub(crate) fn into_redis(self) -> redis::RedisError {
        io::Error::other(Carried(self)).into()
    }

    /// The error that [`into_redis`](Self::into_redis) has put into an error of redis-rs.
    pub(super) fn carried_by(e: &redis::RedisError) -> Option<&Error> {
        // The first source is the `io::Error`.
        error::Error::source(e)?.source()?.downcast_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use redis::RedisError;

    #[test]
    fn errors_come_out_as_they_went_in() {
        let redis = Error::config("spam").into_redis();
        assert_eq!(redis.to_string(), "spam");
        let error = Error::from(redis.clone());
        assert!(
            matches!(error.kind(), crate::ErrorKind::Config { message } if message == "spam"),
            "{error}"
        );
        for other in [
            RedisError::from((redis::ErrorKind::Client, "spam")),
            RedisError::from(io::Error::other("spam")),
            RedisError::from(io::Error::from(io::ErrorKind::TimedOut)),
        ] {
            assert!(Error::carried_by(&other).is_none());
        }
    }
}
