//! Hubs that send to each other through a wire of tests.

use super::heartbeat::{Heartbeat, Hello};
use super::hub::{Hub, Received, Unsent, Wire};
use super::mailbox::{Message, Tag};
use super::topology::NodeId;
use super::transport::Lane;
use super::transport::network::{Faults, Random};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const TAG: Tag = Tag(200);
const MIB: usize = 1 << 20;

pub(super) fn id(index: usize) -> NodeId {
    NodeId::parse(format!("{index:040x}").as_bytes()).unwrap()
}

/// Frames on their way: from, to, bytes.
type Frames = RefCell<VecDeque<(NodeId, NodeId, Vec<u8>)>>;

/// The wire of one hub.
struct From<'a>(NodeId, &'a Frames);

impl Wire for From<'_> {
    fn send(&self, to: NodeId, frame: &[u8]) -> bool {
        self.1.borrow_mut().push_back((self.0, to, frame.to_vec()));
        true
    }
}

fn hub(incarnation: u64) -> &'static Hub {
    Box::leak(Box::new(Hub::new(incarnation)))
}

/// Hubs that know each other, and the messages that arrived: to, from, content.
pub(super) struct World {
    pub(super) hubs: Vec<&'static Hub>,
    frames: Frames,
    pub(super) now: Instant,
    /// The hub whose frames are lost.
    pub(super) dead: Option<usize>,
    /// Frames that are lost, doubled or late.
    pub(super) faults: Faults,
    random: Random,
}

impl World {
    pub(super) fn new(count: usize) -> World {
        let hubs: Vec<&'static Hub> = (0..count).map(|_| hub(7)).collect();
        for (own, hub) in hubs.iter().enumerate() {
            let others = (0..count).filter(|other| *other != own).map(id);
            hub.set_peers(&others.collect::<Vec<_>>());
        }
        World {
            hubs,
            frames: RefCell::default(),
            now: Instant::now(),
            dead: None,
            faults: Faults::default(),
            random: Random(1),
        }
    }

    /// The random numbers of the faults begin here.
    pub(super) fn seed(&mut self, seed: u64) {
        self.random = Random(seed);
    }

    /// A server is started again: it has forgotten everything.
    pub(super) fn restart(&mut self, index: usize) -> &'static Hub {
        let again = hub(self.hubs[index].incarnation() + 1);
        again.set_peers(&self.hubs[index].peers());
        self.hubs[index] = again;
        again
    }

    /// Sends and delivers until nothing is due, and lets a moment pass in between.
    pub(super) fn run(&mut self, length: Duration) {
        let end = self.now + length;
        while self.now < end {
            for (own, hub) in self.hubs.iter().enumerate() {
                hub.flush(self.now, &From(id(own), &self.frames), MIB);
            }
            self.now += Duration::from_millis(1);
            let mut late = VecDeque::new();
            while let Some((from, to, bytes)) = self.frames.borrow_mut().pop_front() {
                // Such a frame may be late again, so that the delay is one of some milliseconds on average.
                if self.faults.delay > 0 && self.random.below(self.faults.delay) > 0 {
                    late.push_back((from, to, bytes));
                    continue;
                }
                if self.random.below(1000) < self.faults.lost {
                    continue;
                }
                if self.random.below(1000) < self.faults.doubled {
                    late.push_back((from, to, bytes.clone()));
                }
                let place = |node| (0..self.hubs.len()).find(|one| id(*one) == node);
                let (Some(sender), Some(to)) = (place(from), place(to)) else {
                    continue;
                };
                if self.dead != Some(to) && self.dead != Some(sender) {
                    self.hubs[to].receive(from, &bytes, self.now);
                }
            }
            self.frames.borrow_mut().append(&mut late);
        }
    }
}

/// Keeps the messages of a kind.
fn kept(hub: &Hub) -> Arc<Mutex<Vec<Message>>> {
    let all = Arc::new(Mutex::new(Vec::new()));
    let own = Arc::clone(&all);
    hub.on(TAG, move |message| own.lock().unwrap().push(message));
    all
}

fn contents(messages: &Mutex<Vec<Message>>) -> Vec<(NodeId, Vec<u8>)> {
    let messages = messages.lock().unwrap();
    let contents = messages
        .iter()
        .map(|one| (one.from(), one.content().to_vec()));
    contents.collect()
}

