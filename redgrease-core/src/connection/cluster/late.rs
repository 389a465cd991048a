//! The node of a cluster that has not answered in time: the error about that carries its address, because a call does not know
//! where it went.

use crate::connection::Address;
use crate::error::Error;
use redis::RedisResult;
use std::{error, fmt, io};

/// The reason inside of an error of the kind `TimedOut`. It is its own source, because `io::Error` passes on the source alone.
#[derive(Debug)]
struct Reason(Late);

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl error::Error for Reason {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(&self.0)
    }
}

#[derive(Debug)]
struct Late(Address);

impl fmt::Display for Late {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} has not answered in time", self.0)
    }
}

impl error::Error for Late {}

/// The answer of a node. An error about time has its address afterwards.
pub(super) fn named<T>(answer: RedisResult<T>, node: &Address) -> RedisResult<T> {
    answer.map_err(|e| {
        if e.is_timeout() && late(&e).is_none() {
            let reason = Reason(Late(node.clone()));
            return io::Error::new(io::ErrorKind::TimedOut, reason).into();
        }
        e
    })
}

/// The node of a cluster that has not answered, if the error is about that.
pub(in super::super) fn node(e: &Error) -> Option<&Address> {
    e.as_redis().and_then(late)
}

fn late(e: &redis::RedisError) -> Option<&Address> {
    // The first source is the `io::Error`.
    let late: &Late = error::Error::source(e)?.source()?.downcast_ref()?;
    Some(&late.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use redis::RedisError;

    #[test]
    fn an_error_about_time_has_the_node() {
        let address = Address::parse("redis://:s3cret@h:7000/").unwrap();
        let of = |kind| -> Error {
            let e: RedisError = io::Error::from(kind).into();
            named(Err::<(), _>(e), &address).unwrap_err().into()
        };
        let error = of(io::ErrorKind::TimedOut);
        assert!(error.is_timeout());
        assert_eq!(node(&error).unwrap().to_string(), "h:7000");
        assert!(!format!("{error} {error:?}").contains("s3cret"), "{error}");
        assert!(node(&of(io::ErrorKind::BrokenPipe)).is_none());
    }
}
