//! The cluster as one of its nodes sees it: the reply to `CLUSTER NODES`.

use std::collections::BTreeMap;

/// The node of a cluster, as another node or the node itself sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    /// The id of the master, if this node is a replica.
    pub(super) master: Option<String>,
    /// The version of what the node says about its slots. The higher one wins if two nodes say that they have a slot.
    pub(super) epoch: u64,
    pub(super) slots: Vec<(u16, u16)>,
    /// Whether it is reachable, and nothing is said against it.
    pub(super) is_well: bool,
    /// Whether the two nodes have met: an id and an address are known.
    pub(super) is_known: bool,
}

/// The nodes by their ids.
pub(super) type View = BTreeMap<String, Seen>;

/// Reads the reply. Lines that are not understood are left out, and the node is then missing in the view.
pub(super) fn read(text: &str) -> View {
    text.lines().filter_map(node).collect()
}

fn node(line: &str) -> Option<(String, Seen)> {
    // ID ADDRESS FLAGS MASTER PING PONG EPOCH LINK SLOTS..
    let mut words = line.split(' ');
    let id = words.next()?;
    let flags: Vec<&str> = words.nth(1)?.split(',').collect();
    let master = words.next()?;
    let epoch = words.nth(2)?.parse().ok()?;
    let state = words.next()?;
    let has = |flag: &str| flags.contains(&flag);
    let is_known = !has("handshake") && !has("noaddr");
    let is_well = is_known
        && !has("fail")
        && !has("fail?")
        && (has("myself") || state.trim_end() == "connected");
    Some((
        id.to_owned(),
        Seen {
            master: (master != "-").then(|| master.to_owned()),
            epoch,
            slots: words.filter_map(slots).collect(),
            is_well,
            is_known,
        },
    ))
}

/// `5` or `5-9`. A slot that is moving (`[5->-ID]`) is in the list without brackets, too, at the node that serves it.
fn slots(word: &str) -> Option<(u16, u16)> {
    let word = word.trim_end();
    let (first, last) = word.split_once('-').unwrap_or((word, word));
    Some((first.parse().ok()?, last.parse().ok()?))
}

impl Seen {
    /// Whether the node serves a slot.
    pub(super) fn has(&self, slot: u16) -> bool {
        self.slots
            .iter()
            .any(|&(first, last)| (first..=last).contains(&slot))
    }
}

/// The number of slots that are served.
pub(super) fn served(view: &View) -> usize {
    view.values()
        .flat_map(|seen| &seen.slots)
        .map(|&(first, last)| usize::from(last.saturating_sub(first)) + 1)
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPLY: &str = "\
a1 127.0.0.1:7000@17000 myself,master - 0 0 1 connected 0-99 200 [7->-b2] [8-<-b2]
b2 127.0.0.1:7001@17001,host.example master - 0 1 2 connected 300-301\r
c3 127.0.0.1:7002@17002 slave a1 0 1 1 connected
d4 :0@0 slave,noaddr a1 0 1 1 disconnected
e5 127.0.0.1:7003@17003 master,fail? - 0 1 3 connected
f6 127.0.0.1:7004@17004 handshake - 0 1 0 connected
vars currentEpoch 3
";

    #[test]
    fn nodes_are_read_with_roles_slots_and_state() {
        let view = read(REPLY);
        assert_eq!(view.len(), 6);
        assert_eq!(view["a1"].slots, [(0, 99), (200, 200)]);
        assert_eq!(view["b2"].slots, [(300, 301)]);
        assert_eq!(view["a1"].master, None);
        assert_eq!(view["c3"].master.as_deref(), Some("a1"));
        let well: Vec<_> = view.iter().filter(|(_, seen)| seen.is_well).collect();
        assert_eq!(well.len(), 3, "{well:?}");
        let known: Vec<_> = view.values().map(|seen| seen.is_known).collect();
        assert_eq!(known, [true, true, true, false, true, false]);
    }

    #[test]
    fn slots_have_owners() {
        let view = read(REPLY);
        let owners = |slot| {
            let ids = view.iter().filter(move |(_, seen)| seen.has(slot));
            ids.map(|(id, _)| id.as_str()).collect::<Vec<_>>()
        };
        assert_eq!(owners(99), ["a1"]);
        assert_eq!(owners(300), ["b2"]);
        assert!(owners(100).is_empty());
        assert_eq!(served(&view), 103);
        assert_eq!((view["b2"].epoch, view["e5"].epoch), (2, 3));
    }
}
