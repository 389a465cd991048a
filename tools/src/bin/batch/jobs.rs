//! The jobs, each implemented in four ways.

use redgrease_tools::batch::{Counted, Job, gear, pull, redis_py};
use redgrease_tools::{Client, Outcome, text_of};
use redis::Value;
use std::time::{Duration, Instant};

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

const LUA_COUNT: &str = "
local cursor, count = '0', 0
repeat
  local reply = redis.call('SCAN', cursor, 'COUNT', 1000)
  cursor = reply[1]
  count = count + #reply[2]
until cursor == '0'
return {'keys', count}";

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

const LUA_NAMES: &str = "
local cursor, names = '0', {}
repeat
  local reply = redis.call('SCAN', cursor, 'COUNT', 1000)
  cursor = reply[1]
  for _, name in ipairs(reply[2]) do
    names[#names + 1] = name
  end
until cursor == '0'
return names";

/// Runs a job once. Returns its time and result.
pub(crate) fn run(
    job: Job,
    way: Way,
    client: &mut Client,
    url: &str,
    python: Option<&str>,
) -> Outcome<(Duration, Counted)> {
    let begun = Instant::now();
    let counted = match way {
        Way::Lua => lua(job, client),
        Way::Gear => gear(job, client),
        Way::RedisRs => pull(job, client),
        Way::RedisPy => return redis_py(job, "server", url, python.unwrap_or("python3")),
    };
    let time = begun.elapsed();
    counted.map(|counted| (time, counted))
}

fn lua(job: Job, client: &mut Client) -> Outcome<Counted> {
    let script = match job {
        Job::Count => LUA_COUNT,
        Job::WordCount => LUA_WORD_COUNT,
        Job::Names => LUA_NAMES,
    };
    let reply = client.call(&["EVAL", script, "0"])?;
    let counted = match (job, &reply) {
        (Job::Names, Value::Array(names)) => u64::try_from(names.len()).ok().map(|len| (1, len)),
        _ => pairs(&reply),
    };
    counted.ok_or_else(|| format!("{} by Lua returned an unexpected reply", job.name()))
}

/// Reads a list of names and counts.
fn pairs(value: &Value) -> Option<Counted> {
    let Value::Array(items) = value else {
        return None;
    };
    let mut counted = (0, 0);
    for pair in items.chunks(2) {
        counted.0 += 1;
        counted.1 += text_of(pair.get(1)?).parse::<u64>().ok()?;
    }
    Some(counted)
}
