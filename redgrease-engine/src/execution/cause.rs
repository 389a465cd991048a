//! The cause of an execution: a registration, a batch of a stream, a tick of a timer, the run of a script.
//!
//! An execution knows its cause through the trait [`Cause`] alone. The folders above implement it.

use super::order::Order;
use crate::id::Id;
use crate::redis::User;
use crate::scope::{RunningHook, SessionInfo, WithheldReply};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// The cause of an execution.
pub(crate) trait Cause: fmt::Debug + Send + Sync {
    /// The surroundings of the Python that the execution runs.
    fn surroundings(&self) -> Surroundings;

    /// The user to whom the execution belongs: its caller, or for events and timers the user who registered them. `None` is the
    /// default user.
    fn owner(&self) -> Option<User> {
        self.surroundings().user
    }

    /// The session that the execution belongs to. `None` if it is gone.
    fn session(&self) -> Option<Arc<SessionInfo>>;

    /// The registration that caused the execution. `None` for the run of a script and for a time event.
    fn registration(&self) -> Option<Id> {
        None
    }

    /// `true` for the run of a script: a client or a gear asked for it, nothing that was registered did.
    fn is_run(&self) -> bool {
        false
    }

    /// The order in which executions of this cause run. `None` if they may run at the same time.
    fn order(&self) -> Option<&Order> {
        None
    }

    /// `true` if the execution is refused when too many executions wait for a thread.
    fn is_bounded(&self) -> bool {
        true
    }

    /// `true` if clients may ask for the results later.
    fn keeps_results(&self) -> bool {
        false
    }

    /// The execution has ended. Called once per execution, on any thread, with or without the interpreter. It must not
    /// take the server's lock.
    fn ended(&self, ended: &Ended<'_>);

    /// `true` if [`Cause::settle`] has something to do.
    fn settles(&self) -> bool {
        false
    }

    /// The second half of [`Cause::ended`], which may take the server's lock. Called once after clients were answered,
    /// without the interpreter unless this thread holds the server's lock. Not called for an execution that was refused.
    /// The execution leaves its order afterwards.
    fn settle(&self, _: &Ended<'_>) {}

    /// `true` if the cause wants to know of each record when it begins and when it has passed all steps. Then a record begins
    /// when the one before it has passed, also if that one waits for a coroutine.
    fn follows_records(&self) -> bool {
        false
    }

    /// The record with this number, counted from 1, begins. Called with the interpreter.
    fn record_begins(&self, _number: usize) {}

    /// The first `count` records have passed all steps without an error. `waits`: the next one waits for a coroutine, so the
    /// server may serve others before it goes on. Called with the interpreter. `true` if [`Cause::acknowledge`] has something
    /// to do.
    fn records_passed(&self, _count: usize, _waits: bool) -> bool {
        false
    }

    /// Acknowledges the records that have passed. May take the server's lock, and is called without the interpreter unless
    /// this thread holds that lock.
    fn acknowledge(&self) {}

    /// Called when the execution `id` has ended. Returns the execution that leaves the list of executions, if any.
    fn retire(&self, id: Id) -> Option<Id>;
}

/// The surroundings that a cause gives to the Python of its executions.
#[derive(Debug, Default)]
pub(crate) struct Surroundings {
    /// The user whose rights count.
    pub(crate) user: Option<User>,
    /// The hook that runs.
    pub(crate) hook: Option<RunningHook>,
    /// The command whose reply waits for the execution.
    pub(crate) withheld: Option<Arc<WithheldReply>>,
}

/// The end of an execution.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ended<'a> {
    pub(crate) how: How,
    /// The first error.
    pub(crate) error: Option<&'a str>,
    /// The lines of the traceback of that error, if the error itself does not have them.
    pub(crate) traceback: Option<&'a str>,
    /// The execution was stopped before it was complete.
    pub(crate) aborted: bool,
    /// The server refused a command because its user has no right to it, or is gone.
    pub(crate) denied: bool,
    pub(crate) duration: Duration,
}

/// The way an execution ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    /// It ran to its end, with or without an error.
    Completed,
    /// An abort or a limit stopped it.
    Stopped,
    /// It was taken back before it began.
    Withdrawn,
    /// It did not begin: too many executions wait for a thread.
    Refused,
}
