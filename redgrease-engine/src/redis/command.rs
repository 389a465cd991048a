//! Registering the commands of this module.

use super::api::{ERR, OK};
use super::caller;
use super::class::{self, Class};
use super::context::Context;
use super::log::{Level, log};
use super::raw;
use std::ffi::{CStr, CString, c_int};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;

/// One word of a command. The lifetime ends with the command.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Text<'a> {
    bytes: &'a [u8],
}

impl<'a> Text<'a> {
    pub(crate) fn bytes(self) -> &'a [u8] {
        self.bytes
    }

    pub(crate) fn lossy(self) -> std::borrow::Cow<'a, str> {
        String::from_utf8_lossy(self.bytes)
    }

    pub(crate) fn is(self, word: &str) -> bool {
        self.bytes.eq_ignore_ascii_case(word.as_bytes())
    }
}

/// The words of a command; the first is its name as the client typed it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Args<'a> {
    raw: &'a [*mut raw::RedisModuleString],
}

impl<'a> Args<'a> {
    /// # Safety
    /// The strings are live for as long as `'a`.
    pub(super) unsafe fn new(raw: &'a [*mut raw::RedisModuleString]) -> Self {
        Args { raw }
    }

    pub(crate) fn get(self, index: usize) -> Option<Text<'a>> {
        // SAFETY: the server keeps the words until the command has ended. `entry` hands them to `Command::run`, which
        // cannot choose a longer lifetime `'a`.
        self.raw.get(index).map(|&string| unsafe { text(string) })
    }

    /// Replies that the command does not take so many words, in the words of the server.
    pub(crate) fn wrong_number(self, context: &Context) {
        let name = self.get(0).map(Text::lossy).unwrap_or_default();
        let error = format!("ERR wrong number of arguments for '{name}' command");
        context.reply().error(&error);
    }

    /// The server's strings from the word `start` on.
    pub(super) fn raw_from(self, start: usize) -> &'a [*mut raw::RedisModuleString] {
        self.raw.get(start..).unwrap_or_default()
    }

    /// The words from `start` on.
    pub(crate) fn from(self, start: usize) -> impl ExactSizeIterator<Item = Text<'a>> + use<'a> {
        self.raw
            .get(start..)
            .unwrap_or_default()
            .iter()
            // SAFETY: as in `get`.
            .map(|&string| unsafe { text(string) })
    }
}

/// The bytes of a string of the server.
///
/// # Safety
/// The string is live, and nothing changes or frees it, for as long as `'a`.
pub(super) unsafe fn text<'a>(string: *mut raw::RedisModuleString) -> Text<'a> {
    let mut length = 0;
    // SAFETY: the caller guarantees that the string lives as long as `'a`. The server never returns null here.
    let bytes = unsafe {
        let start = rm!(RedisModule_StringPtrLen(string, &raw mut length));
        std::slice::from_raw_parts(start.cast::<u8>(), length)
    };
    Text { bytes }
}

/// The error of a replica for a change that only its master may make. These are the server's own words.
pub(crate) const READ_ONLY: &str = "READONLY You can't write against a read only replica.";

/// What a command does to keys, for the guards of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CommandFlags {
    Read,
    Write,
    /// As `Write`, for a command that may need more memory.
    Grow,
}

/// A command of this module.
pub(crate) trait Command {
    /// The name of the command, in lower case.
    const NAME: &'static str;
    const FLAGS: CommandFlags = CommandFlags::Read;
    /// First key, last key, step, as in the server's key specifications.
    const KEYS: (c_int, c_int, c_int) = (0, 0, 0);
    /// The command has the flag `movablekeys`: the server asks the command which of its words are keys. The commands of
    /// this engine answer that there are none.
    const MOVABLE_KEYS: bool = false;
    /// The command runs in the place of the words behind its name, whose keys are its keys. It checks the rights of its caller
    /// itself if it can, and needs none of its own then.
    const STANDS_IN: bool = false;
    /// The command changes registrations or sessions. On a replica it is refused, unless the master sends it.
    const CHANGES: bool = false;
    /// The command may send something to replicas, or run a gear that does: it waits while the server pauses writes.
    const MAY_REPLICATE: bool = Self::CHANGES;
    /// What a client does instead of sending an internal command.
    const INSTEAD: &'static str = "";
    /// Words of the command may be secret: the slow log and `MONITOR` do not show them.
    const KEEPS_SECRETS: bool = false;
    /// The number of words that the command takes, with its name.
    const ARITY: std::ops::RangeInclusive<usize> = 1..=usize::MAX;

