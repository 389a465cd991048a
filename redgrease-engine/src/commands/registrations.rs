//! Commands about registrations.

use crate::execution::Id;
use crate::redis::{Args, Command, CommandFlags, Context, Reply, Text, replicate};
use crate::registration::{
    Event, Registration, Session, restore_addition, restore_told, streams, tell_removed,
};
use std::time::Duration;

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
    let length = if matches!(registration.event, Event::Streams(_)) {
        26
    } else {
        20
    };
    reply.array(length);
    reply.field("mode", registration.mode.as_str());
    reply.integer_field("numTriggered", number(stats.triggered));
    reply.integer_field("numSuccess", number(stats.succeeded));
    reply.integer_field("numFailures", number(stats.failed));
    reply.integer_field("numAborted", number(stats.aborted));
    reply.integer_field("lastRunDurationMS", number(stats.last_millis));
    reply.integer_field("totalRunDurationMS", number(stats.total_millis));
    reply.field("avgRunDurationMS", &stats.average_millis.to_string());
    if let Event::Streams(filter) = &registration.event {
        reply.integer_field("lastEstimatedLagMS", number(filter.lag().last));
        reply.field("avgEstimatedLagMS", &filter.lag().average().to_string());
    }
    reply.optional_field("lastError", stats.last_error.as_deref());
    reply.bulk(b"args");
    match &registration.event {
        Event::Command { trigger, in_order } => {
            reply.array(4);
            reply.bulk(b"trigger");
            reply.bulk(trigger);
            reply.integer_field("inorder", i64::from(*in_order));
        }
        Event::Hook(hook) => {
            reply.array(4);
            reply.field("trigger", &hook.command);
            reply.integer_field("inorder", i64::from(hook.in_order));
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
            let commands = filter.commands.as_ref();
            let names = commands.map(|all| all.iter().map(|one| one.name.as_str()));
            list(reply, "hookCommands", names);
        }
        Event::Streams(filter) => {
            let millis = |time: Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
            reply.array(12);
            reply.integer_field("batchSize", i64::try_from(filter.batch).unwrap_or(i64::MAX));
            reply.integer_field("durationMS", millis(filter.duration));
            reply.bulk(b"stream");
            reply.bulk(&filter.prefix);
            reply.integer_field("trimStream", i64::from(filter.trim));
            reply.field("onFailedPolicy", filter.on_failed.as_str());
            let seconds = filter.retry_interval.as_secs();
            reply.integer_field("retryInterval", i64::try_from(seconds).unwrap_or(i64::MAX));
            reply.field("status", filter.status().as_str());
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
            registration.abort_pending();
        }
        registration.forget_finished();
        tell_removed(context, &registration.id.to_string());
        context.reply().ok();
    }
}

/// `RG.INNERREGISTER sessions`: what a master or the AOF tells of.
pub(super) struct InnerRegister;

impl Command for InnerRegister {
    const NAME: &'static str = "rg.innerregister";
    const FLAGS: CommandFlags = CommandFlags::Admin;
    const ARITY: std::ops::RangeInclusive<usize> = 2..=2;

    fn run(context: &Context, args: Args<'_>) {
        let bytes = args.get(1).map(Text::bytes).unwrap_or_default();
        match restore_told(context, bytes) {
            Ok(()) => {
                replicate(context, c"rg.innerregister", bytes);
                context.reply().ok();
            }
            Err(message) => context.reply().error(&message),
        }
    }
}

/// `RG.INNERADDREGISTRATION registration`: what a master or the AOF tells of.
pub(super) struct InnerAddRegistration;

impl Command for InnerAddRegistration {
    const NAME: &'static str = "rg.inneraddregistration";
    const FLAGS: CommandFlags = CommandFlags::Admin;
    const ARITY: std::ops::RangeInclusive<usize> = 2..=2;

    fn run(context: &Context, args: Args<'_>) {
        let bytes = args.get(1).map(Text::bytes).unwrap_or_default();
        match restore_addition(context, bytes) {
            Ok(()) => {
                replicate(context, c"rg.inneraddregistration", bytes);
                context.reply().ok();
            }
            Err(message) => context.reply().error(&message),
        }
    }
}

/// `RG.INNERUNREGISTER id`: what a master or the AOF tells of.
pub(super) struct InnerUnregister;

impl Command for InnerUnregister {
    const NAME: &'static str = "rg.innerunregister";
    const FLAGS: CommandFlags = CommandFlags::Admin;
    const ARITY: std::ops::RangeInclusive<usize> = 2..=2;

    fn run(context: &Context, args: Args<'_>) {
        let id = args.get(1).and_then(|word| Id::parse(word.bytes()));
        let remove = |id| {
            crate::engine()
                .registry
                .write(context, |registry| registry.remove(id))
        };
        match id.and_then(remove) {
            Some(registration) => {
                registration.end_executions();
                tell_removed(context, &registration.id.to_string());
                context.reply().ok();
            }
            None => context.reply().error("execution is not registered"),
        }
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
            for (registration, _) in registry.registrations() {
                registration.stats.clear(context);
                if let Event::Streams(filter) = &registration.event {
                    filter.clear_stats();
                }
            }
        });
        context.reply().ok();
    }
}

/// `RG.PAUSEREGISTRATIONS id`: a registration of streams reads nothing for now.
pub(super) struct PauseRegistrations;

impl Command for PauseRegistrations {
    const NAME: &'static str = "rg.pauseregistrations";
    const FLAGS: CommandFlags = CommandFlags::Admin;
    const ARITY: std::ops::RangeInclusive<usize> = 2..=2;

    fn run(context: &Context, args: Args<'_>) {
        pause_or_resume(context, args, "pause");
    }
}

/// `RG.UNPAUSEREGISTRATIONS id`: it goes on reading.
pub(super) struct UnpauseRegistrations;

impl Command for UnpauseRegistrations {
    const NAME: &'static str = "rg.unpauseregistrations";
    const FLAGS: CommandFlags = CommandFlags::Admin;
    const ARITY: std::ops::RangeInclusive<usize> = 2..=2;

    fn run(context: &Context, args: Args<'_>) {
        pause_or_resume(context, args, "unpause");
    }
}

fn pause_or_resume(context: &Context, args: Args<'_>, verb: &str) {
    let reply = context.reply();
    let engine = crate::engine();
    let Some(word) = args.get(1) else {
        return reply.error("ERR no registration was given");
    };
    if word.is("ABORTPENDING") {
        return reply.error(&format!("ERR no registration to {verb}"));
    }
    let registration = Id::parse(word.bytes()).and_then(|id| {
        engine
            .registry
            .read(context, |registry| registry.registration(id).cloned())
    });
    let Some(registration) = registration else {
        return reply.error(&format!(
            "Execution {} does not exists on shard {}",
            word.lossy(),
            engine.shard_id
        ));
    };
    let Event::Streams(filter) = &registration.event else {
        let reader = registration.plan.reader.as_str();
        return reply.error(&format!("Reader {reader} does not support {verb}"));
    };
    engine.execution_ids.next();
    if verb == "pause" {
        filter.pause();
    } else {
        streams::resume(context, &registration);
    }
    reply.ok();
}

/// The names of a session's registrations.
pub(super) fn ids(session: &Session) -> Vec<String> {
    session
        .registrations
        .iter()
        .map(ToString::to_string)
        .collect()
}
