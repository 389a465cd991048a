//! The surroundings of code that runs: its user, its session, its hooks, its atomic block.
//!
//! The Python code of a gear may call the engine at any time, and the answer of the engine depends on the surroundings
//! of the code. They belong to a thread and are nested: a command that a gear runs may trigger another gear on the same
//! thread. [`Scope`] holds all of them in one thread-local value, and [`with`] is the one way to change a part of it
//! for a while.
//!
//! | file | purpose |
//! |---|---|
//! | `session.rs` | the session that code belongs to |
//! | `session_outline.rs` | the session as another shard of a cluster knows it |
//! | `handed_on.rs` | the part that goes with work on other threads |
//! | `signals.rs` | what the Python of an execution and the engine tell each other |
//! | `atomic.rs` | the `atomic()` block of a script |
//! | `chain.rs` | the gears that run inside of each other |
//! | `withheld.rs` | a command whose reply waits for executions |

mod atomic;
mod chain;
mod handed_on;
mod session;
mod session_outline;
mod signals;
mod withheld;

pub(crate) use atomic::{
    NotAtomic, apart_from_atomic, enter_atomic, has_lost_lock, is_atomic, leave_atomic,
    locks_for_atomic,
};
pub(crate) use chain::{call_chain, call_depth, in_sync_call, inside_gear};
pub(crate) use handed_on::{HandedOn, NoRights, Nobody, captured, is_of_gear, with_rights};
pub(crate) use session::{SessionId, SessionInfo};
pub(crate) use session_outline::SessionOutline;
pub(crate) use signals::{Signals, is_given_up, note_denial};
pub(crate) use withheld::WithheldReply;

use crate::id::Id;
use crate::redis::User;
use atomic::Atomic;
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::sync::{Arc, Weak};

/// The surroundings of the code that runs on one thread.
pub(crate) struct Scope {
    /// The user whose rights count; `None` leaves the decision to the context of the command.
    user: Slot<Option<User>>,
    /// The execution that the thread runs.
    execution: Slot<Option<Running>>,
    /// The body of a script that the thread runs, as far as others can give it up.
    body: Slot<Option<Arc<Signals>>>,
    /// The registration whose sync call the thread runs. A sync call makes no execution.
    sync_call: Cell<Option<Id>>,
    /// The gears around the sync call, the outermost first. Around no sync call, all gears that the thread runs.
    outer_gears: Slot<Vec<Id>>,
    /// What the work has taken along that runs on the thread, if a gear has handed it on.
    handed_on: Slot<Option<Arc<HandedOn>>>,
    /// The session that a thread of a gear was given with `setGearsSession`.
    given_session: Slot<Option<Arc<SessionInfo>>>,
    /// The hooks that the thread runs, the innermost last.
    hooks: Slot<Vec<RunningHook>>,
    /// The command whose reply waits for the handlers that it causes.
    withheld: Slot<Option<Arc<WithheldReply>>>,
    /// The `atomic()` block that the thread is in.
    atomic: Slot<Option<Atomic>>,
    /// The script that the thread runs; the type belongs to the folder `gears`.
    script: Slot<Option<Box<dyn Any>>>,
}

/// One part of the surroundings.
pub(crate) type Slot<T> = RefCell<T>;

/// The execution that a thread runs, as far as its Python may ask.
#[derive(Debug, Clone)]
pub(crate) struct Running {
    pub(crate) user: Option<User>,
    /// Weak: clients see the number of references to a session.
    pub(crate) session: Option<Weak<SessionInfo>>,
    /// A registration caused the execution.
    pub(crate) of_registration: bool,
    pub(crate) signals: Arc<Signals>,
}

/// A hook that runs.
#[derive(Debug, Clone)]
pub(crate) struct RunningHook {
    /// The command that the hook replaces, in lower case.
    pub(crate) command: String,
    pub(crate) registration: Id,
}

