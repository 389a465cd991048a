//! Registrations in a cluster: a change at any shard is made on all of them, or on none.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::eventually;
use common::rounds::{Tally, rounds};
use common::shards::{Random, ids, send, text, try_send};
use common::wheel::make_wheel;
use redgrease_embedded::{Cluster, ClusterNode, Server};
use redis::Value;
use std::thread;
use std::time::{Duration, Instant};

fn refused(node: &ClusterNode, words: &[&str]) -> String {
    let error = try_send(node, words).unwrap_err();
    let code = error.code().unwrap_or_default().to_owned();
    format!("{code} {}", error.detail().unwrap_or_default())
}

/// What a trigger without arguments answers.
fn call(node: &ClusterNode, trigger: &str) -> redis::RedisResult<String> {
    let answer = try_send(node, &["RG.TRIGGER", trigger])?;
    let answers: Vec<String> = redis::from_redis_value(answer)?;
    Ok(answers.concat())
}

/// A script with a trigger that answers `answer`.
fn script(trigger: &str, answer: &str) -> String {
    format!(
        "GB('CommandReader').map(lambda _: '{answer}').register(trigger='{trigger}', mode='sync')"
    )
}

fn register(node: &ClusterNode, session: &str, trigger: &str, answer: &str) {
    let script = script(trigger, answer);
    send(node, &["RG.PYEXECUTE", &script, "ID", session, "UPGRADE"]);
}

/// The masters of all shards.
fn masters(cluster: &Cluster) -> Vec<ClusterNode> {
    (0..cluster.shards())
        .map(|shard| cluster.shard(shard))
        .collect()
}

#[track_caller]
fn all_answer(nodes: &[ClusterNode], trigger: &str, answer: &str) {
    for node in nodes {
        assert_eq!(call(node, trigger).unwrap(), answer, "{}", node.url());
    }
}

fn three() -> Cluster {
    Server::cluster().shards(3).start().unwrap()
}

/// A cluster whose shards work on when others are gone. Otherwise the server lets clients go that wait for a second or longer.
fn without_coverage(shards: usize, replicas: usize) -> Cluster {
    Server::cluster()
        .shards(shards)
        .replicas(replicas)
        .server_arg("cluster-require-full-coverage", "no")
        .start()
        .unwrap()
}

#[test]
fn a_change_at_any_shard_is_in_force_on_all_when_the_client_is_answered() {
    let cluster = three();
    let nodes = masters(&cluster);
    for (at, node) in nodes.iter().enumerate() {
        let trigger = format!("hello{at}");
        register(node, &format!("app{at}"), &trigger, "first");
        all_answer(&nodes, &trigger, "first");
        // The next shard upgrades it, and the one after that removes it.
        register(
            &nodes[(at + 1) % 3],
            &format!("app{at}"),
            &trigger,
            "second",
        );
        all_answer(&nodes, &trigger, "second");
        let had = ids(node);
        assert_eq!(had.len(), 1);
        assert_eq!(ids(&nodes[(at + 1) % 3]), had);
        send(&nodes[(at + 2) % 3], &["RG.UNREGISTER", &had[0]]);
        for node in &nodes {
            assert_eq!(ids(node), Vec::<String>::new());
            let words = ["RG.PYDUMPSESSIONS", "SESSIONS", &format!("app{at}")];
            let Value::Array(rows) = send(node, &words) else {
                panic!("no rows");
            };
            assert!(text(&rows[0]).contains("does not exists"));
            call(node, &trigger).unwrap_err();
        }
    }
}

#[test]
fn a_trigger_that_is_taken_is_refused_at_every_shard() {
    let cluster = three();
    let nodes = masters(&cluster);
    register(&nodes[0], "one", "hello", "one");
    for node in &nodes {
        let script = script("hello", "two");
        let why = refused(node, &["RG.PYEXECUTE", &script, "ID", "two"]);
        assert!(why.contains("trigger already registered"), "{why}");
        let why = refused(node, &["RG.PYEXECUTE", &script, "ID", "one"]);
        assert!(why.contains("Session one already exists"), "{why}");
    }
    all_answer(&nodes, "hello", "one");
}

