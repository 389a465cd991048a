//! The rights of the client that sends a hooked command.
//!
//! The server checks the command that runs in place of the hooked one ([`super::filter`]), which needs no right of its own. The
//! engine checks the words of the client. If the filter knows the client, it leaves a forbidden command to the server, which
//! refuses it as it would without the hook. Otherwise the command in its place checks, when it runs: before Redis 7.2, in
//! scripts, for commands of gears, and inside EXEC, because rights may have changed since the command was queued.

use super::command::{Args, text};
use super::context::Context;
use super::database_rights;
use super::filter::{FilteredCommand, Words, is_made_here};
use super::pass_on;
use super::raw;
use super::rules;
use super::stack;
use super::symbols::function;
use super::user;
use std::ffi::{c_int, c_void};
use std::ptr::{self, NonNull};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// The server's words for a client that has not logged in.
const NO_LOGIN: &str = "NOAUTH Authentication required.";

/// The id of the client whose command the filter has checked and allowed, until that command runs. 0 if the filter has allowed no
/// command.
static CHECKED: AtomicU64 = AtomicU64::new(0);

/// Functions of the server that know whether a client has logged in. The module API does not name them.
#[derive(Debug, Clone, Copy)]
struct Logins {
    needs_login: unsafe extern "C" fn(*mut c_void) -> c_int,
    client: unsafe extern "C" fn(u64) -> *mut c_void,
}

/// What the filter knows about the client of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Caller {
    /// This client may run the command.
    May(u64),
    /// The server refuses the command.
    MayNot,
    /// It is known when the command runs.
    Unknown,
}

/// `true` if the engine can tell whether a client has logged in. Otherwise the server checks the login, with the right to the
/// command that it runs in place of the hooked one.
pub(super) fn is_supported() -> bool {
    logins().is_some()
}

/// `true` if the server can say whether a user may run a command.
fn can_check() -> bool {
    // SAFETY: the static is written once, while the module loads. A copy of it is read.
    let check = unsafe { raw::RedisModule_ACLCheckCommandPermissions };
    check.is_some() && user::is_supported()
}

fn logins() -> Option<Logins> {
    static LOGINS: OnceLock<Option<Logins>> = OnceLock::new();
    *LOGINS.get_or_init(|| {
        if !can_check() {
            return None;
        }
        let (needs_login, client) = (function(c"authRequired")?, function(c"lookupClientByID")?);
        // SAFETY: the functions have had these types since Redis 7.0, which is older than the function above, and in all versions
        // of Valkey.
        unsafe {
            Some(Logins {
                needs_login: std::mem::transmute::<
                    *mut c_void,
                    unsafe extern "C" fn(*mut c_void) -> c_int,
                >(needs_login),
                client: std::mem::transmute::<
                    *mut c_void,
                    unsafe extern "C" fn(u64) -> *mut c_void,
                >(client),
            })
        }
    })
}

/// A new command begins.
pub(super) fn forget() {
    CHECKED.store(0, Ordering::Relaxed);
}

/// The client may run the command that it has sent.
pub(super) fn remember(client: u64) {
    CHECKED.store(client, Ordering::Relaxed);
}

/// The client of a command that the filter sees.
pub(super) fn of_filtered(context: &Context, command: &FilteredCommand<'_>) -> Caller {
    // Commands of scripts and gears have no client.
    let Some(logins) = logins().filter(|_| !context.is_in_lua() && !stack::is_inside()) else {
        return Caller::Unknown;
    };
    let Some(client) = command.client() else {
        return Caller::Unknown;
    };
    // SAFETY: the context is live and locked. The functions have these types, and the client is used while the lock is held.
    // `current_name` is not asked: it knows the client of the context, which is another one.
    unsafe {
        let connection = (logins.client)(client);
        if connection.is_null() {
            return Caller::Unknown;
        }
        if (logins.needs_login)(connection) != 0 {
            return Caller::MayNot;
        }
        let name = raw::RedisModule_GetClientUserNameById
            .map_or(ptr::null_mut(), |of| of(context.as_ptr(), client));
        let Some(name) = NonNull::new(name) else {
            return Caller::Unknown;
        };
        // No hook takes over commands of a database that is not known.
        let database = || command.database(context).unwrap_or(0);
        if may_run(context, name, command.words(), database) {
            Caller::May(client)
        } else {
            Caller::MayNot
        }
    }
}

/// The error for a caller who may not run the hooked command in `args`, from the word `start` on. The server has logged it. `None`
/// if the caller may run the command.
pub(crate) fn refusal(context: &Context, args: Args<'_>, start: usize) -> Option<String> {
    // A master or a file sends the command.
    if !can_check() || context.is_told() {
        return None;
    }
    let ctx = context.as_ptr();
    // SAFETY: the context is live and locked. The functions have these types, and the client is used while the lock is held.
    unsafe {
        let client = raw::RedisModule_GetClientId.map_or(0, |of| of(ctx));
        if CHECKED.swap(0, Ordering::Relaxed) == client && client != 0 {
            return None;
        }
        // Scripts and gears run for clients that have logged in. The context of their commands may have the id of any connection.
        let is_of_client = !context.is_in_lua() && !stack::is_inside();
        if let Some(logins) = logins().filter(|_| is_of_client) {
            let connection = (logins.client)(client);
            if !connection.is_null() && (logins.needs_login)(connection) != 0 {
                return Some(NO_LOGIN.to_owned());
            }
        }
        // A command without a user has all rights.
        let name = NonNull::new(user::current_name(context)?)?;
        let words = args.raw_from(start);
        let words = words.iter().copied().collect();
        if may_run(context, name, words, || context.database()) {
            return None;
        }
        Some(as_seen(context, pass_on::refused(context, args, start)))
    }
}

