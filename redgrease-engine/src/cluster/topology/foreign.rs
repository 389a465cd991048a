//! Commands with keys that this server does not serve.

use super::{Health, NodeId, Topology, slot_of};

/// The number of bytes of a key that an error shows.
const SHOWN: usize = 128;

impl Topology {
    /// The error for a gear whose command this server refuses because of these keys: why, and what the gear can do. Clients look at
    /// the first words, which are those of RedisGears.
    pub(crate) fn refused_keys(&self, keys: &[Vec<u8>]) -> String {
        format!("Operation not permitted: {}", self.reason(keys))
    }

    fn reason(&self, keys: &[Vec<u8>]) -> String {
        let Some((first, others)) = keys.split_first() else {
            return "the command needs keys that this shard does not have".to_owned();
        };
        let slot = slot_of(first);
        if let Some(other) = others.iter().find(|key| slot_of(key) != slot) {
            return format!(
                "the keys '{}' and '{}' are in different hash slots: give the keys of a command the same hash tag, such as \
                 {{user:1}}:name and {{user:1}}:age, or send a command for each",
                shown(first),
                shown(other)
            );
        }
        let key = shown(first);
        match self.owner(slot) {
            None => format!(
                "no shard of the cluster serves the hash slot {slot} of the key '{key}': give the slot to a shard"
            ),
            Some(owner) if owner.is_myself => format!(
                "the hash slot {slot} of the key '{key}' is moving to or from this shard: try again"
            ),
            Some(owner) if owner.health == Health::Failed => format!(
                "the key '{key}' is on {}, which has failed: try again when that is back, or when a replica has taken its place",
                self.name_of(owner.id)
            ),
            Some(owner) => self.elsewhere(&key, owner.id),
        }
    }

    fn elsewhere(&self, key: &str, owner: NodeId) -> String {
        let owner = self.name_of(owner);
        format!(
            "the key '{key}' is on {owner}: move the record there with repartition in front of this step, or use a key of this shard, with \
             hashtag() in braces in its name"
        )
    }
}

fn shown(key: &[u8]) -> String {
    let key = key.get(..SHOWN).unwrap_or(key);
    String::from_utf8_lossy(key).replace(['\0', '\r', '\n'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(keys: &[&str]) -> String {
        let [a, b, c] = ["a", "b", "c"].map(|digit| digit.repeat(40));
        // The slot of `foo` is 12182, that of `bar` is 5061, that of `a` is 15495, and that of `k42` is of the third shard.
        let topology = Topology::parse(&format!(
            "{a} 127.0.0.1:1@11 myself,master - 0 0 1 connected 0-5460\n\
             {b} 127.0.0.1:2@12 master - 0 0 2 connected 5461-12999\n\
             {c} 127.0.0.1:3@13 master,fail - 0 0 3 connected 13000-13999\n"
        ));
        let keys: Vec<Vec<u8>> = keys.iter().map(|key| key.as_bytes().to_vec()).collect();
        let text = topology.refused_keys(&keys);
        let reason = text.strip_prefix("Operation not permitted: ");
        reason.expect("the recorded words").to_owned()
    }

    #[test]
    fn the_error_names_the_shard_and_what_to_do() {
        let shard = format!(
            "the key 'foo' is on the shard {} (127.0.0.1:2): move",
            "b".repeat(40)
        );
        for (keys, words) in [
            (&["foo"][..], shard.as_str()),
            (&["foo", "{foo}:1"], &shard),
            (&["foo"], "repartition"),
            (&["foo"], "hashtag()"),
            (
                &["bar", "foo"],
                "'bar' and 'foo' are in different hash slots",
            ),
            (&["bar"], "is moving"),
            (&["a"], "no shard of the cluster serves"),
            (&["k42"], "(127.0.0.1:3), which has failed: try again"),
            (&[], "keys that this shard does not have"),
        ] {
            let reason = reason(keys);
            assert!(reason.contains(words), "{keys:?}: {reason}");
        }
        let long = reason(&["x".repeat(1000).as_str()]);
        assert!(long.matches('x').count() < 2 * SHOWN, "{long}");
    }
}
