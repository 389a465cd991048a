//! Agreement of several shards over queues that hold messages back, in a random order that a seed decides.
//!
//! The transport delivers each message once and in order, unless a server is started again; while two servers do not reach each
//! other, it keeps their messages.

mod faults;
mod simulation;

use super::change::{Op, Own, Refusal, locks};
use super::local::{Local, Purpose};
use super::message::{Proposal, Said, Unread};
use super::promises::Promises;
use super::proposals::{Answer, End};
use super::state::{Agreement, Event};
use crate::cluster::topology::NodeId;
use crate::encoding::Damaged;
use crate::id::{Id, Shard};
use crate::redis::locked;
use crate::registration::Name;
use crate::registration::ledger::{Ledger, Mark, Marks, Stamp};
use crate::registration::stored::StoredSession;
use crate::scope::SessionId;
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const IDLE: Duration = Duration::from_secs(5);

/// The outcomes of changes. `None` while a change is open.
type Outcomes = Arc<Mutex<Vec<Option<Result<(), String>>>>>;
type Sessions = Arc<Mutex<BTreeMap<SessionId, StoredSession>>>;

fn node(index: usize) -> NodeId {
    NodeId::parse(format!("{index:040x}").as_bytes()).unwrap()
}

fn shard(index: usize) -> Shard {
    Shard::parse(node(index).as_bytes()).unwrap()
}

/// A session with a trigger of a version.
fn session(id: &str, trigger: &str, version: usize) -> StoredSession {
    let registration = Id::of_shard(shard(version), 1);
    StoredSession {
        id: id.to_owned(),
        script: version.to_string().into_bytes(),
        made: vec![registration],
        registrations: vec![registration],
        names: Some(vec![(registration, Name::Trigger(trigger.into()))]),
        ..StoredSession::default()
    }
}

/// A shard: its sessions, and what it knows of the others.
struct Server {
    index: usize,
    count: usize,
    sessions: Sessions,
    ledger: Ledger,
    heard: BTreeMap<NodeId, Instant>,
    scripts: Vec<(Purpose, StoredSession)>,
    is_master: bool,
    turns: Cell<usize>,
    /// How often the digest was computed.
    digests: usize,
}

fn put(sessions: &Sessions, stored: StoredSession) {
    let mut all = sessions.lock().unwrap();
    if let Some(old) = &stored.replaces {
        all.remove(old);
    }
    all.insert(stored.id.clone(), stored);
}

fn apply(sessions: &Sessions, ops: Vec<Op>) {
    for op in ops {
        match op {
            Op::Put(stored) => put(sessions, *stored),
            Op::Remove {
                session,
                ends: true,
                ..
            } => drop(sessions.lock().unwrap().remove(&session)),
            Op::Remove { session, id, .. } => {
                if let Some(known) = sessions.lock().unwrap().get_mut(&session) {
                    known.registrations.retain(|one| *one != id);
                }
            }
            Op::Add { session, id, .. } => add(sessions, &session, id),
        }
    }
}

fn add(sessions: &Sessions, session: &str, id: Id) {
    let mut all = sessions.lock().unwrap();
    let known = all.get_mut(session).expect("the session of a gear");
    if !known.registrations.contains(&id) {
        known.registrations.push(id);
        known.registrations.sort_unstable();
    }
}

/// A removal ends a session that has one registration.
fn as_it_is(sessions: &Sessions, op: Op) -> Op {
    let Op::Remove {
        session,
        id,
        withdraws,
        ..
    } = op
    else {
        return op;
    };
    let all = sessions.lock().unwrap();
    let left = all.get(&session).map(|known| known.registrations.len());
    Op::Remove {
        ends: left.is_none_or(|left| left < 2),
        session,
        id,
        withdraws,
    }
}

/// The reason why a session cannot be put in force.
fn check(sessions: &Sessions, stored: &StoredSession) -> Result<(), String> {
    let trigger = |one: &StoredSession| one.names.clone().unwrap()[0].1.clone();
    let all = sessions.lock().unwrap();
    let mut others = all.values().filter(|one| one.id != stored.id);
    match others.find(|one| trigger(one) == trigger(stored)) {
        Some(_) => Err("trigger already registered".to_owned()),
        None => Ok(()),
    }
}

