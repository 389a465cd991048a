//! Servers that ask each other about one slot, and handle the messages of its one stream.

use super::super::elsewhere::Elsewhere;
use super::claims::Claims;
use super::slot_set::SlotSet;
use crate::cluster::topology::NodeId;
use proptest::prelude::*;
use std::collections::{BTreeMap, VecDeque};

const SLOT: u16 = 9;
const STREAM: &[u8] = b"s";

fn node(number: usize) -> NodeId {
    NodeId::parse(format!("{number:040x}").as_bytes()).unwrap()
}

fn slot(is_in: bool) -> SlotSet {
    let mut set = SlotSet::default();
    if is_in {
        set.insert(SLOT);
    }
    set
}

/// What servers send each other. `true` means that a batch is in hand.
#[derive(Debug, Clone)]
enum Sent {
    Question(u64, SlotSet),
    Answer(u64, bool),
    Settled(bool),
}

#[derive(Default)]
struct Server {
    claims: Claims,
    hands: Elsewhere,
    /// It believes that it serves the slot.
    believes: bool,
    /// It handles a batch.
    handles: bool,
}

impl Server {
    fn may_begin(&self) -> bool {
        self.claims.is_open(SLOT) && !self.hands.has(STREAM)
    }

    fn hears(&mut self, from: usize, in_hand: bool) {
        if self.claims.is_claimed(SLOT) {
            self.hands.set(STREAM, node(from), in_hand);
        }
    }
}

/// Messages between two servers keep their order.
struct World {
    servers: Vec<Server>,
    ways: BTreeMap<(usize, usize), VecDeque<Sent>>,
}

impl World {
    fn new(count: usize) -> World {
        World {
            servers: (0..count).map(|_| Server::default()).collect(),
            ways: BTreeMap::new(),
        }
    }

    fn send(&mut self, from: usize, to: usize, what: Sent) {
        self.ways.entry((from, to)).or_default().push_back(what);
    }

    fn look(&mut self, at: usize) {
        let others: Vec<usize> = (0..self.servers.len()).filter(|one| *one != at).collect();
        let server = &mut self.servers[at];
        let mine = slot(server.believes);
        server.hands.forget(|_| !mine.contains(SLOT));
        let nodes = others.iter().map(|one| node(*one)).collect();
        let ask = server.claims.look(&mine, &nodes);
        server.claims.take_answered();
        if let Some(ask) = ask {
            for to in others {
                self.send(at, to, Sent::Question(ask.number, ask.slots.clone()));
            }
        }
    }

    fn deliver(&mut self, from: usize, to: usize) {
        let Some(what) = self.ways.entry((from, to)).or_default().pop_front() else {
            return;
        };
        let server = &mut self.servers[to];
        match what {
            Sent::Question(number, slots) => {
                server.claims.give_up(&slots, node(from));
                server.hands.forget(|_| slots.contains(SLOT));
                // Like the streams of an answer, it is named only if something is there.
                let answer = Sent::Answer(number, server.handles);
                self.send(to, from, answer);
            }
            Sent::Answer(number, in_hand) => {
                if server
                    .claims
                    .asked(number)
                    .is_some_and(|asked| asked.contains(SLOT))
                {
                    server.hands.let_go(node(from), |_| true);
                }
                if in_hand {
                    server.hears(from, true);
                }
                server.claims.answered(number, node(from));
                server.claims.take_answered();
            }
            Sent::Settled(in_hand) => server.hears(from, in_hand),
        }
    }

    fn begin(&mut self, at: usize) {
        let server = &mut self.servers[at];
        server.handles = server.handles || server.may_begin();
    }

    fn end(&mut self, at: usize) {
        let server = &mut self.servers[at];
        if !std::mem::take(&mut server.handles) {
            return;
        }
        for asker in server.claims.askers(SLOT) {
            let asker = (0..self.servers.len()).find(|one| asker == node(*one));
            self.send(at, asker.unwrap(), Sent::Settled(false));
        }
    }

    fn count(&self, is_meant: impl Fn(&Server) -> bool) -> usize {
        self.servers.iter().filter(|one| is_meant(one)).count()
    }

    /// The server `owner` serves the slot from now on, and all messages arrive.
    fn settle(&mut self, owner: usize) {
        let count = self.servers.len();
        for at in 0..count {
            self.servers[at].believes = at == owner;
        }
        for _ in 0..1000 {
            for a in 0..count {
                self.look(a);
                for b in 0..count {
                    self.deliver(a, b);
                }
            }
            let is_quiet = self.ways.values().all(VecDeque::is_empty);
            if is_quiet && self.count(|one| one.claims.is_waiting()) == 0 {
                return;
            }
        }
        panic!("there is no end of messages");
    }
}

#[test]
fn a_stream_that_goes_to_and_fro_is_read() {
    for ends_at_home in [true, false] {
        let mut world = World::new(2);
        world.settle(0);
        world.begin(0);
        world.settle(1);
        assert!(!world.servers[1].may_begin(), "it is handled elsewhere");
        // The shard that loses the slot sees it before it hears of it.
        world.servers[1].believes = false;
        world.look(1);
        world.settle(0);
        if ends_at_home {
            world.end(0);
        }
        world.settle(1);
        world.end(0);
        world.settle(1);
        assert!(world.servers[1].may_begin(), "{ends_at_home}");
    }
}

#[test]
fn an_older_question_of_another_server_changes_nothing() {
    let (home, owner, other) = (0, 1, 2);
    let mut world = World::new(3);
    world.settle(home);
    world.begin(home);
    world.servers[home].believes = false;
    world.look(home);
    // The other one believes for a moment that it has the slot. Its question to the first server takes long.
    world.servers[other].believes = true;
    world.look(other);
    world.servers[other].believes = false;
    world.deliver(other, owner);
    world.servers[owner].believes = true;
    world.look(owner);
    world.deliver(owner, home);
    world.deliver(home, owner);
    world.settle(owner);
    assert!(!world.servers[owner].may_begin());
    world.end(home);
    world.settle(owner);
    assert!(world.servers[owner].may_begin());
}

proptest! {
    /// Never do two servers read a slot or handle its stream, and in the end the one reads it that serves it.
    #[test]
    fn one_server_reads(
        count in 2..5usize,
        steps in proptest::collection::vec((0..6u8, 0..5usize, 0..5usize), 0..200),
        owner in 0..5usize,
    ) {
        let mut world = World::new(count);
        for (kind, a, b) in steps {
            let (a, b) = (a % count, b % count);
            match kind {
                0 => world.servers[a].believes = !world.servers[a].believes,
                1 => world.look(a),
                2 => world.begin(a),
                3 => world.end(a),
                _ => world.deliver(a, b),
            }
            prop_assert!(world.count(|one| one.claims.is_open(SLOT)) <= 1);
            prop_assert!(world.count(|one| one.handles) <= 1);
        }
        let owner = owner % count;
        world.settle(owner);
        for at in 0..count {
            world.end(at);
        }
        world.settle(owner);
        prop_assert_eq!(world.count(|one| one.claims.is_open(SLOT)), 1);
        prop_assert!(world.servers[owner].may_begin());
    }
}
