//! The thread that sends frames and heartbeats, and ends questions that are not answered in time.

use super::heartbeat::Heartbeat;
use super::hub::{Hub, Wire};
use super::questions::Questions;
use super::topology::{self, NodeId};
use crate::redis::{Context, locked, send_to_node};
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
struct Bus<'a>(&'a Context);

impl Wire for Bus<'_> {
    fn send(&self, to: NodeId, frame: &[u8]) -> bool {
        send_to_node(self.0, to.as_bytes(), frame)
    }
}

/// Sends what is due, until nothing is or until `end`.
fn flush(hub: &Hub, end: Instant) {
    let mut now = Instant::now();
    while now < end && hub.due(now).is_some_and(|at| at <= now) {
        locked(|context| hub.flush(Instant::now(), &Bus(context), MOST));
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
        loop {
            let now = Instant::now();
            let next_beat = heartbeat.beat(hub, now);
            let listened = topology::listened().unwrap_or(now);
            let next_end = questions.expire(now, now.saturating_duration_since(listened));
            flush(hub, now + LOOK);
            let due = hub.due(Instant::now());
            let next = [due, next_end].into_iter().flatten().min();
            hub.bell
                .wait(next.map_or(next_beat, |at| at.min(next_beat)));
        }
    };
    let thread = thread::Builder::new().name("rg-cluster".into());
    thread.spawn(body).map(drop)
}
