//! The shard of a cluster that runs a time event.
//!
//! Each server tells the others which sessions with time events it has. From that and from the picture of the cluster all choose the
//! same shard (`choice.rs`). A server that was not started for a cluster runs all of its time events.

mod choice;

use super::registry;
use super::timers::{Place, TimeEvent};
use crate::cluster::topology::{self, NodeId};
use crate::cluster::{self, Lane, Message, Tag};
use crate::encoding::{Damaged, Input, write_bytes, write_number};
use crate::redis::{Context, Guarded, Level, after, locked, log};
use choice::{Choices, SETTLING, Told, choose, owner};
use std::collections::{BTreeSet, HashSet};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// The version of the message.
const FORMAT: u8 = 1;
/// A server that was never heard for so long has no engine.
const SILENCE: Duration = Duration::from_secs(5);

#[derive(Debug, Default)]
struct News {
    /// What the other servers have told.
    told: Told,
    /// What this server has told, and the servers that have heard it.
    mine: BTreeSet<String>,
    heard_by: HashSet<NodeId>,
    choices: Choices,
}

fn news() -> &'static Guarded<News> {
    static NEWS: LazyLock<Guarded<News>> = LazyLock::new(Guarded::default);
    &NEWS
}

/// Begins to tell the other servers, if this one was started for a cluster.
pub(crate) fn follow_cluster(_: &Context) {
    let (Some(hub), Some(heartbeat)) = (cluster::hub(), cluster::heartbeat()) else {
        return;
    };
    LazyLock::force(&BEGUN);
    hub.on(Tag::TIMERS, |message| {
        locked(|context| take(context, &message));
    });
    hub.on_lost(|node| {
        locked(|context| {
            news().write(context, |news| {
                news.told.remove(&node);
                news.heard_by.remove(&node);
            });
        });
    });
    heartbeat.on_hello(|node, _| locked(|context| tell(context, Some(node))));
    topology::subscribe(|context, _, _| after(context, Duration::ZERO, choose_all));
}

static BEGUN: LazyLock<Instant> = LazyLock::new(Instant::now);

/// The sessions that have time events for one shard.
fn sessions(context: &Context) -> BTreeSet<String> {
    registry().read(context, |registry| {
        let with_timers = registry.sessions().filter(|session| {
            let mut timers = session.timers.iter();
            timers.any(|timer| timer.place() == Place::OneShard)
        });
        with_timers.map(|session| session.info.id.clone()).collect()
    })
}

/// Tells the servers that do not know of it which sessions this one has: all of them if that has changed, else `greeted`.
fn tell(context: &Context, greeted: Option<NodeId>) {
    let Some(hub) = cluster::hub() else { return };
    let sessions = sessions(context);
    let to = news().write(context, |news| {
        if news.mine != sessions {
            news.mine.clone_from(&sessions);
            news.heard_by.clear();
            news.choices.keep(&sessions);
        }
        let mut to: BTreeSet<NodeId> = hub.peers().into_iter().chain(greeted).collect();
        to.retain(|node| !news.heard_by.contains(node));
        to
    });
    if to.is_empty() {
        return;
    }
    let mut out = vec![FORMAT];
    write_number(&mut out, sessions.len() as u64);
    for session in &sessions {
        write_bytes(&mut out, session.as_bytes());
    }
    for node in to {
        // A server that misses it is told at its next heartbeat.
        if hub.send(node, Lane::Control, Tag::TIMERS, &out).is_ok() {
            news().write(context, |news| news.heard_by.insert(node));
        }
    }
}

fn take(context: &Context, message: &Message) {
    let read = || {
        let mut input = Input::of_format(message.content(), FORMAT)?;
        let sessions = input.many(Input::text)?;
        input.end(sessions)
    };
    let sessions: Result<Vec<String>, Damaged> = read();
    match sessions {
        Ok(sessions) => {
            let sessions = sessions.into_iter().collect();
            news().write(context, |news| news.told.insert(message.from(), sessions));
            choose_all(context);
        }
        Err(why) => log(
            Level::Warning,
            &format!(
                "a message of the node {} about time events is ignored: {}",
                message.from(),
                why.message()
            ),
        ),
    }
}

/// Chooses anew for all sessions, so that it is known since when a choice has been the same.
fn choose_all(context: &Context) {
    for session in sessions(context) {
        chosen(context, &session);
    }
}

/// The shard that is chosen for a session, and for how long it has been.
fn chosen(context: &Context, session: &str) -> (Option<NodeId>, Duration) {
    let topology = topology::current();
    let now = Instant::now();
    let is_early = now.saturating_duration_since(*BEGUN) < SILENCE;
    let is_heard = |node| cluster::hub().is_some_and(|hub| hub.last_heard(node).is_some());
    news().write(context, |news| {
        let node = choose(session, &topology, &news.told, |node| {
            is_early || is_heard(node)
        });
        (node, news.choices.note(session, node, now))
    })
}

/// A session has a time event from now on.
pub(super) fn has_begun(context: &Context, event: &TimeEvent) {
    if event.place() == Place::OneShard && cluster::hub().is_some() {
        tell(context, None);
        choose_all(context);
    }
}

/// `true` if this server runs the time event now.
pub(super) fn runs_here(context: &Context, event: &TimeEvent) -> bool {
    if cluster::hub().is_none() || !topology::current().is_cluster() {
        return true;
    }
    let topology = topology::current();
    let Some(myself) = topology.myself() else {
        return true;
    };
    match event.place() {
        Place::EachShard => true,
        Place::Slot(slot) => owner(slot, &topology) == Some(myself.id),
        Place::OneShard => {
            let (chosen, age) = chosen(context, event.session_id());
            chosen == Some(myself.id) && age >= SETTLING
        }
    }
}
