//! The thread that reacts to the messages of other shards and to the changes of this one. It takes the server's lock for each event.

use super::change::Own;
use super::message::Said;
use super::server::Server;
use super::state::{Agreement, Event};
use crate::cluster::{self, Lane, Message, Tag};
use crate::gears::Prepared;
use crate::redis::{Level, locked_to_write, log};
use crate::registration::ledger::on_added;
use std::sync::OnceLock;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

/// The time between two looks at what takes long.
const WHILE_BUSY: Duration = Duration::from_millis(100);
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
    let mut looked = Instant::now();
    loop {
        let pause = if agreement.is_busy() {
            let next = agreement.next_proposal();
            let next = next.map(|at| at.saturating_duration_since(Instant::now()));
            next.map_or(WHILE_BUSY, |next| next.min(WHILE_BUSY))
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
        let digest = locked_to_write(|context| {
            let mut server = Server::new(context);
            if let Some(event) = event {
                agreement.handle(event, &mut server, now);
            }
            let is_due = agreement.next_proposal().is_some_and(|at| at <= now);
            if is_due || now.saturating_duration_since(looked) >= WHILE_BUSY {
                looked = now;
                agreement.look(&mut server, now);
            }
            agreement.own_digest(&mut server)
        });
        if let Some(heartbeat) = cluster::heartbeat() {
            heartbeat.set_digest(digest);
        }
        for (to, bytes) in std::mem::take(&mut agreement.out) {
            let hub = cluster::hub();
            let sent = hub.map(|hub| hub.send_to_all(&to, Lane::Control, Tag::AGREEMENT, &bytes));
            if let Some(Err(_)) = sent {
                log(
                    Level::Warning,
                    "a session is too long for the other shards: use a shorter script, and read less from the server in it",
                );
            }
        }
        for answer in std::mem::take(&mut agreement.answers) {
            answer();
        }
    }
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
            None
        }
    }
}
