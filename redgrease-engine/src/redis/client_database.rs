//! The database of a client whose command changes keys of another one.
//!
//! Valkey 8.1 and 9.0 tell modules of key events in the context of the client whose command runs: they select the database of the key
//! there, and do not select that of the client again. So MOVE, and COPY with DB, would leave the client in the other database, and the
//! server would tell its replicas that the command was sent there. The engine selects the client's database again.
//!
//! MOVE tells of the source first, with the client's database. COPY tells of the target only: there, a filter notes the database
//! before the command runs, of transactions and scripts, too.

use super::call::{Rights, call};
use super::context::Context;
use super::filter::FilteredCommand;
use super::lock::{self, Guarded};
use super::raw;
use super::stack;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, Ordering::Relaxed};

/// The versions that do not select the client's database again: from the first to before the second.
const FORGETFUL: [(u32, u32, u32); 2] = [(8, 1, 0), (9, 1, 2)];

const UNKNOWN: i32 = -1;

/// The server is one of these versions.
static IS_FORGETFUL: AtomicBool = AtomicBool::new(false);

// The server's lock is held whenever these change.
/// The database of the client whose command runs, or [`UNKNOWN`].
static ORIGIN: AtomicI32 = AtomicI32::new(UNKNOWN);
/// The client that sent the last SELECT, and the database that it named.
static SELECTING: AtomicU64 = AtomicU64::new(0);
static SELECTED: AtomicI32 = AtomicI32::new(0);
/// The copies of the transaction that was sent last.
static QUEUED: Guarded<Queued> = Guarded::new(Queued {
    client: 0,
    runs: false,
    copies: Vec::new(),
});

/// The commands COPY of a transaction, in their order. Some may fail, so the events name the target to tell them apart.
#[derive(Debug)]
struct Queued {
    client: u64,
    /// The transaction runs.
    runs: bool,
    /// The target of a COPY, and the database that the client will have selected.
    copies: Vec<(Vec<u8>, i32)>,
}

impl Queued {
    fn begin(&mut self, client: u64) {
        *self = Queued {
            client,
            runs: false,
            copies: Vec::new(),
        };
    }

    /// The database of the client at the next COPY to a key.
    fn take(&mut self, target: &[u8]) -> Option<i32> {
        let at = self.copies.iter().position(|(key, _)| key == target);
        let at = at.filter(|_| self.runs)?;
        self.copies.drain(..=at).next_back().map(|(_, from)| from)
    }
}

/// Learns whether the server forgets the database. Called while the module loads.
pub(super) fn learn(context: &Context) {
    let info = call(context, Rights::Question, b"INFO", &[b"server"]);
    let version = info.ok().and_then(|reply| {
        let text = String::from_utf8_lossy(reply.bytes()).into_owned();
        text.lines()
            .find_map(|line| version(line.strip_prefix("valkey_version:")?))
    });
    let [first, last] = FORGETFUL;
    if version.is_none_or(|version| version < first || version >= last) {
        return;
    }
    IS_FORGETFUL.store(true, Relaxed);
    // SAFETY: the base context belongs to the module and is never freed; the callback lives as long as the process.
    unsafe {
        if let Some(register) = raw::RedisModule_RegisterCommandFilter {
            register(
                lock::base(),
                Some(on_command),
                raw::REDISMODULE_CMDFILTER_NOSELF,
            );
        }
    }
}

fn version(text: &str) -> Option<(u32, u32, u32)> {
    let mut numbers = text.trim().split('.').map(|number| number.parse().ok());
    Some((numbers.next()??, numbers.next()??, numbers.next()??))
}

/// The client's database, to be selected again after an event. `None` if the event has not changed it.
pub(super) fn before(context: &Context, event: &[u8], key: &[u8]) -> Option<i32> {
    if !IS_FORGETFUL.load(Relaxed) {
        return None;
    }
    match event {
        // What a gear runs, it runs in database 0.
        b"move_to" | b"copy_to" if stack::is_inside() => return Some(0),
        b"move_to" => {}
        b"copy_to" => {
            if let Some(database) = QUEUED.write(context, |queued| queued.take(key)) {
                ORIGIN.store(database, Relaxed);
            }
        }
        b"move_from" => ORIGIN.store(context.database(), Relaxed),
        // The filter does not see the commands of an AOF file. Before a COPY, most files have another write of the same database.
        _ if context.is_loading() => ORIGIN.store(context.database(), Relaxed),
        _ => {}
    }
    let is_target = matches!(event, b"move_to" | b"copy_to");
    Some(ORIGIN.load(Relaxed)).filter(|&origin| is_target && origin != UNKNOWN)
}

