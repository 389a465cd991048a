//! Timers: once in the cluster, on each shard, and with keys whose slots move. All of them go on, and the first kind never runs too
//! often.

use super::counting::read;
use super::weather::TAGS;
use super::{BOUND, Soak, send};
use redgrease_core::Con;
use redgrease_tools::Outcome;
use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

const SCRIPT: &str = "
def tick(kind):
    return lambda: execute('INCR', 'ticks:%s:{%s}' % (kind, hashtag()))
GB('CommandReader').register(trigger='timers')
registerTE(1, tick('once'))
registerTE(1, tick('each'), per_shard=True)
";

/// The timers of the tags whose slots a shard has.
const KEYED: &str = "
def tick(tag):
    return lambda: execute('INCR', 'ticks:key:{%s}' % tag)
for tag in TAGS:
    try:
        if not execute('EXISTS', 'timer:{%s}' % tag):
            registerTE(1, tick(tag), 'timer:{%s}' % tag)
    except Exception as error:
        if 'not permitted' not in str(error): raise
";

const COUNTS: &str = "GB().map(lambda r: r['key'] + ' ' + r['value']).run('ticks:*')";

/// A timer that says nothing for so long has been lost: longer than any pause and any failover.
const LONGEST: Duration = BOUND;

pub(super) fn prepare(soak: &Soak) -> Outcome {
    let keyed = KEYED.replace("TAGS", &format!("{TAGS:?}"));
    let reply = soak.at_shard(2 % soak.cluster.shards())?.text(&[
        "RG.PYEXECUTE",
        SCRIPT,
        "ID",
        "timers",
    ])?;
    if reply != "OK" {
        return Err(format!("the timers were answered {reply}"));
    }
    for shard in 0..soak.cluster.shards() {
        let reply = soak.at_shard(shard)?.text(&["RG.PYEXECUTE", &keyed])?;
        if reply != "OK" {
            return Err(format!("the timers with keys were answered {reply}"));
        }
    }
    Ok(())
}

/// How often a timer ran, and when that was seen to grow.
#[derive(Debug)]
struct Ticks {
    count: u64,
    grown: Instant,
}

pub(super) fn run(soak: &Soak, _seed: u64) -> Outcome {
    let mut con = soak.connect()?;
    let begun = Instant::now();
    let mut seen: BTreeMap<String, Ticks> = BTreeMap::new();
    while !soak.is_over() {
        if let Some(counts) = soak.journal.honest("count of ticks", || counts(&mut con))? {
            for (key, count) in counts {
                let grown = Instant::now();
                let ticks = seen.entry(key).or_insert(Ticks { count: 0, grown });
                if count > ticks.count {
                    *ticks = Ticks { count, grown };
                }
            }
            check(soak, &seen, begun)?;
        }
        thread::sleep(Duration::from_secs(1));
    }
    println!("ticks after {:?}: {:?}", begun.elapsed(), sums(&seen));
    Ok(())
}

fn counts(con: &mut Con) -> Outcome<Vec<(String, u64)>> {
    let reply = send(con, &["RG.PYEXECUTE", COUNTS])?;
    let pair = |text: &String| {
        let (key, count) = text.rsplit_once(' ')?;
        Some((key.to_owned(), count.parse().ok()?))
    };
    read(&reply)?
        .iter()
        .map(|text| pair(text).ok_or_else(|| format!("no count of ticks: {text}")))
        .collect()
}

fn kind(key: &str) -> &str {
    key.split(':').nth(1).unwrap_or_default()
}

fn sums(seen: &BTreeMap<String, Ticks>) -> BTreeMap<&str, u64> {
    let mut sums = BTreeMap::new();
    for (key, ticks) in seen {
        *sums.entry(kind(key)).or_default() += ticks.count;
    }
    sums
}

fn check(soak: &Soak, seen: &BTreeMap<String, Ticks>, begun: Instant) -> Outcome {
    // A server that was stopped or replaced may run a timer once before it hears of the change.
    let once = sums(seen).get("once").copied().unwrap_or_default();
    let most = begun.elapsed().as_secs() + 5 + soak.journal.changes();
    if once > most {
        return Err(format!(
            "the timer that runs once in the cluster ran {once} times in {:?}, not at most {most} times",
            begun.elapsed()
        ));
    }
    if begun.elapsed() < LONGEST {
        return Ok(());
    }
    for (name, expected) in [
        ("once", 1),
        ("each", soak.cluster.shards()),
        ("key", TAGS.len()),
    ] {
        let alive = seen
            .iter()
            .filter(|(key, ticks)| kind(key) == name && ticks.grown.elapsed() < LONGEST);
        let alive = alive.count();
        if alive < expected {
            return Err(format!(
                "{alive} of {expected} timers of the kind `{name}` ran in the last {LONGEST:?}: {seen:?}"
            ));
        }
    }
    Ok(())
}
