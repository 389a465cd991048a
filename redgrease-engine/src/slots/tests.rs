//! A model of a cluster whose slots move while it is read.

use super::*;
use crate::cluster::Random;
use crate::cluster::topology::{NodeId, SLOTS, Topology};
use crate::encoding::{Damaged, Input};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::{Arc, Mutex};

const SHARDS: usize = 3;
/// The slots of the model. Some of them are empty.
const MODEL_SLOTS: u16 = 12;

/// One cluster: where slots and keys are.
struct Model {
    /// By slot: the owner, and the shard that gets the slot.
    slots: Vec<(usize, Option<usize>)>,
    /// By slot and name: the shard that has the key.
    keys: BTreeMap<(u16, Vec<u8>), usize>,
    random: Random,
    made: usize,
}

/// A shard of the model, and the piece that its reader fills.
struct Shard<'a> {
    model: &'a Model,
    number: usize,
    piece: Vec<Vec<u8>>,
    most: usize,
}

impl SlotKeys for Shard<'_> {
    fn place(&self, slot: u16) -> Place {
        match self.model.slots[usize::from(slot)] {
            (owner, None) if owner == self.number => Place::Here,
            (owner, Some(gets)) if owner == self.number || gets == self.number => Place::Moving,
            _ => Place::Elsewhere,
        }
    }

    fn read_slot(&mut self, slot: u16) -> Option<Vec<Vec<u8>>> {
        let of_slot = (slot, Vec::new())..(slot + 1, Vec::new());
        let here = self.model.keys.range(of_slot);
        let here = here.filter(|(_, shard)| **shard == self.number);
        let names: Vec<_> = here.map(|((_, name), _)| name.clone()).collect();
        let room = names.len().min(self.most - self.piece.len());
        self.piece.extend_from_slice(&names[..room]);
        Some(names[room..].to_vec())
    }

    fn read(&mut self, name: &[u8]) -> bool {
        let text = std::str::from_utf8(name).unwrap();
        let slot = text.split(':').next().unwrap().parse().unwrap();
        let is_here = self.model.keys.get(&(slot, name.to_vec())) == Some(&self.number);
        if is_here {
            self.piece.push(name.to_vec());
        }
        is_here
    }

    fn is_full(&self) -> bool {
        self.piece.len() >= self.most
    }
}

fn shard_id(shard: usize) -> NodeId {
    NodeId::parse(format!("{shard:040}").as_bytes()).unwrap()
}

fn name(slot: u16, number: impl std::fmt::Display) -> Vec<u8> {
    format!("{slot}:{number}").into_bytes()
}

impl Model {
    fn new(seed: u64) -> Model {
        let mut random = Random(seed);
        let mut keys = BTreeMap::new();
        let slots: Vec<(usize, Option<usize>)> = (0..MODEL_SLOTS)
            .map(|slot| (usize::from(slot) % SHARDS, None))
            .collect();
        for slot in 0..MODEL_SLOTS {
            for number in 0..random.below(30) {
                keys.insert((slot, name(slot, number)), slots[usize::from(slot)].0);
            }
        }
        Model {
            slots,
            keys,
            random,
            made: 0,
        }
    }

    fn below(&mut self, most: usize) -> usize {
        usize::try_from(self.random.below(most as u64)).unwrap()
    }

    fn topology(&self) -> Topology {
        let mut text = String::new();
        for shard in 0..SHARDS {
            let id = shard_id(shard);
            write!(text, "{id} 127.0.0.1:1@2 master - 0 0 1 connected").unwrap();
            for (slot, _) in self
                .slots
                .iter()
                .enumerate()
                .filter(|(_, at)| at.0 == shard)
            {
                write!(text, " {slot}").unwrap();
            }
            text.push('\n');
        }
        Topology::parse(&text)
    }

    /// One thing happens: a slot begins to move, a key of it moves, or it has moved. Now and then, a key is made or removed.
    fn change(&mut self, slot: u16, lasting: &BTreeSet<Vec<u8>>) {
        let (owner, gets) = self.slots[usize::from(slot)];
        let of_slot = (slot, Vec::new())..(slot + 1, Vec::new());
        match (self.below(10), gets) {
            (0, None) => {
                self.made += 1;
                let key = (slot, name(slot, format!("made{}", self.made)));
                self.keys.insert(key, owner);
            }
            (1, _) => {
                let mut of_slot = self.keys.range(of_slot);
                let removed = of_slot.find(|((_, name), _)| !lasting.contains(name));
                let removed = removed.map(|(key, _)| key.clone());
                removed.and_then(|key| self.keys.remove(&key));
            }
            (_, None) => {
                let other = (owner + 1 + self.below(2)) % SHARDS;
                self.slots[usize::from(slot)].1 = Some(other);
            }
            (_, Some(target)) => {
                let mut of_slot = self.keys.range_mut(of_slot);
                match of_slot.find(|(_, shard)| **shard == owner) {
                    Some((_, shard)) => *shard = target,
                    None => self.slots[usize::from(slot)] = (target, None),
                }
            }
        }
    }
}