impl Local for Server {
    type Prepared = StoredSession;

    fn is_master(&self) -> bool {
        self.is_master
    }

    fn shards(&self) -> Vec<NodeId> {
        (0..self.count)
            .filter(|other| *other != self.index)
            .map(node)
            .collect()
    }

    fn is_other_master(&self, other: NodeId) -> bool {
        other != node(self.index)
    }

    fn is_lost(&self, node: NodeId, since: Instant, now: Instant) -> bool {
        let heard = self.heard.get(&node).map_or(since, |at| (*at).max(since));
        now.saturating_duration_since(heard) > IDLE
    }

    fn idle_time(&self) -> Duration {
        IDLE
    }

    fn describe(&self, node: NodeId) -> String {
        format!("the shard {node}")
    }

    fn next_stamp(&mut self) -> Stamp {
        Stamp {
            shard: shard(self.index),
            ..self.ledger.next_stamp()
        }
    }

    fn saw(&mut self, stamp: Stamp) {
        self.ledger.saw(stamp);
    }

    fn mark(&self, session: &str) -> Option<Mark> {
        self.ledger.mark(session)
    }

    fn marks(&mut self) -> Marks {
        self.ledger.marks()
    }

    fn digest(&mut self) -> u64 {
        self.digests += 1;
        self.ledger.digest()
    }

    fn note(&mut self, marks: &[(SessionId, Mark)]) {
        for (session, mark) in marks {
            assert!(self.ledger.take(session, *mark), "{session} went back");
        }
    }

    fn prepare(&mut self, purpose: Purpose, stored: StoredSession) {
        self.scripts.push((purpose, stored));
    }

    fn check(&self, _: &[Op], prepared: Option<&StoredSession>) -> Result<(), Refusal> {
        let checked = prepared.map_or(Ok(()), |stored| check(&self.sessions, stored));
        checked.map_err(Refusal::lasting)
    }

    fn make(&mut self, ops: Vec<Op>, _: Option<StoredSession>) {
        apply(&self.sessions, ops);
    }

    fn end(&mut self, end: End, agreed: Result<(), Refusal>) -> Result<Answer, Answer> {
        locked(|context| end(context, agreed))
    }

    fn look_again(&self, ops: Vec<Op>) -> Vec<Op> {
        let again = ops.into_iter().map(|op| as_it_is(&self.sessions, op));
        again.collect()
    }

    fn own_op(&self, own: &Own) -> Option<Op> {
        let (session, id) = match own {
            Own::Added(session, id) => (session, id),
            Own::Removed(op) => return self.look_again(vec![op.clone()]).pop(),
        };
        let all = self.sessions.lock().unwrap();
        all.get(session)?
            .registrations
            .contains(id)
            .then(|| Op::Add {
                session: session.clone(),
                id: *id,
                registration: b"".as_slice().into(),
            })
    }

    fn undo(&mut self, own: &Own, why: &str) {
        panic!("{own:?} is undone: {why}");
    }

    fn random_below(&self, most: Duration) -> Duration {
        let turn = self.turns.get() + 1;
        self.turns.set(turn);
        let share = (turn * 7919 + self.index * 104_729) % 1000;
        most * u32::try_from(share).unwrap() / 1000
    }

    fn stored(&self, session: &str) -> Option<StoredSession> {
        self.sessions.lock().unwrap().get(session).cloned()
    }

    fn remove(&mut self, session: &str) {
        self.sessions.lock().unwrap().remove(session);
    }

    fn adapt(&mut self, stored: &StoredSession, own: &[Id]) -> bool {
        let mut all = self.sessions.lock().unwrap();
        let known = all.get_mut(&stored.id);
        let Some(known) = known.filter(|known| known.script == stored.script) else {
            return false;
        };
        let had = std::mem::replace(&mut known.registrations, stored.registrations.clone());
        let kept = had
            .iter()
            .filter(|id| own.contains(id) && !stored.registrations.contains(id));
        known.registrations.extend(kept);
        known.registrations.sort_unstable();
        true
    }

