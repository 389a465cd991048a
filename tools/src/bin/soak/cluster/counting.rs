//! Counts words whose number is known, over all shards.

use super::weather::TAGS;
use super::{Soak, send};
use redgrease_tools::{Outcome, Random, text_of};
use redis::Value;
use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

/// Keys without a tag, which are spread over all slots.
const SPREAD: usize = 3000;
/// Keys of each tag, whose slots move.
const TAGGED: usize = 100;

const SCRIPT: &str = "
GB('KeysReader').flatmap(lambda x: x['value'].split()).countby(lambda x: x).run('text:*')
";

const COUNT: &str = "GB('KeysReader').count().run('text:*')";

/// Each text has the word `all`, and one of three others.
fn text(number: usize) -> String {
    format!("all word{}", number % 3)
}

fn keys() -> Vec<String> {
    let spread = (0..SPREAD).map(|number| format!("text:{number}"));
    let tagged = TAGS
        .iter()
        .flat_map(|tag| (0..TAGGED).map(move |number| format!("text:{{{tag}}}:{number}")));
    spread.chain(tagged).collect()
}

fn expected() -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for number in 0..keys().len() {
        for word in text(number).split(' ') {
            *counts.entry(word.to_owned()).or_default() += 1;
        }
    }
    counts
}

pub(super) fn prepare(soak: &Soak) -> Outcome {
    let mut con = soak.connect()?;
    for (number, key) in keys().iter().enumerate() {
        send(&mut con, &["SET", key, &text(number)])?;
    }
    Ok(())
}

pub(super) fn run(soak: &Soak, seed: u64) -> Outcome {
    let mut random = Random::new(seed);
    let mut con = soak.connect()?;
    let expected = expected();
    while !soak.is_over() {
        let words = random.once_in(2);
        let script = if words { SCRIPT } else { COUNT };
        let name = if words { "word count" } else { "count" };
        let ask = || send(&mut con, &["RG.PYEXECUTE", script]).and_then(|reply| read(&reply));
        if let Some(results) = soak.journal.honest(name, ask)? {
            let is_right = if words {
                let counted: Option<BTreeMap<String, usize>> =
                    results.iter().map(|record| word(record)).collect();
                counted.as_ref() == Some(&expected)
            } else {
                results == [keys().len().to_string()]
            };
            if !is_right {
                return Err(format!("{name}: {results:?}, not {expected:?}"));
            }
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// The results of a run. Its errors are an error.
pub(super) fn read(reply: &Value) -> Outcome<Vec<String>> {
    match reply {
        Value::Array(parts) => match parts.as_slice() {
            [Value::Array(results), Value::Array(errors)] if errors.is_empty() => {
                Ok(results.iter().map(text_of).collect())
            }
            [_, errors] => Err(text_of(errors)),
            _ => Err(format!("unexpected reply {reply:?}")),
        },
        other => Err(format!("unexpected reply {other:?}")),
    }
}

/// Reads `{'key': 'word1', 'value': 12}`.
fn word(record: &str) -> Option<(String, usize)> {
    let mut quoted = record.split('\'');
    let word = quoted.nth(3)?.to_owned();
    let (_, count) = record.rsplit_once(' ')?;
    Some((word, count.strip_suffix('}')?.parse().ok()?))
}
