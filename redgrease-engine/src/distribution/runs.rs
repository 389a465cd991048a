//! The runs that this shard takes part in, and what comes for them.

use super::begin::{begin_part, send_without_part};
use super::message::{Message, run_of_unread};
use super::part::Part;
use super::run_id::RunId;
use super::waiting::Waiting;
use crate::cluster::topology::{self, NodeId};
use crate::cluster::{self, Content};
use crate::encoding::Damaged;
use crate::redis::{Level, log};
use crate::slots::{Report, Task};
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// The number of runs that have ended whose late messages are dropped without a look.
const REMEMBERED: usize = 4096;

/// The runs of this server.
pub(super) fn runs() -> &'static Runs {
    static RUNS: LazyLock<Runs> = LazyLock::new(Runs::default);
    &RUNS
}

#[derive(Debug, Default)]
pub(super) struct Runs(Mutex<Inside>);

#[derive(Debug, Default)]
struct Inside {
    parts: HashMap<RunId, Arc<Part>>,
    /// Messages for runs that have not begun here.
    early: Waiting,
    over: HashSet<RunId>,
    over_in_order: VecDeque<RunId>,
}

impl Inside {
    fn is_over(&mut self, run: RunId) {
        if self.over.insert(run) {
            self.over_in_order.push_back(run);
        }
        if self.over_in_order.len() > REMEMBERED
            && let Some(oldest) = self.over_in_order.pop_front()
        {
            self.over.remove(&oldest);
        }
    }
}

impl Runs {
    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The run begins here. Returns the messages that have come before.
    ///
    /// # Errors
    /// If the run cannot begin.
    pub(super) fn insert(&self, part: &Arc<Part>) -> Result<Vec<(NodeId, Content)>, NotBegun> {
        let mut inside = self.inside();
        if inside.over.contains(&part.run) {
            return Err(NotBegun::Over);
        }
        inside.parts.insert(part.run, Arc::clone(part));
        let early = inside.early.take(part.run);
        early.map_err(|()| NotBegun::Incomplete)
    }

    /// The part of this shard has ended. Returns `false` if it had not begun.
    pub(super) fn remove(&self, run: RunId) -> bool {
        let mut inside = self.inside();
        let part = inside.parts.remove(&run);
        if part.is_some() {
            inside.is_over(run);
        }
        drop(inside);
        part.is_some()
    }

    pub(super) fn all(&self) -> Vec<Arc<Part>> {
        self.inside().parts.values().cloned().collect()
    }

    fn find(&self, run: RunId) -> Found {
        let inside = self.inside();
        match inside.parts.get(&run) {
            Some(part) => Found::Part(Arc::clone(part)),
            None if inside.over.contains(&run) => Found::Over,
            None => Found::Unknown,
        }
    }

    fn keep(&self, run: RunId, from: NodeId, content: Content) {
        let now = Instant::now();
        self.inside().early.add(run, from, content, now);
    }

    fn forget(&self, run: RunId) {
        let mut inside = self.inside();
        let dropped = inside.early.take(run);
        inside.is_over(run);
        drop(inside);
        drop(dropped);
    }
}

/// The reason why a run cannot begin here.
#[derive(Debug)]
pub(super) enum NotBegun {
    /// It has ended already: its end has overtaken its beginning.
    Over,
    /// Some of the messages that came before its beginning were dropped.
    Incomplete,
}

enum Found {
    Part(Arc<Part>),
    Over,
    /// The run has not begun here, as far as this shard knows.
    Unknown,
}

/// Takes a message of another shard. Called on the main thread.
pub(super) fn receive(message: cluster::Message) {
    let from = message.from();
    // The sender has its credit back at once: what it may send is counted for each run.
    let content = message.into_content();
    let Some(me) = topology::current().myself().map(|node| node.id) else {
        return;
    };
    let (run, message) = match Message::read(content.bytes(), me) {
        Ok(read) => read,
        Err(damaged) => return not_read(from, content.bytes(), damaged),
    };
    if let Message::Start(start) = message {
        return begin_part(from, run, *start);
    }
    let found = runs().find(run);
    if let Found::Part(part) = found {
        return deliver(&part, from, message, &content);
    }
    if let Some(answer) = answer_without_part(&message) {
        return send_without_part(run, from, &answer);
    }
    match found {
        // What waits for the beginning waits in vain.
        Found::Unknown if matches!(message, Message::Abort(_) | Message::NotRead) => {
            runs().forget(run);
        }
        Found::Unknown => runs().keep(run, from, content),
        Found::Part(_) | Found::Over => {}
    }
}

/// A message could not be read. Its sender has to know: the run would wait for what this server does not do.
fn not_read(from: NodeId, bytes: &[u8], damaged: Damaged) {
    log(
        Level::Warning,
        &format!(
            "a message of {from} about a run could not be read ({damaged:?}): use the same version of the engine on all shards"
        ),
    );
    if let Some(run) = run_of_unread(bytes) {
        send_without_part(run, from, &Message::NotRead);
    }
}

/// The answer to a message for a part that has ended. The part of a shard that needs no other record ends while others still read,
/// and a task that comes later counts as done. A task never comes before the beginning of its run, so the part has ended also if
/// this shard does not remember it.
pub(super) fn answer_without_part(message: &Message<'_>) -> Option<Message<'static>> {
    let report = Report {
        tasks: 1,
        back: Task::default(),
    };
    matches!(message, Message::Task(_)).then_some(Message::Read(report))
}

/// Delivers the messages that came before the run began here.
pub(super) fn deliver_early(part: &Part, early: Vec<(NodeId, Content)>) {
    let Some(me) = topology::current().myself().map(|node| node.id) else {
        return;
    };
    for (from, content) in early {
        if let Ok((_, message)) = Message::read(content.bytes(), me) {
            deliver(part, from, message, &content);
        }
    }
}

fn deliver(part: &Part, from: NodeId, message: Message<'_>, content: &Content) {
    let Some(from) = part.shards().and_then(|shards| shards.number(from)) else {
        return;
    };
    match message {
        Message::Batch(mover, bytes) => {
            let begin = content.bytes().len() - bytes.len();
            part.take_batch(from, mover, content.clone(), begin);
        }
        message => part.take_message(from, message),
    }
}
