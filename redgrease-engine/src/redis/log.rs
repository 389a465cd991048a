//! The server's log. Any thread may write to it.

use super::raw;
use std::ffi::{CStr, CString};
use std::ptr;

/// The log levels of Redis, the least important first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    Debug,
    Verbose,
    Notice,
    Warning,
}

impl Level {
    /// The level that a script names, or `None` if Redis has no such level.
    pub(crate) fn parse(word: &str) -> Option<Level> {
        Some(match word {
            "debug" => Level::Debug,
            "verbose" => Level::Verbose,
            "notice" => Level::Notice,
            "warning" => Level::Warning,
            _ => return None,
        })
    }

    fn as_cstr(self) -> &'static CStr {
        match self {
            Level::Debug => c"debug",
            Level::Verbose => c"verbose",
            Level::Notice => c"notice",
            Level::Warning => c"warning",
        }
    }
}

/// Writes a message, one entry for each line. Redis truncates an entry at about one kilobyte.
pub(crate) fn log(level: Level, message: &str) {
    for line in message.lines().filter(|line| !line.is_empty()) {
        let Ok(text) = CString::new(line.replace('\0', "\\0")) else {
            continue;
        };
        // SAFETY: the format takes exactly one string; all texts are NUL-terminated and live through the call. The server
        // allows a null context.
        unsafe {
            if let Some(write) = raw::RedisModule_Log {
                write(
                    ptr::null_mut(),
                    level.as_cstr().as_ptr(),
                    c"%s".as_ptr(),
                    text.as_ptr(),
                );
            }
        }
    }
}
