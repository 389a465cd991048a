//! Asking other shards.

use super::request::{Request, When, reply_in};
use super::settings::plain;
use crate::cluster::topology::{self, Health, NodeId, Topology};
use crate::cluster::{Kind, Limit, NoAnswer, Outcome, questions};
use crate::config;
use crate::id::{Id, Shard};
use crate::redis::{Args, BlockedClient, Context, OwnedReply, Reply, Text};

/// The place of an execution.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::commands) enum Place {
    /// This server began it, or a server that is in no cluster with this one.
    Here,
    /// The shard that began it.
    Shard(NodeId),
    /// The shard that began it has failed. Its name.
    Lost(String),
}

pub(in crate::commands) fn place_of(id: Id) -> Place {
    if id.shard() == Shard::own() {
        return Place::Here;
    }
    let topology = topology::current();
    let node = NodeId::parse(&id.shard().digits()).and_then(|id| topology.node(id));
    match node {
        Some(node) if !topology.is_cluster() || node.is_myself => Place::Here,
        Some(node) if node.health == Health::Failed => Place::Lost(topology.name_of(node.id)),
        Some(node) => Place::Shard(node.id),
        None => Place::Here,
    }
}

/// The error about an execution whose shard has failed.
pub(in crate::commands) fn has_failed(shard: &str) -> String {
    format!(
        "the execution cannot be reached, because {shard}, which began it, has failed: try again when it is back"
    )
}

/// The other shards of the cluster, by id. Empty on a server that is in none. A shard that has failed is among them.
pub(in crate::commands) fn other_shards() -> Vec<NodeId> {
    let topology = topology::current();
    let others = topology.shards().filter(|shard| !shard.is_myself);
    others.map(|shard| shard.id).collect()
}

/// The other shards that have not failed, by id.
pub(in crate::commands) fn other_living_shards() -> Vec<NodeId> {
    let topology = topology::current();
    let others = topology.living_shards().filter(|shard| !shard.is_myself);
    others.map(|shard| shard.id).collect()
}

/// The other servers of the cluster, with the replicas, by id. Empty on a server that is in none. A server that has failed is among
/// them.
pub(in crate::commands) fn other_servers() -> Vec<NodeId> {
    let topology = topology::current();
    if !topology.is_cluster() {
        return Vec::new();
    }
    let others = topology
        .nodes()
        .iter()
        .filter(|node| !node.is_myself && node.health != Health::Unknown);
    others.map(|node| node.id).collect()
}

/// Servers that are asked, and servers that have failed.
#[derive(Debug, Default)]
pub(in crate::commands) struct Asked {
    pub(super) living: Vec<NodeId>,
    pub(super) failed: Vec<NodeId>,
}

impl Asked {
    pub(in crate::commands) fn of(servers: Vec<NodeId>) -> Asked {
        let topology = topology::current();
        let (failed, living) = servers
            .into_iter()
            .partition(|id| has_server_failed(&topology, *id));
        Asked { living, failed }
    }

    /// What a reply says behind its OK if servers were left out: `, but the shard .. has failed: ..`.
    pub(super) fn left_out(&self) -> Option<String> {
        let topology = topology::current();
        let names: Vec<String> = self.failed.iter().map(|id| topology.name_of(*id)).collect();
        let verb = if names.len() == 1 { "has" } else { "have" };
        (!names.is_empty()).then(|| {
            let names = names.join(", ");
            format!(", but {names} {verb} failed: send the command again when the cluster is whole")
        })
    }
}

fn has_server_failed(topology: &Topology, id: NodeId) -> bool {
    topology
        .node(id)
        .is_some_and(|node| node.health == Health::Failed)
}

fn limit(when: When) -> Limit {
    match when {
        When::Now | When::Checked => Limit::Within(config::get().execution_max_idle_time()),
        When::AtEnd | When::AgainAtEnd => Limit::Silence(config::get().longest_silence()),
    }
}

/// The reply of a shard, or the error about it.
fn reply_of(id: NodeId, outcome: Outcome) -> Result<OwnedReply, String> {
    let topology = topology::current();
    let name = topology.name_of(id);
    outcome
        .and_then(|bytes| reply_in(&bytes).map_err(NoAnswer::Refused))
        .map_err(|reason| match reason {
            NoAnswer::Left if has_server_failed(&topology, id) => {
                format!("ERR {name} has failed: send the command again, now without it or when it is back")
            }
            reason => format!("ERR {}", reason.message(&name)),
        })
}

/// Blocks the client of `context`. The error says that other shards have to be asked.
pub(super) fn block(context: &Context) -> Result<BlockedClient, &'static str> {
    if !context.may_block() {
        return Err(NO_WAITING);
    }
    BlockedClient::block(context).ok_or("ERR the client could not be blocked")
}

pub(super) const NO_WAITING: &str = "ERR can not ask other shards inside a MULTI/LUA (blocking is not allowed): send the command outside of it";

/// Lets another shard answer the client.
pub(in crate::commands) fn forward(context: &Context, to: NodeId, when: When, words: &[&[u8]]) {
    let request = Request::of(context, when, words);
    let client = match block(context) {
        Ok(client) => client,
        Err(error) => return context.reply().error(error),
    };
    ask(&[to], &request, |replies| {
        client.answer(|reply| {
            for (_, one) in replies {
                write(reply, &one);
            }
        });
    });
}

fn write(reply: &Reply<'_>, outcome: &Result<OwnedReply, String>) {
    match outcome {
        Ok(own) => own.write(reply),
        Err(error) => reply.error(error),
    }
}