/// Waits until all servers have the registrations of the first one.
fn agreed(nodes: &[ClusterNode]) -> Vec<String> {
    let mut had = Vec::new();
    eventually("all servers have the same registrations", || {
        had = ids(&nodes[0]);
        nodes.iter().all(|node| ids(node) == had)
    });
    had
}

#[test]
fn a_silent_shard_keeps_a_registration_from_all_and_catches_up_when_it_has_left() {
    let cluster = Server::cluster()
        .shards(3)
        .node_timeout(Duration::from_secs(8))
        .start()
        .unwrap();
    let nodes = masters(&cluster);
    register(&nodes[0], "old", "old", "old");
    nodes[2].pause().unwrap();
    let begun = Instant::now();
    let script = script("hello", "one");
    let why = refused(&nodes[0], &["RG.PYEXECUTE", &script, "ID", "app"]);
    let took = begun.elapsed();
    assert!(
        why.contains(nodes[2].id()) && why.contains("does not answer"),
        "{why}"
    );
    assert!((4..8).contains(&took.as_secs()), "{took:?}");
    nodes[2].resume().unwrap();
    assert_eq!(agreed(&nodes).len(), 1);
    register(&nodes[2], "app", "hello", "two");
    all_answer(&nodes, "hello", "two");
}

/// Signs of life come every second, so a limit below that says nothing about a shard that prepares a change.
#[test]
fn a_short_limit_takes_no_living_shard_for_lost() {
    let cluster = Server::cluster()
        .module_arg("ExecutionMaxIdleTime", "100")
        .start()
        .unwrap();
    let nodes = masters(&cluster);
    let slow = format!("import time\ntime.sleep(1.5)\n{}", script("slow", "here"));
    for _ in 0..3 {
        send(&nodes[0], &["RG.PYEXECUTE", &slow, "ID", "slow", "UPGRADE"]);
    }
    all_answer(&nodes, "slow", "here");
}

#[test]
fn a_shard_that_was_away_catches_up() {
    let cluster = without_coverage(3, 0);
    let nodes = masters(&cluster);
    register(&nodes[0], "changed", "changed", "first");
    register(&nodes[0], "gone", "gone", "first");
    nodes[2].kill().unwrap();
    eventually("the cluster knows that the shard has failed", || {
        let nodes = text(&send(&nodes[0], &["CLUSTER", "NODES"]));
        nodes
            .lines()
            .any(|line| line.contains("fail ") || line.contains("fail,"))
    });
    let left = &nodes[..2];
    eventually("a registration without the shard that has failed", || {
        let script = script("changed", "second");
        let words = ["RG.PYEXECUTE", &script, "ID", "changed", "UPGRADE"];
        try_send(&nodes[1], &words).is_ok()
    });
    register(&nodes[1], "new", "new", "second");
    let gone = session_ids(&nodes[0], "gone");
    send(&nodes[0], &["RG.UNREGISTER", &gone[0]]);
    all_answer(left, "changed", "second");
    nodes[2].start().unwrap();
    cluster.settle().unwrap();
    let back = Instant::now();
    assert_eq!(agreed(&nodes).len(), 2);
    assert!(
        back.elapsed() < Duration::from_secs(5),
        "{:?}",
        back.elapsed()
    );
    all_answer(&nodes, "changed", "second");
    all_answer(&nodes, "new", "second");
    call(&nodes[2], "gone").unwrap_err();
}

/// The ids of the registrations of a session.
fn session_ids(node: &ClusterNode, session: &str) -> Vec<String> {
    let Value::Array(rows) = send(node, &["RG.PYDUMPSESSIONS", "SESSIONS", session]) else {
        panic!("no rows");
    };
    let Value::Array(fields) = &rows[0] else {
        panic!("no session {session}");
    };
    let place = fields
        .iter()
        .position(|field| matches!(field, Value::BulkString(name) if name == b"registrations"));
    redis::from_redis_value_ref(&fields[place.unwrap() + 1]).unwrap()
}

