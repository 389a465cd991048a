//! The guards of the server: a replica, a limit of memory, replicas that are missing, a disk that does not take the data.
//!
//! From Redis 7.0 on, the server checks most of them itself if it runs a command as a script would ([`Rights::Gear`]). The rest
//! is here: everything on older servers, commands that scripts may not run, and memory.

use super::call::{OwnedReply, Rights, call};
use super::clock::CoarseInstant;
use super::command::READ_ONLY;
use super::context::Context;
use super::lock::Guarded;
use super::raw;
use super::refusal;
use super::rules::Rules;
use std::cell::Cell;
use std::ffi::c_void;
use std::time::Duration;

/// The answer of the guards.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Guard {
    Passes,
    /// The error, in the server's own words.
    Refuses(String),
    /// The server evicts keys. The command may fit in afterwards.
    Waits,
}

const NO_MEMORY: &str = "OOM command not allowed when used memory > 'maxmemory'.";
const NO_REPLICAS: &str = "NOREPLICAS Not enough good replicas to write.";
const NO_SAVE: &str = "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. Commands that may modify the data set are disabled, because this instance is configured to report errors during writes if RDB snapshotting fails (stop-writes-on-bgsave-error option). Please check the Redis logs for details about the RDB error.";
const NO_AOF: &str = "MISCONF Errors writing to the AOF file: see the log of the server";

/// How long an answer about replicas and the disk counts. Asking takes longer than most commands.
const FRESH: Duration = Duration::from_millis(10);
/// The shortest time between two requests to evict.
const BETWEEN_REQUESTS: Duration = Duration::from_millis(20);
/// The server finds nothing to evict if it has evicted nothing for so long.
const IN_VAIN: Duration = Duration::from_millis(500);
/// The memory that gears may use beyond the limit until the server has evicted keys, as a part of the limit. Without it, each
/// write of a gear would wait for an eviction.
const SLACK: f32 = 1.015_625;
/// How long the server counts as unable to make room after it made none.
const FULL: Duration = Duration::from_secs(1);

static STATE: Guarded<State> = Guarded::new(State {
    trouble: None,
    asked: None,
    request: None,
    begun: None,
    full: None,
});

struct State {
    /// The last answer about replicas and the disk.
    trouble: Option<&'static str>,
    asked: Option<CoarseInstant>,
    /// When the server was asked to evict. `None` while there is room.
    request: Option<CoarseInstant>,
    /// The first request since the server evicted a key, and how many keys it had evicted before.
    begun: Option<(CoarseInstant, u64)>,
    /// When the server found nothing to evict.
    full: Option<CoarseInstant>,
}

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Runs `body`, a hook in place of a command that writes. If a script calls the command, the server has decided whether it may
/// write: what the script has written before, and what the script declares, count there.
pub(crate) fn guarded_by_script<R>(context: &Context, body: impl FnOnce() -> R) -> R {
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            GUARDED.set(self.0);
        }
    }
    let _restore = Restore(GUARDED.replace(context.is_in_lua()));
    body()
}

/// `true` if the server has decided whether the command that this thread runs may write.
pub(super) fn is_guarded() -> bool {
    GUARDED.get()
}

/// Asks the guards about a command of a gear. `can_wait` says that the thread may wait, `may_wait` that it has not waited for too
/// long.
pub(super) fn check(context: &Context, rules: Rules, can_wait: bool, may_wait: bool) -> Guard {
    if !(rules.writes || rules.grows) || context.is_told() {
        return Guard::Passes;
    }
    let state = context.server_state();
    if rules.writes && state.is_read_only {
        return Guard::Refuses(READ_ONLY.to_owned());
    }
    if rules.writes
        && !state.is_replica
        && !is_guarded()
        && (rules.no_script || !refusal::comes_as_reply())
        && let Some(why) = trouble(context)
    {
        return Guard::Refuses(why.to_owned());
    }
    if !rules.grows || is_guarded() {
        return Guard::Passes;
    }
    if !state.is_full {
        if STATE.read(context, |known| known.request.is_some()) {
            STATE.write(context, |known| known.request = None);
        }
        return Guard::Passes;
    }
    if !state.evicts || !makes_room(context, can_wait) {
        return Guard::Refuses(NO_MEMORY.to_owned());
    }
    // A gear that holds the lock cannot wait. The server lets a script end, too, once it has begun.
    if !can_wait || ratio() <= SLACK {
        return Guard::Passes;
    }
    if may_wait {
        return Guard::Waits;
    }
    STATE.write(context, |known| known.full = Some(CoarseInstant::now()));
    Guard::Refuses(NO_MEMORY.to_owned())
}

/// The used memory, as a part of the limit.
fn ratio() -> f32 {
    // SAFETY: the static is written once, while loading; a copy is read. The function has no preconditions.
    unsafe { raw::RedisModule_GetUsedMemoryRatio.map_or(f32::INFINITY, |ratio| ratio()) }
}

