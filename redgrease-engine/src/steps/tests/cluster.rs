//! Several pipelines in one interpreter, as the shards of a cluster: records and the ends of movers arrive in a random
//! order, which a seed decides.

use super::*;
use crate::python::Movement;
use crate::steps::{Batch, Batches, Exchange, MoverId, Target, distributed};
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};

/// A generator of numbers: the same ones for the same seed.
#[derive(Debug, Clone)]
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// A number below `end`.
    pub(super) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap() % end
    }
}

/// A number below `end` for some bytes: the shard that owns a key, for example.
fn scattered(bytes: &[u8], end: usize) -> usize {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    usize::try_from(hasher.finish() % end as u64).unwrap()
}

/// What one shard sends to the others.
#[derive(Debug, Default)]
struct Sent {
    held: Batches<usize>,
    /// Mover, receiver and a batch.
    batches: Vec<(MoverId, usize, Vec<u8>)>,
    /// The movers in front of which everything has ended here, in the order of the reports.
    ended: Vec<MoverId>,
    /// The movers behind which the initiator needs no other record.
    enough: Vec<MoverId>,
}

/// The exchange of one shard.
#[derive(Debug)]
struct Shard {
    number: usize,
    shards: usize,
    /// The number of batches of a mover that may wait to be sent.
    room: usize,
    /// The number of times that the pipeline has asked for room.
    asked: AtomicUsize,
    movement: Movement,
    sent: Mutex<Sent>,
}

impl Shard {
    fn sent(&self) -> MutexGuard<'_, Sent> {
        self.sent.lock().unwrap()
    }

    fn send(&self, py: Gil<'_>, batch: &Batch<usize>, errors: &mut Vec<Raised>) {
        let (mover, to, length) = (batch.mover, batch.to, batch.len());
        let bytes = batch.write(py, &self.movement, errors).unwrap();
        let mut sent = self.sent();
        sent.held.learn(mover, length, bytes.len());
        sent.batches.push((mover, to, bytes));
    }

    /// Sends what is held back.
    fn flush(&self, py: Gil<'_>, mover: MoverId, errors: &mut Vec<Raised>) {
        let batches = self.sent().held.take(mover);
        for batch in batches {
            self.send(py, &batch, errors);
        }
    }
}

impl Exchange for Shard {
    fn move_record<'py>(
        &self,
        mover: MoverId,
        target: Target,
        record: Object<'py>,
        errors: &mut Vec<Raised>,
    ) -> Option<Object<'py>> {
        let to = match target {
            Target::Initiator => 0,
            Target::Key(key) => scattered(&key, self.shards),
        };
        if to == self.number {
            return Some(record);
        }
        let py = record.py();
        let has_ended = self.sent().ended.contains(&mover);
        assert!(!has_ended, "{mover:?} moves a record after its end");
        let full = self.sent().held.add(mover, to, record);
        if let Some(batch) = full {
            self.send(py, &batch, errors);
        }
        None
    }

    fn ended(&self, py: Gil<'_>, mover: MoverId, errors: &mut Vec<Raised>) {
        self.flush(py, mover, errors);
        self.sent().ended.push(mover);
    }

    fn enough(&self, mover: MoverId) {
        assert_eq!(self.number, 0, "only the initiator has enough");
        self.sent().enough.push(mover);
    }

    fn has_room(&self, mover: MoverId) -> bool {
        if self.room == usize::MAX {
            return true;
        }
        // Other threads send, so the answer may be another one the next time.
        let asked = self.asked.fetch_add(1, Ordering::Relaxed);
        if scattered(&asked.to_le_bytes(), 3) == 0 {
            return false;
        }
        let sent = self.sent();
        let waiting = sent.batches.iter().filter(|(of, ..)| *of == mover);
        waiting.count() < self.room
    }
}

