//! The nodes of a cluster: sends each command to its node, and follows redirections.
//!
//! A command is sent again only if it did not run: the node did not serve its slot, or could not be reached. A connection that
//! breaks while a command waits for its answer is the end of that command.

use super::followed::{Followed, place_of};
use super::late;
use super::node::{Node, Sending};
use super::outcome::{Outcome, runs_while_down};
use super::slots::Place;
use super::split::Split;
use super::way::{Merge, Way, refused, way};
use crate::connection::packed::words;
use crate::connection::{Address, Addresses};
use crate::error::Error;
use redis::{Cmd, RedisResult, Value};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How often a command is sent at most.
const MOST_TRIES: u32 = 12;

/// The longest pause before a command is sent again, because the cluster could not serve it.
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// How long a node may take to tell the slots.
const SLOTS_LIMIT: Duration = Duration::from_secs(2);

type Open<N> = Box<dyn Fn(Address) -> RedisResult<N> + Send + Sync>;

/// Connections or pools to the nodes of a cluster. They are opened when they are needed.
pub(in super::super) struct Nodes<N> {
    pub(super) followed: Arc<Followed>,
    open: Open<N>,
    by_place: Mutex<HashMap<Place, N>>,
}

/// Where a command goes next.
enum Next {
    ByMap,
    To(Place, IsAsking),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum IsAsking {
    No,
    Yes,
}

impl<N: Node> Nodes<N> {
    /// The cluster of the node, if it is in one.
    pub(in super::super) async fn of(
        node: N,
        address: &Address,
        given: &Addresses,
        open: impl Fn(Address) -> RedisResult<N> + Send + Sync + 'static,
    ) -> Option<Self> {
        let sending = Sending::now(None).quick(SLOTS_LIMIT);
        let slots = node.one(&slots_query(), sending).await;
        let followed = Followed::new(address, given, &slots.ok()?)?;
        let place = place_of(address);
        let nodes = if followed.slots().all().any(|other| *other == place) {
            HashMap::from([(place, node)])
        } else {
            HashMap::new()
        };
        Some(Nodes {
            followed,
            open: Box::new(open),
            by_place: Mutex::new(nodes),
        })
    }

    pub(in super::super) fn followed(&self) -> &Arc<Followed> {
        &self.followed
    }

    /// Something of each node that a connection or pool leads to.
    pub(in super::super) fn each<T>(&self, of: impl Fn(&N) -> T) -> Vec<T> {
        self.open_nodes().values().map(of).collect()
    }

    fn open_nodes(&self) -> MutexGuard<'_, HashMap<Place, N>> {
        self.by_place.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn node(&self, place: &Place) -> RedisResult<N> {
        let mut nodes = self.open_nodes();
        if let Some(node) = nodes.get(place) {
            return Ok(node.clone());
        }
        let node = (self.open)(self.followed.address_of(place)?)?;
        nodes.insert(place.clone(), node.clone());
        Ok(node)
    }

    /// Sends a command.
    pub(in super::super) async fn one(&self, cmd: &Cmd, sending: Sending) -> RedisResult<Value> {
        let Some(split) = Split::of(cmd) else {
            return self.whole(cmd, sending).await;
        };
        let parts: Vec<_> = split.parts().collect();
        split.merged(self.each_of(&parts, sending).await?)
    }

    /// Sends a command that has no parts.
    pub(super) async fn whole(&self, cmd: &Cmd, sending: Sending) -> RedisResult<Value> {
        let way = way(words(cmd));
        if matches!(way, Way::Primaries(_) | Way::Everywhere) {
            // A node that has joined since then must not be left out.
            self.refresh(None, sending).await;
        }
        match way {
            Way::Refused(name) => Err(refused(&name)),
            Way::Primaries(merge) => {
                let slots = self.followed.slots();
                self.to_all(slots.primaries(), merge, cmd, sending).await
            }
            Way::Everywhere => {
                let slots = self.followed.slots();
                self.to_all(slots.all(), Merge::Same, cmd, sending).await
            }
            way => self.to_one(&way, cmd, sending).await,
        }
    }

    /// Sends a command to one node, and to another one if that says so.
    pub(super) async fn to_one(
        &self,
        way: &Way,
        cmd: &Cmd,
        sending: Sending,
    ) -> RedisResult<Value> {
        let mut next = Next::ByMap;
        let mut unreachable = Vec::new();
        let mut last = None;
        for tried in 0..MOST_TRIES {
            if self.followed.is_stale() {
                self.refresh(None, sending).await;
            }
            let (place, is_asking) = match std::mem::replace(&mut next, Next::ByMap) {
                Next::To(place, is_asking) => (place, is_asking),
                Next::ByMap => match self.followed.node_for(way, &unreachable) {
                    Some(place) => (place, IsAsking::No),
                    None => return last.unwrap_or_else(|| Err(unserved(way))),
                },
            };
            let answer = self.send(&place, cmd, is_asking, sending).await;
            let answer = late::named(answer, &self.followed.address_of(&place)?);
            match Outcome::of(&answer, &place) {
                Outcome::Answered => return answer,
                Outcome::Broken => {
                    self.followed.doubt();
                    return answer;
                }
                Outcome::Down if runs_while_down(cmd, sending) => {
                    self.followed.doubt();
                    return answer;
                }
                _ if sending.is_over() => return answer,
                Outcome::Moved(to) => {
                    self.refresh(Some(&to), sending).await;
                    next = Next::To(to, IsAsking::No);
                }
                Outcome::Ask(to) => next = Next::To(to, IsAsking::Yes),
                Outcome::NotNow | Outcome::Down => {
                    self.node(&place)?.pause(pause(tried)).await;
                    self.refresh(None, sending).await;
                }
                Outcome::Unsent => {
                    unreachable.push(place);
                    self.refresh(None, sending).await;
                }
            }
            last = Some(answer);
        }
        last.unwrap_or_else(|| Err(unserved(way)))
    }

