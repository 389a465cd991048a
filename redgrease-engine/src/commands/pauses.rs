//! Commands that pause registrations, and reset their statistics.

use super::elsewhere::{Asked, for_cluster, other_servers, other_shards, repeat_on};
use crate::execution;
use crate::id::Id;
use crate::redis::{Args, Command, Context, shard_id};
use crate::registration::{Event, registry, streams};

/// `RG.CLEARREGISTRATIONSSTATS [CLUSTER]`: resets the statistics of all registrations, of this server or of all servers.
pub(super) struct ClearRegistrationsStats;

impl Command for ClearRegistrationsStats {
    const NAME: &'static str = "rg.clearregistrationsstats";
    const ARITY: std::ops::RangeInclusive<usize> = 1..=2;

    fn run(context: &Context, args: Args<'_>) {
        if let Some(words) = for_cluster(args) {
            let done = "the statistics are reset";
            return repeat_on(context, Asked::of(other_servers()), &words, done);
        }
        if args.get(1).is_some() {
            return args.wrong_number(context);
        }
        execution::ids().next();
        registry().read(context, |registry| {
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

/// `RG.PAUSEREGISTRATIONS [CLUSTER] id`: a registration of streams stops reading, on this server or on all shards.
pub(super) struct PauseRegistrations;

impl Command for PauseRegistrations {
    const NAME: &'static str = "rg.pauseregistrations";
    const CHANGES: bool = true;
    const ARITY: std::ops::RangeInclusive<usize> = 2..=3;

    fn run(context: &Context, args: Args<'_>) {
        pause_or_resume(context, args, Verb::Pause);
    }
}

/// `RG.UNPAUSEREGISTRATIONS [CLUSTER] id`: a paused registration of streams goes on reading, on this server or on all shards.
pub(super) struct UnpauseRegistrations;

impl Command for UnpauseRegistrations {
    const NAME: &'static str = "rg.unpauseregistrations";
    const CHANGES: bool = true;
    const ARITY: std::ops::RangeInclusive<usize> = 2..=3;

    fn run(context: &Context, args: Args<'_>) {
        pause_or_resume(context, args, Verb::Unpause);
    }
}

fn pause_or_resume(context: &Context, args: Args<'_>, verb: Verb) {
    if args.get(2).is_some() {
        let Some(words) = for_cluster(args) else {
            return args.wrong_number(context);
        };
        return repeat_on(context, Asked::of(other_shards()), &words, verb.done());
    }
    let reply = context.reply();
    let Some(word) = args.get(1) else {
        return reply.error("ERR no registration was given");
    };
    if word.is("CLUSTER") {
        return reply.error(&format!(
            "ERR no registration was given: send {} CLUSTER id",
            verb.command().to_uppercase()
        ));
    }
    if word.is("ABORTPENDING") {
        return reply.error(&format!("ERR no registration to {}", verb.word()));
    }
    let registration = Id::parse(word.bytes())
        .and_then(|id| registry().read(context, |registry| registry.registration(id).cloned()));
    let Some(registration) = registration else {
        return reply.error(&format!(
            "Execution {} does not exists on shard {}",
            word.lossy(),
            shard_id()
        ));
    };
    let Event::Streams(filter) = &registration.event else {
        let reader = registration.plan.reader.as_str();
        return reply.error(&format!("Reader {reader} does not support {}", verb.word()));
    };
    execution::ids().next();
    if verb == Verb::Pause {
        filter.pause();
        registration.withdraw_pending();
    } else {
        streams::resume(context, &registration);
    }
    reply.ok();
}

/// What a command does to a registration of streams.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verb {
    Pause,
    Unpause,
}

impl Verb {
    fn word(self) -> &'static str {
        match self {
            Verb::Pause => "pause",
            Verb::Unpause => "unpause",
        }
    }

    fn command(self) -> &'static str {
        match self {
            Verb::Pause => PauseRegistrations::NAME,
            Verb::Unpause => UnpauseRegistrations::NAME,
        }
    }

    /// What holds when the command has run.
    fn done(self) -> &'static str {
        match self {
            Verb::Pause => "the registration is paused",
            Verb::Unpause => "the registration goes on",
        }
    }
}
