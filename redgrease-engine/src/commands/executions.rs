//! Commands about executions: list, results, drop and abort.

use super::elsewhere::{
    Place, STILL_RUNNING, When, forward, has_failed, list_by_shard, place_of, tell_dropped,
};
use super::listing;
use crate::execution::{
    self, Execution, Status, Waiter, abort, also_waits, bodies, executions, reach_python,
};
use crate::id::Id;
use crate::redis::{Args, BlockedClient, Command, Context, Requester, Text};
use std::sync::Arc;

/// What the first argument names.
pub(super) enum Named {
    Execution(Arc<Execution>),
    /// No execution of this server that the requester may see.
    Nothing,
    /// Another shard has answered, or will.
    Answered,
}

/// The execution that the first argument names. If another shard began it, that shard answers the client; `is_here` says whether the
/// part of this server is enough.
fn named_anywhere(
    context: &Context,
    args: Args<'_>,
    when: When,
    is_here: impl Fn(&Execution) -> bool,
) -> Named {
    let id = args.get(1).and_then(|word| Id::parse(word.bytes()));
    let here = named(context, args);
    match (id.map_or(Place::Here, place_of), here) {
        (Place::Shard(_) | Place::Lost(_), Some(execution)) if is_here(&execution) => {
            Named::Execution(execution)
        }
        (Place::Shard(shard), _) => {
            let mut words: Vec<&[u8]> = args.from(0).map(Text::bytes).collect();
            if let (When::AgainAtEnd, Some(name)) = (when, words.first_mut()) {
                *name = GetResults::NAME.as_bytes();
            }
            forward(context, shard, when, &words);
            Named::Answered
        }
        (Place::Lost(shard), _) => {
            context.reply().error(&has_failed(&shard));
            Named::Answered
        }
        (Place::Here, Some(execution)) => Named::Execution(execution),
        (Place::Here, None) => Named::Nothing,
    }
}

/// The execution of this server that the first argument names. `None` also if it belongs to another user: the requester gets the same error for
/// both.
pub(super) fn named(context: &Context, args: Args<'_>) -> Option<Arc<Execution>> {
    let id = args.get(1).and_then(|word| Id::parse(word.bytes()))?;
    let execution = executions().get(id)?;
    let owner = execution.cause().owner();
    Requester::of(context)
        .may_handle_work_of(owner.as_ref())
        .then_some(execution)
}

/// `RG.DUMPEXECUTIONS [CLUSTER]`: the executions of the requester, or all if it may send code, with their status, and whether a registration
/// caused them.
pub(super) struct DumpExecutions;

impl Command for DumpExecutions {
    const NAME: &'static str = "rg.dumpexecutions";

    fn run(context: &Context, args: Args<'_>) {
        if list_by_shard(context, args) {
            return;
        }
        let requester = Requester::of(context);
        let mut all = executions().all();
        all.retain(|one| requester.may_handle_work_of(one.cause().owner().as_ref()));
        listing::write(context, all.len(), move |reply| {
            reply.array(all.len());
            for execution in all {
                reply.array(6);
                reply.field("executionId", &execution.id.to_string());
                reply.field("status", execution.status().as_str());
                reply.integer_field(
                    "registered",
                    i64::from(execution.cause().registration().is_some()),
                );
            }
        });
    }
}

/// Writes the outcome of an execution. Returns `false` if it has not ended.
fn reply_results(context: &Context, execution: &Execution) -> bool {
    if execution.gives_records_away() {
        context.reply().error(&format!(
            "ERR the results are not on this shard: the shard {}, which began the execution, is not in the cluster any longer: run it \
             again",
            execution.id.shard()
        ));
        return true;
    }
    if !execution.status().is_final() {
        return false;
    }
    match reach_python() {
        Ok(()) => execution.reply_outcome(&context.reply()),
        Err(error) => context.reply().error(&error),
    }
    true
}

/// `RG.GETRESULTS id`: the results and errors of an ended execution.
pub(super) struct GetResults;

impl Command for GetResults {
    const NAME: &'static str = "rg.getresults";
    const ARITY: std::ops::RangeInclusive<usize> = 2..=usize::MAX;

