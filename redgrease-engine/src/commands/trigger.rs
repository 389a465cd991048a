//! `RG.TRIGGER` and `RG.TRIGGERONKEY`, and `RG.INNERHOOK`, which hooked commands become.

use crate::execution::{
    Execution, Id, NOT_ONE_RESULT, SyncCall, Waiter, abort_without, queue_is_full,
};
use crate::plan::{Mode, Source, Words};
use crate::python::{
    Gil, Object, Raised, attached, attached_for_a_call, coroutine_refused, describe, list_after,
    list_of, profiled, reply_with,
};
use crate::redis::filter::TAKEN_OVER;
use crate::redis::{Args, BlockedClient, CoarseInstant, Command, Context, Reply, Text, User};
use crate::registration::{Event, Registration, acting_for, held, hooks};
use crate::steps::{Pipeline, Straight, straight};
use std::sync::Arc;

/// `RG.TRIGGER trigger [argument..]`: the records its registration makes of them.
pub(super) struct Trigger;

impl Command for Trigger {
    const NAME: &'static str = "rg.trigger";
    const MOVABLE_KEYS: bool = true;
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
    const MOVABLE_KEYS: bool = true;
    const ARITY: std::ops::RangeInclusive<usize> = 2..=usize::MAX;

    fn run(context: &Context, args: Args<'_>) {
        let name = args.get(1).map(Text::bytes).unwrap_or_default();
        let count = args.from(1).len();
        let word = |index: usize| args.get(index + 1).map(Text::bytes);
        match hooks::find(context, name, count, word) {
            Some(registration) => answer(context, &registration, args),
            None if held::takes_over(context, name, count, word) => {
                held::run(
                    context,
                    args.from(1).map(|word| word.bytes().to_vec()).collect(),
                );
            }
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
    answer(context, &registration, args);
}

fn answer(context: &Context, registration: &Arc<Registration>, args: Args<'_>) {
    match registration.mode {
        Mode::Sync => {
            registration.stats.record_trigger(context);
            run_now(context, registration, args);
        }
        Mode::Async | Mode::AsyncLocal => run_later(context, registration, args),
    }
}

/// On this thread, which holds the server's lock.
fn run_now(context: &Context, registration: &Arc<Registration>, args: Args<'_>) {
    let started = CoarseInstant::now();
    let engine = crate::engine();
    let id = engine.execution_ids.next();
    let limited = SyncCall::watched(engine.config.limits());
    let work = |py: Gil<'_>| match &limited {
        None => answer_now(context, py, id, registration, args),
        Some(call) => call.run(py, || answer_now(context, py, id, registration, args)),
    };
    let attach = || {
        if registration.straight {
            attached_for_a_call(work)
        } else {
            attached(work)
        }
    };
    let failure = if engine.config.execute_as_owner() {
        User::run(user(context, registration).as_ref(), attach)
    } else {
        attach()
    };
    let Some(error) = failure else {
        return registration.stats.record_sync(context, started.elapsed());
    };
    if let Some(reason) = limited.and_then(|call| call.reason()) {
        context.reply().error(&reason);
        registration.stats.record_abort(Some(reason));
    } else {
        context.reply().error(&error);
        registration.stats.record(started.elapsed(), Some(error));
    }
}

/// With whose rights a registration runs.
fn user(context: &Context, registration: &Registration) -> Option<User> {
    if crate::engine().config.execute_as_owner() {
        // Also a call that has a context of its own: whose rights count is said.
        Some(User::or_default(registration.user.clone()))
    } else {
        User::of(context)
    }
}

/// Gives the error if there is one.
fn answer_now(
    context: &Context,
    py: Gil<'_>,
    id: Id,
    registration: &Arc<Registration>,
    args: Args<'_>,
) -> Option<String> {
    let record = match &registration.event {
        Event::Command { trigger, .. } => {
            let word = registration.word.get(py, trigger);
            list_after(py, word, args.from(2).map(Text::bytes))
        }
        _ => list_of(py, args.from(1).map(Text::bytes)),
    };
    let reply = context.reply();
    let session = || Some(Arc::clone(&registration.origin));
    let work = || profiled(py, session, || take_through(py, registration, record));
    let work = || acting_for(registration.id, work);
    match hooks::inside(registration, work) {
        Ok(Outcome::One(result)) => reply_to(registration, &reply, std::slice::from_ref(&result)),
        Ok(Outcome::Many(results)) => reply_to(registration, &reply, &results),
        Ok(Outcome::Waiting {
            pipeline,
            coroutine,
        }) => {
            wait(context, py, id, registration, *pipeline, &coroutine);
            None
        }
        // Attached in full, so that the exception is freed here.
        Err(raised) => Some(attached(move |py| describe(py, &raised))),
    }
}

/// How far a record got on the main thread.
enum Outcome<'py> {
    One(Object<'py>),
    Many(Vec<Object<'py>>),
    Waiting {
        pipeline: Box<Pipeline>,
        coroutine: Object<'py>,
    },
}

fn take_through<'py>(
    py: Gil<'py>,
    registration: &Registration,
    record: Result<Object<'py>, Raised>,
) -> Result<Outcome<'py>, Raised> {
    let plan = &registration.plan;
    if registration.straight {
        return Ok(match straight(&plan.steps, record?)? {
            Straight::Through(result) => Outcome::One(result),
            Straight::Waiting { coroutine, index } => {
                let pipeline = Box::new(Pipeline::waiting_at(py, plan, index));
                Outcome::Waiting {
                    pipeline,
                    coroutine,
                }
            }
        });
    }
    let mut pipeline = Pipeline::new(py, plan);
    pipeline.push(record?);
    loop {
        if let Some(coroutine) = pipeline.run(py) {
            return Ok(Outcome::Waiting {
                pipeline: Box::new(pipeline),
                coroutine,
            });
        }
        if !pipeline.finish_next(py) {
            break;
        }
    }
    let (results, mut errors) = pipeline.into_outcome(py);
    if errors.is_empty() {
        Ok(Outcome::Many(results))
    } else {
        Err(errors.remove(0))
    }
}

