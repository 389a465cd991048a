//! Changes of shards that have no contact.

use super::{agreed, call, masters, register, script, session_ids, without_coverage};
use crate::common::eventually;
use crate::common::rounds::{Tally, rounds};
use crate::common::shards::{Random, ids, send, text, try_send};
use redgrease_embedded::{Cluster, ClusterNode};
use std::time::{Duration, Instant};

/// A shard and the others do not know each other any longer, and make changes of their own. `changes` gets that shard and another one.
/// Returns after they have met again.
fn apart(cluster: &Cluster, alone: usize, changes: impl FnOnce(&ClusterNode, &ClusterNode)) {
    let mut others = masters(cluster);
    let one = others.remove(alone);
    let pairs = || {
        others
            .iter()
            .flat_map(|other| [(&one, other), (other, &one)])
    };
    for (node, other) in pairs() {
        send(node, &["CLUSTER", "FORGET", other.id()]);
    }
    for node in masters(cluster) {
        send(&node, &["RG.REFRESHCLUSTER"]);
    }
    changes(&one, &others[0]);
    for other in &others {
        let port = other.port().to_string();
        send(&one, &["CLUSTER", "MEET", "127.0.0.1", &port]);
    }
    for (node, other) in pairs() {
        eventually("the shards know each other", || {
            let nodes = text(&send(node, &["CLUSTER", "NODES"]));
            nodes
                .lines()
                .any(|line| line.starts_with(other.id()) && line.contains("connected"))
        });
    }
}

/// The registrations of a shard, and what triggers answer there.
fn state(node: &ClusterNode, triggers: &[String]) -> (Vec<String>, Vec<Option<String>>) {
    let answers = triggers.iter().map(|trigger| call(node, trigger).ok());
    (ids(node), answers.collect())
}

/// `ROUNDS` repeats it more often.
#[test]
fn after_random_changes_without_contact_all_shards_are_equal_within_seconds() {
    let cluster = without_coverage(3, 0);
    let nodes = masters(&cluster);
    let triggers: Vec<String> = (0..4).map(|number| format!("hello{number}")).collect();
    let mut random = Random::new();
    let mut tally = Tally::new();
    for round in 0..rounds(3) {
        let mut done = Vec::new();
        apart(&cluster, random.below(3), |one, two| {
            for number in 0..=random.below(8) {
                let node = if random.below(2) == 0 { one } else { two };
                let (session, trigger) = (random.below(4), &triggers[random.below(4)]);
                let session = format!("app{session}");
                let had = ids(node);
                let outcome = if random.below(3) > 0 || had.is_empty() {
                    let script = script(trigger, &format!("{round}.{number}"));
                    let words = ["RG.PYEXECUTE", &script, "ID", &session, "UPGRADE"];
                    try_send(node, &words)
                } else {
                    let id = &had[random.below(had.len())];
                    try_send(node, &["RG.UNREGISTER", id])
                };
                // Another session of this part may have the trigger.
                let outcome = outcome.map_err(|error| error.to_string()).err();
                done.push((node.port(), session, trigger, outcome));
            }
        });
        let met = Instant::now();
        let mut states = Vec::new();
        eventually("all shards are equal", || {
            states = nodes.iter().map(|node| state(node, &triggers)).collect();
            states.windows(2).all(|two| two[0] == two[1])
        });
        let took = met.elapsed();
        assert!(
            took < Duration::from_secs(5),
            "round {round}: {took:?} after {done:?}: {states:?}"
        );
        tally.add("equal", took);
    }
    tally.print("registrations without contact");
}

#[test]
fn without_contact_the_later_change_wins_everywhere() {
    let cluster = without_coverage(2, 0);
    let nodes = masters(&cluster);
    register(&nodes[0], "app", "hello", "both");
    register(&nodes[0], "gone", "gone", "both");
    apart(&cluster, 0, |one, two| {
        register(one, "app", "hello", "one");
        register(one, "app", "hello", "one later");
        register(two, "app", "hello", "two");
        register(one, "of-one", "of_one", "one");
        register(two, "of-two", "of_two", "two");
        // A removal is a change like others.
        register(one, "gone", "gone", "one");
        for _ in 0..4 {
            register(two, "gone", "gone", "two");
        }
        send(two, &["RG.UNREGISTER", &session_ids(two, "gone")[0]]);
    });
    let begun = Instant::now();
    eventually("both shards have the later changes", || {
        nodes.iter().all(|node| {
            call(node, "hello").is_ok_and(|answer| answer == "one later")
                && call(node, "of_one").is_ok()
                && call(node, "of_two").is_ok()
                && call(node, "gone").is_err()
        })
    });
    assert!(
        begun.elapsed() < Duration::from_secs(5),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(agreed(&nodes).len(), 3);
}

/// From Redis 7.2 on, and on Valkey, a server tells the others for a minute of a node that it has forgotten, and they forget it, too. So two
/// servers that have forgotten each other find no way back while a third one knows both.
fn tells_of_forgotten_nodes() -> bool {
    let program = redgrease_embedded::find_server().unwrap();
    let said = std::process::Command::new(program)
        .arg("--version")
        .output();
    let said = String::from_utf8(said.unwrap().stdout).unwrap();
    let (_, version) = said.split_once("v=").unwrap();
    let mut numbers = version
        .split('.')
        .map(|number| number.parse::<u32>().unwrap_or(0));
    (numbers.next(), numbers.next()) >= (Some(7), Some(2))
}

#[test]
fn without_contact_the_later_session_has_the_trigger() {
    let others = usize::from(!tells_of_forgotten_nodes());
    let cluster = without_coverage(2, others);
    let nodes = masters(&cluster);
    apart(&cluster, 0, |one, two| {
        register(one, "earlier", "hello", "earlier");
        register(two, "before", "before", "before");
        register(two, "later", "hello", "later");
    });
    eventually("both shards call the later session", || {
        nodes
            .iter()
            .all(|node| call(node, "hello").is_ok_and(|answer| answer == "later"))
    });
    for node in &nodes {
        eventually("the earlier session is kept", || {
            let dump = send(node, &["RG.PYDUMPSESSIONS", "SESSIONS", "earlier"]);
            format!("{dump:?}").contains("notRestored")
        });
    }
    for shard in 0..2 * others {
        let replica = cluster.replica(shard, 0);
        eventually("the replica has both sessions", || {
            let dump = send(&replica, &["RG.PYDUMPSESSIONS"]);
            let dump = format!("{dump:?}");
            dump.contains("notRestored") && dump.contains("later")
        });
    }
    // New shards get both sessions at once, and give the trigger to the same one.
    for _ in 0..2 * others {
        let new = cluster.add_shard().unwrap();
        let new = cluster.shard(new);
        eventually("a new shard has both sessions", || {
            let dump = send(&new, &["RG.PYDUMPSESSIONS"]);
            format!("{dump:?}").contains("notRestored")
        });
        assert_eq!(call(&new, "hello").unwrap(), "later");
    }
    // The other one comes back when the trigger is free.
    send(
        &nodes[1],
        &["RG.UNREGISTER", &session_ids(&nodes[1], "later")[0]],
    );
    for node in &nodes {
        send(node, &["RG.REFRESHCLUSTER"]);
        eventually("the earlier session is restored", || {
            call(node, "hello").is_ok_and(|answer| answer == "earlier")
        });
    }
}
