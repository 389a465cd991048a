//! The errors of commands that were sent together.

use super::{Error, full_text};
use redis::{RedisError, ServerError, ServerErrorKind};
use std::{error, fmt};

/// The commands of a pipeline that failed.
pub(super) struct Failed {
    /// With the positions in the pipeline.
    errors: Vec<(usize, ServerError)>,
    was_aborted: bool,
}

/// The errors, if this is the error of a pipeline.
pub(super) fn failed(e: &RedisError) -> Option<Failed> {
    // The error of one command is its own source.
    if error::Error::source(e).is_some() {
        return None;
    }
    let errors = e.clone().into_server_errors()?;
    let aborted = redis::ErrorKind::Server(ServerErrorKind::ExecAbort);
    Some(Failed {
        was_aborted: e.kind() == aborted,
        errors: errors.to_vec(),
    })
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.was_aborted {
            "the server refused the transaction, and ran none of its commands"
        } else {
            "commands of the pipeline failed"
        })?;
        for (n, (index, e)) in self.errors.iter().enumerate() {
            let separator = if n == 0 { ": " } else { "; " };
            write!(f, "{separator}command {index}, counted from 0: ")?;
            let e = RedisError::from(e.clone());
            let text = full_text(&e);
            write!(f, "{}", Error::from(e))?;
            if text.contains("MULTI") || text.contains("deny blocking") {
                f.write_str(": send it without `.atomic()`")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_of_one_command_is_not_that_of_a_pipeline() {
        let e = RedisError::from((redis::ErrorKind::Client, "spam"));
        assert!(failed(&e).is_none());
        let e = RedisError::from(std::io::Error::other("spam"));
        assert!(failed(&e).is_none());
    }
}
