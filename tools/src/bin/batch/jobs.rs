//! The jobs, each implemented in four ways.

use redgrease_tools::{Client, Outcome};
use redis::Value;
use std::collections::HashMap;
use std::process::Command;
use std::time::{Duration, Instant};

/// A job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Job {
    /// Counts the keys.
    Count,
    /// Counts each word of the values.
    WordCount,
}

pub(crate) const JOBS: [Job; 2] = [Job::Count, Job::WordCount];

/// An implementation of the jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Lua,
    Gear,
    RedisRs,
    RedisPy,
}

impl Way {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Way::Lua => "Lua",
            Way::Gear => "gear",
            Way::RedisRs => "redis-rs",
            Way::RedisPy => "redis-py",
        }
    }
}

/// Number of different items, and number of all items.
pub(crate) type Counted = (u64, u64);

const LUA_COUNT: &str = "
local cursor, count = '0', 0
repeat
  local reply = redis.call('SCAN', cursor, 'COUNT', 1000)
  cursor = reply[1]
  count = count + #reply[2]
until cursor == '0'
return count";

const LUA_WORD_COUNT: &str = "
local cursor, counts = '0', {}
repeat
  local reply = redis.call('SCAN', cursor, 'COUNT', 1000)
  cursor = reply[1]
  if #reply[2] > 0 then
    for _, text in ipairs(redis.call('MGET', unpack(reply[2]))) do
      for word in string.gmatch(text, '%S+') do
        counts[word] = (counts[word] or 0) + 1
      end
    end
  end
until cursor == '0'
local pairs_of = {}
for word, count in pairs(counts) do
  pairs_of[#pairs_of + 1] = word
  pairs_of[#pairs_of + 1] = count
end
return pairs_of";

const GEAR_COUNT: &str = "GB('KeysReader').count().run()";

const GEAR_WORD_COUNT: &str =
    "GB('KeysReader').flatmap(lambda x: x['value'].split()).countby(lambda x: x).run()";

/// Runs a job once. Returns its time and result.
pub(crate) fn run(
    job: Job,
    way: Way,
    client: &mut Client,
    url: &str,
    python: Option<&str>,
) -> Outcome<(Duration, Counted)> {
    let begun = Instant::now();
    let counted = match (way, job) {
        (Way::Lua, Job::Count) => number(&client.call(&["EVAL", LUA_COUNT, "0"])?),
        (Way::Lua, Job::WordCount) => pairs(&client.call(&["EVAL", LUA_WORD_COUNT, "0"])?),
        (Way::Gear, Job::Count) => gear_count(&client.call(&["RG.PYEXECUTE", GEAR_COUNT])?),
        (Way::Gear, Job::WordCount) => {
            gear_words(&client.call(&["RG.PYEXECUTE", GEAR_WORD_COUNT])?)
        }
        (Way::RedisRs, Job::Count) => scan(client, |_| ()),
        (Way::RedisRs, Job::WordCount) => words(client),
        (Way::RedisPy, _) => return redis_py(job, url, python.unwrap_or("python3")),
    };
    let time = begun.elapsed();
    counted.map(|counted| (time, counted)).ok_or_else(|| {
        format!(
            "{} by {} returned an unexpected reply",
            job.name(),
            way.name()
        )
    })
}

fn number(value: &Value) -> Option<Counted> {
    match value {
        Value::Int(count) => Some((1, u64::try_from(*count).ok()?)),
        Value::BulkString(digits) => Some((1, str::from_utf8(digits).ok()?.parse().ok()?)),
        _ => None,
    }
}

fn items(value: &Value) -> Option<&[Value]> {
    match value {
        Value::Array(items) => Some(items),
        _ => None,
    }
}

fn pairs(value: &Value) -> Option<Counted> {
    let mut counted = (0, 0);
    for pair in items(value)?.chunks(2) {
        counted.0 += 1;
        counted.1 += number(pair.get(1)?)?.1;
    }
    Some(counted)
}

/// Extracts the only result of `[[results], [errors]]`.
fn gear_count(value: &Value) -> Option<Counted> {
    number(items(items(value)?.first()?)?.first()?)
}

/// The results are records as text: `{'key': 'word7', 'value': 6012}`.
fn gear_words(value: &Value) -> Option<Counted> {
    let mut counted = (0, 0);
    for record in items(items(value)?.first()?)? {
        let text = redgrease_tools::text_of(record);
        let (_, count) = text.rsplit_once(' ')?;
        counted.0 += 1;
        counted.1 += count.strip_suffix('}')?.parse::<u64>().ok()?;
    }
    Some(counted)
}

/// Scans all keys and hands each batch to `take`.
fn scan(client: &mut Client, mut take: impl FnMut(&[Vec<u8>])) -> Option<Counted> {
    let mut cursor = String::from("0");
    let mut count = 0;
    loop {
        let (next, keys): (String, Vec<Vec<u8>>) = redis::cmd("SCAN")
            .arg(&cursor)
            .arg("COUNT")
            .arg(1000)
            .query(client.connection())
            .ok()?;
        count += u64::try_from(keys.len()).ok()?;
        take(&keys);
        if next == "0" {
            return Some((1, count));
        }
        cursor = next;
    }
}

fn words(client: &mut Client) -> Option<Counted> {
    let mut counts: HashMap<Vec<u8>, u64> = HashMap::new();
    let mut cursor = Some(String::from("0"));
    let mut keys: Vec<Vec<u8>> = Vec::new();
    while cursor.is_some() || !keys.is_empty() {
        // One round trip fetches the values of the last batch of keys and the next batch.
        let mut pipe = redis::pipe();
        if !keys.is_empty() {
            pipe.cmd("MGET").arg(&keys);
        }
        if let Some(cursor) = &cursor {
            pipe.cmd("SCAN").arg(cursor).arg("COUNT").arg(1000);
        }
        let mut replies: Vec<Value> = pipe.query(client.connection()).ok()?;
        let next = if cursor.is_some() {
            replies.pop()
        } else {
            None
        };
        for text in replies.pop().iter().filter_map(items).flatten() {
            let Value::BulkString(text) = text else {
                return None;
            };
            for word in text.split(|&byte| byte == b' ') {
                match counts.get_mut(word) {
                    Some(count) => *count += 1,
                    None => drop(counts.insert(word.to_vec(), 1)),
                }
            }
        }
        (cursor, keys) = match next {
            Some(reply) => {
                let (next, keys): (String, Vec<Vec<u8>>) = redis::from_redis_value(reply).ok()?;
                (Some(next).filter(|next| next != "0"), keys)
            }
            None => (None, Vec::new()),
        };
    }
    Some((counts.len() as u64, counts.values().sum()))
}

/// Runs `redis_py.py`, which prints its seconds and result. The start of Python is not measured.
fn redis_py(job: Job, url: &str, python: &str) -> Outcome<(Duration, Counted)> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/src/bin/batch/redis_py.py");
    let name = match job {
        Job::Count => "count",
        Job::WordCount => "word_count",
    };
    let output = Command::new(python)
        .args([script, url, name])
        .output()
        .map_err(|error| format!("{python}: {error}"))?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let read = || {
        let mut numbers = printed.split_whitespace();
        let seconds = numbers.next()?.parse().ok()?;
        let counted = (numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?);
        Some((Duration::from_secs_f64(seconds), counted))
    };
    read().ok_or_else(|| {
        let complaint = String::from_utf8_lossy(&output.stderr);
        format!("{script} printed {printed:?} and:\n{complaint}")
    })
}