/// Selects the client's database again.
pub(super) fn select_again(context: &Context, database: i32) {
    // Handlers of the event may have run commands, and the next callback for the event needs the number, too.
    ORIGIN.store(database, Relaxed);
    // SAFETY: the context is live.
    unsafe { rm!(RedisModule_SelectDb(context.as_ptr(), database)) };
}

unsafe extern "C" fn on_command(filter: *mut raw::RedisModuleCommandFilterCtx) {
    // SAFETY: the filter context is live until this function returns, and the server runs filters on a thread that holds its lock.
    let look = || unsafe {
        let words = FilteredCommand::new(filter);
        if let Some(kind) = kind(&words) {
            lock::assume_locked(|context| note(context, &words, kind));
        }
    };
    // A panic that reached the server would abort the process. Without the note, the client is where the server leaves it.
    let _ = catch_unwind(AssertUnwindSafe(look));
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Copy,
    Select,
    Multi,
    Exec,
    Script,
}

/// `None` for a command that neither copies nor runs other commands.
fn kind(words: &FilteredCommand<'_>) -> Option<Kind> {
    let name = words.get(0)?;
    let is = |one: &str| name.eq_ignore_ascii_case(one.as_bytes());
    // Most commands are told apart by their first letter.
    match name.first()?.to_ascii_lowercase() {
        b'c' if is("copy") => Some(Kind::Copy),
        b'm' if is("multi") => Some(Kind::Multi),
        b's' if is("select") => Some(Kind::Select),
        b'e' if is("exec") => Some(Kind::Exec),
        b'e' if is("eval") || is("evalsha") => Some(Kind::Script),
        b'f' if is("fcall") => Some(Kind::Script),
        _ => None,
    }
}

fn note(context: &Context, words: &FilteredCommand<'_>, kind: Kind) {
    let named = || std::str::from_utf8(words.get(1)?).ok()?.parse().ok();
    if context.is_in_lua() {
        // A script begins in the database of its caller, and may select another one.
        if let Some(database) = named().filter(|_| kind == Kind::Select) {
            ORIGIN.store(database, Relaxed);
        }
        return;
    }
    let client = words.client().unwrap_or_default();
    if kind == Kind::Select {
        if let Some(database) = named() {
            SELECTING.store(client, Relaxed);
            SELECTED.store(database, Relaxed);
        }
        return;
    }
    if kind == Kind::Multi {
        QUEUED.write(context, |queued| queued.begin(client));
        return;
    }
    let Some(info) = words.sender(context) else {
        // Of a module that runs a command.
        ORIGIN.store(UNKNOWN, Relaxed);
        return;
    };
    let mut database = i32::from(info.db);
    let is_queued = info.flags & raw::REDISMODULE_CLIENTINFO_FLAG_MULTI != 0;
    QUEUED.write(context, |queued| {
        if kind == Kind::Copy && is_queued && queued.client == client {
            if SELECTING.load(Relaxed) == client {
                database = SELECTED.load(Relaxed);
            }
            let target = words.get(2).unwrap_or_default().to_vec();
            queued.copies.push((target, database));
        }
        queued.runs = kind == Kind::Exec && queued.client == client;
    });
    ORIGIN.store(database, Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_that_failed_are_passed_over() {
        let mut queued = Queued {
            client: 7,
            runs: true,
            copies: vec![(b"a".to_vec(), 1), (b"b".to_vec(), 2), (b"a".to_vec(), 3)],
        };
        assert_eq!(queued.take(b"b"), Some(2));
        assert_eq!(queued.take(b"a"), Some(3));
        assert_eq!(queued.take(b"a"), None);
    }

    #[test]
    fn versions_are_compared() {
        let [first, last] = FORGETFUL;
        let is_between = |text: &str| version(text).is_some_and(|v| v >= first && v < last);
        assert!(is_between("8.1.1\r"));
        assert!(is_between("9.0.3"));
        assert!(!is_between("8.0.4"));
        assert!(!is_between("9.1.2"));
        assert!(!is_between("unstable"));
    }
}
