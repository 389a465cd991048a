//! Rights that name databases: `db=` in the rules of a user, from Valkey 9.1 on.
//!
//! The function of older servers knows no database. Valkey 9.1 answers it as for a database that nobody may use: a user with `db=`
//! may run no command with keys. So the function of Valkey 9.1 is asked about what the older one refuses.

use super::api::OK;
use redis_module::raw;
use std::ffi::{CStr, c_int, c_void};
use std::ptr::{self, NonNull};
use std::sync::OnceLock;

/// Checks words in a database, and tells the reason of a refusal.
type Check = unsafe extern "C" fn(
    *mut raw::RedisModuleUser,
    *mut *mut raw::RedisModuleString,
    c_int,
    c_int,
    *mut c_int,
) -> c_int;

const NAME: &CStr = c"ValkeyModule_ACLCheckPermissions";

/// `None` for a server without such rights.
fn check_in_database() -> Option<Check> {
    static CHECK: OnceLock<Option<Check>> = OnceLock::new();
    *CHECK.get_or_init(|| {
        let mut found: *mut c_void = ptr::null_mut();
        // SAFETY: the name is NUL-terminated, and the server writes the address of the function, which has this type since it
        // exists.
        unsafe {
            let find = raw::RedisModule_GetApi?;
            let answer = find(NAME.as_ptr(), (&raw mut found).cast());
            (answer == OK && !found.is_null())
                .then(|| std::mem::transmute::<*mut c_void, Check>(found))
        }
    })
}

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
    // SAFETY: the caller guarantees that everything is live. The static is written once, while the module loads.
    unsafe {
        let Some(check) = raw::RedisModule_ACLCheckCommandPermissions else {
            return false;
        };
        if check(user.as_ptr(), words.as_mut_ptr(), count) == OK {
            return true;
        }
        let mut reason = 0;
        check_in_database().is_some_and(|check| {
            let (user, words) = (user.as_ptr(), words.as_mut_ptr());
            check(user, words, count, database(), &raw mut reason) == OK
        })
    }
}
