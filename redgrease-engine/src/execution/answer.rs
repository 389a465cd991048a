//! The answers for clients that wait for an execution.

use super::limits::too_large_reply;
use crate::python::{
    Callback, Gil, Holder, Object, attached, begin_hold, describe, end_hold, from_bytes, is_main,
    list, reply_with,
};
use crate::redis::{BlockedClient, Hold, Level, Reply, log};

/// A client that waits for an execution.
#[derive(Debug)]
pub(crate) enum Waiter {
    /// For results and errors.
    Outcome(BlockedClient),
    /// For the records of a command: results, or the first error as an error.
    Command(BlockedClient),
    /// For the one record of a hook.
    Hook(BlockedClient),
    /// A Python function, called with results and errors.
    Function(Callback),
    /// A job that looks at the execution itself.
    Job(Job),
}

/// A job for the time when an execution has ended. It must not wait: the interpreter and the server's lock may be held.
pub(crate) struct Job(Box<dyn FnOnce() + Send>);

impl Job {
    pub(crate) fn new(job: impl FnOnce() + Send + 'static) -> Job {
        Job(Box::new(job))
    }

    pub(crate) fn run(self) {
        (self.0)();
    }
}

impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Job")
    }
}

impl Waiter {
    pub(super) fn answer(self, results: &[Object<'_>], errors: &[String]) {
        if !matches!(self, Waiter::Function(_) | Waiter::Job(_))
            && let Some(error) = too_large_reply(results)
        {
            return self.answer_aborted(&error);
        }
        match self {
            Waiter::Outcome(client) => {
                client.answer(|reply| reply_outcome(reply, results, errors));
            }
            Waiter::Command(client) => client.answer(|reply| reply_records(reply, results, errors)),
            Waiter::Hook(client) => client.answer(|reply| reply_record(reply, results, errors)),
            Waiter::Function(function) => attached(|py| call(py, &function, results, errors)),
            Waiter::Job(job) => job.run(),
        }
    }

    /// Answers with `error`, because the execution will not run.
    pub(crate) fn refuse(self, error: &str) {
        match self {
            Waiter::Outcome(client) | Waiter::Command(client) | Waiter::Hook(client) => {
                client.answer(|reply| reply.error(error));
            }
            Waiter::Function(function) => {
                attached(|py| call(py, &function, &[], &[error.to_owned()]));
            }
            Waiter::Job(job) => job.run(),
        }
    }

    /// Answers that the execution was stopped: `error` says why. Except for a Python function this does not take the
    /// interpreter, which the stopped execution may still hold.
    pub(super) fn answer_aborted(self, error: &str) {
        let errors = [error.to_owned()];
        match self {
            Waiter::Outcome(client) => client.answer(|reply| reply_outcome(reply, &[], &errors)),
            Waiter::Command(client) | Waiter::Hook(client) => {
                client.answer(|reply| reply.error(error));
            }
            Waiter::Function(function) => attached(|py| call(py, &function, &[], &errors)),
            Waiter::Job(job) => job.run(),
        }
    }
}

/// Calls a function with the outcome. On the main thread the function has the time of a call that holds up the server.
fn call(py: Gil<'_>, function: &Callback, results: &[Object<'_>], errors: &[String]) {
    let _hold = Hold::begin();
    let began = is_main() && begin_hold(py, Holder::Execution);
    let call = || {
        // Both tokens are of the same interpreter; the lifetimes of the objects have to be those of `py`.
        let results = results
            .iter()
            .map(|one| one.clone().unbind().into_bound(py))
            .collect();
        let errors = errors
            .iter()
            .map(|one| from_bytes(py, one.as_bytes()))
            .collect::<Result<_, _>>()?;
        function.call2(&list(py, results)?, &list(py, errors)?)
    };
    if let Err(raised) = call() {
        log(
            Level::Warning,
            &format!("an outcome was not taken: {}", describe(py, &raised)),
        );
    }
    if began {
        end_hold(py);
    }
}

/// `[[results], [errors]]`.
pub(super) fn reply_outcome(reply: &Reply<'_>, results: &[Object<'_>], errors: &[String]) {
    reply.array(2);
    reply_all(reply, results);
    reply.array(errors.len());
    for error in errors {
        reply.bulk(error.as_bytes());
    }
}

/// `[results]`, or the first error.
fn reply_records(reply: &Reply<'_>, results: &[Object<'_>], errors: &[String]) {
    match errors.first() {
        Some(error) => reply.error(error),
        None => reply_all(reply, results),
    }
}

/// The error for a hook that gave no record, or several.
pub(crate) const NOT_ONE_RESULT: &str = "Command hook must return exactly one result";

/// The one result, or the first error.
fn reply_record(reply: &Reply<'_>, results: &[Object<'_>], errors: &[String]) {
    match (errors.first(), results) {
        (Some(error), _) => reply.error(error),
        (None, [result]) => reply_with(reply, result),
        (None, _) => reply.error(NOT_ONE_RESULT),
    }
}

fn reply_all(reply: &Reply<'_>, results: &[Object<'_>]) {
    reply.array(results.len());
    for result in results {
        reply_with(reply, result);
    }
}
