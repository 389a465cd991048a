//! Taking over commands of clients before the server runs them.

use super::caller::{self, Caller};
use super::command::Args;
use super::context::Context;
use super::listeners::listeners;
use super::lock;
use super::raw;
use super::rules;
use super::stack;
use smallvec::SmallVec;
use std::cell::Cell;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

/// The commands that the server runs in place of a hooked command. The words of the hooked command follow. There is one for
/// reads, one for commands without keys, one for writes, and one for writes that may need more memory: so the server refuses and
/// delays a hooked command as it would without the hook (a replica, no memory, a pause, too few replicas, a broken disk, a
/// database that its user may not use).
///
/// Scripts get one that is never refused, because Valkey 9 crashes when it refuses a replaced command of a script.
pub(crate) const TAKEN_OVER: &str = "rg.innerhook";
pub(crate) const TAKEN_OVER_READ: &str = "rg.innerhookread";
pub(crate) const TAKEN_OVER_KEYLESS: &str = "rg.innerhookkeyless";
pub(crate) const TAKEN_OVER_WRITE: &str = "rg.innerhookwrite";
pub(crate) const TAKEN_OVER_GROW: &str = "rg.innerhookgrow";

const NAMES: [&str; 5] = [
    TAKEN_OVER,
    TAKEN_OVER_READ,
    TAKEN_OVER_KEYLESS,
    TAKEN_OVER_WRITE,
    TAKEN_OVER_GROW,
];

/// The strings that the filter inserts: one for each name, which is never freed. So their addresses tell the commands of the
/// filter from those that a client types.
static STRINGS: [AtomicPtr<raw::RedisModuleString>; NAMES.len()] =
    [const { AtomicPtr::new(ptr::null_mut()) }; NAMES.len()];

/// `true` if this is the name of a command that the engine makes of a hooked one.
pub(crate) fn is_taken_over(name: &[u8]) -> bool {
    let is_name = |one: &&str| name.eq_ignore_ascii_case(one.as_bytes());
    NAMES.iter().any(is_name)
}

/// `true` if the filter has made this command. A client, a script or a master has not typed it.
pub(crate) fn is_made_here(args: Args<'_>) -> bool {
    let Some(&name) = args.raw_from(0).first() else {
        return false;
    };
    let is_this = |one: &AtomicPtr<_>| one.load(Ordering::Relaxed) == name;
    STRINGS.iter().any(is_this)
}

/// The string for one of [`NAMES`], for the server to free.
///
/// # Safety
/// The server's lock is held.
unsafe fn string_of(name: &str) -> Option<*mut raw::RedisModuleString> {
    let at = NAMES.iter().position(|one| *one == name)?;
    let slot = STRINGS.get(at)?;
    let mut string = slot.load(Ordering::Relaxed);
    // SAFETY: the caller holds the lock. The string belongs to no context. It is counted twice: once for this list.
    unsafe {
        if string.is_null() {
            string = rm!(RedisModule_CreateString(
                ptr::null_mut(),
                name.as_ptr().cast(),
                name.len()
            ));
            slot.store(string, Ordering::Relaxed);
        }
        rm!(RedisModule_RetainString(ptr::null_mut(), string));
    }
    Some(string)
}

/// `true` if hooks may take over commands.
pub(super) fn is_installed() -> bool {
    INSTALLED.load(Ordering::Relaxed)
}

static INSTALLED: AtomicBool = AtomicBool::new(false);

/// The words of a command. Most have few, which need no allocation.
pub(super) type Words = SmallVec<[*mut raw::RedisModuleString; 8]>;

thread_local! {
    /// The word that the name of [`TAKEN_OVER`] has replaced, with the address of that name.
    static REPLACED: Cell<Option<(usize, Vec<u8>)>> = const { Cell::new(None) };
    /// The filter leaves the next command of this thread alone.
    static PASSES: Cell<bool> = const { Cell::new(false) };
}

/// Makes the filter leave the next command of this thread alone, until the value is dropped. For the engine's own commands,
/// which no gear may replace, and for commands that the engine passes on to the server.
#[must_use = "the filter leaves commands alone while the value lives"]
pub(super) struct Passing(());