/// A trigger answers with its records, a hook with its one record as the command would. Gives the
/// error if there is one.
fn reply_to(registration: &Registration, reply: &Reply, results: &[Object<'_>]) -> Option<String> {
    match (&registration.event, results) {
        (Event::Hook(_), [result]) => reply_with(reply, result),
        (Event::Hook(_), _) => return Some(NOT_ONE_RESULT.to_owned()),
        _ => {
            reply.array(results.len());
            for result in results {
                reply_with(reply, result);
            }
        }
    }
    None
}

/// The client waits for a coroutine; the main thread does not.
fn wait(
    context: &Context,
    py: Gil<'_>,
    id: Id,
    registration: &Arc<Registration>,
    pipeline: Pipeline,
    coroutine: &Object<'_>,
) {
    let client = if context.may_block() {
        BlockedClient::block(context)
    } else {
        None
    };
    let Some(client) = client else {
        let refused = coroutine_refused(coroutine, "MULTI, Lua or a command of another module");
        drop(refused);
        return context.reply().error(
            "Error type: <class 'gears.error'>, Value: Creating async record is not allowed",
        );
    };
    let execution = Execution::new(
        id,
        Arc::clone(&registration.plan),
        Source::Nothing,
        Some(Arc::clone(registration)),
        user(context, registration),
    );
    abort_without(&client, &execution);
    // Just made: it cannot have ended.
    let _ = execution.wait_for_outcome(waiter(registration, client));
    crate::engine()
        .executions
        .insert(Arc::clone(&execution), usize::MAX);
    execution.adopt(py, pipeline, coroutine);
}

fn waiter(registration: &Registration, client: BlockedClient) -> Waiter {
    match registration.event {
        Event::Hook(_) => Waiter::Hook(client),
        _ => Waiter::Command(client),
    }
}

/// On a worker; the client waits.
fn run_later(context: &Context, registration: &Arc<Registration>, args: Args<'_>) {
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
        return context.reply().error(&queue_is_full(limit));
    }
    let Some(client) = BlockedClient::block(context) else {
        return context.reply().error("ERR the client could not be blocked");
    };
    registration.stats.record_trigger(context);
    let plan = Arc::clone(&registration.plan);
    let execution = Execution::new(
        engine.execution_ids.next(),
        plan,
        Source::Command(words),
        Some(Arc::clone(registration)),
        user(context, registration),
    );
    abort_without(&client, &execution);
    if let Err(waiter) = execution.wait_for_outcome(waiter(registration, client)) {
        waiter.refuse("ERR the execution ended before it began");
        return;
    }
    engine.executions.insert(Arc::clone(&execution), usize::MAX);
    if engine.pool.submit(Arc::clone(&execution), limit).is_err() {
        engine.executions.remove(execution.id);
        execution.refuse(&queue_is_full(limit));
    }
}
