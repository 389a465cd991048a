//! Questions to other servers of the cluster, and their answers.
//!
//! A server [asks](Questions::ask) one or several others and gets one outcome of each: the answer, or why there is no answer. Other
//! servers hand the question to the function of its kind ([`Questions::on`]), which answers at once or later.
//!
//! | file | purpose |
//! |---|---|
//! | `bytes.rs` | questions and answers as bytes |
//! | `outcome.rs` | answers, the reasons for missing answers, and how long a server may take |
//! | `question.rs` | a question of another server |

mod bytes;
mod outcome;
mod question;
#[cfg(test)]
mod tests;

pub(crate) use outcome::{Limit, NoAnswer, Outcome, Outcomes};
pub(crate) use question::Question;

use super::hub::{Hub, Unsent};
use super::mailbox::{Message, Tag};
use super::topology::NodeId;
use super::transport::Lane;
use bytes::{Answered, Asked, Name};
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

/// The kind of a question. All servers of a cluster have to agree on the numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Kind(pub(crate) u8);

impl Kind {
    /// A command that the other server runs.
    pub(crate) const COMMAND: Kind = Kind(1);
    /// An execution was dropped.
    pub(crate) const DROPPED: Kind = Kind(2);
    /// A Python package with its wheels.
    pub(crate) const WHEELS: Kind = Kind(12);
}

type Then = Box<dyn FnOnce(Outcomes) + Send>;
type Job = Box<dyn FnOnce() + Send>;
type Handler = Arc<dyn Fn(Question) + Send + Sync>;

/// A question that waits for answers.
struct Waiting {
    since: Instant,
    limit: Limit,
    servers: Vec<(NodeId, Option<Outcome>)>,
    then: Then,
}

impl Waiting {
    /// Notes what a server has said, or why it does not. Its first outcome counts.
    fn note(&mut self, id: NodeId, outcome: Outcome) {
        let place = self.servers.iter_mut().find(|(one, _)| *one == id);
        if let Some((_, none @ None)) = place {
            *none = Some(outcome);
        }
    }

    fn is_complete(&self) -> bool {
        self.servers.iter().all(|(_, outcome)| outcome.is_some())
    }

    /// The time at which a server is late. This one was held up for so long, and could hear nothing.
    fn end(&self, id: NodeId, hub: &Hub, held_up: Duration) -> Option<Instant> {
        match self.limit {
            Limit::Within(time) => self.since.checked_add(time),
            Limit::Silence(time) => {
                let heard = hub.last_heard(id).unwrap_or(self.since);
                heard.max(self.since).checked_add(time + held_up)
            }
        }
    }

    /// The time of the next look at a server. As long as this one is held up, the end of a silence moves on.
    fn next_look(&self, end: Instant, now: Instant) -> Instant {
        match self.limit {
            Limit::Within(_) => end,
            Limit::Silence(_) => end.max(now + PAUSE),
        }
    }

    fn finish(self) -> Job {
        let outcomes = self.servers.into_iter();
        let outcomes = outcomes.map(|(id, outcome)| (id, outcome.unwrap_or(Err(NoAnswer::Late))));
        let (outcomes, then) = (outcomes.collect(), self.then);
        Box::new(move || then(outcomes))
    }
}

/// The questions of this process, and the functions that answer those of others.
pub(crate) struct Questions {
    hub: &'static Hub,
    waiting: Mutex<HashMap<Name, Waiting>>,
    asked: AtomicU64,
    handlers: RwLock<HashMap<Kind, Handler>>,
    /// Runs a job that takes outcomes, on another thread.
    run: Box<dyn Fn(Job) + Send + Sync>,
}

impl Questions {
    /// The questions that go through a hub. `run` gets the jobs that take the outcomes.
    pub(crate) fn new(
        hub: &'static Hub,
        run: impl Fn(Box<dyn FnOnce() + Send>) + Send + Sync + 'static,
    ) -> Questions {
        Questions {
            hub,
            waiting: Mutex::default(),
            asked: AtomicU64::new(0),
            handlers: RwLock::default(),
            run: Box::new(run),
        }
    }

    /// Takes the questions and answers that arrive at the hub.
    pub(crate) fn listen(self: &Arc<Self>) {
        let own = Arc::clone(self);
        self.hub
            .on(Tag::QUESTION, move |message| own.take_question(&message));
        let own = Arc::clone(self);
        self.hub
            .on(Tag::ANSWER, move |message| own.take_answer(&message));
        let own = Arc::clone(self);
        self.hub.on_lost(move |id| own.lost(id));
    }

    /// Calls the function for each question of this kind; there is one function for each kind. It is called on the main thread with
    /// the server's lock, and must not wait: what takes long, it hands to another thread together with the question.
    pub(crate) fn on(&self, kind: Kind, handler: impl Fn(Question) + Send + Sync + 'static) {
        let mut handlers = self
            .handlers
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        handlers.insert(kind, Arc::new(handler));
    }

