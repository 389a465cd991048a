//! Choosing the one shard of a cluster that runs the time events of a session.
//!
//! All servers choose in the same way, from what they know of the cluster: the shard that serves the slot of the session's id. If
//! that shard has failed, or does not have the session, another one that has it is chosen by the same slot.

use crate::cluster::topology::{Health, NodeId, Topology, slot_of};
use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};

/// The sessions with time events that other servers have told of.
pub(super) type Told = HashMap<NodeId, BTreeSet<String>>;

/// A shard that is chosen anew waits for so long before it runs anything: the one before may not know of the change yet.
pub(super) const SETTLING: Duration = Duration::from_millis(700);

/// The shard that runs the time events of `session`, which this server has. `None` if it is not known, or if most of the shards
/// cannot be reached: they may have chosen another one.
pub(super) fn choose(
    session: &str,
    topology: &Topology,
    told: &Told,
    is_expected: impl Fn(NodeId) -> bool,
) -> Option<NodeId> {
    if !reaches_most(topology) {
        return None;
    }
    let shards = topology.shards();
    let (well, others): (Vec<_>, Vec<_>) = shards.partition(|node| node.health == Health::Well);
    let mut having = Vec::new();
    // A shard that does not answer may still run. It is left out when the cluster takes it for dead.
    let suspected = others.iter().filter(|node| node.health != Health::Failed);
    for node in well.iter().chain(suspected) {
        let has = match told.get(&node.id) {
            _ if node.is_myself => true,
            Some(sessions) => sessions.contains(session),
            None if is_expected(node.id) => return None,
            None => false,
        };
        if has {
            having.push(node);
        }
    }
    having.sort_by_key(|node| node.id);
    let slot = slot_of(session.as_bytes());
    let serving = having.iter().find(|node| node.slots.contains(slot));
    let by_slot = || having.get(usize::from(slot).checked_rem(having.len())?);
    serving.or_else(by_slot).map(|node| node.id)
}

/// `true` if this server reaches most of the shards. If it does not, they may have put another one in its place.
pub(super) fn reaches_most(topology: &Topology) -> bool {
    let well = topology.shards().filter(|node| node.health == Health::Well);
    2 * well.count() > topology.shards().count()
}

/// The shard that runs what is bound to a slot. `None` if it is not known, or if most of the shards cannot be reached.
pub(super) fn owner(slot: u16, topology: &Topology) -> Option<NodeId> {
    let owner = topology.owner(slot).filter(|_| reaches_most(topology));
    owner.map(|node| node.id)
}

/// The shards that were chosen, and since when.
#[derive(Debug, Default)]
pub(super) struct Choices(HashMap<String, (Option<NodeId>, Instant)>);

impl Choices {
    /// Notes the choice for a session. Returns for how long it has been the same.
    pub(super) fn note(&mut self, session: &str, chosen: Option<NodeId>, now: Instant) -> Duration {
        if let Some((before, since)) = self.0.get(session)
            && *before == chosen
        {
            return now.saturating_duration_since(*since);
        }
        self.0.insert(session.to_owned(), (chosen, now));
        Duration::ZERO
    }

    /// Forgets sessions that have no time events any more.
    pub(super) fn keep(&mut self, sessions: &BTreeSet<String>) {
        self.0.retain(|session, _| sessions.contains(session));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A cluster as the node `own` sees it. The slots are shared evenly.
    fn cluster(own: usize, flags: &[&str]) -> Topology {
        let count = flags.len();
        let line = |(at, flag): (usize, &&str)| {
            let (first, last) = (at * 16384 / count, (at + 1) * 16384 / count - 1);
            let myself = if at == own { "myself," } else { "" };
            format!("{at:040x} 127.0.0.1:1@2 {myself}{flag} - 0 0 0 connected {first}-{last}\n")
        };
        Topology::parse(&flags.iter().enumerate().map(line).collect::<String>())
    }

    fn node(at: usize) -> NodeId {
        NodeId::parse(format!("{at:040x}").as_bytes()).unwrap()
    }

    fn told(having: &[bool]) -> Told {
        let sessions = |has| {
            if has {
                BTreeSet::from(["app".to_owned()])
            } else {
                BTreeSet::new()
            }
        };
        let all = having.iter().enumerate();
        all.map(|(at, has)| (node(at), sessions(*has))).collect()
    }

    fn owner(count: usize) -> usize {
        usize::from(slot_of(b"app")) * count / 16384
    }

    #[test]
    fn the_shard_of_the_slot_is_chosen() {
        let topology = cluster(0, &["master"; 3]);
        let all = told(&[true; 3]);
        let chosen = choose("app", &topology, &all, |_| true);
        assert_eq!(chosen, Some(node(owner(3))));
        let mut some = [true; 3];
        some[owner(3)] = false;
        let other = choose(
            "app",
            &cluster((owner(3) + 1) % 3, &["master"; 3]),
            &told(&some),
            |_| true,
        );
        assert!(other.is_some_and(|other| other != node(owner(3))));
        let nobody_told = choose("app", &topology, &Told::new(), |_| true);
        assert_eq!(nobody_told, None);
        let no_engine = choose("app", &topology, &Told::new(), |_| false);
        assert_eq!(no_engine, Some(node(0)), "no other server has an engine");
    }

    #[test]
    fn a_minority_chooses_nobody() {
        for (flags, chooses) in [
            (["master", "master", "master,fail?"], true),
            (["master", "master,fail?", "master,fail?"], false),
            (["master", "master,fail", "master,fail"], false),
        ] {
            let chosen = choose("app", &cluster(0, &flags), &told(&[true; 3]), |_| true);
            assert_eq!(chosen.is_some(), chooses, "{flags:?}");
            let owner = super::owner(0, &cluster(0, &flags));
            assert_eq!(owner, chooses.then(|| node(0)), "{flags:?}");
        }
    }

    #[test]
    fn a_choice_has_an_age() {
        let mut choices = Choices::default();
        let begun = Instant::now();
        let later = |secs| begun + Duration::from_secs(secs);
        assert_eq!(choices.note("app", Some(node(1)), begun), Duration::ZERO);
        assert_eq!(
            choices.note("app", Some(node(1)), later(5)),
            Duration::from_secs(5)
        );
        assert_eq!(choices.note("app", None, later(6)), Duration::ZERO);
        assert_eq!(choices.note("app", None, later(7)), Duration::from_secs(1));
        choices.keep(&BTreeSet::new());
        assert_eq!(choices.note("app", None, later(8)), Duration::ZERO);
    }

    proptest! {
        /// All servers that have the session, and see the same cluster, choose the same shard, which has the session.
        #[test]
        fn all_choose_the_same(
            shards in proptest::collection::vec((any::<bool>(), 0..4u8), 1..8),
        ) {
            let flags: Vec<&str> = shards.iter().map(|(_, kind)| match kind {
                0 => "master,fail",
                1 => "master,fail?",
                _ => "master",
            }).collect();
            let having: Vec<bool> = shards.iter().map(|(has, _)| *has).collect();
            let choices: BTreeSet<Option<NodeId>> = (0..shards.len())
                .filter(|own| having[*own] && flags[*own] == "master")
                .map(|own| choose("app", &cluster(own, &flags), &told(&having), |_| true))
                .collect();
            prop_assert!(choices.len() <= 1, "{:?}", choices);
            for chosen in choices.into_iter().flatten() {
                prop_assert!((0..shards.len()).any(|at| node(at) == chosen && having[at]));
            }
        }
    }
}
