//! The jobs as gears.

use super::{Counted, Job};
use crate::{Client, Outcome, text_of};
use redis::Value;

const COUNT: &str = "GB('KeysReader').count().run()";

const WORD_COUNT: &str =
    "GB('KeysReader').flatmap(lambda x: x['value'].split()).countby(lambda x: x).run()";

const NAMES: &str = "GB('KeysReader').map(lambda x: x['key']).run(readValue=False)";

/// Runs a job as a gear.
///
/// # Errors
/// If the run fails, or one of its records.
pub fn gear(job: Job, client: &mut Client) -> Outcome<Counted> {
    let script = match job {
        Job::Count => COUNT,
        Job::WordCount => WORD_COUNT,
        Job::Names => NAMES,
    };
    let reply = client.call(&["RG.PYEXECUTE", script])?;
    counted(job, &reply)
        .ok_or_else(|| format!("{} by a gear returned an unexpected reply", job.name()))
}

/// Reads `[[results], []]`.
fn counted(job: Job, reply: &Value) -> Option<Counted> {
    let [Value::Array(results), Value::Array(errors)] = items(reply)? else {
        return None;
    };
    if !errors.is_empty() {
        return None;
    }
    match (job, results.as_slice()) {
        (Job::Count, [count]) => Some((1, text_of(count).parse().ok()?)),
        (Job::Count, _) => None,
        (Job::Names, names) => Some((1, u64::try_from(names.len()).ok()?)),
        (Job::WordCount, words) => {
            let counts: Option<Vec<u64>> = words.iter().map(count_of).collect();
            Some((u64::try_from(words.len()).ok()?, counts?.iter().sum()))
        }
    }
}

/// The results are records as text: `{'key': 'word7', 'value': 6012}`.
fn count_of(record: &Value) -> Option<u64> {
    let text = text_of(record);
    let (_, count) = text.rsplit_once(' ')?;
    count.strip_suffix('}')?.parse().ok()
}

fn items(value: &Value) -> Option<&[Value]> {
    match value {
        Value::Array(items) => Some(items),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(results: &[&str], errors: &[&str]) -> Value {
        let texts = |of: &[&str]| {
            let texts = of.iter().map(|t| Value::BulkString(t.as_bytes().to_vec()));
            Value::Array(texts.collect())
        };
        Value::Array(vec![texts(results), texts(errors)])
    }

    #[test]
    fn a_partial_result_is_no_result() {
        let words = ["{'key': 'a', 'value': 2}", "{'key': 'b', 'value': 3}"];
        assert_eq!(counted(Job::WordCount, &reply(&words, &[])), Some((2, 5)));
        assert_eq!(counted(Job::WordCount, &reply(&words, &["error"])), None);
        assert_eq!(counted(Job::Count, &reply(&["7"], &[])), Some((1, 7)));
        assert_eq!(counted(Job::Names, &reply(&["a", "b"], &[])), Some((1, 2)));
        assert_eq!(counted(Job::Count, &reply(&["7", "8"], &[])), None);
    }
}