/// The words for a refused command as its caller sees them.
fn as_seen(context: &Context, words: String) -> String {
    // SAFETY: the static is written once, while the module loads. A copy of it is read.
    let has_filter_of_clients = unsafe { raw::RedisModule_CommandFilterGetClientId }.is_some();
    if context.is_in_lua() {
        in_script(&words)
    } else if context.is_in_transaction() && has_filter_of_clients && !stack::is_inside() {
        // The filter has found that the client might run the command.
        in_transaction(&words)
    } else {
        words
    }
}

/// The server's words for a script.
fn in_script(words: &str) -> String {
    let Some(why) = words.strip_prefix("NOPERM ") else {
        return words.to_owned();
    };
    // Redis 7.0 begins with the first words, in lower case.
    if !why.starts_with("this user has no permissions") {
        return format!("ERR ACL failure in script: {why}");
    }
    let what = if why.contains("one of the keys") {
        "access at least one of the keys mentioned in the command arguments"
    } else if why.contains("one of the channels") {
        "publish to the channel mentioned in the command"
    } else {
        "run this command or subcommand"
    };
    format!("ERR The user executing the script can't {what}")
}

/// The server's words for a command that was queued before rights changed.
fn in_transaction(words: &str) -> String {
    let Some(why) = words.strip_prefix("NOPERM ") else {
        return words.to_owned();
    };
    let why = if why.ends_with("a key") {
        "no permission to touch the specified keys"
    } else if why.ends_with("a channel") {
        "no permission to access one of the channels used as arguments"
    } else {
        "no permission to execute the command or subcommand"
    };
    format!(
        "NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. This command is no longer allowed for the following reason: {why}"
    )
}

/// Whether the user may run a command in a database. Frees the name.
///
/// # Safety
/// The context is live and locked. `name` belongs to the caller, and `words` are live.
unsafe fn may_run(
    context: &Context,
    name: NonNull<raw::RedisModuleString>,
    words: Words,
    database: impl FnOnce() -> i32,
) -> bool {
    let ctx = context.as_ptr();
    // SAFETY: the caller guarantees that the strings are live. The user is freed once. The static functions are copies.
    unsafe {
        let user = raw::RedisModule_GetModuleUserFromUserName
            .and_then(|find| NonNull::new(find(name.as_ptr())));
        rm!(RedisModule_FreeString(ctx, name.as_ptr()));
        let Some(user) = user else {
            return false;
        };
        let may = checked(context, user, words, database);
        rm!(RedisModule_FreeModuleUser(user.as_ptr()));
        may
    }
}

/// # Safety
/// As [`may_run`]; the user is live.
unsafe fn checked(
    context: &Context,
    user: NonNull<raw::RedisModuleUser>,
    mut words: Words,
    database: impl FnOnce() -> i32,
) -> bool {
    // SAFETY: the caller guarantees that everything is live. The empty string is freed once, after the check.
    unsafe {
        let bytes = |index: usize| words.get(index).map(|&word| text(word).bytes());
        let Some(command) = bytes(0) else {
            return false;
        };
        let first = bytes(1);
        // What the server does not know, it refuses.
        let Some(rules) = rules::of(context, command, first.as_slice()) else {
            return false;
        };
        let mut empty = None;
        // A hook may get a wrong number of words. The server looks for keys in the right number of them only.
        if !rules.takes(words.len() - 1) {
            words.truncate(rules.fewest());
            let made = rm!(RedisModule_CreateString(context.as_ptr(), c"".as_ptr(), 0));
            words.resize(rules.fewest(), made);
            empty = Some(made);
        }
        let may = database_rights::may_run(user, &mut words, database);
        if let Some(empty) = empty {
            rm!(RedisModule_FreeString(context.as_ptr(), empty));
        }
        may
    }
}

/// Tells the server which words of the hooked command are keys: it checks rights to keys, and tracks what clients have read.
pub(super) fn tell_keys(context: &Context, args: Args<'_>, start: usize) {
    // What a client types is not run. The server would ask for the keys of such a command inside of another one without an end.
    // In scripts and gears the check of the command comes first, so that its words are those for the command.
    if !is_made_here(args) || context.is_in_lua() || stack::is_inside() {
        return;
    }
    let mut words: Words = args.raw_from(start).iter().copied().collect();
    let ctx = context.as_ptr();
    // SAFETY: the context is live and locked, and the server asks for keys. The server allocates the numbers; they are freed
    // once. It writes as many numbers and flags as it says.
    unsafe {
        let (Some(find), Some(tell)) = (
            raw::RedisModule_GetCommandKeysWithFlags,
            raw::RedisModule_KeyAtPosWithFlags,
        ) else {
            return;
        };
        let (mut found, mut flags) = (0, ptr::null_mut());
        let count = c_int::try_from(words.len()).unwrap_or(c_int::MAX);
        let places = find(
            ctx,
            words.as_mut_ptr(),
            count,
            &raw mut found,
            &raw mut flags,
        );
        if places.is_null() {
            return;
        }
        let start = c_int::try_from(start).unwrap_or(0);
        for index in 0..usize::try_from(found).unwrap_or(0) {
            let flags = if flags.is_null() {
                0
            } else {
                *flags.add(index)
            };
            tell(ctx, *places.add(index) + start, flags);
        }
        rm!(RedisModule_Free(places.cast()));
        if !flags.is_null() {
            rm!(RedisModule_Free(flags.cast()));
        }
    }
}