/// Reads the cluster of a model, while `moves` things happen before each piece. Returns how often each key was read.
fn read(model: &mut Model, moves: usize) -> BTreeMap<Vec<u8>, usize> {
    let lasting: BTreeSet<_> = model.keys.keys().map(|(_, name)| name.clone()).collect();
    let slots = (0..MODEL_SLOTS).collect();
    let names = Vec::new();
    let mut assignment = Assignment::of(Task { slots, names });
    let reports: Arc<Mutex<Vec<(usize, Report)>>> = Arc::default();
    let shares: Vec<Share> = (0..SHARDS)
        .map(|shard| {
            let reports = Arc::clone(&reports);
            Share::new(move |report| reports.lock().unwrap().push((shard, report)))
        })
        .collect();
    let mut counts: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
    // What the shard that began the run knows of the slots: it may be old.
    let mut topology = model.topology();
    let mut rounds = 0;
    while !assignment.is_done() {
        rounds += 1;
        assert!(rounds < 20_000, "the run does not end");
        for _ in 0..moves {
            let slot = u16::try_from(model.below(MODEL_SLOTS.into())).unwrap();
            // Slots come to rest in the end.
            if rounds < 1000 || model.slots[usize::from(slot)].1.is_some() {
                model.change(slot, &lasting);
            }
        }
        if model.below(20) == 0 {
            topology = model.topology();
        }
        for (shard, task) in assignment.give(&topology, |_| true) {
            let place = (0..SHARDS).find(|one| shard_id(*one) == shard).unwrap();
            shares[place].add(task);
        }
        let (number, most) = (model.below(SHARDS), model.below(8) + 1);
        let piece = Vec::new();
        let mut shard = Shard {
            model,
            number,
            piece,
            most,
        };
        shares[number].fill(&mut shard);
        let piece = shard.piece;
        for record in piece {
            *counts.entry(record).or_default() += 1;
        }
        shares[number].standing();
        for (shard, report) in reports.lock().unwrap().drain(..) {
            assignment.report(shard_id(shard), report.tasks, report.back);
        }
    }
    for share in shares {
        assert_eq!(share.standing(), Standing::Idle);
        share.end();
        assert_eq!(share.standing(), Standing::Over);
    }
    counts
}

#[test]
fn each_key_is_read_once_while_slots_move() {
    for seed in 0..60 {
        let mut model = Model::new(seed);
        let lasting: BTreeSet<Vec<u8>> = model.keys.keys().map(|(_, name)| name.clone()).collect();
        let counts = read(&mut model, usize::try_from(seed % 12).unwrap());
        let wrong: Vec<_> = counts.iter().filter(|(_, count)| **count != 1).collect();
        assert!(wrong.is_empty(), "seed {seed}: {wrong:?}");
        let read: BTreeSet<Vec<u8>> = counts.into_keys().collect();
        let missing: Vec<_> = lasting.difference(&read).collect();
        assert!(missing.is_empty(), "seed {seed}: {missing:?}");
    }
}

fn cluster() -> Topology {
    Topology::parse(&format!(
        "{} :1@2 master - 0 0 0 connected 0-99\n{} :2@3 master - 0 0 0 connected 100-199",
        shard_id(1),
        shard_id(2)
    ))
}

#[test]
fn slots_that_no_shard_serves_stay_open() {
    let mut assignment = Assignment::of_all_slots();
    let tasks = assignment.give(&cluster(), |_| true);
    assert_eq!(tasks.len(), 2);
    for shard in [1, 2] {
        assert!(assignment.is_being_read());
        assert!(assignment.report(shard_id(shard), 1, Task::default()));
    }
    assert!(!assignment.is_being_read() && !assignment.is_done());
    assert_eq!(assignment.open_slots().ranges(), [200..=SLOTS - 1]);
    assert!(assignment.give(&cluster(), |_| true).is_empty());
    let given_up = assignment.give_up_unserved(&cluster());
    assert_eq!(given_up.ranges(), [200..=SLOTS - 1]);
    assert!(assignment.is_done());
}

