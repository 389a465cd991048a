//! `RG.GETEXECUTION`.

use super::elsewhere::{
    Place, Replies, everywhere_of, has_failed, other_living_shards, other_shards, place_of,
};
use super::executions::named;
use crate::execution::{Execution, Report, reach_python};
use crate::id::Id;
use crate::python::{Gil, attached};
use crate::redis::{Args, Command, Context, OwnedReply, Reply, Text, shard_id};
use crate::steps::{Arg, ListedStep, listed};
use std::time::Duration;

/// `RG.GETEXECUTION id [SHARD | CLUSTER]`: the state of an execution and the steps of its plan, for this shard or for all. In a cluster
/// all is the default.
pub(super) struct GetExecution;

impl Command for GetExecution {
    const NAME: &'static str = "rg.getexecution";
    const ARITY: std::ops::RangeInclusive<usize> = 2..=3;

    fn run(context: &Context, args: Args<'_>) {
        let reply = context.reply();
        let is_cluster = !other_shards().is_empty();
        let all = match args.get(2) {
            Some(word) if word.is("CLUSTER") => true,
            Some(word) if word.is("SHARD") => false,
            // Other words are refused below.
            Some(_) => false,
            None => is_cluster && context.may_block(),
        };
        if all && is_cluster {
            return of_all_shards(context, args);
        }
        let Some(execution) = named(context, args) else {
            return reply.error(UNKNOWN);
        };
        match args.get(2) {
            Some(word) if word.is("CLUSTER") => {
                return reply
                    .error("no cluster detected - use `RG.GETEXECUTION <id> [SHARD]` instead");
            }
            Some(word) if !word.is("SHARD") => return reply.error("unknown subcommand"),
            _ => {}
        }
        if let Err(error) = reach_python() {
            return reply.error(&error);
        }
        reply.array(1);
        reply.array(4);
        reply.field("shard_id", shard_id());
        reply.bulk(b"execution_plan");
        attached(|py| plan(&reply, py, &execution));
    }
}

const UNKNOWN: &str = "execution plan does not exist";

/// Replies with the entries of all shards that know the execution. Shards that have failed are left out, but without the shard that
/// began it there is no answer: the parts of the others do not tell how it ended.
fn of_all_shards(context: &Context, args: Args<'_>) {
    let id = args.get(1).map(Text::bytes).unwrap_or_default();
    if let Some(Place::Lost(shard)) = Id::parse(id).map(place_of) {
        return context.reply().error(&has_failed(&shard));
    }
    let words: [&[u8]; 3] = [GetExecution::NAME.as_bytes(), id, b"SHARD"];
    let to = other_living_shards();
    everywhere_of(context, &to, &words, |reply, replies| {
        match entries(replies) {
            Ok(entries) if entries.is_empty() => reply.error(UNKNOWN),
            Ok(entries) => OwnedReply::Array(entries).write(reply),
            Err(error) => reply.error(&error),
        }
    });
}

fn entries(replies: Replies) -> Result<Vec<OwnedReply>, String> {
    let mut all = Vec::new();
    for (shard, reply) in replies {
        match reply? {
            OwnedReply::Array(entries) => all.extend(entries),
            OwnedReply::Error(error) if error == UNKNOWN => {}
            OwnedReply::Error(error) => return Err(format!("{error} (on the shard {shard})")),
            _ => {}
        }
    }
    Ok(all)
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn plan(reply: &Reply<'_>, py: Gil<'_>, execution: &Execution) {
    let report = execution.report();
    let results = report
        .results
        .map_or(-1, |count| i64::try_from(count).unwrap_or(i64::MAX));
    reply.array(16);
    reply.field("status", report.status.as_str());
    let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    reply.integer_field("shards_received", number(report.shards_told));
    reply.integer_field("shards_completed", number(report.shards_ended));
    reply.integer_field("results", results);
    reply.bulk(b"errors");
    reply.array(report.errors.len());
    for error in &report.errors {
        reply.bulk(error.as_bytes());
    }
    reply.integer_field("total_duration", millis(report.timing.total));
    reply.integer_field("read_duration", millis(report.timing.read));
    let end = if execution.cause().registration().is_some() {
        "register"
    } else {
        "run"
    };
    let steps = listed(&execution.plan.steps, end);
    reply.bulk(b"steps");
    reply.array(steps.len());
    for step in steps.iter().rev() {
        row(reply, py, &report, step);
    }
}

fn row(reply: &Reply<'_>, py: Gil<'_>, report: &Report, step: &ListedStep<'_>) {
    let duration = step
        .timed
        .and_then(|index| report.timing.steps.get(index).copied())
        .unwrap_or_default();
    reply.array(8);
    reply.field("type", step.kind);
    reply.integer_field("duration", millis(duration));
    reply.field("name", step.name);
    let arg = match step.arg {
        Arg::None => String::new(),
        Arg::Function(function) => function.text(py),
        // Native operations have no such function. The address of the step is unique as well.
        Arg::Builder(method) => {
            format!("<function GearsBuilder.{method}.<locals>.<lambda> at {step:p}>")
        }
    };
    reply.field("arg", &arg);
}