    fn restore(
        &mut self,
        _: Mark,
        _: &[Id],
        outcome: Result<StoredSession, (StoredSession, String)>,
    ) {
        let (Ok(stored) | Err((stored, _))) = outcome;
        put(&self.sessions, stored);
    }
}

/// Shards, their messages on the way, and a time of their own.
struct World {
    shards: Vec<(Agreement<StoredSession>, Server)>,
    /// From and to.
    queues: BTreeMap<(usize, usize), VecDeque<Vec<u8>>>,
    /// These shards reach no other.
    cut: BTreeSet<usize>,
    /// These shards live, and their agreement stands still.
    deaf: BTreeSet<usize>,
    now: Instant,
    random: u64,
    outcomes: Outcomes,
}

impl World {
    fn new(count: usize, seed: u64) -> World {
        let server = |index| Server {
            index,
            count,
            sessions: Sessions::default(),
            ledger: Ledger::default(),
            heard: BTreeMap::new(),
            scripts: Vec::new(),
            is_master: true,
            turns: Cell::default(),
            digests: 0,
        };
        World {
            shards: (0..count)
                .map(|index| (Agreement::default(), server(index)))
                .collect(),
            queues: BTreeMap::new(),
            cut: BTreeSet::new(),
            deaf: BTreeSet::new(),
            now: Instant::now(),
            random: seed,
            outcomes: Arc::default(),
        }
    }

    fn random(&mut self, below: usize) -> usize {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.random ^ (self.random >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % below as u64).unwrap()
    }

    fn handle(&mut self, at: usize, event: Event<StoredSession>) {
        let (agreement, server) = &mut self.shards[at];
        agreement.handle(event, server, self.now);
        self.deliver(at);
    }

    fn deliver(&mut self, at: usize) {
        let (agreement, _) = &mut self.shards[at];
        for (to, bytes) in std::mem::take(&mut agreement.out) {
            for to in to {
                let to = (0..self.shards.len()).find(|one| node(*one) == to).unwrap();
                let queue = self.queues.entry((at, to)).or_default();
                queue.push_back(bytes.clone());
            }
        }
        let (agreement, _) = &mut self.shards[at];
        for answer in std::mem::take(&mut agreement.answers) {
            answer();
        }
    }

    /// Begins a change at a shard. Returns its number.
    fn propose(&mut self, at: usize, op: Op) -> usize {
        let number = self.note(at, op);
        self.deliver(at);
        number
    }

    /// Begins a change at a shard, and sends nothing.
    fn note(&mut self, at: usize, op: Op) -> usize {
        let number = self.outcomes.lock().unwrap().len();
        self.outcomes.lock().unwrap().push(None);
        let (sessions, made) = (Arc::clone(&self.shards[at].1.sessions), op.clone());
        let outcomes = Arc::clone(&self.outcomes);
        let end: End = Box::new(move |_, agreed| {
            let agreed = agreed.map_err(|refusal| refusal.why);
            let outcome = agreed.and_then(|()| match &made {
                Op::Put(stored) => check(&sessions, stored),
                Op::Remove { .. } | Op::Add { .. } => Ok(()),
            });
            if outcome.is_ok() {
                let made = as_it_is(&sessions, made);
                apply(&sessions, vec![made]);
            }
            let is_made = outcome.is_ok();
            let answer: Answer = Box::new(move || outcomes.lock().unwrap()[number] = Some(outcome));
            if is_made { Ok(answer) } else { Err(answer) }
        });
        let (agreement, server) = &mut self.shards[at];
        agreement.handle(Event::Proposed(vec![op], end), server, self.now);
        number
    }

    fn register(&mut self, at: usize, id: &str, trigger: &str, version: usize) -> usize {
        self.propose(at, Op::Put(Box::new(session(id, trigger, version))))
    }

    /// A gear of a shard registers something.
    fn grow(&mut self, at: usize, id: &str, number: u64) {
        let made = Id::of_shard(shard(at), number);
        add(&self.shards[at].1.sessions, id, made);
        self.handle(at, Event::Made(Own::Added(id.to_owned(), made)));
    }

