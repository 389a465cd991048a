//! Ids that differ from run to run: of shards, executions and registrations. A recorded command names the recorded id, and the
//! replay has to name the id that its own servers gave.

use crate::resp::Reply;
use regex_lite::{Captures, Regex};
use std::collections::HashMap;
use std::sync::LazyLock;

/// The id of a shard, or of something that a shard has made.
static ID: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\b([0-9a-f]{40})(-[0-9]+)?\b").unwrap());

/// The ids of this run, by the recorded ones.
#[derive(Debug, Default)]
pub(crate) struct Ids(HashMap<String, String>);

impl Ids {
    /// Takes ids from a reply and the recorded one: of a shard that tells its own id, and of an execution that begins.
    pub(crate) fn learn(&mut self, recorded: &Reply, got: &Reply) {
        match (recorded, got) {
            (Reply::Array(recorded), Reply::Array(got)) => {
                let name = Reply::Bulk(b"MyId".to_vec());
                if let ([first, recorded, ..], [_, got, ..]) = (&recorded[..], &got[..])
                    && *first == name
                {
                    self.learn(recorded, got);
                }
            }
            (Reply::Bulk(recorded), Reply::Bulk(got)) => {
                if let (Some(recorded), Some(got)) = (id(recorded), id(got)) {
                    self.0.insert(recorded, got);
                }
            }
            _ => {}
        }
    }

    /// The words of a recorded command, with the ids of this run. `find` gives an id that no reply told: that of something
    /// that the shard has made.
    pub(crate) fn translate(
        &self,
        words: &[Vec<u8>],
        find: impl Fn(&str) -> Option<String>,
    ) -> Vec<Vec<u8>> {
        let one = |captures: &Captures<'_>| {
            let whole = &captures[0];
            let made = || find(self.0.get(&captures[1])?);
            let known = self.0.get(whole).cloned();
            known.or_else(made).unwrap_or_else(|| whole.to_owned())
        };
        let word = |word: &Vec<u8>| match std::str::from_utf8(word) {
            Ok(text) => ID.replace_all(text, one).into_owned().into_bytes(),
            Err(_) => word.clone(),
        };
        words.iter().map(word).collect()
    }
}

/// The text, if it is an id and nothing else.
fn id(text: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(text).ok()?;
    let found = ID.find(text)?;
    (found.as_str() == text).then(|| text.to_owned())
}

/// The only id of `shard` in a list of registrations.
pub(crate) fn only_id_of(shard: &str, registrations: &Reply) -> Option<String> {
    let Reply::Array(rows) = registrations else {
        return None;
    };
    let mut ids = rows.iter().filter_map(|row| match row {
        Reply::Array(fields) => match fields.get(1)? {
            Reply::Bulk(id) => String::from_utf8(id.clone()).ok(),
            _ => None,
        },
        _ => None,
    });
    let first = ids.find(|id| id.starts_with(shard))?;
    ids.all(|id| !id.starts_with(shard)).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bulk(text: &str) -> Reply {
        Reply::Bulk(text.as_bytes().to_vec())
    }

    fn shard(digit: char) -> String {
        digit.to_string().repeat(40)
    }

    fn translated(ids: &Ids, word: &str, found: Option<&str>) -> String {
        let words = ids.translate(&[word.as_bytes().to_vec()], |_| found.map(str::to_owned));
        String::from_utf8(words[0].clone()).unwrap()
    }

    #[test]
    fn ids_that_were_told_are_replaced() {
        let mut ids = Ids::default();
        ids.learn(
            &Reply::Array(vec![bulk("MyId"), bulk(&shard('a')), Reply::Nil]),
            &Reply::Array(vec![bulk("MyId"), bulk(&shard('b')), Reply::Nil]),
        );
        let execution = |digit, number| format!("{}-{number}", shard(digit));
        ids.learn(&bulk(&execution('a', 22)), &bulk(&execution('b', 7)));
        assert_eq!(
            translated(&ids, &execution('a', 22), None),
            execution('b', 7)
        );
        assert_eq!(translated(&ids, &shard('a'), None), shard('b'));
        let made = execution('b', 9);
        assert_eq!(translated(&ids, &execution('a', 23), Some(&made)), made);
        assert_eq!(
            translated(&ids, &execution('a', 23), None),
            execution('a', 23)
        );
        assert_eq!(translated(&ids, "GET", None), "GET");
    }

    #[test]
    fn the_only_registration_of_a_shard_is_found() {
        let row = |id: &str| Reply::Array(vec![bulk("id"), bulk(id), bulk("reader")]);
        let rows = Reply::Array(vec![row("aa-1"), row("bb-2"), row("aa-3")]);
        assert_eq!(only_id_of("bb", &rows), Some("bb-2".to_owned()));
        assert_eq!(only_id_of("aa", &rows), None);
        assert_eq!(only_id_of("cc", &rows), None);
    }
}