pub(super) fn pass_next() -> Passing {
    PASSES.set(true);
    Passing(())
}

impl Drop for Passing {
    fn drop(&mut self) {
        PASSES.set(false);
    }
}

/// Installs the filter, which sees every command from now on. Called for the first hook, because the filter slows every
/// command down a little.
pub(crate) fn look_at_commands(_: &Context) {
    if INSTALLED.swap(true, Ordering::Relaxed) {
        return;
    }
    // SAFETY: the base context belongs to the module and is never freed; the callback lives as long as the process.
    unsafe {
        if let Some(register) = raw::RedisModule_RegisterCommandFilter {
            register(lock::base(), Some(on_command), 0);
        }
    }
}

/// The words of a command that has not run yet. The lifetime is that of the call of the filter.
pub(crate) struct FilteredCommand<'a> {
    raw: *mut raw::RedisModuleCommandFilterCtx,
    filter: PhantomData<&'a raw::RedisModuleCommandFilterCtx>,
}

impl FilteredCommand<'_> {
    /// # Safety
    /// The filter context is live for as long as the value is used.
    pub(super) unsafe fn new(raw: *mut raw::RedisModuleCommandFilterCtx) -> Self {
        FilteredCommand {
            raw,
            filter: PhantomData,
        }
    }

    /// The database that the client has selected. `None` if the server does not say.
    pub(crate) fn database(&self, context: &Context) -> Option<i32> {
        self.sender(context).map(|info| i32::from(info.db))
    }

    /// `true` if the client has subscribed to channels: the server lets it send few commands, by their names. `false` if the
    /// server does not say.
    pub(crate) fn is_of_subscriber(&self, context: &Context) -> bool {
        let info = self.sender(context);
        info.is_some_and(|info| info.flags & raw::REDISMODULE_CLIENTINFO_FLAG_PUBSUB != 0)
    }

    /// The client that sends the command. `None` before Redis 7.2, and for commands of scripts and gears, which have no client.
    /// Valkey 9 crashes when it is asked about theirs.
    pub(super) fn sender(&self, context: &Context) -> Option<raw::RedisModuleClientInfo> {
        if context.is_in_lua() || stack::is_inside() {
            return None;
        }
        let client = self.client()?;
        // SAFETY: the structure has the version that the server asks for, and the server fills it.
        unsafe {
            let describe = raw::RedisModule_GetClientInfoById?;
            let mut info: raw::RedisModuleClientInfo = std::mem::zeroed();
            info.version = raw::REDISMODULE_CLIENTINFO_VERSION;
            let answer = describe((&raw mut info).cast(), client);
            (answer == super::api::OK).then_some(info)
        }
    }

    /// The id of the client. `None` if the server does not say: before Redis 7.2. Not for commands of scripts and gears.
    pub(super) fn client(&self) -> Option<u64> {
        // SAFETY: the filter context is live, as in `len`.
        unsafe { raw::RedisModule_CommandFilterGetClientId.map(|of| of(self.raw)) }
    }

    /// The server's strings.
    pub(super) fn words(&self) -> Words {
        let words = (0..self.len()).map_while(|index| i32::try_from(index).ok());
        // SAFETY: the filter context is live, as in `len`; the indexes are in range.
        words
            .map(|index| unsafe { rm!(RedisModule_CommandFilterArgGet(self.raw, index)) })
            .collect()
    }

    pub(crate) fn len(&self) -> usize {
        // SAFETY: `on_command` lends the value, and only while the filter context is live.
        let count = unsafe { rm!(RedisModule_CommandFilterArgsCount(self.raw)) };
        usize::try_from(count).unwrap_or(0)
    }

    pub(crate) fn get(&self, index: usize) -> Option<&[u8]> {
        if index >= self.len() {
            return None;
        }
        let index = i32::try_from(index).ok()?;
        // SAFETY: the filter context is live, as in `len`; the index is in range.
        let word = unsafe { rm!(RedisModule_CommandFilterArgGet(self.raw, index)) };
        // SAFETY: the word lives as long as the filter context, and the result borrows `self`. Nothing changes the words
        // while the filter runs: `on_command` inserts a word only after the listener has returned.
        (!word.is_null()).then(|| unsafe { super::command::text(word) }.bytes())
    }
}

