//! The thread that reacts to the messages of other shards and to the changes of this one. It takes the server's lock for each event.

use super::change::Own;
use super::message::{Said, Unread};
use super::server::Server;
use super::state::{Agreement, Event, LOOKS_EVERY};
use crate::cluster::{self, Lane, Message, Tag};
use crate::gears::Prepared;
use crate::redis::{Level, locked_to_write, log};
use crate::registration::ledger::on_added;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

/// The time between two looks while nothing is under way.
const WHILE_IDLE: Duration = Duration::from_secs(1);

static EVENTS: OnceLock<Sender<Input>> = OnceLock::new();

/// What the thread gets.
#[allow(
    clippy::large_enum_variant,
    reason = "few exist at a time, and none is kept"
)]
enum Input {
    Event(Event<Prepared>),
    /// A message that is not read yet.
    Message(Message),
}

/// `true` if the thread runs.
pub(super) fn runs() -> bool {
    EVENTS.get().is_some()
}

/// Tells the thread of an event.
pub(super) fn tell(event: Event<Prepared>) {
    send(Input::Event(event));
}

fn send(input: Input) {
    if let Some(events) = EVENTS.get() {
        // The thread ends with the process.
        let _ = events.send(input);
    }
}

/// Starts the thread, if this server was started for a cluster.
pub(crate) fn start() {
    let (Some(hub), Some(heartbeat)) = (cluster::hub(), cluster::heartbeat()) else {
        return;
    };
    let (sender, events) = mpsc::channel();
    let thread = thread::Builder::new().name("rg-agreement".into());
    if let Err(error) = thread.spawn(move || work(&events)) {
        return log(
            Level::Warning,
            &format!(
                "registrations stay on this shard, because no thread could be started: {error}. Raise the limit of threads, and start \
                 the server again"
            ),
        );
    }
    // The module is loaded once in a process.
    let _ = EVENTS.set(sender);
    on_added(|session, id| tell(Event::Made(Own::Added(session, id))));
    hub.on(Tag::AGREEMENT, |message| send(Input::Message(message)));
    hub.on_lost(|node| tell(Event::Lost(node)));
    heartbeat.on_hello(|from, hello| tell(Event::Hello(from, hello.digest.clone())));
}

fn work(events: &Receiver<Input>) {
    let mut agreement = Agreement::default();
    loop {
        let pause = if agreement.is_awake() {
            let next = agreement.next_proposal();
            let next = next.map(|at| at.saturating_duration_since(Instant::now()));
            next.map_or(LOOKS_EVERY, |next| next.min(LOOKS_EVERY))
        } else {
            WHILE_IDLE
        };
        let event = match events.recv_timeout(pause) {
            Ok(Input::Event(event)) => Some(event),
            Ok(Input::Message(message)) => read(&message),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => return,
        };
        let now = Instant::now();
        // The next events find the thread at work, also after a fault of this one.
        let turn = AssertUnwindSafe(|| {
            locked_to_write(|context| agreement.turn(event, &mut Server::new(context), now))
        });
        let digest = catch_unwind(turn).unwrap_or_else(|_| {
            let text = "a change of registrations failed inside the engine: please report it";
            log(Level::Warning, text);
            None
        });
        if let (Some(digest), Some(heartbeat)) = (digest, cluster::heartbeat()) {
            heartbeat.set_digest(digest);
        }
        for (to, bytes) in std::mem::take(&mut agreement.out) {
            let hub = cluster::hub();
            let sent = hub.map(|hub| hub.send_to_all(&to, Lane::Control, Tag::AGREEMENT, &bytes));
            if let Some(Err(_)) = sent {
                too_long(&bytes);
            }
        }
        for answer in std::mem::take(&mut agreement.answers) {
            answer();
        }
    }
}

/// A message could not be sent.
fn too_long(bytes: &[u8]) {
    if let Some(Unread::Proposal(stamp)) = Unread::of(bytes) {
        return tell(Event::TooLong(stamp));
    }
    let text = "a session is too long for another shard, which does not get it: use a shorter script, and read less from the server in it";
    log(Level::Warning, text);
}

fn read(message: &Message) -> Option<Event<Prepared>> {
    match Said::read(message.content()) {
        Ok(said) => Some(Event::Said(message.from(), said)),
        Err(why) => {
            let from = message.from();
            let why = why.message();
            log(
                Level::Warning,
                &format!("a message of the node {from} about registrations was ignored: {why}"),
            );
            let unread = Unread::of(message.content())?;
            Some(Event::Unread(from, unread))
        }
    }
}
