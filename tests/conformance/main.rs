//! Replays recorded conversations with `RedisGears` 1.2 against the engine and compares every reply.
//! Each conversation has its own server, or its own cluster of three shards.
//!
//! | file | contents |
//! |---|---|
//! | `recorded/*.json` | the conversations, one file per group |
//! | `accepted.json` | steps with an intended difference, with the reason |
//! | `comparisons.json` | steps that are not compared word for word, with what may differ (`manner.rs`) |
//! | `open.json` | steps that still differ from the recording |
//! | `not_yet.json` | groups that are not replayed yet, with the missing feature |
//!
//! The test fails if a step differs that is in none of the lists. Environment variables:
//!
//! - `REDGREASE_CONFORMANCE=group,group*` replays only these groups, including those in
//!   `not_yet.json`;
//! - `REDGREASE_CONFORMANCE_SHOW=1` prints the differences, `all` includes the accepted ones;
//! - `REDGREASE_CONFORMANCE_UPDATE=1` rewrites `open.json`.

#![allow(clippy::unwrap_used)]

mod compare;
mod ids;
mod lists;
mod manner;
mod mask;
mod recorded;
mod replay;
mod resp;
mod servers;
mod summary;

use lists::Lists;
use manner::Manners;
use recorded::Group;
use std::sync::Mutex;
use std::thread;

/// Most steps wait, so two servers can share a processor.
const SERVERS_AT_A_TIME: usize = 2;

#[test]
fn recorded_conversations_are_answered_as_recorded() {
    let lists = Lists::read();
    let only = std::env::var("REDGREASE_CONFORMANCE").ok();
    let (replayed, waiting): (Vec<Group>, Vec<Group>) =
        Group::all().into_iter().partition(|group| match &only {
            Some(patterns) => patterns.split(',').any(|pattern| group.is_named(pattern)),
            None => !lists.not_yet.contains_key(&group.name),
        });
    assert!(
        !replayed.is_empty(),
        "no group is named {only:?}: see tests/conformance/recorded"
    );

    // A missing server or engine is reported once, not for every group.
    drop(redgrease_embedded::Server::start().unwrap_or_else(|error| panic!("no server: {error}")));

    let queue = Mutex::new(replayed.into_iter());
    let done = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..SERVERS_AT_A_TIME {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().unwrap().next();
                    let Some(group) = next else { return };
                    let outcome = replay::replay(&group);
                    done.lock().unwrap().push(outcome);
                }
            });
        }
    });
    let mut outcomes = done.into_inner().unwrap();
    outcomes.sort_by(|a, b| a.group.cmp(&b.group));
    let waiting: Vec<&str> = if only.is_some() {
        Vec::new()
    } else {
        waiting.iter().map(|g| g.name.as_str()).collect()
    };

    summary::print(&outcomes, &waiting, &lists);
    if std::env::var_os("REDGREASE_CONFORMANCE_UPDATE").is_some() {
        lists.update_open(&outcomes);
        return;
    }
    let surprises = summary::surprises(&outcomes, &lists);
    assert!(
        surprises.is_empty(),
        "{} steps differ and are neither accepted nor open:\n{}",
        surprises.len(),
        surprises.join("\n")
    );
}

#[test]
fn the_lists_contain_only_existing_steps() {
    let lists = Lists::read();
    let groups = Group::all();
    for (group, step) in lists
        .named_steps()
        .into_iter()
        .chain(Manners::read().named_steps())
    {
        let found = groups.iter().find(|known| known.name == group);
        let group = found.unwrap_or_else(|| panic!("there is no group {group}"));
        assert!(
            group.has_step(&step),
            "group {} has no step {step}",
            group.name
        );
    }
    for name in lists.not_yet.keys() {
        assert!(
            groups.iter().any(|group| &group.name == name),
            "there is no group {name}"
        );
    }
}
