//! Which shard reads which slot, on the initiator. The promise is in [`crate::slots`].
//!
//! Every slot is given to the shard that has it. A shard that has done its tasks tells so, and gives back the slots and keys that
//! have left it or are on their way. They are given to the shard that has them by then. When nothing is left, all shards are told
//! that everything was read.

use super::failure::named_slots;
use super::shards::{Number, Shards};
use crate::cluster::topology::{Health, Node, NodeId, Slots, Topology};
use crate::plan::KeysSource;
use crate::slots::{Assignment, Report, Task};
use std::time::{Duration, Instant};

/// The longest time for which a run waits for the server of slots that no server has: a replica may take them over in a moment, and
/// other servers hear of the end of its master before they hear of the replica.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);

/// A picture of the cluster, and how old it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Picture<'a> {
    pub(super) topology: &'a Topology,
    pub(super) now: Instant,
    /// The time for which it has not changed.
    pub(super) age: Duration,
}

/// The reading of the keys of a run.
#[derive(Debug)]
pub(super) struct KeyReading {
    assignment: Assignment,
    /// The last time at which a shard read something.
    progress: Instant,
    /// The slots that were given up, because no server has them.
    unserved: Slots,
    /// The shards of these slots that have failed, by name.
    failed: Vec<String>,
    /// The time since which the run waits for slots that no server has.
    unserved_since: Option<Instant>,
    is_over: bool,
}

/// What the shards have to be told.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Orders {
    pub(super) tasks: Vec<(Number, Task)>,
    /// Everything was read.
    pub(super) is_over: bool,
}

impl KeyReading {
    pub(super) fn new(source: &KeysSource, now: Instant) -> KeyReading {
        KeyReading {
            assignment: if source.exact {
                Assignment::of_key(&source.pattern)
            } else {
                Assignment::of_all_slots()
            },
            progress: now,
            unserved: Slots::default(),
            failed: Vec::new(),
            unserved_since: None,
            is_over: false,
        }
    }

    /// Gives what is open to the shards that have it.
    pub(super) fn orders(&mut self, picture: Picture<'_>, shards: &Shards) -> Orders {
        if self.is_over {
            return Orders::default();
        }
        let takes_part = |id| shards.number(id).is_some();
        let tasks = self
            .assignment
            .give(picture.topology, takes_part)
            .into_iter();
        let tasks = tasks.filter_map(|(id, task)| Some((shards.number(id)?, task)));
        let tasks = tasks.collect();
        self.give_up_unserved(picture);
        self.is_over = self.assignment.is_done();
        Orders {
            tasks,
            is_over: self.is_over,
        }
    }

    /// Gives up the slots that no server has, when a server is not to be expected any longer.
    fn give_up_unserved(&mut self, picture: Picture<'_>) {
        if !self.assignment.has_unserved(picture.topology) {
            self.unserved_since = None;
            return;
        }
        let since = *self.unserved_since.get_or_insert(picture.now);
        let waited = picture.now.saturating_duration_since(since);
        if waited.max(picture.age) >= PATIENCE {
            let unserved = self.assignment.give_up_unserved(picture.topology);
            self.failed
                .extend(failed_owners(picture.topology, &unserved));
            self.unserved = self.unserved.with(&unserved);
        }
    }

    /// A shard has done tasks. Returns `true` if nothing is open that has to wait.
    pub(super) fn report(
        &mut self,
        from: Number,
        shards: &Shards,
        report: Report,
        now: Instant,
    ) -> bool {
        if let Some(id) = shards.id(from)
            && self.assignment.report(id, report.tasks, report.back)
        {
            self.progress = now;
        }
        !self.assignment.has_open()
    }

    /// A shard has tasks that it has not reported.
    pub(super) fn is_being_read_by(&self, id: NodeId) -> bool {
        self.assignment.is_being_read_by(id)
    }

    /// Something is open.
    pub(super) fn waits(&self) -> bool {
        !self.is_over && self.assignment.has_open()
    }

    /// The error of slots that have been on their way for longer than `limit`, while nothing else was read.
    pub(super) fn stuck(&self, now: Instant, limit: Duration) -> Option<String> {
        let is_stuck = self.waits()
            && self.unserved_since.is_none()
            && !self.assignment.is_being_read()
            && now.saturating_duration_since(self.progress) >= limit;
        is_stuck.then(|| {
            format!(
                "Execution max idle reached: the keys of {} could not be read within {} ms, because these slots are on their way to \
                 another server, or the servers do not agree on their owner: finish that (redis-cli --cluster fix), and run it again",
                named_slots(&self.assignment.open_slots()),
                limit.as_millis()
            )
        })
    }

