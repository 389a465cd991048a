//! Agreement over the transport in clusters of many shards: what a change costs, and what the comparison of digests costs.

use super::*;
use crate::cluster::simulation::{SIZES, Simulation};
use crate::cluster::{Lane, Tag};
use std::cell::RefCell;
use std::rc::Rc;

/// The time that a script runs.
const SCRIPT: Duration = Duration::from_millis(1);

/// What has come for a shard.
enum Came {
    Message(NodeId, Vec<u8>),
    Hello(NodeId, Vec<u8>),
}

/// A cluster whose shards agree over the transport.
struct Cluster {
    simulation: Simulation,
    world: Rc<RefCell<World>>,
    /// The messages about changes that have arrived.
    messages: Arc<Mutex<usize>>,
}

impl Cluster {
    fn new(shards: usize) -> Cluster {
        let mut simulation = Simulation::new(shards);
        let world = Rc::new(RefCell::new(World::new(shards, 1)));
        let messages = Arc::new(Mutex::new(0));
        for place in 0..shards {
            let (hub, heartbeat) = (simulation.hub(place), simulation.heartbeat(place));
            let inbox: Arc<Mutex<VecDeque<Came>>> = Arc::default();
            let (own, count) = (Arc::clone(&inbox), Arc::clone(&messages));
            hub.on(Tag::AGREEMENT, move |message| {
                *count.lock().unwrap() += 1;
                let came = Came::Message(message.from(), message.content().to_vec());
                own.lock().unwrap().push_back(came);
            });
            let own = Arc::clone(&inbox);
            heartbeat.on_hello(move |from, hello| {
                let came = Came::Hello(from, hello.digest.clone());
                own.lock().unwrap().push_back(came);
            });
            let world = Rc::clone(&world);
            let mut ends = None;
            simulation.act(place, move |now| {
                let mut world = world.borrow_mut();
                let (agreement, server) = &mut world.shards[place];
                for came in inbox.lock().unwrap().drain(..) {
                    let event = match came {
                        Came::Message(from, bytes) => {
                            server.heard.insert(from, now);
                            Event::Said(from, Said::read(&bytes).unwrap())
                        }
                        Came::Hello(from, digest) => {
                            server.heard.insert(from, now);
                            Event::Hello(from, digest)
                        }
                    };
                    agreement.handle(event, server, now);
                }
                if ends.is_none() && !server.scripts.is_empty() {
                    ends = Some(now + SCRIPT);
                }
                if ends.is_some_and(|at| at <= now) {
                    ends = None;
                    for (purpose, stored) in std::mem::take(&mut server.scripts) {
                        agreement.handle(Event::Ran(purpose, Ok(stored)), server, now);
                    }
                }
                if let Some(digest) = agreement.turn(None, server, now) {
                    heartbeat.set_digest(digest);
                }
                for (to, bytes) in std::mem::take(&mut agreement.out) {
                    hub.send_to_all(&to, Lane::Control, Tag::AGREEMENT, &bytes)
                        .unwrap();
                }
                for answer in std::mem::take(&mut agreement.answers) {
                    answer();
                }
                ends
            });
        }
        // All have heard each other.
        simulation.run(Duration::from_millis(1100));
        Cluster {
            simulation,
            world,
            messages,
        }
    }

    /// Makes a change at a shard. Returns the time until its client is answered, and the messages.
    fn register(&mut self, at: usize, number: usize) -> (Duration, usize) {
        let (begun, before) = (self.simulation.now, *self.messages.lock().unwrap());
        let (id, trigger) = (format!("session{number}"), format!("t{number}"));
        let change = {
            let mut world = self.world.borrow_mut();
            let op = Op::Put(Box::new(session(&id, &trigger, at)));
            world.note(at, op)
        };
        self.simulation.wake(at);
        let world = Rc::clone(&self.world);
        let end = begun + Duration::from_secs(10);
        self.simulation
            .run_until(end, || world.borrow().outcome(change).is_some());
        assert_eq!(self.world.borrow().outcome(change), Some(Ok(())));
        let messages = *self.messages.lock().unwrap() - before;
        (self.simulation.now - begun, messages)
    }
}

/// A change is told, agreed to, put in force and confirmed: four messages for each other shard. The shard where it begins sends and
/// takes all of them, the others two each.
#[test]
fn the_messages_of_a_change_grow_with_the_number_of_shards() {
    println!("shards   ms until the answer   messages");
    let mut first = None;
    for &shards in SIZES {
        let mut cluster = Cluster::new(shards);
        let (time, messages) = cluster.register(1, 0);
        println!(
            "{shards:>6} {:>21.2} {messages:>10}",
            time.as_secs_f64() * 1000.0
        );
        assert_eq!(messages, 4 * (shards - 1));
        let first = *first.get_or_insert(time);
        let share = u32::try_from(shards).unwrap();
        assert!(
            time < first * 2 + Duration::from_micros(200) * share,
            "{shards}: {time:?}"
        );
    }
}

/// Each shard compares its digest with that of each other shard once a second. The digest is of all sessions, so it is not computed
/// for each heartbeat.
#[test]
fn digests_are_not_computed_for_each_heartbeat() {
    println!("shards   digests/s a shard");
    for &shards in SIZES {
        let mut cluster = Cluster::new(shards);
        let count = |cluster: &Cluster| -> usize {
            let world = cluster.world.borrow();
            world.shards.iter().map(|(_, server)| server.digests).sum()
        };
        let before = count(&cluster);
        cluster.simulation.run(Duration::from_secs(1));
        let each = (count(&cluster) - before) / shards;
        println!("{shards:>6} {each:>19}");
        assert!(each <= 11, "{shards}: {each}");
    }
}
