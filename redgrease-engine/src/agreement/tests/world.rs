//! Several shards, and their messages.

use super::*;

/// Shards, their messages on the way, and a time of their own.
pub(super) struct World {
    pub(super) shards: Vec<(Agreement<StoredSession>, Server)>,
    /// From and to.
    pub(super) queues: BTreeMap<(usize, usize), VecDeque<Vec<u8>>>,
    /// These shards reach no other.
    pub(super) cut: BTreeSet<usize>,
    /// These shards live, and their agreement stands still.
    pub(super) deaf: BTreeSet<usize>,
    pub(super) now: Instant,
    pub(super) random: u64,
    pub(super) outcomes: Outcomes,
}

impl World {
    pub(super) fn new(count: usize, seed: u64) -> World {
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

    pub(super) fn random(&mut self, below: usize) -> usize {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.random ^ (self.random >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % below as u64).unwrap()
    }

    pub(super) fn handle(&mut self, at: usize, event: Event<StoredSession>) {
        let (agreement, server) = &mut self.shards[at];
        agreement.handle(event, server, self.now);
        self.deliver(at);
    }

    pub(super) fn deliver(&mut self, at: usize) {
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
    pub(super) fn propose(&mut self, at: usize, op: Op) -> usize {
        let number = self.note(at, op);
        self.deliver(at);
        number
    }

    /// Begins a change at a shard, and sends nothing.
    pub(super) fn note(&mut self, at: usize, op: Op) -> usize {
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

    pub(super) fn register(&mut self, at: usize, id: &str, trigger: &str, version: usize) -> usize {
        self.propose(at, Op::Put(Box::new(session(id, trigger, version))))
    }

    /// A gear of a shard registers something.
    pub(super) fn grow(&mut self, at: usize, id: &str, number: u64) {
        let made = Id::of_shard(shard(at), number);
        add(&self.shards[at].1.sessions, id, made);
        self.handle(at, Event::Made(Own::Added(id.to_owned(), made)));
    }

    pub(super) fn outcome(&self, number: usize) -> Option<Result<(), String>> {
        self.outcomes.lock().unwrap()[number].clone()
    }

    pub(super) fn reach(&self, one: usize, other: usize) -> bool {
        !self.cut.contains(&one) && !self.cut.contains(&other)
    }

    /// Delivers a message or ends a script, whichever the seed says. `false` if there is nothing.
    pub(super) fn step(&mut self) -> bool {
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

    pub(super) fn settle(&mut self) {
        while self.step() {}
    }

    /// Lets time pass, with a heartbeat each second.
    pub(super) fn pass(&mut self, seconds: u64) {
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
    pub(super) fn is_growing(&self, at: usize) -> bool {
        let (agreement, _) = &self.shards[at];
        agreement.is_busy()
    }

    /// Ends a process, which starts again with what it has stored.
    pub(super) fn restart(&mut self, at: usize) {
        self.shards[at].0 = Agreement::default();
        self.shards[at].1.scripts.clear();
        self.queues.retain(|(from, to), _| *from != at && *to != at);
        for other in (0..self.shards.len()).filter(|other| *other != at) {
            self.handle(other, Event::Lost(node(at)));
        }
    }

    #[track_caller]
    pub(super) fn assert_equal(&self) {
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

    pub(super) fn versions(&self, id: &str) -> Vec<Option<String>> {
        let version = |(_, server): &(Agreement<StoredSession>, Server)| {
            let all = server.sessions.lock().unwrap();
            let script = all.get(id).map(|one| one.script.clone())?;
            Some(String::from_utf8(script).unwrap())
        };
        self.shards.iter().map(version).collect()
    }
}

pub(super) fn some(version: &str, count: usize) -> Vec<Option<String>> {
    vec![Some(version.to_owned()); count]
}