/// The outcome of all shards, as texts.
#[derive(Debug, Default)]
pub(super) struct Outcomes {
    /// The results of all shards, in the order of their texts.
    pub(super) results: Vec<String>,
    /// The results of each shard.
    pub(super) by_shard: Vec<Vec<String>>,
    /// The errors of each shard.
    pub(super) errors: Vec<Vec<String>>,
    /// The number of records that each shard has read.
    pub(super) read: Vec<usize>,
    /// By mover: the batches that went to other shards, and their records.
    pub(super) moved: BTreeMap<usize, (usize, usize)>,
}

/// One shard with its pipeline and its records.
struct Running<'py> {
    pipeline: Pipeline,
    exchange: Arc<Shard>,
    records: List<'py>,
    read: usize,
    /// Coroutines that have not ended.
    awaited: Vec<(Ticket, Object<'py>)>,
    has_ended: bool,
    /// The number of movers that are closed.
    closed: usize,
    /// The number of messages about movers with enough records that were seen.
    enough: usize,
}

impl<'py> Running<'py> {
    fn new(py: Gil<'py>, steps: &Arc<[Step]>, shard: Shard, records: &str) -> Self {
        let exchange = Arc::new(shard);
        let moves: Arc<dyn Exchange> = exchange.clone();
        Running {
            pipeline: Pipeline::with_exchange(py, steps, moves),
            exchange,
            records: List::new(&eval(py, records)).unwrap(),
            read: 0,
            awaited: Vec::new(),
            has_ended: false,
            closed: 0,
            enough: 0,
        }
    }

    /// Advances the pipeline once. Reads at most `most` records.
    fn advance(&mut self, py: Gil<'py>, most: usize) {
        let (records, read) = (self.records.clone(), &mut self.read);
        let last = *read + most;
        let advance = self.pipeline.advance(py, |pipeline| {
            if !pipeline.wants_more() {
                return Read::End;
            }
            let Some(record) = records.get(*read) else {
                return Read::End;
            };
            if *read == last {
                return Read::Pause;
            }
            *read += 1;
            pipeline.push(record);
            Read::More
        });
        match advance {
            Advance::Await(ticket, coroutine) => self.awaited.push((ticket, coroutine)),
            Advance::Wait => {}
            Advance::End => self.has_ended = true,
        }
    }

    /// Ends one of the coroutines.
    fn resume(&mut self, py: Gil<'py>, random: &mut Random) {
        if self.awaited.is_empty() {
            return;
        }
        let which = random.below(self.awaited.len());
        let (ticket, coroutine) = self.awaited.swap_remove(which);
        self.pipeline.resume(py, ticket, driven(&coroutine));
    }
}

/// The shards of a cluster that runs one execution. Shard 0 is the initiator.
struct Cluster<'py> {
    py: Gil<'py>,
    shards: Vec<Running<'py>>,
    random: Random,
    /// By mover: batches and records.
    moved: BTreeMap<usize, (usize, usize)>,
}

impl Cluster<'_> {
    /// Does one thing that can happen in a cluster.
    fn turn(&mut self) {
        let which = self.random.below(self.shards.len());
        match self.random.below(4) {
            0 => {
                let most = self.random.below(4);
                let shard = &mut self.shards[which];
                if !shard.has_ended {
                    shard.advance(self.py, most);
                }
            }
            1 => self.shards[which].resume(self.py, &mut self.random),
            2 => self.deliver(which),
            _ => self.tell(which),
        }
    }

    /// Delivers one of the batches that a shard has sent, or else sends what it holds back.
    fn deliver(&mut self, from: usize) {
        let mut errors = Vec::new();
        let exchange = Arc::clone(&self.shards[from].exchange);
        let waiting = exchange.sent().batches.len();
        if waiting == 0 {
            let mover = MoverId(self.random.below(3));
            exchange.flush(self.py, mover, &mut errors);
            return self.fail(from, errors);
        }
        let which = self.random.below(waiting);
        let (mover, to, batch) = exchange.sent().batches.swap_remove(which);
        let receiver = &mut self.shards[to];
        assert!(!receiver.has_ended, "records came after the end");
        let movement = &receiver.exchange.movement;
        let records = movement.read(self.py, &batch, &mut errors).unwrap();
        let (batches, crossed) = self.moved.entry(mover.0).or_default();
        *batches += 1;
        *crossed += records.len();
        receiver.pipeline.arrive(mover, records);
        self.fail(to, errors);
    }

    fn fail(&mut self, shard: usize, errors: Vec<Raised>) {
        for raised in errors {
            self.shards[shard].pipeline.fail(raised);
        }
    }

    /// Tells a shard of the next mover that all shards have ended, or that the initiator has enough.
    fn tell(&mut self, to: usize) {
        let enough = self.shards[0].exchange.sent().enough.len();
        if self.shards[to].enough < enough {
            self.shards[to].enough = enough;
            return self.shards[to].pipeline.enough();
        }
        let mover = MoverId(self.shards[to].closed);
        let is_over = self.shards.iter().all(|shard| {
            let sent = shard.exchange.sent();
            let on_its_way =
                |(of, receiver, _): &(MoverId, usize, Vec<u8>)| (*of, *receiver) == (mover, to);
            sent.ended.contains(&mover) && !sent.batches.iter().any(on_its_way)
        });
        if is_over {
            self.shards[to].closed += 1;
            self.shards[to].pipeline.end_mover(mover);
        }
    }
}

