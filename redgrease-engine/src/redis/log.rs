//! The server's log. May be written to from any thread.

use redis_module::raw;
use std::ffi::{CStr, CString};
use std::ptr;

/// Log levels of Redis, from chatty to loud.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    Debug,
    Verbose,
    Notice,
    Warning,
}

impl Level {
    /// The level a script names, or `None` if Redis has no such level.
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

/// Writes one entry. Redis cuts entries at about one kilobyte, so long texts go line by line.
pub(crate) fn log(level: Level, message: &str) {
    for line in message.lines().filter(|line| !line.is_empty()) {
        let Ok(text) = CString::new(line.replace('\0', "\\0")) else {
            continue;
        };
        // SAFETY: the format takes exactly one string, both pointers are NUL-terminated and live
        // through the call; a null context is allowed here and logs as the server itself.
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
