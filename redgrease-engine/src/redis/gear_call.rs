//! Commands that gears run.
//!
//! A gear is no client, and the server checks less for it. Here a command of a gear is refused, or waits, wherever the same
//! command of a client or script would.

use super::after_command::call_with_handlers;
use super::call::{CallError, CallReply, ReplyKind, Rights, call};
use super::context::Context;
use super::denial;
use super::ending;
use super::filter;
use super::guard::{self, Guard};
use super::large_reply;
use super::lock::{self, LockGuard, NeverFree};
use super::paused::{WHILE_PAUSED, is_paused};
use super::refusal;
use super::rules::{self, Rules};
use super::stack::{Level, TOO_DEEP};
use super::used_memory::used_memory;
use super::user::User;
use std::thread;
use std::time::{Duration, Instant};

/// How long a command waits for a server that makes room, before it is refused for want of memory. A server that can make none is
/// found out earlier.
const FOR_MEMORY: Duration = Duration::from_secs(10);
const BETWEEN_LOOKS: Duration = Duration::from_millis(2);

/// Memory that the server takes for the time of a command, in bytes.
const TEMPORARY: usize = 256;

/// A command of a gear.
#[derive(Debug, Clone, Copy)]
struct GearCommand<'a> {
    user: Option<&'a User>,
    name: &'a [u8],
    args: &'a [&'a [u8]],
    /// The gear holds the server's lock for longer than this command.
    held: bool,
}

/// What the server checks of a command.
#[derive(Debug, Clone, Copy)]
enum Checks {
    /// The rights.
    Rights,
    /// The rights and its guards.
    Guards,
    /// The rights, and the memory when the script of the command writes.
    Script,
}

/// What happens with a command.
enum Step {
    Run {
        checks: Checks,
        /// The reply may be a whole collection.
        may_be_large: bool,
    },
    Refuse(String),
    /// The command waits for the end of a pause.
    WaitForWrites,
    /// The command waits until the server has evicted keys.
    WaitForMemory,
}

/// Runs a command of a gear with the rights of `user`, and then the handlers of the key events that it caused. Takes the
/// server's lock, unless this thread holds it. `None` if the gear was given up meanwhile: its commands have no effect any more.
///
/// `may_take` says whether the gear may take so many bytes more. `grew` is told the memory of the server before and after the
/// command, and how much of it is freed soon.
///
/// # Errors
/// If a gear may not run the command, or the server does not run it.
pub(crate) fn call_for_gear(
    user: Option<&User>,
    name: &[u8],
    args: &[&[u8]],
    is_given_up: impl Fn() -> bool,
    may_take: impl Fn(usize) -> bool,
    grew: impl Fn(usize, usize, usize),
) -> Option<Result<CallReply, CallError>> {
    let Some(_level) = Level::enter() else {
        return Some(Err(CallError::new(format!(
            "{TOO_DEEP}too deeply: end the recursion, at most 100 commands can run inside of each other"
        ))));
    };
    let command = GearCommand {
        user,
        name,
        args,
        held: lock::is_locked(),
    };
    let mut memory_until = None;
    loop {
        let guard = match command.lock() {
            Ok(guard) => guard,
            Err(NeverFree) => return Some(Err(CallError::new(NeverFree::MESSAGE.to_owned()))),
        };
        let outcome = lock::locked(|context| {
            if is_given_up() {
                return Ok(None);
            }
            let may_wait = memory_until.is_none_or(|until| Instant::now() < until);
            match command.step(context, may_wait) {
                Step::Run {
                    checks,
                    may_be_large,
                } => {
                    let refused = may_be_large
                        .then(|| large_reply::refusal(context, name, args, &may_take))
                        .flatten()
                        // The size of a key is known to those who may read it.
                        .filter(|_| command.is_allowed(context));
                    Ok(Some(match refused {
                        Some(why) => Err(CallError::new(why)),
                        None => command.run(context, checks, &grew),
                    }))
                }
                Step::Refuse(why) => Ok(Some(Err(CallError::new(why)))),
                Step::WaitForWrites => Err(WHILE_PAUSED),
                Step::WaitForMemory => Err(BETWEEN_LOOKS),
            }
        });
        drop(guard);
        match outcome {
            Ok(outcome) => return outcome,
            Err(delay) => {
                if delay == BETWEEN_LOOKS {
                    memory_until.get_or_insert_with(|| Instant::now() + FOR_MEMORY);
                }
                thread::sleep(delay);
            }
        }
    }
}

/// Runs a command that reads for a gear, with the rights of `user`. No gear replaces it.
///
/// # Errors
/// The refusal, with the key that the user may not read, or another error of the server.
pub(crate) fn read_for_gear(
    context: &Context,
    user: Option<&User>,
    name: &[u8],
    args: &[&[u8]],
) -> Result<CallReply, String> {
    let named = |words: String| denial::for_gear(context, user, name, args, words);
    let reply = call(context, Rights::Reader(user), name, args)
        .map_err(|failure| named(failure.message()))?;
    if reply.kind() == ReplyKind::Error {
        let words = String::from_utf8_lossy(reply.bytes());
        return Err(named(words.trim_end().to_owned()));
    }
    Ok(reply)
}