/// One server has forgotten another one for a while (`CLUSTER FORGET`, `CLUSTER RESET`), and that one does not know.
#[test]
fn servers_of_which_one_has_forgotten_the_other_reach_each_other_again() {
    let mut world = World::new(2);
    let arrived = [kept(world.hubs[0]), kept(world.hubs[1])];
    let lost = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&lost);
    world.hubs[1].on_lost(move |id| told.lock().unwrap().push(id));
    for round in 0..3 {
        for lane in [Lane::Control, Lane::Bulk] {
            for number in 0..5 {
                for (own, hub) in world.hubs.iter().enumerate() {
                    let content = [round, number];
                    hub.send(id(1 - own), lane, TAG, &content).unwrap();
                }
            }
        }
        world.run(Duration::from_secs(2));
        for (own, arrived) in arrived.iter().enumerate() {
            let new = std::mem::take(&mut *arrived.lock().unwrap());
            assert_eq!(new.len(), 10, "at {own} in round {round}");
        }
        // The other one hears of it with the next message.
        assert_eq!(lost.lock().unwrap().len(), usize::from(round));
        world.hubs[0].set_peers(&[]);
        world.hubs[0].set_peers(&[id(1)]);
        world.hubs[0]
            .send(id(1), Lane::Control, TAG, b"first")
            .unwrap();
        world.run(Duration::from_secs(2));
        assert_eq!(contents(&arrived[1]), [(id(0), b"first".to_vec())]);
        arrived[1].lock().unwrap().clear();
    }
}

#[test]
fn messages_go_to_the_function_of_their_kind() {
    let mut world = World::new(3);
    let arrived = kept(world.hubs[1]);
    for lane in [Lane::Control, Lane::Bulk] {
        let (to, other) = (id(1), Tag(201));
        assert_eq!(world.hubs[0].send(to, lane, TAG, b"from 0"), Ok(()));
        assert_eq!(
            world.hubs[2].send(to, lane, other, b"of another kind"),
            Ok(())
        );
    }
    world.run(Duration::from_millis(100));
    let expected = (id(0), b"from 0".to_vec());
    assert_eq!(contents(&arrived), [expected.clone(), expected]);
    assert_eq!(world.hubs[0].waiting_frames(id(1)), 0);
    assert!(world.hubs[1].last_heard(id(2)).is_some());
}

#[test]
fn messages_to_other_nodes_are_refused() {
    let world = World::new(2);
    for node in [id(0), id(9)] {
        let sent = world.hubs[0].send(node, Lane::Control, TAG, b"x");
        assert_eq!(sent, Err(Unsent::Unknown));
        let received = world.hubs[0].receive(node, b"x", world.now);
        assert_eq!(received, Received::UnknownSender);
    }
}

#[test]
fn a_long_message_arrives() {
    let mut world = World::new(2);
    let arrived = kept(world.hubs[1]);
    let long: Vec<u8> = (0..64 * MIB)
        .map(|at| u8::try_from(at % 251).unwrap())
        .collect();
    world.hubs[0].send(id(1), Lane::Bulk, TAG, &long).unwrap();
    world.run(Duration::from_secs(1));
    assert!(contents(&arrived) == [(id(0), long)]);
}

/// The sender waits while the receiver keeps the messages, and goes on when they are dropped.
#[test]
fn a_receiver_that_keeps_messages_stops_the_sender() {
    let mut world = World::new(2);
    let arrived = kept(world.hubs[1]);
    for _ in 0..10 {
        world.hubs[0]
            .send(id(1), Lane::Bulk, TAG, &vec![1; MIB])
            .unwrap();
    }
    world.run(Duration::from_secs(1));
    let first = arrived.lock().unwrap().len();
    assert!((3..=5).contains(&first), "{first}");
    assert!(world.hubs[0].waiting_bytes(id(1), Lane::Bulk) >= 5 * MIB);
    world.hubs[0]
        .send(id(1), Lane::Control, TAG, b"abort")
        .unwrap();
    world.run(Duration::from_secs(1));
    assert_eq!(arrived.lock().unwrap().last().unwrap().content(), b"abort");
    let mut count = first;
    for _ in 0..10 {
        arrived.lock().unwrap().clear();
        world.run(Duration::from_secs(1));
        count += arrived.lock().unwrap().len();
    }
    assert_eq!(count, 10);
    assert_eq!(world.hubs[0].waiting_bytes(id(1), Lane::Bulk), 0);
}

#[test]
fn foreign_bytes_are_dropped() {
    let world = World::new(2);
    let arrived = kept(world.hubs[1]);
    for bytes in [&b""[..], b"hello", b"RGX\x02", &[0; 200]] {
        let received = world.hubs[1].receive(id(0), bytes, world.now);
        assert_eq!(received, Received::Taken);
    }
    assert!(arrived.lock().unwrap().is_empty());
    assert_eq!(world.hubs[1].last_heard(id(0)), None);
}

