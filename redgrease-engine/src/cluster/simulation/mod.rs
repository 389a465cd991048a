//! Clusters of many servers in one thread and in a time of their own. The tests count what the servers send, and say how it may grow.
//!
//! | file | purpose |
//! |---|---|
//! | `rest.rs` | servers that only tell each other that they live |
//! | `pictures.rs` | the pictures of large clusters |
//!
//! A server takes a frame in some time, one after the other, so that a server that many others send to is slower.

mod pictures;
mod rest;

use super::heartbeat::{Heartbeat, Hello};
use super::hub::{Hub, Wire};
use super::tests::id;
use super::topology::NodeId;
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The sizes of the simulated clusters. The heartbeats of the largest one take long without optimization: `cargo test --release` has it.
pub(crate) const SIZES: &[usize] = if cfg!(debug_assertions) {
    &[3, 10, 30, 100]
} else {
    &[3, 10, 30, 100, 200]
};

/// The time of a frame on its way.
const LATENCY: Duration = Duration::from_micros(100);
/// The time that a server needs to send a frame, and to take one.
const PER_FRAME: Duration = Duration::from_micros(10);
/// The same for a byte, in nanoseconds.
const PER_BYTE: u64 = 1;

/// What all servers together have sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) frames: usize,
    pub(crate) bytes: usize,
}

impl Sent {
    fn since(self, earlier: Sent) -> Sent {
        Sent {
            frames: self.frames - earlier.frames,
            bytes: self.bytes - earlier.bytes,
        }
    }
}

/// A function that does what a server has to do now. Returns the time at which it wants to be called again.
type Actor = Box<dyn FnMut(Instant) -> Option<Instant>>;

/// One server of the cluster.
struct Server {
    hub: &'static Hub,
    heartbeat: Arc<Heartbeat>,
    actor: Option<Actor>,
    /// The time of its first heartbeat.
    begins: Instant,
    /// The time at which it has something to do.
    wakes: Instant,
    /// The time until which it sends frames.
    sends_until: Instant,
    /// The time until which it takes frames.
    takes_until: Instant,
}

/// Frames that were sent: to, bytes.
#[derive(Default)]
struct Out(RefCell<Vec<(NodeId, Vec<u8>)>>);

impl Wire for Out {
    fn send(&self, to: NodeId, frame: &[u8]) -> bool {
        self.0.borrow_mut().push((to, frame.to_vec()));
        true
    }
}

/// A cluster.
pub(crate) struct Simulation {
    servers: Vec<Server>,
    places: HashMap<NodeId, usize>,
    pub(crate) now: Instant,
    /// Frames on their way, by the time of arrival and a number: from, to, bytes.
    frames: BTreeMap<(Instant, usize), (NodeId, usize, Vec<u8>)>,
    pub(crate) sent: Sent,
}

impl Simulation {
    /// Servers that know each other. Their heartbeats begin one after the other within a second.
    pub(crate) fn new(count: usize) -> Simulation {
        let now = Instant::now();
        let ids: Vec<NodeId> = (0..count).map(id).collect();
        let server = |place: usize| {
            let hub: &'static Hub = Box::leak(Box::new(Hub::new(7)));
            let mut others = ids.clone();
            others.remove(place);
            hub.set_peers(&others);
            let heartbeat = Arc::new(Heartbeat::new(Hello {
                engine: "0.1.0".into(),
                python: "3.11".into(),
                run_id: "a".repeat(40),
                digest: vec![0; 8],
            }));
            heartbeat.listen(hub);
            let begins = Duration::from_micros(1_000_000 * place as u64 / count as u64);
            Server {
                hub,
                heartbeat,
                actor: None,
                begins: now + begins,
                wakes: now + begins,
                sends_until: now,
                takes_until: now,
            }
        };
        Simulation {
            servers: (0..count).map(server).collect(),
            places: ids.iter().enumerate().map(|(at, id)| (*id, at)).collect(),
            now,
            frames: BTreeMap::new(),
            sent: Sent::default(),
        }
    }

    pub(crate) fn hub(&self, place: usize) -> &'static Hub {
        self.servers[place].hub
    }

    pub(crate) fn heartbeat(&self, place: usize) -> Arc<Heartbeat> {
        Arc::clone(&self.servers[place].heartbeat)
    }

    /// Calls the function after each event at a server, and at the times that it asks for.
    pub(crate) fn act(
        &mut self,
        place: usize,
        actor: impl FnMut(Instant) -> Option<Instant> + 'static,
    ) {
        self.servers[place].actor = Some(Box::new(actor));
        self.wake(place);
    }

    /// The server has something to do now.
    pub(crate) fn wake(&mut self, place: usize) {
        self.servers[place].wakes = self.now;
    }

    /// Goes on for a time. Returns what was sent in it.
    pub(crate) fn run(&mut self, length: Duration) -> Sent {
        let end = self.now + length;
        self.run_until(end, || false)
    }

    /// Goes on until the condition holds, at most until `end`. Returns what was sent.
    pub(crate) fn run_until(&mut self, end: Instant, is_over: impl Fn() -> bool) -> Sent {
        let before = self.sent;
        while !is_over() {
            let wake = self.servers.iter().map(|server| server.wakes).min();
            let arrival = self.frames.first_key_value().map(|(&(at, _), _)| at);
            let next = wake.into_iter().chain(arrival).min();
            match next.filter(|at| *at <= end) {
                Some(at) => self.now = self.now.max(at),
                None => break,
            }
            self.deliver();
            for place in 0..self.servers.len() {
                if self.servers[place].wakes <= self.now {
                    self.turn(place);
                }
            }
        }
        self.sent.since(before)
    }

    fn deliver(&mut self) {
        while let Some(entry) = self.frames.first_entry() {
            if entry.key().0 > self.now {
                break;
            }
            let (from, to, bytes) = entry.remove();
            self.servers[to].hub.receive(from, &bytes, self.now);
            self.wake(to);
        }
    }

    /// Does what a server has to do, and sends what is due.
    fn turn(&mut self, place: usize) {
        let now = self.now;
        let server = &mut self.servers[place];
        let next_beat = if now < server.begins {
            server.begins
        } else {
            server.heartbeat.beat(server.hub, now)
        };
        let asked = server.actor.as_mut().and_then(|actor| actor(now));
        let out = Out::default();
        server.hub.flush(now, &out, usize::MAX);
        let due = server.hub.due(now);
        let next = [asked, due].into_iter().flatten();
        let wakes = next.min().map_or(next_beat, |at| at.min(next_beat));
        server.wakes = wakes.max(now + Duration::from_micros(1));
        for (to, bytes) in out.0.into_inner() {
            self.transmit(place, to, bytes);
        }
    }

    fn transmit(&mut self, from: usize, to: NodeId, bytes: Vec<u8>) {
        let time = PER_FRAME + Duration::from_nanos(PER_BYTE * bytes.len() as u64);
        let sender = &mut self.servers[from];
        sender.sends_until = sender.sends_until.max(self.now) + time;
        let arrival = sender.sends_until + LATENCY;
        let to = self.places[&to];
        let receiver = &mut self.servers[to];
        receiver.takes_until = receiver.takes_until.max(arrival) + time;
        self.sent.frames += 1;
        self.sent.bytes += bytes.len();
        let at = (receiver.takes_until, self.sent.frames);
        self.frames.insert(at, (id(from), to, bytes));
    }
}
