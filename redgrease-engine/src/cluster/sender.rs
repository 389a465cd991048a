//! Sending what is due: on the main thread at once, and by a thread in its time.
//!
//! The main thread is asked to send by any thread that has a message, and sends in the next turn of its event loop. What comes from
//! another server is answered before that turn. The thread sends what is due later, and the rest of what is long. It also sends
//! heartbeats, and ends questions that are not answered in time.

use super::heartbeat::Heartbeat;
use super::hub::{Hub, Wire};
use super::links::Links;
use super::questions::Questions;
use super::topology::{self, NodeId};
use crate::redis::{Context, locked, send_to_node, soon};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// The bytes that are sent while the server's lock is held.
const MOST: usize = 1 << 20;
/// The server gets its lock in this time, between two times that it is taken.
const PAUSE: Duration = Duration::from_micros(100);

/// While there is much to send, heartbeats and questions are looked at again after so long: the questions may be many.
const LOOK: Duration = Duration::from_millis(20);

static LINKS: Links = Links::new();
/// The main thread will send what is due.
static IS_ASKED: AtomicBool = AtomicBool::new(false);

/// The bus of the cluster, while this thread holds the server's lock.
struct Bus<'a> {
    context: &'a Context,
    now: Instant,
}

impl Wire for Bus<'_> {
    fn send(&self, to: NodeId, frames: &[u8]) -> bool {
        let is_sent = send_to_node(self.context, to.as_bytes(), frames);
        if is_sent {
            LINKS.used(to, self.now);
        }
        is_sent
    }
}

/// Sends what is due, as much as may be sent at once.
fn send(context: &Context, hub: &Hub) {
    let now = Instant::now();
    hub.flush(now, &Bus { context, now }, MOST);
}

/// Sends what is due on the main thread. The thread goes on with the rest.
fn send_on_main(context: &Context) {
    let Some(hub) = super::hub() else { return };
    send(context, hub);
    if LINKS.has_unknown() {
        hub.wake();
    }
    hub.has_sent();
}

/// Asks the main thread to send what is due.
pub(super) fn ask_main() -> bool {
    let job = |context: &Context| {
        IS_ASKED.store(false, Ordering::Release);
        send_on_main(context);
    };
    let is_asked = IS_ASKED.swap(true, Ordering::AcqRel) || soon(job);
    if !is_asked {
        IS_ASKED.store(false, Ordering::Release);
    }
    is_asked
}

/// Runs `body` on the main thread. Its messages, such as the answers to what has come from another server, are sent behind it.
pub(super) fn then_send(context: &Context, body: impl FnOnce()) {
    let was_asked = IS_ASKED.swap(true, Ordering::AcqRel);
    body();
    if !was_asked {
        IS_ASKED.store(false, Ordering::Release);
    }
    send_on_main(context);
}

/// Sends what is due, until nothing is or until `end`.
fn flush(hub: &Hub, end: Instant) {
    let mut now = Instant::now();
    while now < end && hub.due(now).is_some_and(|at| at <= now) {
        locked(|context| send(context, hub));
        now = Instant::now();
        if hub.due(now).is_some_and(|at| at <= now) {
            thread::sleep(PAUSE);
        }
    }
    LINKS.search(now);
}

/// Starts the thread.
pub(super) fn start(
    hub: &'static Hub,
    heartbeat: &'static Heartbeat,
    questions: &'static Questions,
) -> io::Result<()> {
    hub.ask_main_with(ask_main);
    let body = move || {
        loop {
            let now = Instant::now();
            let next_beat = heartbeat.beat(hub, now);
            let listened = topology::listened().unwrap_or(now);
            let next_end = questions.expire(now, now.saturating_duration_since(listened));
            flush(hub, now + LOOK);
            let due = hub.due(Instant::now());
            let next = [due, next_end].into_iter().flatten().min();
            hub.wait(next.map_or(next_beat, |at| at.min(next_beat)));
        }
    };
    let thread = thread::Builder::new().name("rg-cluster".into());
    thread.spawn(body).map(drop)
}
