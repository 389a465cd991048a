//! The times at which there is something to send to other servers. The thread that sends looks at the servers that are due, and not
//! at all servers of a large cluster.

use super::topology::NodeId;
use std::collections::{BTreeSet, HashMap};
use std::time::Instant;

/// The time of a server, and its turn among the servers of that time.
type Turn = (Instant, u64);

/// At most one time for each server.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    turns: HashMap<NodeId, Turn>,
    order: BTreeSet<(Turn, NodeId)>,
    last: u64,
}

impl Agenda {
    /// The server is due at this time, or only when something happens. A server that is due at the same time as before keeps its turn.
    pub(super) fn set(&mut self, id: NodeId, due: Option<Instant>) {
        let known = self.turns.get(&id).map(|(at, _)| *at);
        if known == due {
            return;
        }
        self.remove(id);
        if let Some(at) = due {
            self.last += 1;
            let turn = (at, self.last);
            self.turns.insert(id, turn);
            self.order.insert((turn, id));
        }
    }

    /// The server had its turn: others of the same time come first now.
    pub(super) fn set_behind(&mut self, id: NodeId, due: Option<Instant>) {
        self.remove(id);
        self.set(id, due);
    }

    pub(super) fn remove(&mut self, id: NodeId) {
        if let Some(turn) = self.turns.remove(&id) {
            self.order.remove(&(turn, id));
        }
    }

    /// The time of the first server.
    pub(super) fn first(&self) -> Option<Instant> {
        self.order.first().map(|((at, _), _)| *at)
    }

    /// The servers that are due, in the order of their turns.
    pub(super) fn due(&self, now: Instant) -> Vec<NodeId> {
        let due = self.order.iter().take_while(|((at, _), _)| *at <= now);
        due.map(|(_, id)| *id).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::id;
    use super::*;
    use std::time::Duration;

    #[test]
    fn servers_are_due_in_their_turn() {
        let (now, mut agenda) = (Instant::now(), Agenda::default());
        let later = now + Duration::from_secs(1);
        for server in [3, 1, 2] {
            agenda.set(id(server), Some(now));
        }
        agenda.set(id(0), Some(later));
        assert_eq!(agenda.due(now), [id(3), id(1), id(2)]);
        // The same time again changes nothing, unless the server had its turn.
        agenda.set(id(3), Some(now));
        assert_eq!(agenda.due(now), [id(3), id(1), id(2)]);
        agenda.set_behind(id(3), Some(now));
        assert_eq!(agenda.due(now), [id(1), id(2), id(3)]);
        agenda.set(id(1), Some(later));
        agenda.set(id(2), None);
        agenda.remove(id(3));
        assert_eq!(agenda.due(now), []);
        assert_eq!(agenda.first(), Some(later));
        assert_eq!(agenda.due(later), [id(0), id(1)]);
        agenda.remove(id(0));
        agenda.set_behind(id(1), None);
        assert_eq!(agenda.first(), None);
    }
}