unsafe extern "C" fn on_command(filter: *mut raw::RedisModuleCommandFilterCtx) {
    REPLACED.set(None);
    caller::forget();
    if PASSES.replace(false) {
        return;
    }
    let Some(listeners) = listeners() else {
        return;
    };
    // SAFETY: the filter context is live until this function returns.
    let words = unsafe { FilteredCommand::new(filter) };
    let taken = catch_unwind(AssertUnwindSafe(|| {
        // What a file contains has had its effects before the restart.
        let look = |context: &Context| {
            if context.is_loading() || !(listeners.take_over)(context, &words) {
                return None;
            }
            let name = replacement(context, &words)?;
            match caller::of_filtered(context, &words) {
                // The server refuses the command, and says why.
                Caller::MayNot => None,
                Caller::May(client) => {
                    caller::remember(client);
                    Some(name)
                }
                Caller::Unknown => Some(name),
            }
        };
        // SAFETY: the server runs filters on a thread that holds its lock.
        unsafe { lock::assume_locked(look) }
    }));
    let Ok(Some(name)) = taken else {
        return;
    };
    // SAFETY: the filter context is live, and the lock is held. The server takes the string, and frees it with the command.
    unsafe {
        let Some(name) = string_of(name) else {
            return;
        };
        if words_have_no_room() {
            let replaced = words.get(0).unwrap_or_default().to_vec();
            REPLACED.set(Some((name as usize, replaced)));
            rm!(RedisModule_CommandFilterArgReplace(filter, 0, name));
        } else {
            rm!(RedisModule_CommandFilterArgInsert(filter, 0, name));
        }
    }
}

/// `true` if no word can be inserted. In a Lua script, Redis 6.2 keeps the memory of the words for the next command, and takes
/// it for larger than it is after an insertion.
fn words_have_no_room() -> bool {
    // SAFETY: the server runs filters on a thread that holds its lock.
    !super::refusal::comes_as_reply() && unsafe { lock::assume_locked(Context::is_in_lua) }
}

/// Runs `body` with all words of a taken over command, whether the name was inserted or has replaced the first word.
pub(crate) fn with_all_words<R>(
    context: &Context,
    args: Args<'_>,
    body: impl FnOnce(Args<'_>) -> R,
) -> R {
    let words = args.raw_from(0);
    let replaced = REPLACED.take();
    let is_this = |name: usize| words.first().is_some_and(|&first| first as usize == name);
    let Some((_, replaced)) = replaced.filter(|(name, _)| is_this(*name)) else {
        return body(args);
    };
    let ctx = context.as_ptr();
    // SAFETY: the context is live. The string is made for this call and freed after it, and `body` cannot keep it: it is a
    // function for every lifetime.
    unsafe {
        let name = rm!(RedisModule_CreateString(
            ctx,
            replaced.as_ptr().cast(),
            replaced.len()
        ));
        let mut all = words.to_vec();
        all.insert(1, name);
        let result = body(Args::new(&all));
        rm!(RedisModule_FreeString(ctx, name));
        result
    }
}

/// The command that the server runs in place of a hooked one. It writes if the hooked one does, so that the server guards it, and a
/// script that calls it, in the same way. A script that only reads may call no command that may write: there, the hook of a read
/// is no write.
///
/// `None` in a script for a subcommand that scripts may not run: the server refuses it.
fn replacement(context: &Context, words: &FilteredCommand<'_>) -> Option<&'static str> {
    let name = words.get(0).unwrap_or_default();
    let rules = words.get(1).map_or_else(
        || rules::of(context, name, &[]),
        |first| rules::of(context, name, &[first]),
    );
    Some(match rules {
        Some(rules) if rules.no_script && context.is_in_lua() => return None,
        Some(rules) if rules.grows => TAKEN_OVER_GROW,
        Some(rules) if rules.writes => TAKEN_OVER_WRITE,
        _ if context.is_in_lua() => TAKEN_OVER,
        Some(rules) if !rules.has_keys => TAKEN_OVER_KEYLESS,
        _ => TAKEN_OVER_READ,
    })
}