/// How the shards of a test run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manner {
    pub(super) seed: u64,
    /// The number of batches of a mover that may wait to be sent.
    pub(super) room: usize,
    /// The number of records that may wait for coroutines.
    pub(super) most_waiting: usize,
}

pub(super) const FREELY: Manner = Manner {
    seed: 1,
    room: usize::MAX,
    most_waiting: usize::MAX,
};

/// Runs the steps on as many shards as `records` has lists. Shard 0 is the initiator.
pub(super) fn on_shards(
    steps: impl IntoIterator<Item = Step>,
    records: &[String],
    manner: Manner,
) -> Outcomes {
    let recorded: Vec<Step> = steps.into_iter().collect();
    with_python(|py| {
        let steps: Arc<[Step]> = distributed(py, &recorded).into();
        let shards = records.iter().enumerate().map(|(number, records_of)| {
            let functions = recorded
                .iter()
                .flat_map(|step| step.operation().functions());
            let shard = Shard {
                number,
                movement: Movement::new(py, functions).unwrap(),
                shards: records.len(),
                room: manner.room,
                asked: AtomicUsize::new(0),
                sent: Mutex::default(),
            };
            let mut running = Running::new(py, &steps, shard, records_of);
            running.pipeline.let_wait(manner.most_waiting);
            running
        });
        let mut cluster = Cluster {
            py,
            shards: shards.collect(),
            random: Random::new(manner.seed),
            moved: BTreeMap::new(),
        };
        let mut turns = 0;
        while !cluster.shards.iter().all(|shard| shard.has_ended) {
            cluster.turn();
            turns += 1;
            assert!(
                turns < 300_000,
                "the shards wait for each other: {manner:?}"
            );
        }
        let movers = steps.iter().filter_map(|step| match step {
            Step::Mover(mover) => Some(mover.id),
            _ => None,
        });
        let movers: Vec<MoverId> = movers.collect();
        let mut outcomes = Outcomes {
            moved: std::mem::take(&mut cluster.moved),
            ..Outcomes::default()
        };
        for shard in cluster.shards {
            assert_eq!(shard.exchange.sent().ended, movers);
            assert_eq!(shard.pipeline.arrived(), 0);
            outcomes.read.push(shard.read);
            let (results, errors) = outcome(py, shard.pipeline);
            outcomes.results.extend(results.clone());
            outcomes.by_shard.push(results);
            outcomes.errors.push(errors);
        }
        outcomes.results.sort();
        outcomes
    })
}

/// The elements of a list, spread over some shards.
pub(super) fn spread(records: &[i64], shards: usize) -> Vec<String> {
    let of = |shard: usize| {
        let records = records.iter().skip(shard).step_by(shards);
        format!("{:?}", records.collect::<Vec<_>>())
    };
    (0..shards).map(of).collect()
}