    /// Asks other servers, and calls `then` once, with one outcome of each. This server is no other server: it is refused.
    ///
    /// `then` runs on the thread `rg-answers`, which holds neither the server's lock nor the interpreter. It may take both. All
    /// outcomes of this process go through that thread, so `then` hands on what takes long. This method does not wait, and may be
    /// called anywhere.
    pub(crate) fn ask(
        &self,
        to: &[NodeId],
        kind: Kind,
        content: &[u8],
        limit: Limit,
        then: impl FnOnce(Outcomes) + Send + 'static,
    ) {
        let name = Name {
            asker: self.hub.incarnation(),
            number: self.asked.fetch_add(1, Ordering::Relaxed),
        };
        let mut servers: Vec<(NodeId, _)> = Vec::new();
        for id in to {
            if servers.iter().all(|(one, _)| one != id) {
                servers.push((*id, None));
            }
        }
        let waiting = Waiting {
            since: Instant::now(),
            limit,
            servers,
            then: Box::new(then),
        };
        // Before it is sent, so that no answer is missed.
        self.waiting().insert(name, waiting);
        let asked = Asked {
            name,
            kind,
            content,
        };
        let bytes = asked.write();
        let mut unsent = Vec::new();
        for id in to {
            match send(self.hub, *id, Tag::QUESTION, &bytes) {
                Ok(()) => {}
                Err(Unsent::Unknown) => unsent.push((*id, NoAnswer::Left)),
                Err(Unsent::TooLong) => unsent.push((
                    *id,
                    NoAnswer::Refused(
                        "the question is longer than a message between shards may be: use less data"
                            .to_owned(),
                    ),
                )),
            }
        }
        self.note(name, |waiting| {
            for (id, reason) in unsent {
                waiting.note(id, Err(reason));
            }
        });
        // The thread that sends learns of the limit.
        self.hub.wake();
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<Name, Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes a question that waits, and finishes it if it is complete.
    fn note(&self, name: Name, change: impl FnOnce(&mut Waiting)) {
        let mut all = self.waiting();
        let Some(waiting) = all.get_mut(&name) else {
            return;
        };
        change(waiting);
        let complete = waiting.is_complete().then(|| all.remove(&name)).flatten();
        drop(all);
        if let Some(waiting) = complete {
            (self.run)(waiting.finish());
        }
    }

    /// Changes all questions that wait.
    fn note_all(&self, change: impl Fn(&mut Waiting)) {
        let mut all = self.waiting();
        all.values_mut().for_each(change);
        let complete: Vec<Waiting> = all
            .extract_if(|_, waiting| waiting.is_complete())
            .map(|(_, waiting)| waiting)
            .collect();
        drop(all);
        for waiting in complete {
            (self.run)(waiting.finish());
        }
    }

    fn lost(&self, id: NodeId) {
        let is_here = self.hub.peers().contains(&id);
        let reason = if is_here {
            NoAnswer::Restarted
        } else {
            NoAnswer::Left
        };
        self.note_all(|waiting| waiting.note(id, Err(reason.clone())));
    }

    /// Finishes the questions whose time is over. Returns the time of the next look. The main thread of this server, which takes what
    /// others send, was held up for so long.
    pub(crate) fn expire(&self, now: Instant, held_up: Duration) -> Option<Instant> {
        self.note_all(|waiting| {
            let ids: Vec<NodeId> = waiting.servers.iter().map(|(id, _)| *id).collect();
            for id in ids {
                let end = waiting.end(id, self.hub, held_up);
                if end.is_some_and(|end| end <= now) {
                    waiting.note(id, Err(NoAnswer::Late));
                }
            }
        });
        let all = self.waiting();
        let open = all.values().flat_map(|waiting| {
            let servers = waiting.servers.iter();
            let open = servers.filter(|(_, outcome)| outcome.is_none());
            let ends = open.filter_map(|(id, _)| waiting.end(*id, self.hub, held_up));
            ends.map(|end| waiting.next_look(end, now))
        });
        open.min()
    }

    fn take_question(&self, message: &Message) {
        // A server of another version may ask in another way. It gets no answer in time.
        let Ok(asked) = Asked::read(message.content()) else {
            return;
        };
        let question = Question {
            hub: self.hub,
            from: message.from(),
            name: asked.name,
            // A copy: a message that lives stops the lane.
            content: asked.content.to_vec(),
            is_answered: false,
        };
        let handler = self
            .handlers
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&asked.kind)
            .cloned();
        match handler {
            Some(handler) => handler(question),
            None => question.refuse(&format!(
                "its engine does not know questions of the kind {}: use the same version of the engine on all shards",
                asked.kind.0
            )),
        }
    }

    fn take_answer(&self, message: &Message) {
        let Ok(answered) = Answered::read(message.content()) else {
            return;
        };
        let content = answered.content;
        let outcome = if answered.is_answer {
            Ok(content.to_vec())
        } else {
            Err(NoAnswer::Refused(
                String::from_utf8_lossy(content).into_owned(),
            ))
        };
        self.note(answered.name, |waiting| {
            waiting.note(message.from(), outcome);
        });
    }
}

impl fmt::Debug for Questions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Questions, {} of them waiting", self.waiting().len())
    }
}

/// The shortest time between two looks at a server that is silent.
const PAUSE: Duration = Duration::from_millis(50);

/// The most bytes that go through the lane of short messages.
const SHORT: usize = 64 << 10;

/// Sends a question or an answer. A long one must not hold up heartbeats.
fn send(hub: &Hub, to: NodeId, tag: Tag, bytes: &[u8]) -> Result<(), Unsent> {
    let lane = if bytes.len() > SHORT {
        Lane::Bulk
    } else {
        Lane::Control
    };
    hub.send(to, lane, tag, bytes)
}
