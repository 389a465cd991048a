//! The nodes of the cluster and the slots that they serve.
//!
//! | file | purpose |
//! |---|---|
//! | `slot.rs` | sets of slots |
//! | `node.rs` | one node, as the server lists it |
//! | `tag.rs` | short texts that belong to a slot |
//! | `foreign.rs` | the error for keys that this server does not serve |
//! | `follow.rs` | the picture that is in force, and the functions that hear of another one |

mod follow;
mod foreign;
mod node;
mod slot;
mod tag;

pub(crate) use crate::redis::{SLOTS, slot_of};
pub(crate) use follow::{current, follow, listened, refresh, settled, subscribe, unchanged_for};
pub(crate) use node::{Health, Node, NodeId};
pub(crate) use slot::Slots;
pub(crate) use tag::{own_id, own_tag};

/// A picture of the cluster at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Topology {
    /// All nodes, sorted by id.
    nodes: Vec<Node>,
}

impl Topology {
    /// Reads the reply of `CLUSTER NODES`. Lines of another form are left out.
    pub(crate) fn parse(text: &str) -> Topology {
        let mut nodes: Vec<Node> = text.lines().filter_map(Node::parse).collect();
        nodes.sort_by_key(|node| node.id);
        nodes.dedup_by_key(|node| node.id);
        Topology { nodes }
    }

    pub(crate) fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    pub(crate) fn node(&self, id: NodeId) -> Option<&Node> {
        let place = self.nodes.binary_search_by_key(&id, |node| node.id).ok()?;
        self.nodes.get(place)
    }

    /// A node as messages name it: by its id, and by its address as far as that is known.
    pub(crate) fn name_of(&self, id: NodeId) -> String {
        match self.node(id) {
            Some(node) if !node.ip.is_empty() => {
                format!("the shard {id} ({}:{})", node.ip, node.port)
            }
            _ => format!("the shard {id}"),
        }
    }

    /// The node that was asked.
    pub(crate) fn myself(&self) -> Option<&Node> {
        self.nodes.iter().find(|node| node.is_myself)
    }

    /// The masters that serve slots: the shards.
    pub(crate) fn shards(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter().filter(|node| node.serves())
    }

    /// The shards that have not failed.
    pub(crate) fn living_shards(&self) -> impl Iterator<Item = &Node> {
        self.shards().filter(|node| node.health != Health::Failed)
    }

    /// `true` if servers belong together. A server that is in cluster mode and knows no server with slots answers commands as one on its own.
    pub(crate) fn is_cluster(&self) -> bool {
        self.shards().next().is_some()
    }

    /// The shard that serves a slot. `None` if no node does.
    pub(crate) fn owner(&self, slot: u16) -> Option<&Node> {
        self.shards().find(|node| node.slots.contains(slot))
    }

    /// The slots that no node serves, or whose node has failed.
    pub(crate) fn unserved(&self) -> Slots {
        let ranges = |node: &Node| node.slots.ranges().to_vec();
        let served = Slots::of(self.living_shards().flat_map(ranges).collect());
        let mut next = 0;
        let mut gaps = Vec::new();
        for range in served.ranges() {
            if next < *range.start() {
                gaps.push(next..=range.start() - 1);
            }
            next = range.end() + 1;
        }
        if next < SLOTS {
            gaps.push(next..=SLOTS - 1);
        }
        Slots::of(gaps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn id(digit: char) -> String {
        digit.to_string().repeat(40)
    }

    fn cluster() -> Topology {
        let (a, b, c, d) = (id('a'), id('b'), id('c'), id('d'));
        Topology::parse(&format!(
            "{b} 127.0.0.1:2@12 master - 0 0 2 connected 5461-10922\n\
             {a} 127.0.0.1:1@11 myself,master - 0 0 1 connected 0-5460\n\
             {d} 127.0.0.1:4@14 slave {a} 0 0 1 connected\n\
             {c} 127.0.0.1:3@13 master,fail - 0 0 3 disconnected 10923-16383\n"
        ))
    }

    #[test]
    fn nodes_and_owners() {
        let topology = cluster();
        assert!(topology.is_cluster());
        assert_eq!(topology.nodes().len(), 4);
        assert_eq!(topology.shards().count(), 3);
        assert_eq!(topology.myself().map(|node| node.port), Some(1));
        for (slot, port) in [(0, 1), (5460, 1), (5461, 2), (16383, 3)] {
            assert_eq!(topology.owner(slot).map(|node| node.port), Some(port));
        }
        let b = NodeId::parse(id('b').as_bytes()).expect("an id");
        assert_eq!(topology.node(b).map(|node| node.port), Some(2));
        let name = topology.name_of(b);
        assert_eq!(name, format!("the shard {b} (127.0.0.1:2)"));
        assert_eq!(Topology::default().name_of(b), format!("the shard {b}"));
    }

    #[test]
    fn slots_of_failed_nodes_are_not_served() {
        assert_eq!(cluster().unserved().ranges(), [10923..=16383]);
        assert_eq!(Topology::default().unserved().len(), usize::from(SLOTS));
        let alone = Topology::parse(&format!("{} :1@2 myself,master - 0 0 0 connected", id('a')));
        assert!(!alone.is_cluster());
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "[ -~\\n]{0,300}") {
            let topology = Topology::parse(&text);
            prop_assert!(topology.nodes().is_sorted_by_key(|node| node.id));
        }

        #[test]
        fn damaged_lists_are_read(place in 0..300usize, byte in 32..127u8) {
            let (a, b) = (id('a'), id('b'));
            let mut text = format!(
                "{a} 127.0.0.1:1@11 myself,master - 0 0 1 connected 0-5460 [7->-{b}]\n{b} 127.0.0.1:2@12 slave {a} 0 0 1 connected\n"
            ).into_bytes();
            if let Some(changed) = text.get_mut(place) {
                *changed = byte;
            }
            let _ = Topology::parse(&String::from_utf8_lossy(&text)).unserved();
        }
    }
}
