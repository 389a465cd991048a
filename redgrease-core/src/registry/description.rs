//! The description that a session stores on the server, so that the next start can compare.

use super::owner::Owner;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The most earlier sets of gears that a description remembers.
const MOST_EARLIER: usize = 8;

/// The JSON in the DESCRIPTION of a session.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Description {
    /// Version of the crate that contains the gears.
    pub(crate) version: String,
    /// Hash of the whole set.
    pub(crate) hash: String,
    /// Hash of each gear, by label.
    #[serde(default)]
    pub(crate) gears: BTreeMap<String, String>,
    /// Reader and key of each gear whose label is not its trigger, by label.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) events: BTreeMap<String, (String, String)>,
    /// The program. Versions of this crate before it was stored have written none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) owner: Option<Owner>,
    /// The namespace of the session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) namespace: Option<String>,
    /// The sets of gears that were replaced, the last one at the end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) earlier: Vec<Earlier>,
}

/// A set of gears that was replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Earlier {
    pub(crate) version: String,
    pub(crate) hash: String,
}

impl Description {
    /// `None` if another program has written the text.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    pub(crate) fn to_json(&self) -> String {
        // Texts and maps with keys of text always serialize.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The sets of gears that a description with `hash` remembers when it replaces this one.
    pub(crate) fn earlier_for(&self, hash: &str) -> Vec<Earlier> {
        let mut earlier = self.earlier.clone();
        if self.hash != hash {
            earlier.push(Earlier {
                version: self.version.clone(),
                hash: self.hash.clone(),
            });
        }
        let surplus = earlier.len().saturating_sub(MOST_EARLIER);
        earlier.split_off(surplus)
    }

    /// How often the gears with `hash` and those of this description have replaced each other by turns, if they do so
    /// again. The order counts and not the time: the clocks of clients differ. A rollback is no flapping, nor is a rollback that
    /// is rolled forward.
    pub(crate) fn flaps_with(&self, hash: &str) -> Option<usize> {
        let turns = [hash, &self.hash];
        let earlier = self.earlier.iter().rev().zip(turns.iter().cycle());
        let alternate = earlier
            .take_while(|(earlier, turn)| earlier.hash == **turn)
            .count();
        (self.hash != hash && alternate >= 3).then_some(alternate + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The description after these sets of gears were sent one after the other.
    fn after(hashes: &str) -> Description {
        let mut last = None::<Description>;
        for hash in hashes.chars() {
            let hash = hash.to_string();
            last = Some(Description {
                version: "1.0.0".to_owned(),
                earlier: last.map_or_else(Vec::new, |last| last.earlier_for(&hash)),
                hash,
                ..Description::default()
            });
        }
        last.unwrap()
    }

    #[test]
    fn two_sets_that_replace_each_other_by_turns_flap() {
        let flaps = |sent: &str, next| after(sent).flaps_with(next);
        // The first deployment, the next one, a rollback.
        assert_eq!(flaps("a", "a"), None);
        assert_eq!(flaps("a", "b"), None);
        assert_eq!(flaps("ab", "a"), None);
        // And forward again.
        assert_eq!(flaps("aba", "b"), None);
        assert_eq!(flaps("abab", "a"), Some(4));
        assert_eq!(flaps("ababa", "b"), Some(5));
        assert_eq!(flaps("xabab", "a"), Some(4));
        assert_eq!(flaps("abab", "b"), None);
        assert_eq!(flaps("abab", "c"), None);
        assert_eq!(flaps("ababc", "a"), None);
        assert_eq!(flaps("abcabc", "a"), None);
        // Sending the same again changes nothing.
        assert_eq!(flaps("abbaab", "a"), Some(4));
        assert_eq!(after(&"ab".repeat(50)).earlier.len(), MOST_EARLIER);
        assert_eq!(flaps(&"ab".repeat(50), "a"), Some(MOST_EARLIER + 1));
    }

    #[test]
    fn descriptions_of_all_versions_are_read() {
        let first = r#"{"version":"1.0.0","hash":"x","gears":{"a":"1"}}"#;
        let read = Description::parse(first).unwrap();
        assert_eq!((&read.owner, read.earlier.len()), (&None, 0));
        assert_eq!(read.to_json(), first);
        let whole = Description {
            owner: Some(Owner {
                package: "shop".to_owned(),
                ..Owner::default()
            }),
            namespace: Some("green".to_owned()),
            events: [("f".to_owned(), ("KeysReader".to_owned(), "a*".to_owned()))].into(),
            ..after("ab")
        };
        assert_eq!(Description::parse(&whole.to_json()), Some(whole));
    }
}