    fn outcome(&self, number: usize) -> Option<Result<(), String>> {
        self.outcomes.lock().unwrap()[number].clone()
    }

    fn reach(&self, one: usize, other: usize) -> bool {
        !self.cut.contains(&one) && !self.cut.contains(&other)
    }

    /// Delivers a message or ends a script, whichever the seed says. `false` if there is nothing.
    fn step(&mut self) -> bool {
        let ready: Vec<(usize, usize)> = self
            .queues
            .iter()
            .filter(|((from, to), queue)| !queue.is_empty() && self.reach(*from, *to))
            .filter(|((_, to), _)| !self.deaf.contains(to))
            .map(|(pair, _)| *pair)
            .collect();
        let running: Vec<usize> = (0..self.shards.len())
            .filter(|at| !self.shards[*at].1.scripts.is_empty() && !self.deaf.contains(at))
            .collect();
        let choices = ready.len() + running.len();
        if choices == 0 {
            return false;
        }
        let choice = self.random(choices);
        if let Some(&(from, to)) = ready.get(choice) {
            let bytes = self.queues.get_mut(&(from, to)).unwrap().pop_front();
            let said = Said::read(&bytes.unwrap()).unwrap();
            self.shards[to].1.heard.insert(node(from), self.now);
            self.handle(to, Event::Said(node(from), said));
        } else {
            let at = running[choice - ready.len()];
            let scripts = self.shards[at].1.scripts.len();
            let script = self.random(scripts);
            let (purpose, stored) = self.shards[at].1.scripts.remove(script);
            self.handle(at, Event::Ran(purpose, Ok(stored)));
        }
        true
    }

    fn settle(&mut self) {
        while self.step() {}
    }

    /// Lets time pass, with a heartbeat each second.
    fn pass(&mut self, seconds: u64) {
        let count = self.shards.len();
        for tenth in 1..=10 * seconds {
            self.now += Duration::from_millis(100);
            for (from, to) in (0..count).flat_map(|from| (0..count).map(move |to| (from, to))) {
                if tenth % 10 == 0 && from != to && self.reach(from, to) {
                    let (agreement, server) = &mut self.shards[from];
                    let digest = agreement.own_digest(server);
                    self.shards[to].1.heard.insert(node(from), self.now);
                    if !self.deaf.contains(&to) {
                        self.handle(to, Event::Hello(node(from), digest));
                    }
                }
            }
            for at in (0..count)
                .filter(|at| !self.deaf.contains(at))
                .collect::<Vec<_>>()
            {
                let (agreement, server) = &mut self.shards[at];
                agreement.look(server, self.now);
                self.deliver(at);
            }
            self.settle();
        }
    }

    /// A gear of this shard has registered something, and the others do not have it yet. It is lost with the process.
    fn is_growing(&self, at: usize) -> bool {
        let (agreement, _) = &self.shards[at];
        agreement.is_busy()
    }

    /// Ends a process, which starts again with what it has stored.
    fn restart(&mut self, at: usize) {
        self.shards[at].0 = Agreement::default();
        self.shards[at].1.scripts.clear();
        self.queues.retain(|(from, to), _| *from != at && *to != at);
        for other in (0..self.shards.len()).filter(|other| *other != at) {
            self.handle(other, Event::Lost(node(at)));
        }
    }

    #[track_caller]
    fn assert_equal(&self) {
        let state = |(_, server): &(Agreement<StoredSession>, Server)| {
            (
                server.sessions.lock().unwrap().clone(),
                server.ledger.marks(),
            )
        };
        let first = state(&self.shards[0]);
        for shard in &self.shards {
            assert_eq!(state(shard), first);
            assert!(!shard.0.is_busy());
        }
    }

    fn versions(&self, id: &str) -> Vec<Option<String>> {
        let version = |(_, server): &(Agreement<StoredSession>, Server)| {
            let all = server.sessions.lock().unwrap();
            let script = all.get(id).map(|one| one.script.clone())?;
            Some(String::from_utf8(script).unwrap())
        };
        self.shards.iter().map(version).collect()
    }
}