impl GearCommand<'_> {
    fn lock(&self) -> Result<Option<LockGuard>, NeverFree> {
        if self.held {
            return Ok(None);
        }
        LockGuard::acquire_patiently().map(Some)
    }

    /// `true` if the user of the command has the right to it. For rare cases: commands that run are checked as they run.
    fn is_allowed(&self, context: &Context) -> bool {
        let user = self.user.cloned().or_else(|| User::of(context));
        let mut words = vec![self.name];
        words.extend_from_slice(self.args);
        User::or_default(user).may_run(context, &words).is_ok()
    }

    fn run(
        &self,
        context: &Context,
        checks: Checks,
        grew: &impl Fn(usize, usize, usize),
    ) -> Result<CallReply, CallError> {
        let rights = match checks {
            Checks::Rights => Rights::User(self.user),
            Checks::Guards => Rights::Gear(self.user),
            Checks::Script => Rights::Script(self.user),
        };
        let before = used_memory();
        let reply = call_with_handlers(context, rights, self.name, self.args);
        if let (Some(before), Some(after)) = (before, used_memory()) {
            let size = reply.as_ref().map_or(0, CallReply::size);
            // The server may have allocated twice the size of the reply.
            grew(before, after, 2 * size + TEMPORARY);
        }
        match reply {
            Ok(reply) if reply.is_denial() => {
                let words = String::from_utf8_lossy(reply.bytes()).into_owned();
                Err(self.denied(context, words))
            }
            Err(failure) if failure.is_denial() => Err(self.denied(context, failure.message())),
            other => other,
        }
    }

    fn denied(&self, context: &Context, words: String) -> CallError {
        let words = denial::for_gear(context, self.user, self.name, self.args, words);
        CallError::new(words)
    }

    /// Decides about the command. `may_wait` says that it may wait for memory.
    fn step(&self, context: &Context, may_wait: bool) -> Step {
        let Some(rules) = rules::of(context, self.name, self.args) else {
            // The server refuses what it does not know.
            return Step::Run {
                checks: Checks::Guards,
                may_be_large: true,
            };
        };
        if let Some(why) = self.refusal(rules) {
            return Step::Refuse(why);
        }
        // The server would end itself: it knows one running script.
        if rules.no_script && context.is_in_lua() {
            return Step::Refuse(format!(
                "ERR a gear that a script calls cannot run {}, which the server refuses to the script, too: call the gear outside of EVAL and FCALL",
                String::from_utf8_lossy(self.name).to_ascii_uppercase()
            ));
        }
        // A hook of a read may write.
        let may_be_hooked = || !self.held && filter::is_installed() && !rules.is_of_client();
        if is_paused() && (rules.reaches_replicas() || may_be_hooked()) {
            if !self.held {
                return Step::WaitForWrites;
            }
            return Step::Refuse(
                "ERR the server pauses writes (CLIENT PAUSE, FAILOVER or SHUTDOWN), and a gear that holds its lock cannot wait for the end: write in an async gear, outside of atomic()"
                    .to_owned(),
            );
        }
        let run = |checks| Step::Run {
            checks,
            may_be_large: rules.may_reply_much,
        };
        match guard::check(context, rules, !self.held, may_wait) {
            Guard::Passes if !rules.no_script => run(Checks::Guards),
            Guard::Passes if rules.is_scripting => run(Checks::Script),
            Guard::Passes => run(Checks::Rights),
            Guard::Refuses(why) => Step::Refuse(why),
            Guard::Waits => Step::WaitForMemory,
        }
    }

    /// The reason why no gear, or not this one, may run the command.
    fn refusal(&self, rules: Rules) -> Option<String> {
        if let Some(why) = rules.refusal(self.name, self.args) {
            return Some(why);
        }
        // Redis 6.2 would end itself when the script writes.
        if self.held && rules.runs_script() && !refusal::comes_as_reply() {
            return Some(
                "ERR a sync gear and an atomic block cannot run EVAL before Redis 7.0: run it in an async gear, outside of atomic()"
                    .to_owned(),
            );
        }
        // Valkey 9 waits for its own lock, which this thread holds.
        if !lock::is_main() && rules.forgets_scripts(self.args) {
            return Some(
                "ERR SCRIPT FLUSH could stop the server: run it in a gear with mode='sync', or let a client run it"
                    .to_owned(),
            );
        }
        // For the same reason.
        if !lock::is_main() && ending::is_valkey() && rules.forgets_functions(self.args) {
            return Some(
                "ERR FUNCTION DELETE, FLUSH, RESTORE and LOAD REPLACE could stop Valkey: run them in a gear with mode='sync', or let a client run them"
                    .to_owned(),
            );
        }
        // The server would free the client whose command runs, and then use it.
        if lock::is_main() && rules.ends_clients(self.args) {
            return Some(
                "ERR CLIENT KILL could end the client whose command runs: run it in an async gear, such as one with mode='async_local'"
                    .to_owned(),
            );
        }
        // The server would go on with the default user, which may have more rights.
        if lock::is_main() && rules.ends_logins(self.args) {
            return Some(
                "ERR ACL DELUSER and ACL LOAD could remove the user whose command runs: run it in an async gear, such as one with mode='async_local'"
                    .to_owned(),
            );
        }
        // The server ends itself if it still has to tell its replicas of an earlier write of the gear.
        (self.held && rules.pauses_clients(self.args)).then(|| {
            "ERR a sync gear and an atomic block cannot pause clients: run the command in an async gear, outside of atomic()"
                .to_owned()
        })
    }
}
