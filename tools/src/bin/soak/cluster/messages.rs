//! Adds messages to streams whose slots move, and checks that each is handled once.

use super::weather::TAGS;
use super::{BOUND, Soak, send};
use redgrease_core::Con;
use redgrease_tools::{Outcome, Random};
use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

/// Messages of each stream between two checks.
const ROUND: usize = 50;

/// The largest number of messages that are delivered and not acknowledged.
const BATCH: u64 = 5;

/// Counts each message, in the slot of its stream.
const SCRIPT: &str = "
def handle(record):
    tag = record['key'].split(':')[1]
    execute('HINCRBY', 'handled:' + tag, record['value']['n'], 1)
GB('StreamReader').foreach(handle).register('messages:*', batch=5, duration=20, mode='async_local',
    onFailedPolicy='retry', onFailedRetryInterval=1)
";

pub(super) fn prepare(soak: &Soak) -> Outcome {
    let reply = soak
        .at_shard(0)?
        .text(&["RG.PYEXECUTE", SCRIPT, "ID", "messages"])?;
    if reply == "OK" {
        Ok(())
    } else {
        Err(format!("the handler of messages was answered {reply}"))
    }
}

/// The messages of one stream since its last check.
#[derive(Debug, Default)]
struct Sent {
    confirmed: Vec<u64>,
    /// Messages whose XADD failed: they may be there.
    unknown: Vec<u64>,
}

pub(super) fn run(soak: &Soak, seed: u64) -> Outcome {
    let mut random = Random::new(seed);
    let mut con = soak.connect()?;
    let mut next = 0;
    while !soak.is_over() {
        let mut all: BTreeMap<&str, Sent> = BTreeMap::new();
        for _ in 0..ROUND * TAGS.len() {
            let tag = *random.one_of(&TAGS);
            let (stream, number) = (format!("messages:{{{tag}}}"), next.to_string());
            let words = ["XADD", &stream, "*", "n", &number];
            let sent = all.entry(tag).or_default();
            let added = soak.journal.honest("message", || send(&mut con, &words))?;
            match added {
                Some(_) => sent.confirmed.push(next),
                None => sent.unknown.push(next),
            }
            next += 1;
            thread::sleep(Duration::from_millis(1));
        }
        for (tag, sent) in &all {
            check(soak, &mut con, tag, sent)?;
        }
    }
    Ok(())
}

/// Waits until all messages of a stream are handled, and looks for those that were handled twice.
fn check(soak: &Soak, con: &mut Con, tag: &str, sent: &Sent) -> Outcome {
    let key = format!("handled:{{{tag}}}");
    let begun = Instant::now();
    loop {
        let handled = soak.journal.honest("HGETALL of messages", || {
            let reply = send(con, &["HGETALL", &key])?;
            redis::from_redis_value::<BTreeMap<u64, u64>>(reply).map_err(|error| error.to_string())
        })?;
        let handled = handled.unwrap_or_default();
        let missing = sent.confirmed.iter().filter(|n| !handled.contains_key(n));
        let missing: Vec<&u64> = missing.collect();
        if missing.is_empty() {
            let twice = sent.confirmed.iter().chain(&sent.unknown);
            let twice = twice.filter_map(|n| Some((n, *handled.get(n)?)));
            for (number, times) in twice.filter(|(_, times)| *times > 1) {
                soak.journal
                    .note("message", "handled again", Duration::ZERO);
                println!("{tag}: message {number} was handled {times} times");
            }
            let names: Vec<String> = sent.confirmed.iter().map(u64::to_string).collect();
            let mut words = vec!["HDEL", &key];
            words.extend(names.iter().map(String::as_str));
            soak.journal
                .honest("HDEL of messages", || send(con, &words))?;
            return Ok(());
        }
        if begun.elapsed() > BOUND {
            let stream = format!("messages:{{{tag}}}");
            let pending = send(con, &["XPENDING", &stream, "__gears_consumer_group__"]);
            let groups = send(con, &["XINFO", "GROUPS", &stream]);
            return Err(format!(
                "{stream}: {} of {} messages were not handled within {BOUND:?}: {missing:?}\npending {pending:?}\n\
                 groups {groups:?}",
                missing.len(),
                sent.confirmed.len()
            ));
        }
        thread::sleep(Duration::from_millis(50));
    }
}

/// A batch may be handled again if its master was replaced between the handler and the acknowledgement.
pub(super) fn check_at_end(soak: &Soak) -> Outcome {
    let again = soak.journal.count("message", "handled again");
    let kills = soak.journal.count("restart, killed", "done");
    let changes = soak.journal.count("failover", "done") + kills;
    if again > changes * BATCH * TAGS.len() as u64 {
        return Err(format!(
            "{again} messages were handled again, more than {changes} failovers and kills explain"
        ));
    }
    Ok(())
}