fn some(version: &str, count: usize) -> Vec<Option<String>> {
    vec![Some(version.to_owned()); count]
}

#[test]
fn a_change_is_on_all_shards_before_its_client_is_answered() {
    for seed in 0..50 {
        let mut world = World::new(4, seed);
        let first = world.register(1, "app", "t", 1);
        while world.outcome(first).is_none() {
            assert!(world.step(), "seed {seed}");
        }
        assert_eq!(world.outcome(first), Some(Ok(())));
        assert_eq!(world.versions("app"), some("1", 4), "seed {seed}");
        let second = world.register(2, "app", "t", 2);
        world.settle();
        assert_eq!(world.outcome(second), Some(Ok(())));
        assert_eq!(world.versions("app"), some("2", 4));
        let removal = Op::Remove {
            session: "app".to_owned(),
            id: Id::of(1),
            ends: true,
            withdraws: false,
        };
        let third = world.propose(3, removal);
        world.settle();
        assert_eq!(world.outcome(third), Some(Ok(())));
        assert_eq!(world.versions("app"), vec![None; 4]);
        world.assert_equal();
    }
}

#[test]
fn a_reason_on_one_shard_keeps_all_from_it() {
    let mut world = World::new(3, 1);
    put(&world.shards[2].1.sessions, session("other", "t", 9));
    let number = world.register(0, "app", "t", 1);
    world.settle();
    let why = world.outcome(number).unwrap().unwrap_err();
    assert!(
        why.starts_with("trigger already registered (on the shard 0"),
        "{why}"
    );
    assert_eq!(world.versions("app"), vec![None; 3]);
    assert!(
        world
            .shards
            .iter()
            .all(|(agreement, _)| !agreement.is_busy())
    );
    // The name is free again.
    world.shards[2].1.sessions.lock().unwrap().clear();
    let number = world.register(1, "app", "t", 1);
    world.settle();
    assert_eq!(world.outcome(number), Some(Ok(())));
}

#[test]
fn a_silent_shard_keeps_all_from_it_and_does_not_make_it_later() {
    let mut world = World::new(3, 1);
    world.cut.insert(1);
    let number = world.register(0, "app", "t", 1);
    world.pass(4);
    assert_eq!(world.outcome(number), None);
    world.pass(2);
    let why = world.outcome(number).unwrap().unwrap_err();
    assert!(
        why.contains(&format!("the shard {} does not answer", node(1))),
        "{why}"
    );
    world.cut.clear();
    world.pass(5);
    assert_eq!(world.versions("app"), vec![None; 3]);
    world.assert_equal();
}

#[test]
fn a_shard_that_is_lost_after_it_was_ready_gets_the_change_later() {
    for seed in 0..50 {
        let mut world = World::new(3, seed);
        let number = world.register(0, "app", "t", 1);
        // Both have said that they are ready.
        while world.shards[0].1.sessions.lock().unwrap().is_empty() {
            assert!(world.step());
        }
        world.cut.insert(1);
        world.pass(7);
        assert_eq!(world.outcome(number), Some(Ok(())), "seed {seed}");
        world.cut.clear();
        world.pass(5);
        assert_eq!(world.versions("app"), some("1", 3), "seed {seed}");
        world.assert_equal();
    }
}

#[test]
fn a_shard_that_begins_a_change_and_ends_leaves_nothing_locked() {
    for (seed, steps) in (0..200).map(|seed| (seed, seed % 14)) {
        let mut world = World::new(3, seed);
        world.register(0, "app", "t", 1);
        for _ in 0..steps {
            world.step();
        }
        world.restart(0);
        world.pass(6);
        world.assert_equal();
        let number = world.register(1, "app", "t", 2);
        world.settle();
        assert_eq!(world.outcome(number), Some(Ok(())), "seed {seed}");
        assert_eq!(world.versions("app"), some("2", 3));
    }
}

