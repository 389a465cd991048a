//! How the replies of a step are compared with the recorded ones.

use crate::recorded::directory;
use crate::resp::Reply;
use regex_lite::Regex;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::sync::LazyLock;

/// What may differ between two equal replies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Manner {
    #[default]
    Exact,
    /// Each shard gives the first key that it finds, in an order that depends on its hash seed.
    AnyKeys,
    /// The recorded words are the beginning of the reply.
    MoreWords,
    /// The words contain a traceback of another Python, and of another library.
    AnotherTraceback,
}

static KEY: LazyLock<Regex> = LazyLock::new(|| Regex::new("^k[0-9]+$").unwrap());

/// The beginning of a traceback inside of the text of another one.
const TRACEBACK_INSIDE: &str = r"[\'Traceback (most recent call last):";

impl Manner {
    fn named(name: &str) -> Self {
        match name {
            "any keys" => Self::AnyKeys,
            "more words" => Self::MoreWords,
            "another traceback" => Self::AnotherTraceback,
            other => panic!("comparisons.json: unknown manner {other}"),
        }
    }

    /// Whether a masked reply is equal to a masked recorded one.
    pub(crate) fn is_equal(self, recorded: &Reply, got: &Reply) -> bool {
        match (recorded, got) {
            (Reply::Array(recorded), Reply::Array(got)) => {
                let mut pairs = recorded.iter().zip(got);
                recorded.len() == got.len()
                    && pairs.all(|(recorded, got)| self.is_equal(recorded, got))
                    && (self != Self::AnyKeys || are_different_keys(got))
            }
            (Reply::Bulk(recorded), Reply::Bulk(got))
            | (Reply::Error(recorded), Reply::Error(got)) => {
                let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
                self.are_equal_words(&text(recorded), &text(got))
            }
            _ => recorded == got,
        }
    }

    fn are_equal_words(self, recorded: &str, got: &str) -> bool {
        match self {
            Self::Exact => recorded == got,
            Self::AnyKeys => recorded == got || KEY.is_match(recorded) && KEY.is_match(got),
            Self::MoreWords => {
                // The end of the line of an exception.
                let words = recorded.trim_end_matches(r"\n").trim_end_matches(r"\r");
                let more = got.strip_prefix(words);
                recorded == got || more.is_some_and(|more| more.starts_with(": "))
            }
            Self::AnotherTraceback => {
                let beginning = |text: &str| Some(text.split_once(TRACEBACK_INSIDE)?.0.to_owned());
                recorded == got
                    || beginning(recorded).is_some_and(|words| Some(words) == beginning(got))
            }
        }
    }
}

/// Whether no key is given twice.
fn are_different_keys(items: &[Reply]) -> bool {
    let mut keys: Vec<&Reply> = items.iter().collect();
    keys.sort();
    keys.windows(2)
        .all(|pair| pair[0] != pair[1] || !matches!(pair[0], Reply::Bulk(_)))
}

/// The steps that are not compared exactly, by group.
pub(crate) struct Manners(BTreeMap<String, BTreeMap<String, Manner>>);

impl Manners {
    pub(crate) fn read() -> Self {
        let text = fs::read_to_string(directory().join("comparisons.json")).unwrap();
        let file: BTreeMap<String, BTreeMap<String, Value>> = serde_json::from_str(&text).unwrap();
        let named = |(step, name): (String, Value)| (step, Manner::named(name.as_str().unwrap()));
        let group = |(group, steps): (String, BTreeMap<_, _>)| {
            (group, steps.into_iter().map(named).collect())
        };
        Self(file.into_iter().map(group).collect())
    }

    pub(crate) fn of(&self, group: &str, step: &str) -> Manner {
        let steps = self.0.get(group);
        steps
            .and_then(|steps| steps.get(step))
            .copied()
            .unwrap_or_default()
    }

    /// Every listed step, as group and step.
    pub(crate) fn named_steps(&self) -> impl Iterator<Item = (String, String)> {
        let steps = |(group, steps): (&String, &BTreeMap<String, Manner>)| {
            let named = steps.keys().map(|step| (group.clone(), step.clone()));
            named.collect::<Vec<_>>()
        };
        self.0.iter().flat_map(steps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bulk(text: &str) -> Reply {
        Reply::Bulk(text.as_bytes().to_vec())
    }

    fn keys(names: &[&str]) -> Reply {
        Reply::Array(names.iter().map(|name| bulk(name)).collect())
    }

    #[test]
    fn any_keys_are_as_many_different_ones() {
        let recorded = keys(&["k2", "k11"]);
        for (got, expected) in [
            (keys(&["k7", "k3"]), true),
            (keys(&["k7", "k7"]), false),
            (keys(&["k7"]), false),
            (keys(&["k7", "x"]), false),
        ] {
            assert_eq!(
                Manner::AnyKeys.is_equal(&recorded, &got),
                expected,
                "{got:?}"
            );
            assert!(!Manner::Exact.is_equal(&recorded, &got), "{got:?}");
        }
    }

    #[test]
    fn more_words_follow_the_recorded_ones() {
        for (recorded, got, expected) in [
            ("ERR not found", "ERR not found", true),
            ("ERR not found", "ERR not found: register it", true),
            ("ERR not found", "ERR not foundling", false),
            ("ERR not found", "ERR found", false),
            (r"error: no\n", r"error: no: do it\r\n\n", true),
            (r"error: no\r\n\n", r"error: no: do it\r\n\n", true),
        ] {
            let error = |text: &str| Reply::Error(text.as_bytes().to_vec());
            let (recorded, got) = (error(recorded), error(got));
            assert_eq!(
                Manner::MoreWords.is_equal(&recorded, &got),
                expected,
                "{got:?}"
            );
            assert!(
                !Manner::MoreWords.is_equal(&bulk("ERR not found"), &got),
                "{got:?}"
            );
        }
    }

    #[test]
    fn another_traceback_is_behind_the_same_words() {
        let with = |words: &str, rest: &str| bulk(&format!("{words}{TRACEBACK_INSIDE}{rest}"));
        let recorded = with("it failed: ", "a");
        assert!(Manner::AnotherTraceback.is_equal(&recorded, &with("it failed: ", "b")));
        assert!(!Manner::AnotherTraceback.is_equal(&recorded, &with("it ended: ", "a")));
        assert!(!Manner::AnotherTraceback.is_equal(&recorded, &bulk("it failed: ")));
    }
}