    fn run(context: &Context, args: Args<'_>) {
        let execution = match named_anywhere(context, args, When::Now, Execution::keeps_records) {
            Named::Execution(execution) => execution,
            Named::Nothing => return context.reply().error("execution plan does not exist"),
            Named::Answered => return,
        };
        if !reply_results(context, &execution) {
            context.reply().error(STILL_RUNNING);
        }
    }
}

/// `RG.GETRESULTSBLOCKING id`: the results and errors of an execution, when it has ended.
pub(super) struct GetResultsBlocking;

impl Command for GetResultsBlocking {
    const NAME: &'static str = "rg.getresultsblocking";
    const ARITY: std::ops::RangeInclusive<usize> = 2..=2;

    fn run(context: &Context, args: Args<'_>) {
        let execution =
            match named_anywhere(context, args, When::AgainAtEnd, Execution::keeps_records) {
                Named::Execution(execution) => execution,
                Named::Nothing => return context.reply().error("execution plan does not exist"),
                Named::Answered => return,
            };
        if reply_results(context, &execution) {
            return;
        }
        if !context.may_block() {
            return context.reply().error(
                "ERR can not wait for an execution inside a MULTI/LUA (blocking is not allowed)",
            );
        }
        let Some(client) = BlockedClient::block(context) else {
            return context.reply().error("ERR the client could not be blocked");
        };
        also_waits(&client, &execution);
        // Answered here if the execution has ended meanwhile.
        if let Err(waiter) = execution.wait_for_outcome(Waiter::Outcome(client)) {
            execution.answer(waiter);
        }
    }
}

/// `RG.DROPEXECUTION id`: removes an ended execution from the list.
pub(super) struct DropExecution;

impl Command for DropExecution {
    const NAME: &'static str = "rg.dropexecution";
    const ARITY: std::ops::RangeInclusive<usize> = 2..=2;

    fn run(context: &Context, args: Args<'_>) {
        let reply = context.reply();
        match named_anywhere(context, args, When::Now, |_| false) {
            Named::Answered => {}
            Named::Nothing => reply.error("execution plan does not exist"),
            Named::Execution(execution) if !execution.status().is_final() => {
                reply.error("can not drop a not yet finished execution, abort it first.");
            }
            Named::Execution(execution) => {
                executions().remove(execution.id);
                tell_dropped(context, execution.id);
            }
        }
    }
}

/// `RG.ABORTEXECUTION id`: stops an execution. The reply comes when the execution has stopped. The name of a session stops the
/// body of its script.
pub(super) struct AbortExecution;

impl Command for AbortExecution {
    const NAME: &'static str = "rg.abortexecution";
    const MAY_REPLICATE: bool = true;
    const ARITY: std::ops::RangeInclusive<usize> = 2..=2;

    fn run(context: &Context, args: Args<'_>) {
        let execution = match named_anywhere(context, args, When::AtEnd, |_| false) {
            Named::Execution(execution) => execution,
            Named::Nothing => return abort_body(context, args),
            Named::Answered => return,
        };
        execution::ids().next();
        let running = execution.status() == Status::Running;
        let client = if running && context.may_block() {
            BlockedClient::block(context)
        } else {
            None
        };
        let answered_later = client.is_some();
        abort(execution, client);
        if !answered_later {
            context.reply().ok();
        }
    }
}

/// Stops the body of the script that makes the session with this name, if it belongs to the requester.
fn abort_body(context: &Context, args: Args<'_>) {
    let body = args
        .get(1)
        .and_then(|name| bodies().of_session(name.bytes()))
        .filter(|body| Requester::of(context).may_handle_work_of(body.user.as_ref()));
    let Some(body) = body else {
        return context.reply().error("execution does not exist");
    };
    let client = context
        .may_block()
        .then(|| BlockedClient::block(context))
        .flatten();
    let Some(client) = client else {
        body.abort(|| ());
        return context.reply().ok();
    };
    body.abort(|| {
        client.answer(|reply| {
            reply.ok();
        });
    });
}