#[test]
fn of_two_changes_at_once_all_shards_make_the_same_ones() {
    let mut made = [0; 3];
    for seed in 0..300 {
        let mut world = World::new(3, seed);
        let ahead = world.random(3);
        let same_session = seed % 2 == 0;
        let one = world.register(0, "app", "t", 1);
        for _ in 0..ahead {
            world.step();
        }
        let other = if same_session { "app" } else { "other" };
        let two = world.register(1, other, "t", 2);
        world.pass(3);
        let outcomes = [world.outcome(one).unwrap(), world.outcome(two).unwrap()];
        for why in outcomes.iter().filter_map(|one| one.as_ref().err()) {
            assert!(
                why.contains("try again") || why.contains("trigger already registered"),
                "{why}"
            );
        }
        world.pass(4);
        world.assert_equal();
        let successes = outcomes.iter().filter(|one| one.is_ok()).count();
        made[successes] += 1;
        let all = world.shards[0].1.sessions.lock().unwrap().len();
        assert!(all <= 1, "one name, seed {seed}");
        assert_eq!(all == 1, successes > 0, "seed {seed}");
    }
    // One of them waits for the other. Of two sessions with one name, the other one is refused then.
    assert_eq!(made[0], 0, "{made:?}");
    assert!(made[1] > 0 && made[2] > 0, "{made:?}");
}

#[test]
fn a_change_on_an_old_state_waits_until_the_shard_has_caught_up() {
    for seed in 0..60 {
        let behind = seed % 3;
        let mut world = World::new(3, seed as u64);
        world.register(0, "app", "t", 1);
        world.settle();
        for at in (0..3).filter(|at| *at != behind) {
            let (_, server) = &mut world.shards[at];
            let stamp = Stamp {
                counter: 9,
                shard: shard(1),
            };
            put(&server.sessions, session("app", "t", 2));
            server.note(&[(
                "app".to_owned(),
                Mark {
                    stamp,
                    removed: None,
                },
            )]);
        }
        let number = world.register(0, "app", "t", 3);
        world.pass(1);
        assert_eq!(world.outcome(number), Some(Ok(())), "seed {seed}");
        assert_eq!(world.versions("app"), some("3", 3));
        world.assert_equal();
    }
}

#[test]
fn after_a_partition_the_later_change_wins_everywhere() {
    for seed in 0..100usize {
        let mut world = World::new(4, seed as u64);
        let first = world.register(0, "app", "t", 1);
        world.settle();
        assert_eq!(world.outcome(first), Some(Ok(())));
        // Each shard changes its own state, because it does not reach the others.
        for at in 0..4 {
            let (_, server) = &mut world.shards[at];
            for _ in 0..=(seed + at) % 3 {
                let stamp = server.next_stamp();
                let removed = (at == 3).then_some(u64::MAX);
                server.note(&[("app".to_owned(), Mark { stamp, removed })]);
            }
            if at == 3 {
                server.remove("app");
            } else {
                put(&server.sessions, session("app", "t", 10 + at));
            }
        }
        let latest = (0..4).max_by_key(|at| world.shards[*at].1.ledger.stamp("app"));
        let latest = latest.unwrap();
        world.pass(5);
        world.assert_equal();
        let expected = (latest != 3).then(|| (10 + latest).to_string());
        assert_eq!(world.versions("app"), vec![expected; 4], "seed {seed}");
    }
}

#[test]
fn any_order_of_changes_losses_and_restarts_ends_equal() {
    for seed in 0..300 {
        let mut world = World::new(4, seed);
        let mut numbers = Vec::new();
        for version in 1..30 {
            let at = world.random(4);
            match world.random(10) {
                0 => drop(world.cut.insert(at)),
                1 => world.cut.clear(),
                2 => {
                    let seconds = world.random(8) as u64;
                    world.pass(seconds);
                }
                3 if !world.is_growing(at) => world.restart(at),
                4 => {
                    let session = format!("s{}", world.random(2));
                    let exists = world.shards[at].1.stored(&session).is_some();
                    let removal = Op::Remove {
                        session,
                        id: Id::of(1),
                        ends: true,
                        withdraws: false,
                    };
                    if exists {
                        numbers.push(world.propose(at, removal));
                    }
                }
                5 => {
                    let session = format!("s{}", world.random(2));
                    if world.shards[at].1.stored(&session).is_some() {
                        world.grow(at, &session, 100 + version as u64);
                    }
                }
                _ => {
                    let session = format!("s{}", world.random(2));
                    let trigger = format!("of {session}");
                    numbers.push(world.register(at, &session, &trigger, version));
                }
            }
            for _ in 0..world.random(12) {
                world.step();
            }
        }
        world.cut.clear();
        // What waits for a shard that is back ends, and then all are equal within five seconds.
        world.pass(7);
        world.pass(5);
        world.assert_equal();
        // A number of changes is lost with the process that had begun them.
        let open = numbers.iter().filter(|one| world.outcome(**one).is_none());
        assert!(open.count() < numbers.len().max(1), "seed {seed}");
    }
}