    /// The error of slots whose owner takes no part.
    pub(super) fn has_strange_owner(&self, topology: &Topology, shards: &Shards) -> Option<String> {
        let open = self.assignment.open_slots();
        let stranger = |slot| {
            let owner = topology.owner(slot)?;
            // Its slots are those that no server has.
            if owner.health == Health::Failed {
                return None;
            }
            shards.number(owner.id).is_none().then_some(owner.id)
        };
        let owner = open.iter().find_map(stranger)?;
        let of_owner = open.iter().filter(|slot| stranger(*slot) == Some(owner));
        let slots = Slots::of(of_owner.map(|slot| slot..=slot).collect());
        Some(format!(
            "ERR the keys of {} were not read, because {owner} became the owner after the run had begun: run \
             it again",
            named_slots(&slots)
        ))
    }

    /// The error of a run whose cluster does not serve all slots.
    pub(super) fn incomplete(&self) -> Option<String> {
        if self.unserved.is_empty() {
            return None;
        }
        let slots = named_slots(&self.unserved);
        Some(if self.failed.is_empty() {
            format!(
                "the keys of {slots} were not read, because no server of the cluster serves these slots: give them to a server (CLUSTER \
                 ADDSLOTSRANGE), and run it again"
            )
        } else {
            let shards = self.failed.join(", ");
            let verb = if self.failed.len() == 1 {
                "has"
            } else {
                "have"
            };
            format!(
                "the keys of {slots} were not read, because {shards} {verb} failed: run it again when that is back, or when another \
                 server has the slots (a replica that takes its place, or redis-cli --cluster fix)"
            )
        })
    }
}

/// The names of the shards of these slots that have failed.
fn failed_owners<'a>(
    topology: &'a Topology,
    slots: &'a Slots,
) -> impl Iterator<Item = String> + 'a {
    let owns = |node: &&Node| slots.iter().any(|slot| node.slots.contains(slot));
    let failed = topology
        .shards()
        .filter(|node| node.health == Health::Failed);
    failed.filter(owns).map(|node| topology.name_of(node.id))
}

#[cfg(test)]
mod tests {
    use super::super::shards::tests::{id, topology};
    use super::*;
    use crate::cluster::topology::SLOTS;

    const LIMIT: Duration = Duration::from_secs(5);

    fn source(pattern: &str, exact: bool) -> KeysSource {
        KeysSource {
            pattern: pattern.as_bytes().to_vec(),
            exact,
            read_value: true,
        }
    }

    fn done(back: Task) -> Report {
        Report { tasks: 1, back }
    }

    fn of_slots(slots: &[u16]) -> Task {
        Task {
            slots: slots.to_vec(),
            names: Vec::new(),
        }
    }

