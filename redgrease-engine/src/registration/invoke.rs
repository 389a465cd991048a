//! Calls of a registration by a client: `RG.TRIGGER`, and commands that a hook takes the place of.

use super::cause::Triggered;
use super::depth;
use super::{Event, Registration};
use crate::config;
use crate::distribution::{Reads, on_all_shards};
use crate::execution::{
    self, Execution, NOT_ONE_RESULT, SyncCall, SyncError, SyncOutcome, Waiter, launch_for_client,
    too_large_reply,
};
use crate::id::Id;
use crate::plan::{Mode, Source, Words};
use crate::python::{Gil, Object, Raised, list_after, list_of, reply_with};
use crate::redis::{Args, BlockedClient, CoarseInstant, Context, Reply, Text, User, locked};
use crate::steps::Pipeline;
use std::cell::Cell;
use std::sync::Arc;

/// Calls a registration and answers the client, now or when the execution has ended. `args` are the words of the command;
/// the record of the call begins with the second one.
pub(crate) fn invoke(context: &Context, registration: &Arc<Registration>, args: Args<'_>) {
    match registration.mode {
        Mode::Sync => call_now(context, registration, args),
        Mode::Async | Mode::AsyncLocal => call_later(context, registration, args),
    }
}

/// The user whose rights a call has.
fn user(context: &Context, registration: &Registration) -> Option<User> {
    if config::get().execute_as_owner() {
        // Named even if it is the default user: the call may come from a context of another user.
        Some(User::or_default(registration.user.clone()))
    } else {
        User::of(context)
    }
}

/// Runs a sync registration on this thread, which holds the server's lock.
fn call_now(context: &Context, registration: &Arc<Registration>, args: Args<'_>) {
    registration.stats.record_trigger(context);
    let started = CoarseInstant::now();
    if let Err(error) = depth::check(context, registration) {
        context.reply().error(&error);
        return registration.stats.record(started.elapsed(), Some(error));
    }
    let id = execution::ids().next();
    let call = SyncCall {
        registration: registration.id,
        steps: &registration.plan.steps,
        is_straight: registration.is_straight,
        session: &registration.session,
        hook: registration.running_hook(),
        user: if config::get().execute_as_owner() {
            user(context, registration)
        } else {
            None
        },
        can_wait: || locked(Context::may_block),
    };
    let waits = Cell::new(false);
    let outcome = call.run(
        |py| record_of(py, registration, args),
        |py, outcome| {
            waits.set(matches!(outcome, SyncOutcome::Waiting(_)));
            answer(context, py, id, registration, outcome)
        },
    );
    match outcome {
        // The execution that waits for the coroutine records its end itself.
        Ok(()) if waits.get() => {}
        Ok(()) => registration.stats.record_sync(context, started.elapsed()),
        Err(SyncError::Failed(error)) => {
            context.reply().error(&error);
            registration.stats.record(started.elapsed(), Some(error));
        }
        Err(SyncError::Stopped(reason)) => {
            context.reply().error(&reason);
            registration.stats.record_abort(Some(reason));
        }
    }
}

/// The record of a call: the words behind the name of the command.
fn record_of<'py>(
    py: Gil<'py>,
    registration: &Registration,
    args: Args<'_>,
) -> Result<Object<'py>, Raised> {
    match &registration.event {
        Event::Command { trigger, .. } => {
            let word = registration.word.get(py, trigger)?;
            list_after(py, word, args.from(2).map(Text::bytes))
        }
        _ => list_of(py, args.from(1).map(Text::bytes)),
    }
}

fn answer(
    context: &Context,
    py: Gil<'_>,
    id: Id,
    registration: &Arc<Registration>,
    outcome: SyncOutcome<'_>,
) -> Result<(), String> {
    let reply = context.reply();
    match outcome {
        SyncOutcome::One(result) => write(registration, &reply, std::slice::from_ref(&result)),
        SyncOutcome::Many(results) => write(registration, &reply, &results),
        SyncOutcome::Waiting(pipeline) => wait(context, py, id, registration, *pipeline),
    }
}

/// Writes the reply: all records of a trigger, or the one record of a hook as the command itself would write it.
fn write(
    registration: &Registration,
    reply: &Reply<'_>,
    results: &[Object<'_>],
) -> Result<(), String> {
    if let Some(error) = too_large_reply(results) {
        return Err(error);
    }
    match (&registration.event, results) {
        (Event::Hook(_), [result]) => reply_with(reply, result),
        (Event::Hook(_), _) => return Err(NOT_ONE_RESULT.to_owned()),
        _ => {
            reply.array(results.len());
            for result in results {
                reply_with(reply, result);
            }
        }
    }
    Ok(())
}

/// Lets the client wait for a coroutine. The main thread does not wait. The error is the text for a client that cannot wait.
fn wait(
    context: &Context,
    py: Gil<'_>,
    id: Id,
    registration: &Arc<Registration>,
    mut pipeline: Pipeline,
) -> Result<(), String> {
    let client = if context.may_block() {
        BlockedClient::block(context)
    } else {
        None
    };
    let Some(client) = client else {
        pipeline.close_coroutines(py);
        let refused =
            "Error type: <class 'gears.error'>, Value: Creating async record is not allowed";
        return Err(refused.to_owned());
    };
    let cause = Triggered::new(registration, user(context, registration));
    let plan = Arc::clone(&registration.plan);
    let execution = Execution::new(id, plan, Source::Nothing, Arc::new(cause));
    let waiter = waiter(registration)(client.measured());
    execution::end_without_client(&waiter, &execution);
    // The execution was just made, so it cannot have ended.
    let _ = execution.wait_for_outcome(waiter);
    execution.adopt(py, pipeline);
    Ok(())
}

fn waiter(registration: &Registration) -> fn(BlockedClient) -> Waiter {
    match registration.event {
        Event::Hook(_) => Waiter::Hook,
        _ => Waiter::Command,
    }
}

/// Runs a registration on a worker thread, while the client waits.
fn call_later(context: &Context, registration: &Arc<Registration>, args: Args<'_>) {
    if !context.may_block() {
        return context.reply().error(
            "ERR can not run a non-sync execution inside a MULTI/LUA (blocking is not allowed) or on loading.",
        );
    }
    let mut words = Words::default();
    for word in args.from(1) {
        words.push(word.bytes());
    }
    let Some(client) = BlockedClient::block(context) else {
        return context.reply().error("ERR the client could not be blocked");
    };
    registration.stats.record_trigger(context);
    let cause = Triggered::new(registration, user(context, registration));
    let execution = Execution::new(
        execution::ids().next(),
        Arc::clone(&registration.plan),
        Source::Command(words),
        Arc::new(cause),
    );
    if registration.mode == Mode::Async {
        // A hook takes the place of a command, which has one reply.
        let reads = match registration.event {
            Event::Hook(_) => Reads::Here,
            _ => Reads::Everywhere,
        };
        on_all_shards(&execution, reads);
    }
    launch_for_client(&execution, client, waiter(registration));
}
