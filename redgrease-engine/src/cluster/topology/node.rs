//! The nodes of a cluster, as `CLUSTER NODES` lists them.

use super::slot::Slots;
use crate::redis::SLOTS;
use std::fmt;
use std::net::SocketAddr;
use std::ops::RangeInclusive;

/// The id of a node: 40 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct NodeId([u8; 40]);

impl NodeId {
    /// Reads an id. `None` if the bytes are no 40 hexadecimal digits.
    pub(crate) fn parse(bytes: &[u8]) -> Option<NodeId> {
        let id: [u8; 40] = bytes.try_into().ok()?;
        id.iter().all(u8::is_ascii_hexdigit).then_some(NodeId(id))
    }

    pub(crate) fn as_bytes(&self) -> &[u8; 40] {
        &self.0
    }

    pub(crate) fn as_str(&self) -> &str {
        // The digits are ASCII.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One server of a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) id: NodeId,
    /// Empty if the node that was asked does not know it.
    pub(crate) ip: String,
    pub(crate) port: u16,
    /// The address to which other nodes open their links of the bus.
    pub(crate) bus: Option<SocketAddr>,
    /// The node that was asked.
    pub(crate) is_myself: bool,
    /// The master of a replica.
    pub(crate) master: Option<NodeId>,
    pub(crate) health: Health,
    /// The slots that the node serves. A replica serves none.
    pub(crate) slots: Slots,
    /// Slots that the node gives away, and slots that it gets. Only the node that was asked tells them of itself.
    pub(crate) moving: Vec<u16>,
    /// Of these, the slots that the node gives away, and to which node.
    given: Vec<(u16, NodeId)>,
}

/// The state of a node, as far as the node that was asked knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Health {
    Well,
    /// It does not answer the node that was asked.
    Suspected,
    /// The cluster agrees that it does not answer, or no address is known: no node asks it, so none finds that it has failed.
    Failed,
    /// The nodes have not greeted each other.
    Unknown,
}

impl Node {
    /// Reads one line of `CLUSTER NODES`. `None` for a line of another form.
    pub(crate) fn parse(line: &str) -> Option<Node> {
        let mut words = line.split_whitespace();
        let id = NodeId::parse(words.next()?.as_bytes())?;
        let (ip, port, bus) = address(words.next()?)?;
        let flags: Vec<&str> = words.next()?.split(',').collect();
        let master = NodeId::parse(words.next()?.as_bytes());
        // The times of ping and pong, the epoch, and the state of the link.
        for _ in 0..4 {
            words.next()?;
        }
        let mut ranges = Vec::new();
        let (mut moving, mut given) = (Vec::new(), Vec::new());
        for word in words {
            match word.strip_prefix('[') {
                Some(moved) => {
                    moving.extend(number(moved.split('-').next()?));
                    given.extend(gift(moved));
                }
                None => ranges.extend(range(word)),
            }
        }
        moving.sort_unstable();
        let has = |flag: &str| flags.contains(&flag);
        Some(Node {
            id,
            ip,
            port,
            bus,
            is_myself: has("myself"),
            master: master.filter(|_| !has("master")),
            health: if has("fail") || has("noaddr") {
                Health::Failed
            } else if has("fail?") {
                Health::Suspected
            } else if has("handshake") {
                Health::Unknown
            } else {
                Health::Well
            },
            slots: Slots::of(ranges),
            moving,
            given,
        })
    }

    /// The node to which this one gives a slot, if it does.
    pub(crate) fn gives_to(&self, slot: u16) -> Option<NodeId> {
        let mut given = self.given.iter();
        given.find(|(one, _)| *one == slot).map(|(_, to)| *to)
    }

    /// `true` for a master that serves slots.
    pub(crate) fn serves(&self) -> bool {
        self.master.is_none() && !self.slots.is_empty()
    }
}

/// `ip:port@busport`, then perhaps `,hostname` and other fields. An IPv6 address has colons.
fn address(word: &str) -> Option<(String, u16, Option<SocketAddr>)> {
    let word = word.split(',').next()?;
    let (word, bus) = word.split_once('@').unwrap_or((word, ""));
    let (ip, port) = word.rsplit_once(':')?;
    let bus = bus.parse().ok().zip(ip.parse().ok());
    let bus = bus.map(|(port, ip)| SocketAddr::new(ip, port));
    Some((ip.to_owned(), port.parse().ok()?, bus))
}