#[test]
fn a_new_shard_and_a_promoted_replica_have_all_registrations() {
    let cluster = Server::cluster().shards(2).replicas(1).start().unwrap();
    register(&cluster.shard(0), "one", "one", "one");
    register(&cluster.shard(1), "two", "two", "two");
    let new = cluster.add_shard().unwrap();
    let mut nodes = masters(&cluster);
    assert_eq!(nodes.len(), 3);
    assert_eq!(agreed(&nodes).len(), 2);
    cluster.move_slot(0, new).unwrap();
    register(&cluster.shard(new), "three", "three", "three");
    for trigger in ["one", "two", "three"] {
        all_answer(&nodes, trigger, trigger);
    }
    cluster.failover(1).unwrap();
    nodes = masters(&cluster);
    assert_eq!(agreed(&nodes).len(), 3);
    register(&nodes[1], "one", "one", "again");
    all_answer(&nodes, "one", "again");
    let replicas: Vec<ClusterNode> = (0..3).map(|shard| cluster.replica(shard, 0)).collect();
    let had = agreed(&nodes);
    for replica in replicas {
        eventually("the replica has what its master has", || {
            ids(&replica) == had
        });
    }
}

#[test]
fn removals_are_known_after_a_restart() {
    for file in ["no", "yes"] {
        let cluster = Server::cluster()
            .shards(3)
            .server_arg("cluster-require-full-coverage", "no")
            .server_arg("appendonly", file)
            .start()
            .unwrap();
        let nodes = masters(&cluster);
        register(&nodes[0], "kept", "kept", "kept");
        register(&nodes[0], "gone", "gone", "gone");
        // This server does not hear of the removal.
        nodes[1].stop().unwrap();
        eventually("a removal without the shard that has failed", || {
            let gone = session_ids(&nodes[0], "gone");
            try_send(&nodes[0], &["RG.UNREGISTER", &gone[0]]).is_ok()
        });
        // The one that has made the removal forgets what it does not store.
        nodes[0].stop().unwrap();
        nodes[0].start().unwrap();
        nodes[1].start().unwrap();
        cluster.settle().unwrap();
        assert_eq!(agreed(&nodes).len(), 1, "appendonly {file}");
        all_answer(&nodes, "kept", "kept");
        call(&nodes[1], "gone").unwrap_err();
    }
}

#[test]
fn of_two_registrations_at_once_all_shards_have_the_same() {
    let cluster = three();
    let nodes = masters(&cluster);
    for round in 0..10 {
        let outcomes: Vec<redis::RedisResult<Value>> = thread::scope(|scope| {
            let begin = |at: usize| {
                let node = &nodes[at];
                let (session, answer) = (format!("app{round}"), format!("answer{at}"));
                let script = script(&session, &answer);
                scope.spawn(move || {
                    try_send(node, &["RG.PYEXECUTE", &script, "ID", &session, "UPGRADE"])
                })
            };
            let all: Vec<_> = (0..3).map(begin).collect();
            all.into_iter().map(|one| one.join().unwrap()).collect()
        });
        for error in outcomes.iter().filter_map(|one| one.as_ref().err()) {
            let why = error.to_string();
            assert!(
                why.contains("has changed") && why.contains("try again"),
                "{why}"
            );
        }
        let had = agreed(&nodes);
        if outcomes.iter().any(Result::is_ok) {
            let answer = call(&nodes[0], &format!("app{round}")).unwrap();
            all_answer(&nodes, &format!("app{round}"), &answer);
        } else {
            assert!(!had.iter().any(|id| id.contains(&format!("app{round}"))));
        }
    }
}

