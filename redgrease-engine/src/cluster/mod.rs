//! The other servers of a cluster: where they are, and messages to them.
//!
//! | file or folder | purpose |
//! |---|---|
//! | `topology/` | the nodes of the cluster and the slots that they serve |
//! | `transport/` | messages between two servers, over a way that loses some of them |
//! | `hub.rs`, `peer.rs` | the channels to all other servers, and one of them |
//! | `mailbox.rs` | which function gets which kind of message |
//! | `questions/` | questions to other servers, and their answers |
//! | `heartbeat.rs` | what the servers tell each other every second |
//! | `sender.rs`, `bell.rs`, `agenda.rs` | sending what is due, waking the thread that does it later, and when what is due to which server |
//! | `links.rs` | the links of the bus, which let no small message wait |
//! | `changes.rs` | the log's entries about changes of the cluster |
//! | `simulation/` | the growth of what servers send with the size of their cluster |
//! | `versions.rs` | the log's entries about servers of another version |
//! | `network_test.rs` | messages that test the way between the servers |
//!
//! A server that was not started for a cluster has none of it: no thread, no timer, no messages.

mod agenda;
mod bell;
mod changes;
mod heartbeat;
mod hub;
mod links;
mod mailbox;
pub(crate) mod network_test;
mod peer;
mod questions;
mod sender;
#[cfg(test)]
pub(crate) mod simulation;
#[cfg(test)]
mod tests;
pub(crate) mod topology;
mod transport;
mod versions;

pub(crate) use heartbeat::{Heartbeat, Hello};
pub(crate) use hub::{Hub, Received, Unsent};
pub(crate) use mailbox::{Content, Message, Tag};
pub(crate) use questions::{Kind, Limit, NoAnswer, Outcome, Question, Questions};
#[cfg(test)]
pub(crate) use transport::Random;
pub(crate) use transport::{LONGEST, Lane};

use crate::redis::{Context, Level, Worker, log};
use std::sync::{Arc, OnceLock};
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use topology::{Health, NodeId, Topology};

static RUN_ID: OnceLock<String> = OnceLock::new();
static HUB: OnceLock<Hub> = OnceLock::new();
static HEARTBEAT: OnceLock<Arc<Heartbeat>> = OnceLock::new();
/// The thread that takes the outcomes of questions.
static ANSWERS: Worker = Worker::new("rg-answers", "answers of other shards");
static QUESTIONS: OnceLock<Arc<Questions>> = OnceLock::new();

/// The id of this process, 40 random hexadecimal digits.
pub(crate) fn run_id(context: &Context) -> &'static str {
    RUN_ID.get_or_init(|| context.random_hex::<40>())
}

/// The channels to the other servers. `None` if this server was not started for a cluster.
pub(crate) fn hub() -> Option<&'static Hub> {
    HUB.get()
}

/// The heartbeats. `None` if this server was not started for a cluster.
pub(crate) fn heartbeat() -> Option<&'static Heartbeat> {
    HEARTBEAT.get().map(Arc::as_ref)
}

/// The questions to the other servers. `None` if this server was not started for a cluster.
pub(crate) fn questions() -> Option<&'static Questions> {
    QUESTIONS.get().map(Arc::as_ref)
}

/// Begins to follow the cluster, if this server was started for one.
pub(crate) fn start(context: &Context) {
    if !context.is_in_cluster_mode() {
        return;
    }
    let hub = HUB.get_or_init(|| Hub::new(incarnation()));
    let heartbeat = HEARTBEAT.get_or_init(|| {
        Arc::new(Heartbeat::new(Hello {
            engine: env!("CARGO_PKG_VERSION").to_owned(),
            python: concat!("3.", env!("REDGREASE_PYTHON_MINOR")).to_owned(),
            run_id: run_id(context).to_owned(),
            digest: Vec::new(),
        }))
    });
    let questions = QUESTIONS.get_or_init(|| Arc::new(Questions::new(hub, |job| ANSWERS.run(job))));
    heartbeat.listen(hub);
    versions::watch(heartbeat);
    questions.listen();
    network_test::listen(hub);
    topology::subscribe(|_, _, new| {
        if let Some(hub) = crate::cluster::hub() {
            hub.set_peers(&others(new));
        }
    });
    topology::subscribe(changes::tell);
    topology::follow(context);
    if let Err(error) = sender::start(hub, heartbeat, questions) {
        log(
            Level::Warning,
            &format!(
                "no messages are sent to the other servers of the cluster, because no thread could be started: {error}. Raise the \
                 limit of threads, and start the server again"
            ),
        );
    }
}

/// A number that grows with each start of this server: microseconds since 1970.
fn incarnation() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(1, |since| u64::try_from(since.as_micros()).unwrap_or(1))
}

/// The servers that messages can be sent to. What waits for a server that has failed is dropped: it would fill the memory, and when the
/// server is back, nothing waits for an answer any longer.
fn others(topology: &Topology) -> Vec<NodeId> {
    let others = topology.nodes().iter();
    others
        .filter(|node| !node.is_myself && !matches!(node.health, Health::Unknown | Health::Failed))
        .map(|node| node.id)
        .collect()
}

/// Runs `body` on the main thread, and sends its messages at once: this server may end in a moment.
pub(crate) fn at_once(context: &Context, body: impl FnOnce()) {
    sender::then_send(context, body);
}

/// Takes the bytes that another server of the cluster has sent.
pub(crate) fn on_message(context: &Context, sender: &[u8; 40], bytes: &[u8]) {
    let (Some(hub), Some(from)) = (hub(), NodeId::parse(sender)) else {
        return;
    };
    sender::then_send(context, || {
        if hub.receive(from, bytes, Instant::now()) == Received::UnknownSender {
            // The server knows the node, because it tells of its message.
            topology::refresh(context);
            hub.receive(from, bytes, Instant::now());
        }
    });
}