/// What the shards have replied, by the id of the shard; this server comes first.
pub(in crate::commands) type Replies = Vec<(String, Result<OwnedReply, String>)>;

/// Runs a command on all shards, and lets `then` reply.
pub(in crate::commands) fn everywhere(
    context: &Context,
    words: &[&[u8]],
    then: impl FnOnce(&Reply<'_>, Replies) + Send + 'static,
) {
    everywhere_of(context, &other_shards(), words, then);
}

/// The same on this server and these others.
pub(in crate::commands) fn everywhere_of(
    context: &Context,
    to: &[NodeId],
    words: &[&[u8]],
    then: impl FnOnce(&Reply<'_>, Replies) + Send + 'static,
) {
    let request = Request::of(context, When::Now, words);
    let mut replies = vec![own_reply(context, &request)];
    if to.is_empty() {
        return then(&context.reply(), replies);
    }
    match block(context) {
        Err(error) => context.reply().error(error),
        Ok(client) => ask(to, &request, move |others| {
            replies.extend(others);
            client.answer(|reply| then(reply, replies));
        }),
    }
}

/// The reply of this server to a request, with its id.
pub(super) fn own_reply(
    context: &Context,
    request: &Request,
) -> (String, Result<OwnedReply, String>) {
    let reply = request.run(context).and_then(|bytes| reply_in(&bytes));
    (Shard::own().to_string(), reply)
}

/// Asks other servers. `then` gets their replies, on another thread.
pub(super) fn ask(to: &[NodeId], request: &Request, then: impl FnOnce(Replies) + Send + 'static) {
    let Some(questions) = questions() else {
        return then(Vec::new());
    };
    let then = move |outcomes: Vec<(NodeId, Outcome)>| {
        let replies = outcomes.into_iter();
        let replies = replies.map(|(id, outcome)| (id.to_string(), reply_of(id, outcome)));
        then(replies.collect());
    };
    let limit = limit(request.when);
    questions.ask(to, Kind::COMMAND, &request.write(), limit, then);
}

/// Runs a command on all shards if its first word is `CLUSTER`, and writes one row for each: its id, and its reply to the command
/// without that word, or the error about a shard that has not answered. Returns `false` for a command of this server alone.
pub(in crate::commands) fn list_by_shard(context: &Context, args: Args<'_>) -> bool {
    let Some(words) = for_cluster(args) else {
        return false;
    };
    everywhere(context, &words, |reply, replies| {
        let rows = replies.into_iter().map(|(shard, one)| {
            let mut fields = vec![text("shard_id"), text(&shard), text("reply")];
            match answer(&shard, one) {
                Ok(own) => fields.push(own),
                Err(error) => fields.extend([OwnedReply::Null, text("error"), text(&error)]),
            }
            OwnedReply::Array(fields)
        });
        OwnedReply::Array(rows.collect()).write(reply);
    });
    true
}

/// Takes the replies of the shards that have answered. The second list has the errors about the others, and those of shards that refuse.
pub(in crate::commands) fn answered(replies: Replies) -> (Vec<(String, OwnedReply)>, Vec<String>) {
    let mut answers = Vec::new();
    let mut errors = Vec::new();
    for (shard, reply) in replies {
        match answer(&shard, reply) {
            Ok(reply) => answers.push((shard, reply)),
            Err(error) => errors.push(error),
        }
    }
    (answers, errors)
}

/// The answer of a shard. The error names a shard that has not answered, or refuses.
fn answer(shard: &str, reply: Result<OwnedReply, String>) -> Result<OwnedReply, String> {
    match reply {
        Ok(OwnedReply::Error(error)) => {
            let name = NodeId::parse(shard.as_bytes())
                .map_or_else(|| shard.to_owned(), |id| topology::current().name_of(id));
            Err(format!("{name} refuses: {}", plain(&error)))
        }
        Ok(reply) => Ok(reply),
        Err(error) => Err(plain(&error).to_owned()),
    }
}

/// The field `missing` of a row: the errors about shards that have not answered. Absent if all have.
pub(in crate::commands) fn missing(errors: &[String]) -> Option<[OwnedReply; 2]> {
    let errors = errors.iter().map(|error| text(error));
    (errors.len() > 0).then(|| [text("missing"), OwnedReply::Array(errors.collect())])
}

/// The words of a command whose first word is `CLUSTER`, without that word.
pub(in crate::commands) fn for_cluster(args: Args<'_>) -> Option<Vec<&[u8]>> {
    args.get(1).filter(|word| word.is("CLUSTER"))?;
    let name = args.get(0)?.bytes();
    let rest = args.from(2).map(Text::bytes);
    Some(std::iter::once(name).chain(rest).collect())
}

/// A text in a reply.
pub(in crate::commands) fn text(text: &str) -> OwnedReply {
    OwnedReply::Text(text.as_bytes().to_vec())
}

/// Tells the other shards that an execution was dropped, and replies OK when they know.
pub(in crate::commands) fn tell_dropped(context: &Context, id: Id) {
    let to = other_living_shards();
    let Some(questions) = questions().filter(|_| !to.is_empty()) else {
        return context.reply().ok();
    };
    let blocked = block(context).ok();
    if blocked.is_none() {
        context.reply().ok();
    }
    let then = move |_: Vec<(NodeId, Outcome)>| {
        // A shard that does not answer drops its part when there are too many.
        if let Some(client) = blocked {
            client.answer(|reply| reply.status("OK"));
        }
    };
    let mut bytes = Vec::new();
    id.write(&mut bytes);
    questions.ask(&to, Kind::DROPPED, &bytes, limit(When::Now), then);
}