/// While the script of the first shard runs on the third one, the second shard begins a script for the same session. The session is
/// there when that script registers.
#[test]
fn a_session_that_another_shard_makes_while_a_script_runs_is_upgraded() {
    let cluster = three();
    let nodes = masters(&cluster);
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    let tags: Vec<String> = nodes
        .iter()
        .map(|node| {
            let script = "GB('ShardsIDReader').map(lambda x: hashtag()).run(mode='async_local')";
            let (tags, _): (Vec<String>, Vec<String>) =
                redis::from_redis_value(send(node, &["RG.PYEXECUTE", script])).unwrap();
            tags.concat()
        })
        .collect();
    // Each run of a script tells where it runs, and waits there until it may go on.
    let waiting = |answer: &str, at: &str| {
        let script = script("app", answer);
        let dir = dir.path().display();
        format!(
            "
import os, time
open('{dir}/{answer}-%s' % hashtag(), 'w').close()
while hashtag() == '{at}' and not os.path.exists('{dir}/{answer}-goes-on'):
    time.sleep(0.01)
{script}
"
        )
    };
    let began = |answer: &str, shard: usize| {
        let name = format!("{answer}-{}", tags[shard]);
        eventually("a script runs", || path(&name).exists());
    };
    let goes_on = |answer: &str| {
        std::fs::write(path(&format!("{answer}-goes-on")), "").unwrap();
    };
    thread::scope(|scope| {
        let send_to = |shard: usize, script: String| {
            let node = &nodes[shard];
            scope.spawn(move || try_send(node, &["RG.PYEXECUTE", &script, "ID", "app", "UPGRADE"]))
        };
        let first = send_to(0, waiting("first", &tags[2]));
        began("first", 1);
        began("first", 2);
        let second = send_to(1, waiting("second", &tags[1]));
        began("second", 1);
        goes_on("first");
        first.join().unwrap().unwrap();
        goes_on("second");
        second.join().unwrap().unwrap();
    });
    assert_eq!(agreed(&nodes).len(), 1);
    all_answer(&nodes, "app", "second");
}

#[test]
fn a_registration_of_a_running_gear_reaches_all_shards() {
    let cluster = three();
    let nodes = masters(&cluster);
    let script = "
def grow(words):
    GB('CommandReader').map(lambda _: 'grown').register(trigger=words[1], mode='sync')
GB('CommandReader').foreach(grow).register(trigger='grow', mode='sync')
GB('CommandReader').foreach(grow).register(trigger='grow_async', mode='async_local')
";
    send(&nodes[0], &["RG.PYEXECUTE", script, "ID", "app"]);
    send(&nodes[1], &["RG.TRIGGER", "grow", "one"]);
    send(&nodes[2], &["RG.TRIGGER", "grow_async", "two"]);
    let had = agreed(&nodes);
    assert_eq!(had.len(), 4);
    all_answer(&nodes, "one", "grown");
    all_answer(&nodes, "two", "grown");
    for id in had.iter().filter(|id| !id.starts_with(nodes[0].id())) {
        send(&nodes[0], &["RG.UNREGISTER", id]);
    }
    assert_eq!(agreed(&nodes).len(), 2);
}

#[test]
fn packages_come_from_the_shard_that_has_them() {
    let dir = tempfile::tempdir().unwrap();
    let packages = dir.path().join("packages");
    make_wheel(&packages, "shared", 3 << 20);
    let find = format!("--no-index --find-links={}", packages.display());
    let cluster = Server::cluster()
        .shards(2)
        .module_arg("PipArguments", find)
        // Each server has a directory of its own.
        .module_arg("PythonInstallationDir", "python")
        .start()
        .unwrap();
    let nodes = masters(&cluster);
    // One shard has the package, and then it can be had nowhere else.
    let words = [
        "RG.PYEXECUTE",
        "import shared",
        "REQUIREMENTS",
        "shared==1.2",
    ];
    send(&nodes[1], &words);
    std::fs::remove_dir_all(&packages).unwrap();
    let script = "import shared\nGB('CommandReader').map(lambda _: shared.answer).register(trigger='answer', mode='sync')";
    let register = [
        "RG.PYEXECUTE",
        script,
        "ID",
        "app",
        "REQUIREMENTS",
        "shared==1.2",
    ];
    send(&nodes[0], &register);
    all_answer(&nodes, "answer", "42");

    // A package that no shard can have.
    let missing = [
        "RG.PYEXECUTE",
        script,
        "ID",
        "other",
        "REQUIREMENTS",
        "missing==1",
    ];
    let why = refused(&nodes[0], &missing);
    assert!(why.contains("Could not satisfy requirements"), "{why}");
}

