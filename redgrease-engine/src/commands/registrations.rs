//! Commands about registrations.

use crate::execution::{Id, abort};
use crate::redis::{Args, Command, CommandFlags, Context, Reply};
use crate::registration::{Event, Registration, Session};

/// `RG.DUMPREGISTRATIONS`: all registrations with their statistics.
pub(super) struct DumpRegistrations;

impl Command for DumpRegistrations {
    const NAME: &'static str = "rg.dumpregistrations";

    fn run(context: &Context, _: Args<'_>) {
        let reply = context.reply();
        crate::engine().registry.read(context, |registry| {
            reply.array(registry.len());
            for (registration, session) in registry.registrations() {
                reply.array(12);
                row(&reply, registration);
                reply.field("PD", &session.summary());
                reply.field("ExecutionThreadPool", "DefaultPool");
            }
        });
    }
}

/// The ten elements that every row of a registration begins with.
pub(super) fn row(reply: &Reply, registration: &Registration) {
    reply.field("id", &registration.id.to_string());
    reply.field("reader", registration.plan.reader.as_str());
    reply.optional_field("desc", registration.description.as_deref());
    reply.bulk(b"RegistrationData");
    data(reply, registration);
}

fn data(reply: &Reply, registration: &Registration) {
    let stats = registration.stats.snapshot();
    let number = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    reply.array(20);
    reply.field("mode", registration.mode.as_str());
    reply.integer_field("numTriggered", number(stats.triggered));
    reply.integer_field("numSuccess", number(stats.succeeded));
    reply.integer_field("numFailures", number(stats.failed));
    reply.integer_field("numAborted", number(stats.aborted));
    reply.integer_field("lastRunDurationMS", number(stats.last_millis));
    reply.integer_field("totalRunDurationMS", number(stats.total_millis));
    reply.field("avgRunDurationMS", &stats.average_millis.to_string());
    reply.optional_field("lastError", stats.last_error.as_deref());
    reply.bulk(b"args");
    match &registration.event {
        Event::Command { trigger, in_order } => {
            reply.array(4);
            reply.bulk(b"trigger");
            reply.bulk(trigger);
            reply.integer_field("inorder", i64::from(*in_order));
        }
        Event::Keys(filter) => {
            reply.array(8);
            reply.bulk(b"regex");
            reply.bulk(&filter.prefix);
            let events = filter.events.as_ref();
            list(
                reply,
                "eventTypes",
                events.map(|names| names.iter().map(String::as_str)),
            );
            let types = filter.types.as_ref();
            list(
                reply,
                "keyTypes",
                types.map(|types| types.iter().map(|kind| kind.as_str())),
            );
            list(reply, "hookCommands", None::<std::iter::Empty<&str>>);
        }
    }
}

fn list<'a>(reply: &Reply, name: &str, items: Option<impl ExactSizeIterator<Item = &'a str>>) {
    reply.bulk(name.as_bytes());
    match items {
        None => reply.null(),
        Some(items) => {
            reply.array(items.len());
            for item in items {
                reply.bulk(item.as_bytes());
            }
        }
    }
}

/// `RG.UNREGISTER id [ABORTPENDING]`.
pub(super) struct Unregister;

impl Command for Unregister {
    const NAME: &'static str = "rg.unregister";
    const FLAGS: CommandFlags = CommandFlags::Admin;
    const ARITY: std::ops::RangeInclusive<usize> = 2..=3;

    fn run(context: &Context, args: Args<'_>) {
        let engine = crate::engine();
        let removed = args
            .get(1)
            .and_then(|word| Id::parse(word.bytes()))
            .and_then(|id| {
                engine
                    .registry
                    .write(context, |registry| registry.remove(id))
            });
        let Some(registration) = removed else {
            return context.reply().error("execution is not registered");
        };
        engine.execution_ids.next();
        if args.get(2).is_some_and(|word| word.is("ABORTPENDING")) {
            abort_pending(&registration);
        }
        forget_finished(&registration);
        context.reply().ok();
    }
}

/// `RG.CLEARREGISTRATIONSSTATS`: all statistics begin anew.
pub(super) struct ClearRegistrationsStats;

impl Command for ClearRegistrationsStats {
    const NAME: &'static str = "rg.clearregistrationsstats";
    const ARITY: std::ops::RangeInclusive<usize> = 1..=1;

    fn run(context: &Context, _: Args<'_>) {
        let engine = crate::engine();
        engine.execution_ids.next();
        engine.registry.read(context, |registry| {
            registry
                .registrations()
                .for_each(|(registration, _)| registration.stats.clear());
        });
        context.reply().ok();
    }
}

/// Stops the executions that a registration has under way.
pub(super) fn abort_pending(registration: &Registration) {
    for execution in crate::engine().executions.all() {
        if execution
            .registration
            .as_ref()
            .is_some_and(|owner| owner.id == registration.id)
        {
            abort(execution, None);
        }
    }
}

/// A registration takes its finished executions with it.
pub(super) fn forget_finished(registration: &Registration) {
    let executions = &crate::engine().executions;
    for execution in executions.all() {
        let its = execution
            .registration
            .as_ref()
            .is_some_and(|owner| owner.id == registration.id);
        if its && execution.status().is_final() {
            executions.remove(execution.id);
        }
    }
}

/// The names of a session's registrations.
pub(super) fn ids(session: &Session) -> Vec<String> {
    session
        .registrations
        .iter()
        .map(ToString::to_string)
        .collect()
}
