//! The keys of the tests.

use crate::common::shards::{Router, tags, try_ask};
use redgrease_embedded::Cluster;
use std::collections::BTreeMap;

/// Keys with hash tags: by tag, so many.
#[derive(Debug)]
pub(super) struct Data {
    pub(super) tags: Vec<(u16, String)>,
    per_tag: usize,
}

impl Data {
    fn name(tag: &str, number: usize) -> String {
        format!("{{{tag}}}:{number}")
    }

    /// Strings, and every tenth key of a tag a hash.
    pub(super) fn fill(cluster: &Cluster, tag_count: u16, per_tag: usize) -> Data {
        let tags = tags(tag_count);
        let mut router = Router::new(cluster);
        let script = "for i = 0, ARGV[1] - 1 do
            local name = KEYS[1] .. i
            if i % 10 == 9 then redis.call('HSET', name, 'words', 'a b ' .. i)
            else redis.call('SET', name, 'a b ' .. i) end
        end";
        for (_, tag) in &tags {
            let prefix = format!("{{{tag}}}:");
            // The router takes the second word for the key.
            let () = router.send(&["SET", &prefix, "x"]);
            let () = router.send(&["DEL", &prefix]);
            let owner = (0..cluster.shards())
                .map(|shard| cluster.shard(shard))
                .find(|node| {
                    let words = ["EVAL", script, "1", &prefix, &per_tag.to_string()];
                    try_ask::<redis::Value>(node, &words).is_ok()
                });
            assert!(owner.is_some(), "no shard has {tag}");
        }
        Data { tags, per_tag }
    }

    pub(super) fn count(&self) -> usize {
        self.tags.len() * self.per_tag
    }

    /// Checks that the names are those of all keys, each once.
    #[track_caller]
    pub(super) fn check(&self, names: &[String], about: &str) {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for name in names {
            *counts.entry(name).or_default() += 1;
        }
        let expected: Vec<String> = self
            .tags
            .iter()
            .flat_map(|(_, tag)| (0..self.per_tag).map(|number| Data::name(tag, number)))
            .collect();
        let wrong: Vec<_> = expected
            .iter()
            .filter(|name| counts.get(name.as_str()) != Some(&1))
            .map(|name| (name, counts.get(name.as_str())))
            .take(10)
            .collect();
        let (read, count) = (names.len(), self.count());
        assert!(
            wrong.is_empty(),
            "{about}: {read} records of {count} keys, not read once: {wrong:?}"
        );
        assert_eq!(read, count, "{about}");
    }
}
