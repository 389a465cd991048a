//! Rights that name databases: `db=` in the rules of a user, from Valkey 9.1 on.
//!
//! The function of older servers knows no database. Valkey 9.1 answers it as for a database that nobody may use: a user with `db=`
//! may run no command with keys. So the function of Valkey 9.1 is asked about what the older one refuses.

use super::api::OK;
use super::raw;
use std::ffi::c_int;
use std::ptr::NonNull;

/// Whether the user may run a command in a database.
///
/// # Safety
/// The server's lock is held. The user and the words are live.
pub(super) unsafe fn may_run(
    user: NonNull<raw::RedisModuleUser>,
    words: &mut [*mut raw::RedisModuleString],
    database: impl FnOnce() -> i32,
) -> bool {
    let count = c_int::try_from(words.len()).unwrap_or(c_int::MAX);
    // SAFETY: the caller guarantees that everything is live. The statics are written once, while the module loads.
    unsafe {
        let Some(check) = raw::RedisModule_ACLCheckCommandPermissions else {
            return false;
        };
        if check(user.as_ptr(), words.as_mut_ptr(), count) == OK {
            return true;
        }
        let mut reason = 0;
        raw::ValkeyModule_ACLCheckPermissions.is_some_and(|check| {
            let (user, words) = (user.as_ptr(), words.as_mut_ptr());
            check(user, words, count, database(), &raw mut reason) == OK
        })
    }
}