#[test]
fn a_server_that_left_or_was_started_again_is_told() {
    let mut world = World::new(3);
    let lost = Arc::new(Mutex::new(Vec::new()));
    let own = Arc::clone(&lost);
    world.hubs[0].on_lost(move |id| own.lock().unwrap().push(id));
    for other in [1, 2] {
        world.hubs[other]
            .send(id(0), Lane::Control, TAG, b"x")
            .unwrap();
    }
    world.run(Duration::from_millis(100));
    assert!(lost.lock().unwrap().is_empty());
    world.hubs[1] = hub(8);
    world.hubs[1].set_peers(&[id(0)]);
    world.hubs[1].send(id(0), Lane::Control, TAG, b"x").unwrap();
    world.run(Duration::from_millis(100));
    assert_eq!(*lost.lock().unwrap(), [id(1)]);
    world.hubs[0].set_peers(&[id(1)]);
    assert_eq!(*lost.lock().unwrap(), [id(1), id(2)]);
    assert_eq!(world.hubs[0].peers(), [id(1)]);
}

/// Handlers run without the locks of the hub.
#[test]
fn a_handler_may_use_the_hub() {
    let hub = hub(7);
    hub.set_peers(&[id(1), id(2)]);
    let calls = Arc::new(Mutex::new(0));
    let own = Arc::clone(&calls);
    hub.on_lost(move |_| {
        hub.on_lost(|_| ());
        *own.lock().unwrap() += hub.peers().len();
    });
    hub.set_peers(&[id(2)]);
    assert_eq!(*calls.lock().unwrap(), 1);
}

/// The credit of a message of a process that has ended is not given to the next one.
#[test]
fn a_message_of_an_ended_process_gives_no_credit() {
    let mut world = World::new(2);
    let arrived = kept(world.hubs[1]);
    for _ in 0..3 {
        world.hubs[0]
            .send(id(1), Lane::Bulk, TAG, &vec![1; MIB])
            .unwrap();
    }
    world.run(Duration::from_secs(1));
    let old: Vec<Message> = arrived.lock().unwrap().drain(..).collect();
    assert_eq!(old.len(), 3);
    world.hubs[0] = hub(8);
    world.hubs[0].set_peers(&[id(1)]);
    for _ in 0..10 {
        world.hubs[0]
            .send(id(1), Lane::Bulk, TAG, &vec![2; MIB])
            .unwrap();
    }
    world.run(Duration::from_secs(1));
    let before = arrived.lock().unwrap().len();
    drop(old);
    world.run(Duration::from_secs(1));
    assert_eq!(arrived.lock().unwrap().len(), before);
}

/// A thread that sends a part at a time gives each server its turn, although those before it have more to send.
#[test]
fn no_server_waits_for_those_that_get_more() {
    let mut world = World::new(7);
    let hub = world.hubs[0];
    for other in 1..7 {
        hub.send(id(other), Lane::Control, TAG, b"first").unwrap();
    }
    world.run(Duration::from_millis(100));
    for other in 1..7 {
        hub.send(id(other), Lane::Control, TAG, &vec![1; MIB])
            .unwrap();
    }
    let frames = Frames::default();
    for _ in 0..12 {
        hub.flush(world.now, &From(id(0), &frames), 1);
    }
    let mut turns: Vec<NodeId> = frames.into_inner().iter().map(|(_, to, _)| *to).collect();
    turns[..6].sort_unstable();
    turns[6..].sort_unstable();
    let each: Vec<NodeId> = (1..7).map(id).collect();
    assert_eq!(turns, [each.clone(), each].concat());
}

/// The wire of a hub that has sent its messages together.
fn sent(world: &World, from: usize) -> Vec<(NodeId, usize)> {
    let frames = Frames::default();
    let hub = world.hubs[from];
    hub.flush(world.now, &From(id(from), &frames), MIB);
    let all = frames.into_inner().into_iter();
    all.map(|(_, to, bytes)| (to, bytes.len())).collect()
}

#[test]
fn short_messages_to_one_server_are_sent_together() {
    let mut world = World::new(3);
    let arrived = kept(world.hubs[1]);
    world.hubs[0]
        .send(id(1), Lane::Control, TAG, b"first")
        .unwrap();
    world.run(Duration::from_secs(1));
    for lane in [Lane::Control, Lane::Bulk, Lane::Control] {
        world.hubs[0].send(id(1), lane, TAG, b"more").unwrap();
    }
    world.run(Duration::from_millis(1));
    assert_eq!(arrived.lock().unwrap().len(), 4);
    for _ in 0..3 {
        world.hubs[0]
            .send(id(1), Lane::Control, TAG, &[1; 10_000])
            .unwrap();
    }
    let sent = sent(&world, 0);
    assert_eq!(sent.len(), 2, "the bus has to carry gossip, too: {sent:?}");
}

