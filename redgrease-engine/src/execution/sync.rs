//! Sync calls: a record goes through the steps on the main thread, while the client waits. A sync call makes no execution,
//! unless it has to wait for a coroutine.

use super::kept::keeps_too_much;
use super::limits::hold_for_call;
use super::reach::reach_python;
use crate::id::Id;
use crate::python::{
    Gil, Holder, Object, Raised, attached, attached_for_a_call, describe, in_gear, profiled,
};
use crate::redis::{Hold, User};
use crate::scope::{self, RunningHook, Scope, SessionInfo};
use crate::steps::{Pipeline, Step, Straight, straight};
use std::sync::Arc;

/// A sync call of a registration.
pub(crate) struct SyncCall<'a> {
    pub(crate) registration: Id,
    pub(crate) steps: &'a Arc<[Step]>,
    /// The steps only replace records: [`straight`] takes the record through.
    pub(crate) is_straight: bool,
    /// The session that the registration belongs to.
    pub(crate) session: &'a SessionInfo,
    /// The hook that the call is for, if it is for one.
    pub(crate) hook: Option<RunningHook>,
    /// The user whose rights count. `None` leaves the decision to the surroundings of the call.
    pub(crate) user: Option<User>,
    /// Tells whether the caller can wait for a coroutine.
    pub(crate) can_wait: fn() -> bool,
}

/// The records of a sync call, or its progress up to the coroutine that it has to wait for.
pub(crate) enum SyncOutcome<'py> {
    One(Object<'py>),
    Many(Vec<Object<'py>>),
    /// The pipeline holds the coroutine.
    Waiting(Box<Pipeline>),
}

/// The error of a sync call.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum SyncError {
    /// The gear failed, with this text for the client.
    Failed(String),
    /// A limit stopped the gear, for this reason.
    Stopped(String),
}

impl SyncCall<'_> {
    /// Makes a record with `record`, takes it through the steps and hands the outcome to `answer`, which returns an error
    /// for the client if the outcome is no answer.
    pub(crate) fn run(
        &self,
        record: impl for<'py> FnOnce(Gil<'py>) -> Result<Object<'py>, Raised>,
        answer: impl for<'py> FnOnce(Gil<'py>, SyncOutcome<'py>) -> Result<(), String>,
    ) -> Result<(), SyncError> {
        if let Some(reason) = keeps_too_much(self.session) {
            return Err(SyncError::Failed(reason));
        }
        reach_python().map_err(SyncError::Failed)?;
        let _hold = Hold::begin();
        let work = |py: Gil<'_>| {
            let session = Some(&self.session.memory);
            hold_for_call(py, Holder::Call, session, || self.work(py, record, answer))
        };
        let attach = || {
            if self.is_straight {
                attached_for_a_call(work)
            } else {
                attached(work)
            }
        };
        let (outcome, reason) = match &self.user {
            Some(user) => scope::with(Scope::user, Some(user.clone()), attach),
            None => attach(),
        };
        outcome.map_err(|error| match reason {
            Some(reason) => SyncError::Stopped(reason),
            None => SyncError::Failed(error),
        })
    }

    fn work<'py>(
        &self,
        py: Gil<'py>,
        record: impl FnOnce(Gil<'py>) -> Result<Object<'py>, Raised>,
        answer: impl FnOnce(Gil<'py>, SyncOutcome<'py>) -> Result<(), String>,
    ) -> Result<(), String> {
        let record = record(py);
        let session = || Some(self.session.id.clone());
        let work = || {
            profiled(py, session, || {
                take_through(py, self.steps, self.is_straight, record)
            })
        };
        let work = || scope::in_sync_call(self.registration, || in_gear(self.can_wait, work));
        let outcome = match &self.hook {
            Some(hook) => scope::inside_hook(hook.clone(), work),
            None => work(),
        };
        match outcome {
            Ok(outcome) => answer(py, outcome),
            // Attached in full, so that the exception is freed here.
            Err(raised) => Err(attached(move |py| describe(py, &raised))),
        }
    }
}

/// Takes one record through the steps, to the end or to the first coroutine.
fn take_through<'py>(
    py: Gil<'py>,
    steps: &Arc<[Step]>,
    is_straight: bool,
    record: Result<Object<'py>, Raised>,
) -> Result<SyncOutcome<'py>, Raised> {
    if is_straight {
        return Ok(match straight(steps, record?)? {
            Straight::Through(result) => SyncOutcome::One(result),
            Straight::Waiting { coroutine, index } => {
                SyncOutcome::Waiting(Box::new(Pipeline::waiting_at(steps, index, coroutine)))
            }
        });
    }
    let mut pipeline = Pipeline::new(py, steps);
    pipeline.push(record?);
    if !pipeline.run_to_coroutine(py) {
        return Ok(SyncOutcome::Waiting(Box::new(pipeline)));
    }
    let (results, errors) = pipeline.into_outcome(py);
    match errors.into_iter().next() {
        None => Ok(SyncOutcome::Many(results)),
        Some(raised) => Err(raised),
    }
}
