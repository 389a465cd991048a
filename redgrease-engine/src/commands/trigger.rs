//! `RG.TRIGGER` and `RG.TRIGGERONKEY`, and `RG.INNERHOOK`, which hooked commands become.

use crate::execution::{Execution, NOT_ONE_RESULT, Waiter};
use crate::plan::{Mode, Source, Step, Words};
use crate::python::{Gil, Object, Raised, attached, describe, list_of, reply_with};
use crate::redis::filter::TAKEN_OVER;
use crate::redis::{Args, BlockedClient, CoarseInstant, Command, Context, Reply, Text, User};
use crate::registration::{Event, Registration, hooks};
use crate::steps::{Pipeline, straight};
use std::sync::Arc;

/// `RG.TRIGGER trigger [argument..]`: the records its registration makes of them.
pub(super) struct Trigger;

impl Command for Trigger {
    const NAME: &'static str = "rg.trigger";
    const ARITY: std::ops::RangeInclusive<usize> = 2..=usize::MAX;

    fn run(context: &Context, args: Args<'_>) {
        trigger(context, args);
    }
}

/// The same; its second word tells a cluster where to send it.
pub(super) struct TriggerOnKey;

impl Command for TriggerOnKey {
    const NAME: &'static str = "rg.triggeronkey";
    const KEYS: (i32, i32, i32) = (2, 2, 1);
    const ARITY: std::ops::RangeInclusive<usize> = 2..=usize::MAX;

    fn run(context: &Context, args: Args<'_>) {
        trigger(context, args);
    }
}

/// `RG.INNERHOOK command [argument..]`: what the newest hook of the command makes of it.
pub(super) struct InnerHook;

impl Command for InnerHook {
    const NAME: &'static str = TAKEN_OVER;
    const ARITY: std::ops::RangeInclusive<usize> = 2..=usize::MAX;

    fn run(context: &Context, args: Args<'_>) {
        let name = args.get(1).map(Text::bytes).unwrap_or_default();
        let count = args.from(1).len();
        let word = |index: usize| args.get(index + 1).map(Text::bytes);
        match hooks::find(context, name, count, word) {
            Some(registration) => answer(context, registration, args),
            None => context.reply().error("ERR the command has no hook"),
        }
    }
}

fn trigger(context: &Context, args: Args<'_>) {
    let name = args.get(1).map(Text::bytes).unwrap_or_default();
    let found = crate::engine()
        .registry
        .read(context, |registry| registry.by_trigger(name).cloned());
    let Some(registration) = found else {
        return context.reply().error("ERR subcommand not found");
    };
    answer(context, registration, args);
}

fn answer(context: &Context, registration: Arc<Registration>, args: Args<'_>) {
    match registration.mode {
        Mode::Sync => {
            registration.stats.record_trigger();
            run_now(context, &registration, args);
        }
        Mode::Async | Mode::AsyncLocal => run_later(context, registration, args),
    }
}

/// On this thread, which holds the server's lock.
fn run_now(context: &Context, registration: &Registration, args: Args<'_>) {
    let started = CoarseInstant::now();
    crate::engine().execution_ids.next();
    let failure = attached(|py| {
        context.enter(|| {
            let reply = context.reply();
            let record = list_of(py, args.from(1).map(Text::bytes));
            let steps = &registration.plan.steps;
            if let Event::Hook(_) = registration.event {
                return hooks::inside(registration, || run_hook(py, &reply, steps, record));
            }
            if registration.straight {
                match record.and_then(|record| straight(steps, record)) {
                    Ok(result) => {
                        reply.array(1);
                        reply_with(&reply, &result);
                        None
                    }
                    Err(raised) => Some(describe(py, &raised)),
                }
            } else {
                let mut pipeline = Pipeline::new(py, steps);
                match record {
                    Ok(record) => pipeline.push(record),
                    Err(raised) => pipeline.fail(raised),
                }
                let (results, errors) = pipeline.finish();
                if let Some(raised) = errors.first() {
                    return Some(describe(py, raised));
                }
                reply.array(results.len());
                for result in &results {
                    reply_with(&reply, result);
                }
                None
            }
        })
    });
    if let Some(error) = &failure {
        context.reply().error(error);
    }
    registration.stats.record(started.elapsed(), failure);
}

/// A hook answers with its one record, as the command would.
fn run_hook<'py>(
    py: Gil<'py>,
    reply: &Reply,
    steps: &[Step],
    record: Result<Object<'py>, Raised>,
) -> Option<String> {
    let mut pipeline = Pipeline::new(py, steps);
    match record {
        Ok(record) => pipeline.push(record),
        Err(raised) => pipeline.fail(raised),
    }
    let (results, errors) = pipeline.finish();
    match (errors.first(), results.as_slice()) {
        (Some(raised), _) => Some(describe(py, raised)),
        (None, [result]) => {
            reply_with(reply, result);
            None
        }
        (None, _) => Some(NOT_ONE_RESULT.to_owned()),
    }
}

/// On a worker; the client waits.
fn run_later(context: &Context, registration: Arc<Registration>, args: Args<'_>) {
    if !context.may_block() {
        return context.reply().error(
            "ERR can not run a non-sync execution inside a MULTI/LUA (blocking is not allowed) or on loading.",
        );
    }
    let engine = crate::engine();
    let mut words = Words::default();
    for word in args.from(1) {
        words.push(word.bytes());
    }
    let limit = engine.config.queue_size();
    if engine.pool.waiting() >= limit {
        return queue_is_full(context, limit);
    }
    let Some(client) = BlockedClient::block(context) else {
        return context.reply().error("ERR the client could not be blocked");
    };
    registration.stats.record_trigger();
    let hooked = matches!(registration.event, Event::Hook(_));
    let plan = Arc::clone(&registration.plan);
    let execution = Execution::new(
        engine.execution_ids.next(),
        plan,
        Source::Command(words),
        Some(registration),
        User::of(context),
    );
    if let Err(waiter) = execution.wait_for_outcome(if hooked {
        Waiter::Hook(client)
    } else {
        Waiter::Command(client)
    }) {
        waiter.refuse("ERR the execution ended before it began");
        return;
    }
    engine.executions.insert(Arc::clone(&execution), usize::MAX);
    if engine.pool.submit(Arc::clone(&execution), limit).is_err() {
        engine.executions.remove(execution.id);
        execution.refuse(&full(limit));
    }
}

pub(super) fn full(limit: usize) -> String {
    format!(
        "ERR too many executions wait for a thread (the limit is ExecutionQueueSize, {limit}): try again later, or raise it with RG.CONFIGSET"
    )
}

fn queue_is_full(context: &Context, limit: usize) {
    context.reply().error(&full(limit));
}