#[test]
fn a_package_that_one_shard_cannot_have_keeps_the_registration_from_all() {
    let dir = tempfile::tempdir().unwrap();
    let packages = dir.path().join("packages");
    make_wheel(&packages, "shared", 1000);
    let find = format!("--no-index --find-links={}", packages.display());
    let cluster = Server::cluster()
        .shards(3)
        .module_arg("PipArguments", find)
        // Each server has a directory of its own.
        .module_arg("PythonInstallationDir", "python")
        .start()
        .unwrap();
    let nodes = masters(&cluster);
    // A file stands where the directory of the packages has to be.
    let place = nodes[1].dir().join("python");
    assert!(!place.exists());
    std::fs::write(&place, "").unwrap();
    let script = "
def registered():
    execute('SET', 'registered-{' + hashtag() + '}', 'yes')
GB('CommandReader').map(lambda _: 'one').register(trigger='hello', mode='sync', onRegistered=registered)
";
    let register = [
        "RG.PYEXECUTE",
        script,
        "ID",
        "app",
        "REQUIREMENTS",
        "shared==1.2",
    ];
    let why = refused(&nodes[0], &register);
    assert!(why.contains(nodes[1].id()), "{why}");
    for node in &nodes {
        assert_eq!(ids(node), Vec::<String>::new());
        assert_eq!(send(node, &["DBSIZE"]), Value::Int(0), "no function ran");
    }
    std::fs::remove_file(&place).unwrap();
    send(&nodes[0], &register);
    all_answer(&nodes, "hello", "one");
    for node in &nodes {
        assert_eq!(send(node, &["DBSIZE"]), Value::Int(1));
    }
}

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

/// The median of the times of so many registrations, each of which takes the place of the one before.
fn median(node: &ClusterNode, count: usize) -> Duration {
    let client = redis::Client::open(node.url()).unwrap();
    let mut connection = client.get_connection().unwrap();
    let mut times: Vec<Duration> = (0..count)
        .map(|number| {
            let script = script("hello", &number.to_string());
            let begun = Instant::now();
            redis::cmd("RG.PYEXECUTE")
                .arg(&[&script, "ID", "app", "UPGRADE"])
                .exec(&mut connection)
                .unwrap();
            begun.elapsed()
        })
        .collect();
    times.sort();
    times[count / 2]
}

#[test]
#[ignore = "a measurement"]
fn the_time_of_a_registration_on_clusters_of_any_size() {
    for shards in [1, 3, 6, 12] {
        let cluster = Server::cluster().shards(shards).start().unwrap();
        println!("{shards} shards: {:?}", median(&cluster.shard(0), 51));
    }
}

#[test]
fn on_registered_runs_once_on_each_shard_when_all_agree() {
    let cluster = three();
    let nodes = masters(&cluster);
    let script = "
def registered():
    execute('INCR', 'times-{' + hashtag() + '}')
GB('CommandReader').map(lambda _: execute('GET', 'times-{' + hashtag() + '}')).register(trigger='hello', mode='sync', onRegistered=registered)
";
    send(&nodes[1], &["RG.PYEXECUTE", script, "ID", "app"]);
    all_answer(&nodes, "hello", "1");
}

#[test]
fn a_time_event_of_a_running_gear_goes_on_on_its_shard() {
    let cluster = three();
    let nodes = masters(&cluster);
    register(&nodes[1], "other", "other", "other");
    let script = "
def tick():
    execute('INCR', 'ticks-{' + hashtag() + '}')
GB('ShardsIDReader').foreach(lambda _: registerTE(1, tick)).collect().run()
";
    // The session has nothing that the shards share, so it is in no agreement.
    send(&nodes[0], &["RG.PYEXECUTE", script, "ID", "app"]);
    let ticks =
        "GB('ShardsIDReader').map(lambda _: execute('GET', 'ticks-{' + hashtag() + '}')).run()";
    eventually(
        "the time event runs for longer than shards need to agree",
        || {
            let answer = format!("{:?}", send(&nodes[0], &["RG.PYEXECUTE", ticks]));
            answer.contains("\"8\"") || answer.contains("'8'")
        },
    );
}