    /// Runs the command, and replies to the client.
    fn run(context: &Context, args: Args<'_>);
}

/// Registers `C` as a command of the class `K`. `false` if the server refused it.
pub(crate) fn register<C: Command, K: Class>(context: &Context) -> bool {
    let Ok(name) = CString::new(C::NAME) else {
        return false;
    };
    let flags = match C::FLAGS {
        CommandFlags::Read => "readonly",
        CommandFlags::Write => "write",
        CommandFlags::Grow => "write deny-oom",
    };
    let keys = if C::MOVABLE_KEYS { " getkeys-api" } else { "" };
    let replicates = if C::MAY_REPLICATE {
        " may-replicate"
    } else {
        ""
    };
    // The server does not look for a right to the command, nor for a login.
    let unchecked = if C::STANDS_IN && caller::is_supported() {
        " no-auth"
    } else {
        ""
    };
    let admin = if K::IS_ADMIN { " admin" } else { "" };
    let secret = if C::KEEPS_SECRETS {
        " no-monitor no-slowlog"
    } else {
        ""
    };
    let Ok(flags) = CString::new([flags, admin, keys, replicates, secret, unchecked].concat())
    else {
        return false;
    };
    let (first, last, step) = C::KEYS;
    // SAFETY: the context is live; both texts are NUL-terminated. The function lives as long as the process, because the
    // module cannot be unloaded.
    let answer = unsafe {
        rm!(RedisModule_CreateCommand(
            context.as_ptr(),
            name.as_ptr(),
            Some(entry::<C, K>),
            flags.as_ptr(),
            first,
            last,
            step,
        ))
    };
    if answer == OK && K::IS_ADMIN {
        set_admin_categories(context, &name);
    }
    answer == OK
}

/// Puts the command in the categories `@admin` and `@dangerous`. Servers before 7.2 have no categories for commands of
/// modules: there, [`class::denial`] decides.
fn set_admin_categories(context: &Context, name: &CStr) {
    // SAFETY: the context is live, and the module is being loaded, when the server allows this. The texts are
    // NUL-terminated. The command was just created.
    unsafe {
        if let (Some(find), Some(set)) = (
            raw::RedisModule_GetCommand,
            raw::RedisModule_SetCommandACLCategories,
        ) {
            let command = find(context.as_ptr(), name.as_ptr());
            if !command.is_null() {
                set(command, c"admin dangerous".as_ptr());
            }
        }
    }
}

unsafe extern "C" fn entry<C: Command, K: Class>(
    context: *mut raw::RedisModuleCtx,
    words: *mut *mut raw::RedisModuleString,
    count: c_int,
) -> c_int {
    let Some(live) = NonNull::new(context) else {
        return ERR;
    };
    // SAFETY: the server calls with a live context, its lock held, and `count` strings, of which there is at least one. All
    // of them stay live until this function returns.
    let (context, words) = unsafe {
        (
            Context::new(live),
            std::slice::from_raw_parts(words, usize::try_from(count).unwrap_or(0)),
        )
    };
    // The server asks which words are keys, and does not want the command to run.
    if C::MOVABLE_KEYS && context.asks_for_keys() {
        if C::STANDS_IN {
            caller::tell_keys(&context, Args { raw: words }, 1);
        }
        return OK;
    }
    // A panic that reached the server would abort the process.
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let fits = C::ARITY.contains(&words.len());
        if !fits {
            Args { raw: words }.wrong_number(&context);
        } else if let Some(why) = class::denial::<C, K>(&context) {
            context.reply().error(&why);
        } else if C::CHANGES && context.is_read_only() {
            context.reply().error(READ_ONLY);
        } else if let Some(why) = class::misuse::<C, K>(&context) {
            context.reply().error(&why);
        } else {
            context.enter(|| C::run(&context, Args { raw: words }));
        }
    }));
    if outcome.is_err() {
        log(
            Level::Warning,
            &format!("{} failed inside the engine: please report it", C::NAME),
        );
        context
            .reply()
            .error("ERR the engine failed inside this command: please report it");
    }
    OK
}