    /// A picture that has been as it is for a long time.
    fn old(topology: &Topology) -> Picture<'_> {
        Picture {
            topology,
            now: Instant::now(),
            age: PATIENCE,
        }
    }

    fn shards() -> Shards {
        Shards::of(&topology('b')).unwrap()
    }

    /// A picture of the cluster in which slot 5 belongs to a server.
    fn with_slot_5(digit: char) -> Topology {
        Topology::parse(&format!("{} :1@2 master - 0 0 0 connected 5", id(digit)))
    }

    #[test]
    fn every_slot_is_read_once_and_then_all_is_over() {
        let now = Instant::now();
        let (topology, shards) = (topology('b'), shards());
        let mut reading = KeyReading::new(&source("*", false), now);
        let orders = reading.orders(old(&topology), &shards);
        let mut slots: Vec<u16> = orders
            .tasks
            .iter()
            .flat_map(|(_, task)| task.slots.clone())
            .collect();
        slots.sort_unstable();
        let unserved = topology.unserved();
        let expected: Vec<u16> = (0..SLOTS)
            .filter(|slot| !unserved.contains(*slot))
            .collect();
        assert_eq!(slots, expected);
        assert!(!orders.is_over);
        for (number, _) in &orders.tasks {
            assert_eq!(reading.orders(old(&topology), &shards), Orders::default());
            assert!(reading.report(*number, &shards, done(Task::default()), now));
        }
        assert!(reading.orders(old(&topology), &shards).is_over);
        assert!(
            !reading.orders(old(&topology), &shards).is_over,
            "told once"
        );
        assert_eq!(reading.stuck(now + LIMIT, LIMIT), None);
        assert_eq!(reading.has_strange_owner(&topology, &shards), None);
    }

    #[test]
    fn a_slot_that_comes_to_no_rest_is_an_error_that_names_it() {
        let now = Instant::now();
        let shards = shards();
        let mut reading = KeyReading::new(&source("*", false), now);
        let orders = reading.orders(old(&topology('b')), &shards);
        for (number, _) in &orders.tasks {
            let back = if *number == 1 {
                of_slots(&[5])
            } else {
                Task::default()
            };
            reading.report(*number, &shards, done(back), now);
        }
        assert!(reading.waits());
        for at in [now, now + LIMIT / 2] {
            assert_eq!(reading.stuck(at, LIMIT), None);
            let orders = reading.orders(old(&with_slot_5('a')), &shards);
            let number = shards.number(id('a')).unwrap();
            assert_eq!(orders.tasks, [(number, of_slots(&[5]))]);
            assert_eq!(reading.stuck(now + LIMIT, LIMIT), None, "a shard has it");
            assert!(!reading.report(number, &shards, done(of_slots(&[5])), at));
            // What a shard has given back, and was not given away yet.
            assert_eq!(reading.has_strange_owner(&with_slot_5('a'), &shards), None);
        }
        let error = reading.stuck(now + LIMIT, LIMIT).unwrap();
        assert!(
            error.contains("Execution max idle reached") && error.contains("of slot 5 "),
            "{error}"
        );
    }

    #[test]
    fn a_slot_of_a_server_that_takes_no_part_is_an_error() {
        let now = Instant::now();
        let mut reading = KeyReading::new(&source("*", false), now);
        let topology = with_slot_5('e');
        assert_eq!(reading.orders(old(&topology), &shards()), Orders::default());
        assert!(reading.waits());
        let error = reading.has_strange_owner(&topology, &shards()).unwrap();
        let owner = format!("{} became the owner", id('e'));
        assert!(
            error.contains(&owner) && error.contains("of slot 5 "),
            "{error}"
        );
    }

    #[test]
    fn slots_that_no_server_has_are_told_of() {
        let now = Instant::now();
        let (shards, topology) = (shards(), with_slot_5('a'));
        let mut reading = KeyReading::new(&source("*", false), now);
        let orders = reading.orders(old(&topology), &shards);
        let (number, task) = orders.tasks.first().cloned().unwrap();
        assert_eq!(task, of_slots(&[5]));
        reading.report(number, &shards, done(Task::default()), now);
        assert!(reading.orders(old(&topology), &shards).is_over);
        let error = reading.incomplete().unwrap();
        assert!(
            error.contains("of slots 0-4, 6-16383 were not read")
                && error.contains("ADDSLOTSRANGE"),
            "{error}"
        );
    }

    #[test]
    fn slots_of_a_server_that_has_failed_are_told_of() {
        let now = Instant::now();
        let text = |c: &str| {
            let of = |digit, flags, slots| {
                format!("{} :1@2 {flags} - 0 0 0 connected {slots}\n", id(digit))
            };
            [
                of('b', "myself,master", "0-99"),
                of('a', "master", "100-199"),
                of('c', c, "200-16383"),
            ]
            .concat()
        };
        let topology = Topology::parse(&text("master,fail"));
        let shards = Shards::of(&topology).unwrap();
        let mut reading = KeyReading::new(&source("*", false), now);
        let orders = reading.orders(old(&topology), &shards);
        assert_eq!(orders.tasks.len(), 2);
        assert_eq!(reading.has_strange_owner(&topology, &shards), None);
        for (number, _) in &orders.tasks {
            reading.report(*number, &shards, done(Task::default()), now);
        }
        assert!(reading.orders(old(&topology), &shards).is_over);
        let error = reading.incomplete().unwrap();
        assert!(
            error.contains("of slots 200-16383 were not read"),
            "{error}"
        );
    }

    /// A replica takes the place of its master: for a moment, no server has the slots.
    #[test]
    fn slots_that_have_just_lost_their_server_are_waited_for() {
        let now = Instant::now();
        let (shards, topology) = (shards(), with_slot_5('a'));
        let mut reading = KeyReading::new(&source("*", false), now);
        let at = |since: Duration| Picture {
            topology: &topology,
            now: now + since,
            age: Duration::ZERO,
        };
        let orders = reading.orders(at(Duration::ZERO), &shards);
        let (number, _) = orders.tasks.first().cloned().unwrap();
        reading.report(number, &shards, done(Task::default()), now);
        let moment = PATIENCE.checked_sub(Duration::from_millis(1)).unwrap();
        assert!(!reading.orders(at(moment), &shards).is_over);
        assert!(reading.waits());
        assert_eq!(reading.stuck(now + LIMIT, LIMIT), None, "not on their way");
        assert!(reading.orders(at(PATIENCE), &shards).is_over);
        assert!(reading.incomplete().is_some());
    }

    #[test]
    fn one_key_is_read_where_it_is() {
        let mut reading = KeyReading::new(&source("key{06S}", true), Instant::now());
        let orders = reading.orders(old(&topology('b')), &shards());
        let tasks: Vec<_> = orders.tasks.into_iter().map(|(_, task)| task).collect();
        let names = vec![(0, b"key{06S}".to_vec())];
        let slots = Vec::new();
        assert_eq!(tasks, [Task { slots, names }]);
        assert_eq!(reading.incomplete(), None);
    }

    #[test]
    fn many_slots_are_named_in_part() {
        let slots = Slots::of((0..30).map(|slot| slot * 2..=slot * 2).collect());
        assert_eq!(
            named_slots(&slots),
            "slots 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20 others"
        );
        assert_eq!(named_slots(&Slots::of(vec![7..=7])), "slot 7");
    }
}
