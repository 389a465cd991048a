//! The thread that sends frames and heartbeats, and ends questions that are not answered in time.

use super::heartbeat::Heartbeat;
use super::hub::{Hub, Wire};
use super::links::Links;
use super::questions::Questions;
use super::topology::{self, NodeId};
use crate::redis::{Context, locked, send_to_node};
use std::cell::RefCell;
use std::io;
use std::thread;
use std::time::{Duration, Instant};

/// The bytes that are sent while the server's lock is held.
const MOST: usize = 1 << 20;
/// The server gets its lock in this time, between two times that it is taken.
const PAUSE: Duration = Duration::from_micros(100);

/// While there is much to send, heartbeats and questions are looked at again after so long: the questions may be many.
const LOOK: Duration = Duration::from_millis(20);

/// The bus of the cluster, while this thread holds the server's lock.
struct Bus<'a> {
    context: &'a Context,
    links: &'a RefCell<Links>,
    now: Instant,
}

impl Wire for Bus<'_> {
    fn send(&self, to: NodeId, frame: &[u8]) -> bool {
        let is_sent = send_to_node(self.context, to.as_bytes(), frame);
        if is_sent {
            self.links.borrow_mut().used(to, self.now);
        }
        is_sent
    }
}

/// Sends what is due, until nothing is or until `end`.
fn flush(hub: &Hub, links: &RefCell<Links>, end: Instant) {
    let mut now = Instant::now();
    while now < end && hub.due(now).is_some_and(|at| at <= now) {
        locked(|context| {
            let now = Instant::now();
            let bus = Bus {
                context,
                links,
                now,
            };
            hub.flush(now, &bus, MOST);
        });
        links.borrow_mut().search(now);
        thread::sleep(PAUSE);
        now = Instant::now();
    }
}

/// Starts the thread.
pub(super) fn start(
    hub: &'static Hub,
    heartbeat: &'static Heartbeat,
    questions: &'static Questions,
) -> io::Result<()> {
    let body = move || {
        let links = RefCell::default();
        loop {
            let now = Instant::now();
            let next_beat = heartbeat.beat(hub, now);
            let listened = topology::listened().unwrap_or(now);
            let next_end = questions.expire(now, now.saturating_duration_since(listened));
            flush(hub, &links, now + LOOK);
            let due = hub.due(Instant::now());
            let next = [due, next_end].into_iter().flatten().min();
            hub.bell
                .wait(next.map_or(next_beat, |at| at.min(next_beat)));
        }
    };
    let thread = thread::Builder::new().name("rg-cluster".into());
    thread.spawn(body).map(drop)
}
