//! Calls of the module API, which is a table of function pointers that the server fills while it loads the module.

use super::raw;
use std::ffi::c_int;

/// The return values of functions that only succeed or fail.
pub(super) const OK: c_int = raw::REDISMODULE_OK;
pub(super) const ERR: c_int = raw::REDISMODULE_ERR;

/// Calls a required function of the module API. Expands to an `unsafe` operation: the caller states why the arguments are
/// valid. [`raw::fill`] has checked that the pointer of the function is set.
macro_rules! rm {
    ($name:ident($($argument:expr),* $(,)?)) => {
        (crate::redis::raw::required::$name.unwrap_unchecked())($($argument),*)
    };
}
