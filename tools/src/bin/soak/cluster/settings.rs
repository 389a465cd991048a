//! Changes settings on all servers, and looks whether all have them.

use super::{Soak, send};
use redgrease_core::Con;
use redgrease_tools::{Outcome, Random, text_of};
use redis::Value;
use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

/// A setting of the soak's own, and one of the engine that changes nothing here.
const NAMES: [&str; 2] = ["soak", "MaxExecutions"];

pub(super) fn run(soak: &Soak, seed: u64) -> Outcome {
    let mut random = Random::new(seed);
    let mut con = soak.connect()?;
    while !soak.is_over() {
        let value = (1000 + random.below(1000)).to_string();
        let before = soak.journal.restarts();
        let set = || set(&mut con, &value);
        let is_set = soak.journal.honest("setting of all", set)?.is_some();
        let found = soak
            .journal
            .honest("settings of all", || differences(&mut con, &value))?;
        // A server that was started again has the settings of its arguments.
        let is_kept = is_set && before == soak.journal.restarts();
        if let Some(different) = found.filter(|different| is_kept && !different.is_empty()) {
            return Err(format!("after a setting of all: {different}"));
        }
        thread::sleep(Duration::from_millis(300));
    }
    Ok(())
}

/// After the end, a change is in force on all servers at once.
pub(super) fn check_equal(soak: &Soak) -> Outcome {
    let mut con = soak.connect()?;
    set(&mut con, "2000")?;
    match differences(&mut con, "2000")? {
        different if different.is_empty() => Ok(()),
        different => Err(format!("the servers have different settings: {different}")),
    }
}

fn set(con: &mut Con, value: &str) -> Outcome {
    let mut words = vec!["RG.CONFIGSET", "CLUSTER"];
    words.extend(NAMES.iter().flat_map(|name| [name, value]));
    send(con, &words).map(drop)
}

/// The settings that a server has not; empty if all have them.
fn differences(con: &mut Con, value: &str) -> Outcome<String> {
    let words = [&["RG.CONFIGGET", "CLUSTER"], &NAMES[..]].concat();
    let rows: Vec<BTreeMap<String, Value>> = redis::from_redis_value(send(con, &words)?)
        .map_err(|error| format!("RG.CONFIGGET CLUSTER: {error}"))?;
    if rows.len() != NAMES.len() {
        return Err(format!("RG.CONFIGGET CLUSTER has the rows {rows:?}"));
    }
    let is_other = |row: &&BTreeMap<String, Value>| {
        let values = row.get("values").cloned().unwrap_or(Value::Nil);
        let values: BTreeMap<String, Value> = redis::from_redis_value(values).unwrap_or_default();
        values.is_empty() || values.values().any(|it| text_of(it) != value)
    };
    let others = rows.iter().filter(is_other);
    let others: Vec<String> = others.map(|row| format!("not {value}: {row:?}")).collect();
    Ok(others.join(", "))
}