#[test]
fn a_shard_that_takes_no_part_reads_nothing() {
    let mut assignment = Assignment::of_all_slots();
    let tasks = assignment.give(&cluster(), |shard| shard == shard_id(2));
    assert_eq!(tasks.into_keys().collect::<Vec<_>>(), [shard_id(2)]);
    let given_up = assignment.give_up_unserved(&cluster());
    assert_eq!(given_up.ranges(), [200..=SLOTS - 1]);
    assert_eq!(assignment.open_slots().ranges(), [0..=99]);
}

#[test]
fn a_shard_that_gives_everything_back_is_no_progress() {
    let mut assignment = Assignment::of_key(b"a");
    let slot = crate::cluster::topology::slot_of(b"a");
    let owner = Topology::parse(&format!(
        "{} :1@2 master - 0 0 0 connected {slot}",
        shard_id(1)
    ));
    for _ in 0..3 {
        let task = assignment.give(&owner, |_| true).remove(&shard_id(1));
        assert_eq!(task.as_ref().map(Task::len), Some(1));
        assert!(!assignment.report(shard_id(1), 1, task.unwrap()));
        assert!(assignment.has_open());
    }
    assignment.give(&owner, |_| true);
    assert!(assignment.report(shard_id(1), 1, Task::default()));
    assert!(assignment.is_done());
}

#[test]
fn tasks_of_a_reader_that_has_stopped_count_as_done() {
    let reports: Arc<Mutex<Vec<Report>>> = Arc::default();
    let tell = Arc::clone(&reports);
    let share = Share::new(move |report| tell.lock().unwrap().push(report));
    let task = || Task {
        slots: vec![1, 2],
        names: Vec::new(),
    };
    share.add(task());
    share.add(task());
    share.give_back((7, b"x".to_vec()));
    share.stop();
    assert!(!share.has_work());
    share.add(task());
    share.give_back((7, b"x".to_vec()));
    share.add(task());
    share.stop();
    let done = |tasks| Report {
        tasks,
        back: Task::default(),
    };
    assert_eq!(*reports.lock().unwrap(), [done(2), done(1), done(1)]);
}

/// A server that has all slots and does not list their keys.
struct Silent;

impl SlotKeys for Silent {
    fn place(&self, _: u16) -> Place {
        Place::Here
    }

    fn read_slot(&mut self, _: u16) -> Option<Vec<Vec<u8>>> {
        None
    }

    fn read(&mut self, _: &[u8]) -> bool {
        false
    }

    fn is_full(&self) -> bool {
        false
    }
}

#[test]
fn a_slot_whose_keys_are_not_listed_is_given_back() {
    let reports = Arc::new(Mutex::new(Vec::new()));
    let own = Arc::clone(&reports);
    let share = Share::new(move |report| own.lock().unwrap().push(report));
    let task = Task {
        slots: vec![1, 2],
        names: Vec::new(),
    };
    share.add(task.clone());
    share.fill(&mut Silent);
    assert_eq!(share.standing(), Standing::Idle);
    let back = task;
    assert_eq!(*reports.lock().unwrap(), [Report { tasks: 1, back }]);
}

proptest! {
    #[test]
    fn tasks_come_back(
        slots in proptest::collection::btree_set(0..SLOTS, 0..20),
        names in proptest::collection::vec(proptest::collection::vec(0..255_u8, 0..5), 0..4),
        cut: proptest::sample::Index,
    ) {
        let names = names.into_iter().map(|name| (crate::cluster::topology::slot_of(&name), name));
        let task = Task { slots: slots.into_iter().collect(), names: names.collect() };
        let mut bytes = Vec::new();
        task.write(&mut bytes);
        let mut input = Input::new(&bytes);
        prop_assert_eq!(Task::read(&mut input), Ok(task));
        prop_assert_eq!(input.end(()), Ok(()));
        let cut = cut.index(bytes.len());
        prop_assert_eq!(Task::read(&mut Input::new(&bytes[..cut])), Err(Damaged::Cut));
    }

    #[test]
    fn damaged_tasks_are_refused_or_read(bytes: Vec<u8>) {
        if let Ok(task) = Task::read(&mut Input::new(&bytes)) {
            prop_assert!(task.slots.iter().all(|slot| *slot < SLOTS));
        }
    }
}