thread_local! {
    static SCOPE: Scope = const {
        Scope {
            user: RefCell::new(None),
            execution: RefCell::new(None),
            body: RefCell::new(None),
            sync_call: Cell::new(None),
            outer_gears: RefCell::new(Vec::new()),
            handed_on: RefCell::new(None),
            given_session: RefCell::new(None),
            hooks: RefCell::new(Vec::new()),
            withheld: RefCell::new(None),
            atomic: RefCell::new(None),
            script: RefCell::new(None),
        }
    };
}

/// The part of the surroundings that every command of a gear needs.
#[derive(Debug)]
pub(crate) struct ForCommand {
    /// A script runs.
    pub(crate) by_script: bool,
    /// The user whose rights count; `None` leaves the decision to the context of the command.
    pub(crate) user: Option<User>,
    /// The code belongs to a gear or a script that runs on this thread.
    pub(crate) is_of_gear: bool,
}

/// One look at the scope instead of several, because gears run many commands.
#[inline]
pub(crate) fn for_command() -> ForCommand {
    SCOPE.with(|scope| ForCommand {
        by_script: scope.script.borrow().is_some(),
        user: scope.user.borrow().clone(),
        is_of_gear: is_of_gear_in(scope),
    })
}

/// The cell comes first: sync calls have nothing else.
#[inline]
fn is_of_gear_in(scope: &Scope) -> bool {
    scope.sync_call.get().is_some()
        || scope.user.borrow().is_some()
        || scope.execution.borrow().is_some()
        || scope.script.borrow().is_some()
}

/// Runs `body` while `slot` holds `value` on this thread; then puts back what `slot` held before.
#[inline]
pub(crate) fn with<T: 'static, R>(
    slot: fn(&Scope) -> &Slot<T>,
    value: T,
    body: impl FnOnce() -> R,
) -> R {
    struct Restore<'a, T> {
        slot: &'a Slot<T>,
        before: Option<T>,
    }
    impl<T> Drop for Restore<'_, T> {
        fn drop(&mut self) {
            if let Some(before) = self.before.take() {
                // Drop the value while the slot is free: its `drop` may look at the slot.
                let value = self.slot.replace(before);
                drop(value);
            }
        }
    }
    SCOPE.with(|scope| {
        let slot = slot(scope);
        let before = Some(slot.replace(value));
        let _restore = Restore { slot, before };
        body()
    })
}

/// The registration whose sync call this thread runs.
pub(crate) fn sync_call() -> Option<Id> {
    SCOPE.with(|scope| scope.sync_call.get())
}

/// Looks at a slot of this thread. `look` must run neither Python nor commands.
#[inline]
pub(crate) fn look<T: 'static, R>(slot: fn(&Scope) -> &Slot<T>, look: impl FnOnce(&T) -> R) -> R {
    SCOPE.with(|scope| look(&slot(scope).borrow()))
}

/// Changes a slot of this thread. `change` must run neither Python nor commands.
pub(crate) fn change<T: 'static, R>(
    slot: fn(&Scope) -> &Slot<T>,
    change: impl FnOnce(&mut T) -> R,
) -> R {
    SCOPE.with(|scope| change(&mut slot(scope).borrow_mut()))
}

impl Scope {
    pub(crate) fn user(&self) -> &Slot<Option<User>> {
        &self.user
    }

    pub(crate) fn execution(&self) -> &Slot<Option<Running>> {
        &self.execution
    }

    pub(crate) fn body(&self) -> &Slot<Option<Arc<Signals>>> {
        &self.body
    }

    fn outer_gears(&self) -> &Slot<Vec<Id>> {
        &self.outer_gears
    }

    pub(crate) fn handed_on(&self) -> &Slot<Option<Arc<HandedOn>>> {
        &self.handed_on
    }

    pub(crate) fn given_session(&self) -> &Slot<Option<Arc<SessionInfo>>> {
        &self.given_session
    }

    pub(crate) fn hooks(&self) -> &Slot<Vec<RunningHook>> {
        &self.hooks
    }

    pub(crate) fn withheld(&self) -> &Slot<Option<Arc<WithheldReply>>> {
        &self.withheld
    }

    pub(crate) fn script(&self) -> &Slot<Option<Box<dyn Any>>> {
        &self.script
    }
}

