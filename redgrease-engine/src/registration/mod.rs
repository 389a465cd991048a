//! Registrations: plans that wait for an event, and the sessions that they belong to.
//!
//! | file | purpose |
//! |---|---|
//! | `by_name.rs` | registrations that wait for events of keys, by the names of the keys |
//! | `registry.rs` | all sessions and registrations, and how they replace each other |
//! | `session.rs` | the registrations of one script |
//! | `install.rs` | putting the registrations of a script into the registry |
//! | `ledger.rs` | the last change of each session, for the shards of a cluster |
//! | `removal.rs` | unregistering |
//! | `unrestored.rs` | stored sessions that cannot be restored yet |
//! | `reserved.rs` | names that sessions which are not restored keep |
//! | `stored/` | sessions and registrations as bytes: for the RDB, the AOF and replicas |
//! | `owner.rs` | the session that running code belongs to |
//! | `invoke.rs` | calls of a registration by a client |
//! | `depth.rs` | the limit of calls inside of calls |
//! | `cause.rs` | a registration as the cause of an execution |
//! | `stats.rs` | the statistics of a registration |
//! | `command_info.rs` | the server's description of a command |
//! | `taken_over.rs` | the commands that the engine runs in place of the server |
//! | `doubts.rs` | registrations that can never run |
//! | `hooks.rs` | registrations that take the place of a Redis command |
//! | `hook_stack.rs` | the hooks of one command |
//! | `keys.rs` | registrations that wait for key events |
//! | `watched.rs` | commands whose reply waits for handlers of key events |
//! | `watchers.rs` | the registrations of key events that name commands |
//! | `streams/` | registrations that wait for messages of streams |
//! | `timers.rs` | functions that run again and again |
//! | `keyed_timers/` | functions that run again and again while a key exists |
//! | `moved_timers/` | keys with such a function that move to another shard |
//! | `timer_shard/` | the shard of a cluster that runs a time event |

mod by_name;
mod cause;
mod command_info;
mod depth;
mod doubts;
mod hook_stack;
pub(crate) mod hooks;
mod install;
mod invoke;
pub(crate) mod keyed_timers;
pub(crate) mod keys;
pub(crate) mod ledger;
pub(crate) mod moved_timers;
mod owner;
mod registry;
mod removal;
mod reserved;
mod session;
mod stats;
pub(crate) mod stored;
pub(crate) mod streams;
pub(crate) mod taken_over;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
pub(crate) mod timer_shard;
pub(crate) mod timers;
mod unrestored;
pub(crate) mod watched;
mod watchers;

pub(crate) use install::{
    NewRegistration, activate_dynamic, add_stored, install, restore_dynamic, take_away, tell_added,
    tell_aof, tell_marks, tell_removed, tell_session, tell_stored,
};
pub(crate) use invoke::invoke;
pub(crate) use owner::Owner;
pub(crate) use registry::{Registry, registry};
pub(crate) use removal::{Removal, remove_session, unregister};
pub(crate) use reserved::{NOT_ON_TOP, Name};
pub(crate) use session::{Addresses, Session};
pub(crate) use stats::{Stats, aborted_runs, failed_runs};
pub(crate) use unrestored::Attempt;

use crate::config;
use crate::execution::{Execution, Order, abort, executions, withdraw};
use crate::id::{Id, IdCounter};
use crate::plan::{Mode, Plan};
use crate::python::KeptWord;
use crate::redis::User;
use crate::scope::{RunningHook, SessionInfo};
use hooks::Hook;
use keys::KeysFilter;
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use streams::StreamsFilter;

/// The ids of registrations.
pub(crate) fn ids() -> &'static IdCounter {
    static IDS: IdCounter = IdCounter::new();
    &IDS
}

/// A plan that runs whenever its event happens.
#[derive(Debug)]
pub(crate) struct Registration {
    pub(crate) id: Id,
    pub(crate) description: Option<String>,
    pub(crate) plan: Arc<Plan>,
    /// The steps of the plan only replace records: see `steps::straight`.
    pub(crate) is_straight: bool,
    /// The trigger as the first word of a record, which is the same at each call.
    pub(crate) word: KeptWord,
    pub(crate) mode: Mode,
    pub(crate) event: Event,
    /// The order of its executions. `None` if they may run at the same time.
    pub(crate) order: Option<Order>,
    /// The session that the registration belongs to.
    pub(crate) session: Arc<SessionInfo>,
    /// The user that made the registration.
    pub(crate) user: Option<User>,
    /// The stored bytes of a registration that a running gear made.
    dynamic: Option<Arc<[u8]>>,
    /// The reasons why the registration can never run. `None` if it can.
    pub(crate) never_runs: Option<String>,
    pub(crate) stats: Stats,
    /// The ended executions that clients may still ask about, oldest first.
    kept_executions: Mutex<VecDeque<Id>>,
    /// The registration was unregistered: no client can ask about its executions any longer.
    unregistered: AtomicBool,
}

