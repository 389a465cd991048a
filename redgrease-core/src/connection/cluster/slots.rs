//! Which node serves which slot.

use redis::Value;

/// How many slots a cluster has.
const SLOTS: u16 = 16_384;

/// Where a node listens.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub(super) host: String,
    pub(super) port: u16,
}

impl Place {
    /// Reads `host:port`. A node that does not know its own host leaves it out: it is the host that has answered then.
    pub(super) fn parse(text: &str, answered: &Place) -> Option<Self> {
        let (host, port) = text.rsplit_once(':')?;
        Some(Place {
            host: host_or(host, answered),
            port: port.parse().ok()?,
        })
    }
}

fn host_or(host: &str, answered: &Place) -> String {
    match host {
        "" | "?" => answered.host.clone(),
        host => host.to_owned(),
    }
}

/// A node of the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) place: Place,
    /// The 40 characters that name it in the cluster.
    id: String,
    is_primary: bool,
}

/// The nodes and the slots that they serve.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Slots {
    /// Primaries come in the order of their first slots.
    members: Vec<Member>,
    /// First and last slot, and the member that serves them, in the order of slots.
    ranges: Vec<(u16, u16, usize)>,
}

impl Slots {
    /// Reads the answer to `CLUSTER SLOTS` of this node. Rows that cannot be read are left out.
    pub(super) fn parse(answer: &Value, answered: &Place) -> Self {
        let Value::Array(rows) = answer else {
            return Slots::default();
        };
        let mut rows: Vec<_> = rows.iter().filter_map(Row::parse).collect();
        rows.sort_by_key(|row| row.first);
        let mut slots = Slots::default();
        for row in &rows {
            let mut nodes = row.nodes.iter();
            if let Some(primary) = nodes.next().and_then(|node| member(node, true, answered)) {
                let at = slots.join(primary);
                slots.ranges.push((row.first, row.last, at));
            }
        }
        for node in rows.iter().flat_map(|row| row.nodes.iter().skip(1)) {
            if let Some(replica) = member(node, false, answered) {
                slots.join(replica);
            }
        }
        slots
    }

    fn join(&mut self, member: Member) -> usize {
        let known = self.members.iter().position(|m| m.place == member.place);
        known.unwrap_or_else(|| {
            self.members.push(member);
            self.members.len() - 1
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// The primary that serves a slot.
    pub(super) fn owner(&self, slot: u16) -> Option<&Place> {
        let behind = self.ranges.partition_point(|(first, ..)| *first <= slot);
        let (_, last, at) = self.ranges.get(behind.checked_sub(1)?)?;
        (slot <= *last).then(|| &self.members[*at].place)
    }

    /// The primaries, in the order of their first slots.
    pub(super) fn primaries(&self) -> impl Iterator<Item = &Place> {
        let primaries = self.members.iter().filter(|member| member.is_primary);
        primaries.map(|member| &member.place)
    }

    /// Primaries and replicas.
    pub(super) fn all(&self) -> impl Iterator<Item = &Place> {
        self.members.iter().map(|member| &member.place)
    }

    /// The node with this id.
    pub(super) fn with_id(&self, id: &[u8]) -> Option<&Place> {
        let found = self.members.iter().find(|m| m.id.as_bytes() == id);
        found.map(|member| &member.place)
    }
}

/// A row of `CLUSTER SLOTS`: first slot, last slot, the primary, its replicas.
struct Row<'a> {
    first: u16,
    last: u16,
    nodes: &'a [Value],
}

impl<'a> Row<'a> {
    fn parse(row: &'a Value) -> Option<Self> {
        let Value::Array(row) = row else { return None };
        let [first, last, nodes @ ..] = row.as_slice() else {
            return None;
        };
        let (first, last) = (number(first)?, number(last)?);
        (first <= last && last < SLOTS).then_some(Row { first, last, nodes })
    }
}

/// A node: host, port, id, and what newer servers add.
fn member(node: &Value, is_primary: bool, answered: &Place) -> Option<Member> {
    let Value::Array(node) = node else {
        return None;
    };
    let [host, port, rest @ ..] = node.as_slice() else {
        return None;
    };
    let host = text(host).unwrap_or_default();
    Some(Member {
        place: Place {
            host: host_or(host, answered),
            port: number(port)?,
        },
        id: rest.first().and_then(text).unwrap_or_default().to_owned(),
        is_primary,
    })
}

fn number(value: &Value) -> Option<u16> {
    match value {
        Value::Int(number) => u16::try_from(*number).ok(),
        _ => None,
    }
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::BulkString(bytes) => std::str::from_utf8(bytes).ok(),
        Value::SimpleString(text) => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(port: u16) -> Place {
        Place {
            host: "10.0.0.1".to_owned(),
            port,
        }
    }

    fn node(host: &str, port: i64, id: &str) -> Value {
        Value::Array(vec![
            Value::BulkString(host.into()),
            Value::Int(port),
            Value::BulkString(id.into()),
            Value::Array(Vec::new()),
        ])
    }

    fn row(first: i64, last: i64, nodes: Vec<Value>) -> Value {
        let mut row = vec![Value::Int(first), Value::Int(last)];
        row.extend(nodes);
        Value::Array(row)
    }

    #[test]
    fn each_slot_has_the_owner_that_the_server_tells() {
        let answer = Value::Array(vec![
            row(9000, 16_383, vec![node("10.0.0.1", 3, "c")]),
            row(100, 8999, vec![node("", 2, "b"), node("10.0.0.1", 5, "e")]),
            row(0, 98, vec![node("10.0.0.1", 1, "a"), node("?", 4, "d")]),
            // Rows of no use.
            row(5, 3, vec![node("10.0.0.1", 9, "x")]),
            row(0, 16_384, vec![node("10.0.0.1", 9, "x")]),
            Value::Nil,
        ]);
        let slots = Slots::parse(&answer, &place(7));
        for (slot, port) in [
            (0, Some(1)),
            (98, Some(1)),
            (99, None),
            (100, Some(2)),
            (8999, Some(2)),
            (16_383, Some(3)),
        ] {
            let found = slots.owner(slot).map(|place| place.port);
            assert_eq!(found, port, "slot {slot}");
        }
        let ports = |places: Vec<&Place>| places.iter().map(|p| p.port).collect::<Vec<_>>();
        assert_eq!(ports(slots.primaries().collect()), [1, 2, 3]);
        assert_eq!(ports(slots.all().collect()), [1, 2, 3, 4, 5]);
        assert_eq!(slots.owner(100), Some(&place(2)));
        assert_eq!(slots.with_id(b"d"), Some(&place(4)));
        assert_eq!(slots.with_id(b"f"), None);
    }

    #[test]
    fn other_answers_are_no_slots() {
        for answer in [Value::Nil, Value::Array(Vec::new()), Value::Int(3)] {
            assert!(Slots::parse(&answer, &place(1)).is_empty());
        }
        assert_eq!(Slots::default().owner(3), None);
    }

    #[test]
    fn places_are_read_from_redirections() {
        let answered = place(1);
        for (text, host, port) in [
            ("127.0.0.1:6379", "127.0.0.1", 6379),
            (":6379", "10.0.0.1", 6379),
            ("?:6379", "10.0.0.1", 6379),
            ("::1:6379", "::1", 6379),
        ] {
            let read = Place::parse(text, &answered).unwrap();
            assert_eq!((&*read.host, read.port), (host, port), "{text}");
        }
        assert_eq!(Place::parse("host", &answered), None);
        assert_eq!(Place::parse("host:99999", &answered), None);
    }
}