#[test]
fn gears_of_all_shards_register_at_once() {
    for seed in 0..100 {
        let mut world = World::new(4, seed);
        world.register(0, "app", "t", 1);
        world.settle();
        for at in 0..4 {
            world.grow(at, "app", 50);
            world.grow(at, "app", 51);
            world.step();
        }
        world.pass(5);
        world.assert_equal();
        let stored = world.shards[0].1.stored("app").unwrap();
        assert_eq!(stored.registrations.len(), 9, "seed {seed}");
    }
}

#[test]
fn messages_are_read_as_they_were_written() {
    let stamp = Stamp {
        counter: 7,
        shard: shard(3),
    };
    let mark = Mark {
        stamp,
        removed: Some(1),
    };
    let stored = session("app", "t", 1);
    let ops = vec![
        Op::Put(Box::new(stored.clone())),
        Op::Remove {
            session: "s".into(),
            id: Id::of_shard(shard(1), 5),
            ends: true,
            withdraws: false,
        },
        Op::Add {
            session: "s".into(),
            id: Id::of_shard(shard(1), 6),
            registration: b"\xff".as_slice().into(),
        },
    ];
    let bases = vec![("app".to_owned(), Some(stamp)), ("s".to_owned(), None)];
    let all = [
        Said::Prepare(Proposal { stamp, bases, ops }),
        Said::Ready(stamp),
        Said::Preparing(stamp),
        Said::Refused(stamp, Refusal::passing("no".into())),
        Said::Refused(stamp, Refusal::lasting("no".into())),
        Said::Commit(stamp),
        Said::Made(stamp),
        Said::Late(stamp),
        Said::Abort(stamp),
        Said::Ask,
        Said::List(vec![("app".into(), mark)]),
        Said::Fetch(vec!["app".into()]),
        Said::State("app".into(), mark, None),
        Said::Unknown("app".into()),
        Said::State("app".into(), mark, Some(Box::new(stored))),
    ];
    for said in all {
        let bytes = said.write();
        for end in 0..bytes.len() {
            assert!(Said::read(&bytes[..end]).is_err(), "{said:?} cut at {end}");
        }
        for place in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[place] ^= 0x55;
            let _ = Said::read(&damaged);
        }
        assert_eq!(Said::read(&bytes), Ok(said));
    }
    assert_eq!(Said::read(&[2]), Err(Damaged::Newer));
}

#[test]
fn names_are_locked_until_the_end_of_a_change() {
    let stamp = |counter| Stamp {
        counter,
        shard: shard(1),
    };
    let ops = |id, trigger| [Op::Put(Box::new(session(id, trigger, 1)))];
    let mut promises = Promises::default();
    assert_eq!(promises.promise(stamp(1), locks(&ops("s", "t"))), Ok(()));
    let taken = promises
        .promise(stamp(2), locks(&ops("u", "t")))
        .unwrap_err();
    assert_eq!(taken.to_string(), "the trigger t is taken");
    let taken = promises
        .promise(stamp(2), locks(&ops("s", "v")))
        .unwrap_err();
    assert_eq!(taken.to_string(), "Session s has changed");
    assert_eq!(promises.promise(stamp(2), locks(&ops("u", "v"))), Ok(()));
    promises.end(stamp(1));
    assert!(promises.has_session("u") && !promises.has_session("s"));
    promises.end(stamp(2));
    assert!(promises.is_empty());
}
