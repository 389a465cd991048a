//! The log's entries about changes of the cluster.

use super::topology::{SLOTS, Topology};
use crate::redis::{Context, Level, log};

/// Tells the log of a change that an operator wants to know of.
pub(super) fn tell(_: &Context, old: &Topology, new: &Topology) {
    if let Some((level, text)) = report(old, new) {
        log(level, &text);
    }
}

/// What operators see of a cluster: its shards, and the slots that no shard serves.
fn state(topology: &Topology) -> (usize, usize) {
    (topology.shards().count(), topology.unserved().len())
}

fn report(old: &Topology, new: &Topology) -> Option<(Level, String)> {
    let (shards, unserved) = state(new);
    if state(old) == (shards, unserved) {
        return None;
    }
    let are = if shards == 1 {
        "shard is"
    } else {
        "shards are"
    };
    Some(if shards == 0 {
        (
            Level::Notice,
            "the cluster has no slots: gears run as on a server of its own".to_owned(),
        )
    } else if unserved > 0 {
        (
            Level::Warning,
            format!(
                "{shards} {are} in the cluster, and {unserved} of {SLOTS} slots are served by no server that is well: gears see the \
                 keys of the other slots"
            ),
        )
    } else {
        (
            Level::Notice,
            format!("{shards} {are} in the cluster, and all slots are served"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A cluster whose nodes have these flags and slots.
    fn cluster(nodes: &[(&str, &str)]) -> Topology {
        let line = |(at, (flags, slots)): (usize, &(&str, &str))| {
            format!("{at:040x} 127.0.0.1:1@2 {flags} - 0 0 0 connected {slots}\n")
        };
        Topology::parse(&nodes.iter().enumerate().map(line).collect::<String>())
    }

    #[test]
    fn the_log_tells_of_shards_and_of_slots_without_one() {
        let none = Topology::default();
        let whole = cluster(&[("myself,master", "0-9"), ("master", "10-16383")]);
        let moved = cluster(&[("myself,master", "0-10"), ("master", "11-16383")]);
        let failed = cluster(&[("myself,master", "0-9"), ("master,fail", "10-16383")]);
        let alone = cluster(&[("myself,master", "0-9")]);
        for (old, new, words) in [
            (
                &none,
                &whole,
                Some("2 shards are in the cluster, and all slots"),
            ),
            (&whole, &moved, None),
            (
                &whole,
                &failed,
                Some("16374 of 16384 slots are served by no server"),
            ),
            (&failed, &whole, Some("all slots are served")),
            (
                &failed,
                &alone,
                Some("1 shard is in the cluster, and 16374"),
            ),
            (&whole, &none, Some("no slots")),
            (&none, &none, None),
        ] {
            let text = report(old, new).map(|(_, text)| text);
            let fits = match (&text, words) {
                (Some(text), Some(words)) => text.contains(words),
                (None, None) => true,
                _ => false,
            };
            assert!(fits, "{text:?}: {words:?}");
        }
    }
}
