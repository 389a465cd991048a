//! A shard without a server.

use super::*;

pub(super) const IDLE: Duration = Duration::from_secs(5);

/// The outcomes of changes. `None` while a change is open.
pub(super) type Outcomes = Arc<Mutex<Vec<Option<Result<(), String>>>>>;
pub(super) type Sessions = Arc<Mutex<BTreeMap<SessionId, StoredSession>>>;

pub(super) fn node(index: usize) -> NodeId {
    NodeId::parse(format!("{index:040x}").as_bytes()).unwrap()
}

pub(super) fn shard(index: usize) -> Shard {
    Shard::parse(node(index).as_bytes()).unwrap()
}

/// A session with a trigger of a version.
pub(super) fn session(id: &str, trigger: &str, version: usize) -> StoredSession {
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
pub(super) struct Server {
    pub(super) index: usize,
    pub(super) count: usize,
    pub(super) sessions: Sessions,
    pub(super) ledger: Ledger,
    pub(super) heard: BTreeMap<NodeId, Instant>,
    pub(super) scripts: Vec<(Purpose, StoredSession)>,
    pub(super) is_master: bool,
    pub(super) turns: Cell<usize>,
    /// How often the digest was computed.
    pub(super) digests: usize,
}

pub(super) fn put(sessions: &Sessions, stored: StoredSession) {
    let mut all = sessions.lock().unwrap();
    if let Some(old) = &stored.replaces {
        all.remove(old);
    }
    all.insert(stored.id.clone(), stored);
}

pub(super) fn apply(sessions: &Sessions, ops: Vec<Op>) {
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

pub(super) fn add(sessions: &Sessions, session: &str, id: Id) {
    let mut all = sessions.lock().unwrap();
    let known = all.get_mut(session).expect("the session of a gear");
    if !known.registrations.contains(&id) {
        known.registrations.push(id);
        known.registrations.sort_unstable();
    }
}

/// A removal ends a session that has one registration.
pub(super) fn as_it_is(sessions: &Sessions, op: Op) -> Op {
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
pub(super) fn check(sessions: &Sessions, stored: &StoredSession) -> Result<(), String> {
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
