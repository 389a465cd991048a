//! A network of processes for tests, in one thread and in a time of its own: it loses, delays, reorders, doubles and cuts as its
//! seed says.

use super::{Channel, Event, Frame, Lane};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How bad a network is. Shares are of 1000.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::cluster) struct Faults {
    pub(in crate::cluster) lost: u64,
    pub(in crate::cluster) doubled: u64,
    /// Frames take up to this many milliseconds, so that later ones overtake them.
    pub(in crate::cluster) delay: u64,
    /// Of 1000 steps this many cut all connections for a second.
    pub(in crate::cluster) cut: u64,
}

/// Random numbers that a seed decides (splitmix64).
#[derive(Debug)]
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, most: u64) -> u64 {
        if most == 0 { 0 } else { self.next() % most }
    }
}

/// Processes that all know each other.
#[derive(Debug)]
pub(super) struct Network {
    pub(super) now: Instant,
    pub(super) random: Random,
    faults: Faults,
    /// By process and by the other end.
    channels: HashMap<(usize, usize), Channel>,
    /// Frames on their way, by the time of arrival and a number: from, to, bytes.
    frames: BTreeMap<(Instant, u64), (usize, usize, Vec<u8>)>,
    sent: u64,
    cut_until: Option<Instant>,
    incarnations: Vec<u64>,
    /// What arrived: to, from, event.
    pub(super) events: Vec<(usize, usize, Event)>,
    /// The most bytes of the bulk lane that were on their way between two processes at once.
    pub(super) most_bytes: usize,
}

impl Network {
    pub(super) fn new(processes: usize, faults: Faults, seed: u64) -> Network {
        let mut network = Network {
            now: Instant::now(),
            random: Random(seed),
            faults,
            channels: HashMap::new(),
            frames: BTreeMap::new(),
            sent: 0,
            cut_until: None,
            incarnations: vec![10; processes],
            events: Vec::new(),
            most_bytes: 0,
        };
        for process in 0..processes {
            network.open(process);
        }
        network
    }

    fn open(&mut self, process: usize) {
        for other in (0..self.incarnations.len()).filter(|other| *other != process) {
            let channel = Channel::new(self.incarnations[process]);
            self.channels.insert((process, other), channel);
        }
    }

    /// Ends a process and starts it again: it has forgotten everything.
    pub(super) fn restart(&mut self, process: usize) {
        let next = self.incarnations[process] + 1;
        self.restart_as(process, next);
    }

    /// The same, with an incarnation that need not be greater.
    pub(super) fn restart_as(&mut self, process: usize, incarnation: u64) {
        self.incarnations[process] = incarnation;
        self.open(process);
    }

    pub(super) fn channel(&mut self, from: usize, to: usize) -> &mut Channel {
        self.channels.get_mut(&(from, to)).expect("a channel")
    }

    pub(super) fn send(&mut self, from: usize, to: usize, lane: Lane, message: &[u8]) {
        let message: Arc<[u8]> = message.into();
        self.channel(from, to).send(lane, &message);
    }

    /// Sends and delivers until nothing happens for a simulated while, or until the limit of simulated time.
    pub(super) fn run(&mut self, limit: Duration) {
        let end = self.now + limit;
        while self.now < end && self.step() {}
    }

    /// Goes on to the next thing that happens. `false` if nothing is left to happen.
    pub(super) fn step(&mut self) -> bool {
        if self.random.below(1000) < self.faults.cut {
            self.cut_until = Some(self.now + Duration::from_secs(1));
        }
        self.send_due();
        let arrival = self.frames.first_key_value().map(|(&(at, _), _)| at);
        let due = self.channels.values().filter_map(|one| one.due(self.now));
        let Some(next) = due.chain(arrival).min() else {
            return false;
        };
        self.now = self.now.max(next);
        while let Some(entry) = self.frames.first_entry() {
            if entry.key().0 > self.now {
                break;
            }
            let (from, to, bytes) = entry.remove();
            let frame = Frame::parse(&bytes).expect("a frame");
            let now = self.now;
            let events = self.channel(to, from).receive(&frame, now);
            self.events
                .extend(events.into_iter().map(|event| (to, from, event)));
        }
        true
    }

    fn send_due(&mut self) {
        let mut all: Vec<(usize, usize)> = self.channels.keys().copied().collect();
        all.sort_unstable();
        let mut bytes = Vec::new();
        for (from, to) in all {
            while {
                let now = self.now;
                bytes.clear();
                self.channel(from, to).poll(now, &mut bytes)
            } {
                self.transmit(from, to, &bytes);
            }
        }
        let on_way = self.frames.values().map(|(.., bytes)| bytes.len()).sum();
        self.most_bytes = self.most_bytes.max(on_way);
    }

    fn transmit(&mut self, from: usize, to: usize, bytes: &[u8]) {
        if self.cut_until.is_some_and(|until| until > self.now) {
            return;
        }
        let copies = if self.random.below(1000) < self.faults.lost {
            0
        } else if self.random.below(1000) < self.faults.doubled {
            2
        } else {
            1
        };
        for _ in 0..copies {
            let delay = 100 + self.random.below(self.faults.delay * 1000);
            let at = self.now + Duration::from_micros(delay);
            self.sent += 1;
            let frame = (from, to, bytes.to_vec());
            self.frames.insert((at, self.sent), frame);
        }
    }
}
