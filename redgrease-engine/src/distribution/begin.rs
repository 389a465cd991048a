//! The beginning of runs: here, and on the shards that another one has asked to take part.

use super::cause::BegunElsewhere;
use super::message::{Message, Start, words_of};
use super::part::{Part, Post, TooLong, When};
use super::plans;
use super::run_id::RunId;
use super::runs::{NotBegun, deliver_early, runs};
use super::session::{Found, Wanted, read_plan, with_session};
use super::shards::Shards;
use crate::cluster::topology::{self, NodeId};
use crate::cluster::{self, Lane, Tag};
use crate::execution::{Execution, executions, launch_listed};
use crate::plan::{Plan, Source};
use crate::redis::{Context, User, locked};
use crate::scope::SessionInfo;
use crate::steps::scatters;
use std::sync::Arc;

/// The hub of this server as the way to the other shards.
#[derive(Debug)]
struct ByHub;

impl Post for ByHub {
    fn send(
        &self,
        to: &[NodeId],
        lane: Lane,
        bytes: &[u8],
        when: When,
    ) -> Result<Vec<NodeId>, TooLong> {
        let Some(hub) = cluster::hub() else {
            return Ok(to.to_vec());
        };
        let sent = match when {
            When::Now => hub.send_to_all(to, lane, Tag::RUN, bytes),
            When::WithNext => hub.send_with_next(to, lane, Tag::RUN, bytes),
        };
        sent.map_err(|_| TooLong)
    }
}

/// Sends a message about a run that has no part here. A shard that is not in the cluster any longer does not need it.
pub(super) fn send_without_part(run: RunId, to: NodeId, message: &Message<'_>) {
    let bytes = message.write(run);
    let _ = ByHub.send(&[to], message.lane(), &bytes, When::Now);
}

/// The shards that read records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reads {
    /// Each shard reads its own.
    Everywhere,
    /// The shard that begins the run reads those of an event. Movers may bring them to other shards: without them the run stays here.
    Here,
}

/// `true` if runs go to other shards, too.
pub(crate) fn has_other_shards() -> bool {
    cluster::hub().is_some() && Shards::of(&topology::current()).is_some()
}

/// `true` if a run of a plan goes to other shards, too.
pub(crate) fn is_shared(plan: &Plan, reads: Reads) -> bool {
    let is_needed = reads == Reads::Everywhere || scatters(&plan.steps);
    is_needed && has_other_shards()
}

/// Lets an execution that has not begun run on all shards, if it needs them. A server that is alone runs it as it is.
pub(crate) fn on_all_shards(execution: &Execution, reads: Reads) {
    if is_shared(&execution.plan, reads) {
        let part = Part::of_initiator(RunId::new(execution.id), reads, Arc::new(ByHub));
        execution.share(part);
    }
}

/// Begins the part of a run that another shard has begun. Called on the main thread.
pub(super) fn begin_part(from: NodeId, run: RunId, start: Start) {
    if start.shards.id(0) != Some(from) {
        return;
    }
    let part = Part::of_shard(run, start.shards.clone(), Arc::new(ByHub));
    match runs().insert(&part) {
        Ok(early) => deliver_early(&part, early),
        Err(NotBegun::Over) => return,
        Err(NotBegun::Incomplete) => {
            return part.refuse(
                "ERR the run was stopped: records of other shards came before its beginning, and there was no place for them: run \
                 it again",
            );
        }
    }
    if let Err(why) = locked(|context| check_users(context, &start)) {
        return part.refuse(&stopped_by(&why));
    }
    let registration = start.registration;
    let wanted = start.session.clone().map(|session| Wanted {
        session,
        registration,
    });
    with_session(wanted, move |found| match found {
        Ok(found) => begin_in_session(part, start, found),
        Err(why) => part.refuse(&stopped_by(&why)),
    });
}

/// Checks that this server lets the users of a run do what they do where it has begun. What is registered was accepted by all shards.
fn check_users(context: &Context, start: &Start) -> Result<(), String> {
    let user = |name: &Option<Vec<u8>>| name.as_deref().map(User::named);
    user(&start.user).map_or(Ok(()), |user| user.may_act(context))?;
    match &start.session {
        Some(session) if start.registration.is_none() => {
            User::or_default(user(&session.user)).may_send_code(context)
        }
        _ => Ok(()),
    }
}

fn begin_in_session(part: Arc<Part>, mut start: Start, found: Option<Found>) {
    // It may have been aborted while packages were installed.
    if part.has_ended() {
        return;
    }
    let (session, plan) = match found {
        Some(Found { session, plan }) => (Some(session), plan),
        None => (None, None),
    };
    let known = || plans::known(start.session.as_ref(), &start.plan);
    if let Some(plan) = plan.or_else(known) {
        let source = source(&start, None);
        return launch_part(&part, plan, source, session, &start);
    }
    let user = start.user.as_deref().map(User::named);
    let bytes: Arc<[u8]> = std::mem::take(&mut start.plan).into();
    let (run, of_plan, shared) = (part.run.execution, session.clone(), Arc::clone(&bytes));
    let reading = Arc::clone(&part);
    let read = move |read: Result<(Plan, Source), String>| match read {
        Ok((plan, read)) => {
            let plan = Arc::new(plan);
            if matches!(read, Source::Nothing) {
                plans::keep(start.session.as_ref(), bytes, &plan);
            }
            let source = source(&start, Some(read));
            launch_part(&part, plan, source, session, &start);
        }
        Err(why) => part.refuse(&stopped_by(&why)),
    };
    reading.is_read_by(read_plan(run, of_plan, user, shared, read));
}

fn stopped_by(why: &str) -> String {
    format!(
        "ERR the run was stopped: {}",
        why.trim_start_matches("ERR ")
    )
}

/// The source of the part of this shard.
fn source(start: &Start, read: Option<Source>) -> Source {
    match &start.words {
        Some(words) => Source::Command(words_of(words)),
        None => read.unwrap_or(Source::Nothing),
    }
}

fn launch_part(
    part: &Arc<Part>,
    plan: Arc<Plan>,
    source: Source,
    session: Option<Arc<SessionInfo>>,
    start: &Start,
) {
    let user = start.user.as_deref().map(User::named);
    let cause = Arc::new(BegunElsewhere::new(session, user, start.is_kept));
    let execution = Execution::new(part.run.execution, plan, source, cause);
    execution.share(Arc::<Part>::clone(part));
    // A server that was started again gives the same ids out again.
    drop(executions().remove(execution.id));
    // Before the part knows of it: an abort takes it off the list.
    executions().insert(Arc::clone(&execution));
    if part.is_run_by(&execution) {
        // The part tells the initiator of a refusal.
        let _ = launch_listed(execution);
    } else {
        drop(executions().remove(execution.id));
    }
}