#[test]
fn what_is_behind_damaged_bytes_is_refused_with_them() {
    let mut world = World::new(2);
    let arrived = kept(world.hubs[1]);
    world.hubs[0]
        .send(id(1), Lane::Control, TAG, b"first")
        .unwrap();
    world.run(Duration::from_secs(1));
    world.hubs[0]
        .send(id(1), Lane::Control, TAG, b"second")
        .unwrap();
    let frames = Frames::default();
    world.hubs[0].flush(world.now, &From(id(0), &frames), MIB);
    let (_, _, good) = frames.into_inner().pop_front().unwrap();
    let damaged = [b"no frame at all", good.as_slice()].concat();
    let count = || arrived.lock().unwrap().len();
    let took = world.hubs[1].receive(id(0), &damaged, world.now);
    assert_eq!((took, count()), (Received::Taken, 1));
    world.hubs[1].receive(id(0), &good, world.now);
    assert_eq!(count(), 2);
}

#[test]
fn a_message_that_another_one_follows_is_sent_with_it() {
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    let mut world = World::new(2);
    let hub = world.hubs[0];
    hub.send(id(1), Lane::Control, TAG, b"first").unwrap();
    world.run(Duration::from_secs(1));
    hub.ask_main_with(|| {
        ASKED.fetch_add(1, Ordering::Relaxed);
        true
    });
    let asked = || ASKED.load(Ordering::Relaxed);
    hub.send_with_next(&[id(1)], Lane::Bulk, TAG, b"before")
        .unwrap();
    assert_eq!(asked(), 0);
    assert_eq!(hub.due(world.now), Some(world.now), "nothing keeps it back");
    hub.send_to_all(&[id(1)], Lane::Bulk, TAG, b"last").unwrap();
    assert_eq!(asked(), 1);
    assert_eq!(sent(&world, 0).len(), 1);
    // What was sent is due later, and that is not for the main thread.
    hub.has_sent();
    assert_eq!(asked(), 1);
}

/// What a server that left still has to give back does not wake the thread that sends.
#[test]
fn a_server_that_left_is_not_due() {
    let mut world = World::new(2);
    let arrived = kept(world.hubs[1]);
    world.hubs[0]
        .send(id(1), Lane::Bulk, TAG, &vec![1; 2 * MIB])
        .unwrap();
    world.run(Duration::from_secs(1));
    assert_eq!(arrived.lock().unwrap().len(), 1);
    let hub = world.hubs[1];
    hub.send(id(0), Lane::Control, TAG, b"x").unwrap();
    assert_eq!(hub.due(world.now), Some(world.now));
    hub.set_peers(&[]);
    assert_eq!(hub.due(world.now), None);
    arrived.lock().unwrap().clear();
    assert_eq!(hub.due(world.now), None);
}

fn heartbeats(world: &World) -> Vec<Arc<Heartbeat>> {
    let of = |(own, hub): (usize, &&'static Hub)| {
        let heartbeat = Arc::new(Heartbeat::new(Hello {
            run_id: format!("run {own}"),
            ..Hello::default()
        }));
        heartbeat.listen(hub);
        heartbeat
    };
    world.hubs.iter().enumerate().map(of).collect()
}

#[test]
fn heartbeats_tell_of_the_servers() {
    let mut world = World::new(3);
    let all = heartbeats(&world);
    assert_eq!(all[0].of(id(1)), None);
    for round in 0..3_u8 {
        all[1].set_digest(vec![round]);
        for (heartbeat, hub) in all.iter().zip(&world.hubs) {
            let next = heartbeat.beat(hub, world.now);
            assert!(next > world.now);
            assert_eq!(heartbeat.beat(hub, world.now), next, "one each second");
        }
        world.run(Duration::from_secs(2));
        let hello = all[0].of(id(1)).unwrap();
        assert_eq!(
            (hello.run_id.as_str(), hello.digest),
            ("run 1", vec![round])
        );
    }
    world.hubs[0].set_peers(&[id(2)]);
    assert_eq!(all[0].of(id(1)), None);
}

/// Heartbeats for a server that does not answer do not pile up, and go on when it answers.
#[test]
fn one_heartbeat_waits_for_a_silent_server() {
    let mut world = World::new(2);
    let all = heartbeats(&world);
    world.dead = Some(1);
    for _ in 0..20 {
        all[0].beat(world.hubs[0], world.now);
        world.run(Duration::from_secs(1));
    }
    assert_eq!(world.hubs[0].waiting_frames(id(1)), 1);
    world.dead = None;
    world.run(Duration::from_secs(10));
    assert_eq!(
        all[1].of(id(0)).map(|hello| hello.run_id),
        Some("run 0".into())
    );
}