/// Makes the server evict keys. It does so by itself before a command of a client, and when its limit changes. `false` if it has
/// found nothing to evict, which it has no chance to do while the gear holds its lock (`can_wait` is false).
fn makes_room(context: &Context, can_wait: bool) -> bool {
    let (is_full, last, begun) = STATE.read(context, |known| {
        let is_full = known.full.is_some_and(|full| full.elapsed() < FULL);
        (is_full, known.request, known.begun)
    });
    if is_full {
        return false;
    }
    if last.is_some_and(|when| when.elapsed() < BETWEEN_REQUESTS) {
        return true;
    }
    let evicted: u64 = field(&info(context, b"stats"), "evicted_keys")
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    let now = CoarseInstant::now();
    // Old requests are of another time of need.
    let begun = begun.filter(|(_, before)| *before == evicted && last.is_some());
    if can_wait && begun.is_some_and(|(when, _)| when.elapsed() > IN_VAIN) {
        STATE.write(context, |known| known.full = Some(now));
        return false;
    }
    STATE.write(context, |known| {
        known.request = Some(now);
        known.begun = Some(begun.unwrap_or((now, evicted)));
    });
    if let Some(limit) = setting(context, b"maxmemory").and_then(|text| text.parse::<u64>().ok()) {
        for value in [limit.saturating_add(1), limit] {
            let value = value.to_string();
            let words: [&[u8]; 3] = [b"SET", b"maxmemory", value.as_bytes()];
            let _ = call(context, Rights::Engine, b"CONFIG", &words);
        }
        wake_the_event_loop();
    }
    true
}

/// Makes the event loop look at its timers at once: evicting is one. It sleeps for up to 100 ms otherwise, which it does before
/// Redis 7.0.
fn wake_the_event_loop() {
    unsafe extern "C" fn nothing(_: *mut c_void) {}
    // SAFETY: the static is written once, while loading; a copy is read. The callback lives as long as the process and needs no
    // data.
    unsafe {
        if let Some(add) = raw::RedisModule_EventLoopAddOneShot {
            add(Some(nothing), std::ptr::null_mut());
        }
    }
}

/// The error for writes while replicas are missing or the disk does not take the data.
fn trouble(context: &Context) -> Option<&'static str> {
    let known = STATE.read(context, |state| {
        let fresh = state.asked.is_some_and(|asked| asked.elapsed() < FRESH);
        fresh.then_some(state.trouble)
    });
    if let Some(trouble) = known {
        return trouble;
    }
    let trouble = ask(context);
    STATE.write(context, |state| {
        state.trouble = trouble;
        state.asked = Some(CoarseInstant::now());
    });
    trouble
}

fn ask(context: &Context) -> Option<&'static str> {
    let persistence = info(context, b"persistence");
    let is_bad = |name: &str| field(&persistence, name) == Some("err");
    let is_on = |name: &[u8]| setting(context, name).is_some_and(|value| value == "yes");
    let saves = || setting(context, b"save").is_some_and(|points| !points.is_empty());
    if is_bad("rdb_last_bgsave_status") && is_on(b"stop-writes-on-bgsave-error") && saves() {
        return Some(NO_SAVE);
    }
    if is_bad("aof_last_write_status") && field(&persistence, "aof_enabled") == Some("1") {
        return Some(NO_AOF);
    }
    // The field exists only if replicas are demanded.
    let replication = info(context, b"replication");
    let good: u64 = field(&replication, "min_slaves_good_slaves")?
        .parse()
        .ok()?;
    let wanted: u64 = setting(context, b"min-replicas-to-write")?.parse().ok()?;
    (good < wanted).then_some(NO_REPLICAS)
}

fn info(context: &Context, section: &[u8]) -> String {
    match call(context, Rights::Engine, b"INFO", &[section]) {
        Ok(reply) => String::from_utf8_lossy(reply.bytes()).into_owned(),
        Err(_) => String::new(),
    }
}

/// A field of a section of `INFO`.
fn field<'a>(section: &'a str, name: &str) -> Option<&'a str> {
    section
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
        .map(str::trim)
}

/// A setting of the server.
fn setting(context: &Context, name: &[u8]) -> Option<String> {
    let reply = call(context, Rights::Engine, b"CONFIG", &[b"GET", name]).ok()?;
    match OwnedReply::of(reply.borrow()) {
        OwnedReply::Array(pair) => match pair.into_iter().nth(1)? {
            OwnedReply::Text(value) => String::from_utf8(value).ok(),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_by_its_whole_name() {
        let section =
            "# Replication\r\nrole:master\r\nmin_slaves_good_slaves:2\r\nmin_slaves:7\r\n";
        assert_eq!(field(section, "min_slaves_good_slaves"), Some("2"));
        assert_eq!(field(section, "min_slaves"), Some("7"));
        assert_eq!(field(section, "min"), None);
    }
}