    async fn send(
        &self,
        place: &Place,
        cmd: &Cmd,
        is_asking: IsAsking,
        sending: Sending,
    ) -> RedisResult<Value> {
        let node = self.node(place)?;
        if is_asking == IsAsking::No {
            return node.one(cmd, sending).await;
        }
        let mut pipeline = redis::pipe();
        pipeline.cmd("ASKING").add_command(cmd.clone());
        let answers = node.several(&pipeline, 0, 2, sending).await?;
        answers.into_iter().next_back().ok_or_else(no_answer)
    }

    /// Sends a command to several nodes, and makes one answer of theirs. All nodes get it, also when one fails.
    async fn to_all(
        &self,
        places: impl Iterator<Item = &Place>,
        merge: Merge,
        cmd: &Cmd,
        sending: Sending,
    ) -> RedisResult<Value> {
        let mut answers = Vec::new();
        let mut failure = None;
        for place in places {
            let answer = self.send(place, cmd, IsAsking::No, sending).await;
            match answer.and_then(Value::extract_error) {
                Ok(answer) => answers.push(answer),
                Err(e) => {
                    self.followed.doubt();
                    failure.get_or_insert(e);
                }
            }
        }
        match failure {
            Some(e) => Err(e),
            None => merged(answers, merge),
        }
    }

    /// Reads the slots again: from this node, or from the first one that answers.
    pub(super) async fn refresh(&self, first: Option<&Place>, sending: Sending) {
        let slots = self.followed.slots();
        let others = slots.all().filter(|place| Some(*place) != first);
        let sending = sending.quick(SLOTS_LIMIT);
        for place in first.into_iter().chain(others) {
            let Ok(node) = self.node(place) else { continue };
            let answer = node.one(&slots_query(), sending).await;
            if answer.is_ok_and(|answer| self.followed.learn(&answer, place)) {
                self.forget_others();
                return;
            }
        }
        // All nodes have changed their addresses: the user's may be names.
        for address in self.followed.given().iter() {
            let Ok(node) = (self.open)(address.clone()) else {
                continue;
            };
            let answer = node.one(&slots_query(), sending).await;
            if answer.is_ok_and(|answer| self.followed.learn(&answer, &place_of(address))) {
                return;
            }
        }
    }

    /// Closes the connections to nodes that have left the cluster.
    fn forget_others(&self) {
        let slots = self.followed.slots();
        self.open_nodes()
            .retain(|place, _| slots.all().any(|other| other == place));
    }
}

impl<N> fmt::Debug for Nodes<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let primaries = self.followed.slots().primaries().count();
        write!(f, "cluster of {primaries} primaries")
    }
}

fn slots_query() -> Cmd {
    let mut cmd = redis::cmd("CLUSTER");
    cmd.arg("SLOTS");
    cmd
}

/// The pause behind this try, which lets a slot arrive or a replica be promoted.
fn pause(tried: u32) -> Duration {
    Duration::from_millis(5)
        .saturating_mul(1 << tried.min(10))
        .min(LONGEST_PAUSE)
}

fn merged(answers: Vec<Value>, merge: Merge) -> RedisResult<Value> {
    match merge {
        Merge::Same => answers.into_iter().next().ok_or_else(no_answer),
        Merge::Sum => {
            let numbers: RedisResult<Vec<i64>> = answers
                .into_iter()
                .map(|answer| Ok(redis::from_redis_value(answer)?))
                .collect();
            Ok(Value::Int(numbers?.into_iter().sum()))
        }
        Merge::Joined => {
            let lists: RedisResult<Vec<Vec<Value>>> = answers
                .into_iter()
                .map(|answer| Ok(redis::from_redis_value(answer)?))
                .collect();
            Ok(Value::Array(lists?.into_iter().flatten().collect()))
        }
    }
}

fn no_answer() -> redis::RedisError {
    Error::config("the node has sent no answer: look at its log").into_redis()
}

fn unserved(way: &Way) -> redis::RedisError {
    let what = match way {
        Way::Slot(slot) => format!("slot {slot}"),
        _ => "the command".to_owned(),
    };
    let text = format!(
        "no node of the cluster serves {what}, so nothing was sent: look with CLUSTER SHARDS which nodes are down or \
         which slots have no node"
    );
    Error::config(text).into_redis()
}