/// The event that a registration waits for.
#[derive(Debug)]
pub(crate) enum Event {
    /// `RG.TRIGGER trigger`.
    Command {
        trigger: Vec<u8>,
        in_order: bool,
    },
    /// A Redis command, which the registration takes the place of.
    Hook(Hook),
    Keys(KeysFilter),
    Streams(StreamsFilter),
}

impl Event {
    /// The order of the executions for this event. `None` if they may run at the same time.
    fn order(&self) -> Option<Order> {
        let in_order = |in_order: bool| in_order.then(Order::default);
        match self {
            Event::Command {
                in_order: asked_for,
                ..
            } => in_order(*asked_for),
            Event::Hook(hook) => in_order(hook.in_order),
            Event::Streams(_) => in_order(true),
            // An event that frees the one that waits may come behind it.
            Event::Keys(_) => Some(Order::giving_way()),
        }
    }
}

impl Registration {
    /// `true` if the engine has to look at the commands of clients for this registration.
    fn takes_commands_over(&self) -> bool {
        match &self.event {
            Event::Hook(_) => true,
            Event::Keys(keys) => keys.commands.is_some(),
            Event::Command { .. } | Event::Streams(_) => false,
        }
    }

    /// The hook that runs while Python of this registration runs. `None` if the registration is no hook.
    fn running_hook(&self) -> Option<RunningHook> {
        match &self.event {
            Event::Hook(hook) => Some(RunningHook {
                command: hook.command.clone(),
                registration: self.id,
            }),
            _ => None,
        }
    }

    /// `true` if its executions stay in the list of executions when they have ended.
    pub(crate) fn keeps_executions(&self) -> bool {
        matches!(self.event, Event::Keys(_) | Event::Streams(_))
    }

    /// Takes the executions back that have not begun. They count as aborted.
    pub(crate) fn withdraw_pending(&self) {
        for execution in executions().all() {
            if execution.cause().registration() == Some(self.id) {
                withdraw(&execution);
            }
        }
    }

    /// Returns the execution that leaves the list because the execution `id` has ended.
    fn retire(&self, id: Id) -> Option<Id> {
        if !self.keeps_executions() || self.unregistered.load(Ordering::Relaxed) {
            return Some(id);
        }
        let limit = config::get().max_executions_per_registration();
        let mut kept = self
            .kept_executions
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        kept.push_back(id);
        if kept.len() > limit {
            kept.pop_front()
        } else {
            None
        }
    }
}

/// The fate of the executions of a registration that was unregistered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pending {
    /// All run to their end, except batches of streams that have not begun: their messages are left to other registrations.
    Finish,
    /// Those that have not begun are taken back.
    Withdraw,
    /// Also those that run are stopped.
    Abort,
}

/// Ends the executions of registrations that were unregistered, and takes the ended ones off the list. Those that still run
/// leave the list at their end. Returns the streams that the registrations leave: see [`streams::take_over`].
pub(crate) fn end_executions(gone: &[Arc<Registration>], pending: Pending) -> Vec<Vec<u8>> {
    for registration in gone {
        registration.unregistered.store(true, Ordering::Relaxed);
    }
    let by_id: HashMap<Id, &Arc<Registration>> = gone.iter().map(|one| (one.id, one)).collect();
    let mine = |execution: &Execution| by_id.get(&execution.cause().registration()?);
    for execution in executions().all() {
        let Some(registration) = mine(&execution) else {
            continue;
        };
        let is_batch = matches!(registration.event, Event::Streams(_));
        match pending {
            Pending::Finish if !is_batch => {}
            Pending::Finish | Pending::Withdraw => withdraw(&execution),
            Pending::Abort => abort(Arc::clone(&execution), None),
        }
        if execution.status().is_final() {
            executions().remove(execution.id);
        }
    }
    gone.iter().flat_map(streams::known).collect()
}

/// `true` if `name` is `pattern`, or if `pattern` ends with `*` and `name` begins with the rest of it.
fn matches_prefix(pattern: &[u8], name: &[u8]) -> bool {
    match pattern.split_last() {
        Some((b'*', prefix)) => name.starts_with(prefix),
        _ => name == pattern,
    }
}
