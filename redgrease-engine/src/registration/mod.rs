//! Registrations: plans that wait for a command, and the sessions they belong to.
//!
//! | file | what |
//! |---|---|
//! | `registry.rs` | all sessions and registrations, and how they replace each other |
//! | `session.rs` | the registrations and requirements of one script |
//! | `addition.rs` | registrations of running gears, as bytes |
//! | `force.rs` | putting a script's registrations in force |
//! | `stored.rs` | sessions as bytes |
//! | `command_info.rs` | what the server tells about a command |
//! | `held.rs` | commands whose reply waits for handlers of key events |
//! | `hooks.rs` | registrations that take the place of a Redis command |
//! | `keys.rs` | registrations that wait for key events |
//! | `streams/` | registrations that wait for messages of streams |
//! | `keyed_timers.rs` | the same, for as long as a key is there |
//! | `owner.rs` | whose session something belongs to |
//! | `timers.rs` | functions that run again and again |
//! | `stats.rs` | how often a registration ran, how long and how well |

mod addition;
mod command_info;
mod force;
pub(crate) mod held;
pub(crate) mod hooks;
pub(crate) mod keyed_timers;
pub(crate) mod keys;
mod owner;
mod registry;
mod session;
mod stats;
mod stored;
pub(crate) mod streams;
pub(crate) mod timers;

pub(crate) use force::{
    add_to_session, put_in_force, restore_addition, restore_all, restore_told, store, tell_removed,
};
pub(crate) use keyed_timers::KeyedTimer;
pub(crate) use owner::{Owner, act_for_session, acting_for};
pub(crate) use registry::Registry;
pub(crate) use session::{Origin, Session, SessionId};
pub(crate) use stats::Stats;

use crate::execution::{Execution, Id, InOrder, abort};
use crate::plan::{Mode, Plan};
use crate::python::KeptWord;
use crate::redis::User;
use hooks::Hook;
use keys::KeysFilter;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
pub(crate) use streams::InFlight;
use streams::StreamsFilter;

/// A plan that runs whenever its event happens.
#[derive(Debug)]
pub(crate) struct Registration {
    pub(crate) id: Id,
    pub(crate) description: Option<String>,
    pub(crate) plan: Arc<Plan>,
    /// Its steps only replace records: see `steps::straight`.
    pub(crate) straight: bool,
    /// The trigger as the first word of a record: the same each time.
    pub(crate) word: KeptWord,
    pub(crate) mode: Mode,
    pub(crate) event: Event,
    /// Its executions run one after the other.
    pub(crate) order: Option<Arc<InOrder>>,
    /// The session it belongs to, which lives as long as it does.
    pub(crate) origin: Arc<Origin>,
    /// Who registered it.
    pub(crate) user: Option<User>,
    /// What is kept of it, if a running gear made it.
    addition: Option<Arc<[u8]>>,
    pub(crate) stats: Stats,
    /// Its finished executions that clients can still ask about, oldest first.
    pub(crate) finished: Mutex<VecDeque<Id>>,
}

/// What a registration waits for.
#[derive(Debug)]
pub(crate) enum Event {
    /// `RG.TRIGGER trigger`.
    Command {
        trigger: Vec<u8>,
        in_order: bool,
    },
    /// A Redis command, which it takes the place of.
    Hook(Hook),
    Keys(KeysFilter),
    Streams(StreamsFilter),
}

impl Registration {
    /// Whether commands of clients have to be looked at for it.
    fn takes_commands_over(&self) -> bool {
        match &self.event {
            Event::Hook(_) => true,
            Event::Keys(keys) => keys.commands.is_some(),
            Event::Command { .. } | Event::Streams(_) => false,
        }
    }

    /// Whether its executions stay in the list when they have ended.
    pub(crate) fn keeps_executions(&self) -> bool {
        matches!(self.event, Event::Keys(_) | Event::Streams(_))
    }

    /// It is not registered any more: what it has under way is stopped, and what has ended is
    /// forgotten.
    pub(crate) fn end_executions(&self) {
        self.abort_pending();
        self.forget_finished();
    }

    /// Stops the executions it has under way.
    pub(crate) fn abort_pending(&self) {
        for execution in self.executions() {
            abort(execution, None);
        }
    }

    /// It takes its finished executions with it.
    pub(crate) fn forget_finished(&self) {
        for execution in self.executions() {
            if execution.status().is_final() {
                crate::engine().executions.remove(execution.id);
            }
        }
    }

    fn executions(&self) -> impl Iterator<Item = Arc<Execution>> + use<'_> {
        let its = |one: &Arc<Execution>| {
            one.registration
                .as_ref()
                .is_some_and(|owner| owner.id == self.id)
        };
        crate::engine().executions.all().into_iter().filter(its)
    }

    /// An execution has ended: gives the one that has to leave the list for it.
    pub(crate) fn finished(&self, id: Id, limit: usize) -> Option<Id> {
        let mut finished = self.finished.lock().unwrap_or_else(PoisonError::into_inner);
        finished.push_back(id);
        if finished.len() > limit {
            finished.pop_front()
        } else {
            None
        }
    }
}

/// Whether a name is `pattern`, or begins with it if `pattern` ends with `*`.
fn matches_prefix(pattern: &[u8], name: &[u8]) -> bool {
    match pattern.split_last() {
        Some((b'*', prefix)) => name.starts_with(prefix),
        _ => name == pattern,
    }
}