/// `77->-id]`: the slot leaves the node.
fn gift(word: &str) -> Option<(u16, NodeId)> {
    let (slot, to) = word.strip_suffix(']')?.split_once("->-")?;
    Some((number(slot)?, NodeId::parse(to.as_bytes())?))
}

fn number(word: &str) -> Option<u16> {
    word.parse().ok().filter(|slot| *slot < SLOTS)
}

fn range(word: &str) -> Option<RangeInclusive<u16>> {
    let (first, last) = word.split_once('-').unwrap_or((word, word));
    Some(number(first)?..=number(last)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "1418e9017c515bba27d0ab23f5ddbef8defc650b";
    const OTHER: &str = "26c043afc9a7f002b4bb389f4a409739b65e120b";

    fn node(rest: &str) -> Node {
        Node::parse(&format!("{ID} {rest}")).expect(rest)
    }

    #[test]
    fn a_master_with_slots() {
        let master =
            node("127.0.0.1:7201@17201 myself,master - 0 0 3 connected 0-5460 7000 9000-9001");
        assert_eq!((master.ip.as_str(), master.port), ("127.0.0.1", 7201));
        assert!(master.is_myself && master.serves() && master.master.is_none());
        assert_eq!(master.slots.ranges(), [0..=5460, 7000..=7000, 9000..=9001]);
        assert_eq!(master.health, Health::Well);
        assert_eq!(master.id.to_string(), ID);
    }

    #[test]
    fn a_replica() {
        let replica = node(&format!(
            "127.0.0.1:7204@17204 slave {OTHER} 0 1 2 connected"
        ));
        assert_eq!(replica.master, NodeId::parse(OTHER.as_bytes()));
        assert!(!replica.serves());
    }

    #[test]
    fn slots_that_move() {
        let text = format!(
            ":7201@17201 myself,master - 0 0 3 connected 5 [77->-{OTHER}] [93-<-{OTHER}] [16384->-{OTHER}]"
        );
        let node = node(&text);
        assert_eq!(node.moving, [77, 93]);
        assert_eq!(node.gives_to(77), NodeId::parse(OTHER.as_bytes()));
        assert_eq!((node.gives_to(93), node.gives_to(5)), (None, None));
        assert_eq!(node.slots.ranges(), [5..=5]);
        assert_eq!(node.ip, "");
    }

    #[test]
    fn states_and_addresses() {
        for (flags, health) in [
            ("master", Health::Well),
            ("master,fail?", Health::Suspected),
            ("master,fail", Health::Failed),
            ("handshake", Health::Unknown),
            ("master,noaddr", Health::Failed),
        ] {
            let node = node(&format!("1.2.3.4:1@2 {flags} - 0 0 0 disconnected"));
            assert_eq!(node.health, health, "{flags}");
        }
        for (word, ip, port, bus) in [
            (
                "10.0.0.1:6379@16379,host.example,shard-id=69bc",
                "10.0.0.1",
                6379,
                Some("10.0.0.1:16379"),
            ),
            (
                "2001:db8::1:6379@7000",
                "2001:db8::1",
                6379,
                Some("[2001:db8::1]:7000"),
            ),
            ("::1:6379", "::1", 6379, None),
            (":0@0", "", 0, None),
        ] {
            let node = node(&format!("{word} master - 0 0 0 connected"));
            assert_eq!((node.ip.as_str(), node.port), (ip, port), "{word}");
            let bus = bus.map(|address| address.parse().unwrap());
            assert_eq!(node.bus, bus, "{word}");
        }
    }

    #[test]
    fn other_lines_are_no_nodes() {
        for line in [
            "",
            "vars currentEpoch 6 lastVoteEpoch 0",
            "1418 127.0.0.1:1@2 master - 0 0 0 connected",
            &format!("{ID} nonsense master - 0 0 0 connected"),
            &format!("{ID} 127.0.0.1:1@2 master - 0 0"),
        ] {
            assert_eq!(Node::parse(line), None, "{line}");
        }
        assert_eq!(NodeId::parse(&[b'x'; 40]), None);
    }
}
