//! Registers, upgrades and unregisters at all shards, and compares what they have.

use super::Soak;
use redgrease_tools::{Client, Outcome, Random};
use redis::Value;
use std::thread;
use std::time::{Duration, Instant};

/// After so long, all shards must be equal.
const LONGEST: Duration = Duration::from_secs(30);

/// Replaces a session, again and again. After the answer, all shards have the new version.
pub(super) fn upgrade(soak: &Soak, seed: u64) -> Outcome {
    let mut random = Random::new(seed);
    let shards = soak.cluster.shards();
    // Versions of changes that failed may be in force, too.
    let mut possible = vec![String::new()];
    let mut version = 0;
    while !soak.is_over() {
        version += 1;
        let script = format!(
            "GB('CommandReader').map(lambda x: {version}).register(trigger='upgraded', mode='sync')"
        );
        let at = random.below(shards);
        let words = ["RG.PYEXECUTE", &script, "ID", "upgraded", "UPGRADE"];
        let change = || soak.at_shard(at)?.text(&words);
        match soak.journal.honest("upgrade", change)? {
            Some(reply) if reply == "OK" => possible = vec![format!("[{version}]")],
            Some(reply) => return Err(format!("an upgrade was answered {reply}")),
            None => possible.push(format!("[{version}]")),
        }
        for shard in 0..shards {
            let ask = || {
                let mut client = soak.at_shard(shard)?;
                let version = client.text(&["RG.TRIGGER", "upgraded"]);
                // A master that was replaced meanwhile hears of changes later than its client.
                if client.text(&["ROLE"])?.starts_with("[slave") {
                    return Err("a replica was asked".to_owned());
                }
                version
            };
            let Some(found) = upgraded(soak, ask)? else {
                continue;
            };
            if !possible.contains(&found) {
                soak.journal
                    .note("upgrade", "a shard had an old version", Duration::ZERO);
                println!("shard {shard} has the version {found}, not one of {possible:?}");
            }
        }
        thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

/// The version of a shard. Empty if it has none.
fn upgraded(soak: &Soak, ask: impl FnOnce() -> Outcome<String>) -> Outcome<Option<String>> {
    soak.journal.honest("version of a shard", || match ask() {
        Err(error) if error.contains("subcommand not found") => Ok(String::new()),
        other => other,
    })
}

/// Registers at one shard, and unregisters at another one.
pub(super) fn come_and_go(soak: &Soak, seed: u64) -> Outcome {
    let mut random = Random::new(seed);
    let shards = soak.cluster.shards();
    let mut number = 0;
    while !soak.is_over() {
        number += 1;
        let (trigger, session) = (format!("temporary{number}"), format!("session{number}"));
        let script = format!(
            "GB('CommandReader').map(lambda x: 1).register(trigger='{trigger}', mode='sync')"
        );
        let (from, to) = (random.below(shards), random.below(shards));
        let register = || {
            soak.at_shard(from)?
                .text(&["RG.PYEXECUTE", &script, "ID", &session])
        };
        soak.journal.honest("registration", register)?;
        // Also what failed may be there.
        let begun = Instant::now();
        while begun.elapsed() < LONGEST {
            let remove = || {
                let mut client = soak.at_shard(to)?;
                match id_of(&mut client, &trigger)? {
                    Some(id) => client.text(&["RG.UNREGISTER", &id]).map(|_| true),
                    None => Ok(false),
                }
            };
            match soak.journal.honest("unregistration", remove)? {
                Some(_) => break,
                None => thread::sleep(Duration::from_millis(200)),
            }
        }
        thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

fn rows(client: &mut Client) -> Outcome<Vec<Vec<Value>>> {
    let Value::Array(rows) = client.call(&["RG.DUMPREGISTRATIONS"])? else {
        return Err("RG.DUMPREGISTRATIONS returned no list".to_owned());
    };
    let fields = rows.into_iter().map(|row| match row {
        Value::Array(fields) => Ok(fields),
        other => Err(format!("no row: {other:?}")),
    });
    fields.collect()
}

fn id_of(client: &mut Client, trigger: &str) -> Outcome<Option<String>> {
    let has = |fields: &[Value]| {
        format!("{fields:?}").contains(&format!("\"{trigger}\""))
            || format!("{fields:?}").contains(&format!("'{trigger}'"))
    };
    let rows = rows(client)?;
    let row = rows.iter().find(|row| has(row));
    Ok(row.and_then(|row| row.get(1)).map(redgrease_tools::text_of))
}

/// Waits until all servers have the same registrations.
pub(super) fn check_equal(soak: &Soak) -> Outcome {
    let begun = Instant::now();
    loop {
        let nodes = soak.cluster.nodes();
        let mut ids = Vec::new();
        for node in &nodes {
            let mut client = Client::connect(node.url(), super::BOUND)?;
            let rows = rows(&mut client)?.into_iter();
            let mut own: Vec<String> = rows
                .filter_map(|row| row.get(1).map(redgrease_tools::text_of))
                .collect();
            own.sort();
            ids.push((node.url().to_owned(), own));
        }
        if ids.windows(2).all(|two| two[0].1 == two[1].1) {
            let count = ids.first().map_or(0, |(_, own)| own.len());
            println!(
                "all servers have the same {count} registrations, {:.1} s after the end",
                begun.elapsed().as_secs_f64()
            );
            return Ok(());
        }
        if begun.elapsed() > LONGEST {
            return Err(format!(
                "the servers have different registrations: {ids:#?}"
            ));
        }
        thread::sleep(Duration::from_millis(100));
    }
}