/// Runs `body` inside another hook. Commands that `body` runs with `execute` skip this hook.
pub(crate) fn inside_hook<R>(hook: RunningHook, body: impl FnOnce() -> R) -> R {
    let mut hooks = look(Scope::hooks, Clone::clone);
    hooks.push(hook);
    with(Scope::hooks, hooks, body)
}

/// Runs `body` in the surroundings of a thread that runs nothing else.
pub(crate) fn apart<R>(body: impl FnOnce() -> R) -> R {
    let alone = || apart_from_atomic(body);
    let alone = || with(Scope::given_session, None, alone);
    apart_from_gear(alone)
}

/// Runs `body` outside of the gear that runs on this thread. What belongs to the thread stays: its session, its atomic block.
fn apart_from_gear<R>(body: impl FnOnce() -> R) -> R {
    let alone = || with(Scope::script, None, body);
    let alone = || with(Scope::withheld, None, alone);
    let alone = || with(Scope::hooks, Vec::new(), alone);
    let alone = || with(Scope::handed_on, None, alone);
    let alone = || with(Scope::execution, None, alone);
    let alone = || with(Scope::body, None, alone);
    let alone = || with(Scope::user, None, alone);
    chain::in_sync_call_of(None, alone)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::IdCounter;

    fn hook(command: &str, ids: &IdCounter) -> RunningHook {
        RunningHook {
            command: command.to_owned(),
            registration: ids.next(),
        }
    }

    fn commands() -> Vec<String> {
        look(Scope::hooks, |hooks| {
            hooks.iter().map(|one| one.command.clone()).collect()
        })
    }

    #[test]
    fn a_part_is_put_back_in_the_end() {
        let user = || look(Scope::user, Clone::clone);
        assert_eq!(user(), None);
        with(Scope::user, Some(User::named(b"ann")), || {
            assert_eq!(user(), Some(User::named(b"ann")));
            with(Scope::user, None, || assert_eq!(user(), None));
            assert_eq!(user(), Some(User::named(b"ann")));
        });
        assert_eq!(user(), None);
    }

    #[test]
    fn a_part_is_put_back_after_a_panic() {
        let panicked = std::panic::catch_unwind(|| {
            with(Scope::user, Some(User::named(b"ann")), || {
                panic!("on purpose")
            });
        });
        assert!(panicked.is_err());
        assert_eq!(look(Scope::user, Clone::clone), None);
    }

    #[test]
    fn hooks_are_a_stack() {
        let ids = IdCounter::new();
        inside_hook(hook("get", &ids), || {
            inside_hook(hook("set", &ids), || assert_eq!(commands(), ["get", "set"]));
            assert_eq!(commands(), ["get"]);
        });
        assert!(commands().is_empty());
    }

    #[test]
    fn a_part_of_the_code_runs_apart() {
        let ids = IdCounter::new();
        let (user, id) = (Some(User::named(b"ann")), ids.next());
        let inside = || {
            apart(|| {
                assert_eq!(look(Scope::user, Clone::clone), None);
                assert_eq!(sync_call(), None);
                assert!(commands().is_empty() && !is_atomic());
            });
            assert_eq!(
                (sync_call(), commands()),
                (Some(id), vec!["get".to_owned()])
            );
        };
        let inside = || in_sync_call(id, inside);
        with(Scope::user, user, || inside_hook(hook("get", &ids), inside));
    }

    #[test]
    fn threads_have_surroundings_of_their_own() {
        with(Scope::user, Some(User::named(b"ann")), || {
            let other = std::thread::spawn(|| look(Scope::user, Clone::clone));
            assert_eq!(other.join().unwrap(), None);
        });
    }

    #[test]
    fn a_value_that_looks_at_its_slot_while_it_is_dropped_finds_it_free() {
        struct Looks;
        impl Drop for Looks {
            fn drop(&mut self) {
                look(Scope::script, |script| assert!(script.is_none()));
            }
        }
        let value: Option<Box<dyn Any>> = Some(Box::new(Looks));
        with(Scope::script, value, || ());
    }
}
