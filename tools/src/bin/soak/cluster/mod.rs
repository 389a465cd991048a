//! A cluster with replicas, whose slots move and whose shards change while all kinds of gears run.
//!
//! | file | purpose |
//! |---|---|
//! | `weather.rs` | moves slots, promotes replicas, pauses servers, and starts them again |
//! | `journal.rs` | counts operations by their outcome, and notices those that hang |
//! | `counting.rs` | counts words whose number is known |
//! | `messages.rs` | adds messages to streams, and checks that each is handled once |
//! | `calls.rs` | triggers gears through the client |
//! | `sessions.rs` | registers, upgrades and unregisters at all shards, and compares what they have |
//! | `timers.rs` | timers of all kinds go on, and none runs too often |
//! | `settings.rs` | changes settings on all servers |
//! | `growth.rs` | the memory of the servers |
//!
//! A call that fails and says why, because a shard was away, is counted and not a failure. A wrong result, a lost message, a call that
//! hangs, shards that differ in the end, and growing memory are failures.

mod calls;
mod counting;
mod growth;
mod journal;
mod messages;
mod sessions;
mod settings;
mod timers;
mod weather;

use growth::Growth;
use journal::Journal;
use redgrease_core::{AnyOf, Con};
use redgrease_embedded::{Cluster, Server};
use redgrease_tools::{Args, Client, Outcome, check_log_at};
use redis::{ConnectionLike, Value};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// A call that takes longer hangs. Servers are paused for less.
pub(crate) const BOUND: Duration = Duration::from_mins(2);

/// A server that is silent for so long is replaced. No server is paused for so long, because a replica that takes the place of a
/// silent master may miss the last messages: that is a loss of the server, and not of the engine.
const NODE_TIMEOUT: Duration = Duration::from_secs(20);

/// The cluster and the state of the soak.
pub(crate) struct Soak {
    pub(crate) cluster: Cluster,
    pub(crate) journal: Journal,
    over: AtomicBool,
    /// Parts that are switched off.
    without: Vec<String>,
}

impl Soak {
    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    pub(crate) fn has(&self, part: &str) -> bool {
        !self.without.iter().any(|one| one == part)
    }

    /// A connection of the client, which follows the cluster.
    pub(crate) fn connect(&self) -> Outcome<Con> {
        redgrease_core::connect(AnyOf(self.cluster.urls())).map_err(|error| error.to_string())
    }

    /// A connection to the master of a shard.
    pub(crate) fn at_shard(&self, shard: usize) -> Outcome<Client> {
        Client::connect(self.cluster.shard(shard).url(), BOUND)
    }
}

/// Sends a command through the client.
pub(crate) fn send(con: &mut Con, words: &[&str]) -> Outcome<Value> {
    let mut command = redis::cmd(words[0]);
    command.arg(&words[1..]);
    con.req_command(&command)
        .and_then(Value::extract_error)
        .map_err(|error| error.to_string())
}

pub(crate) fn run(args: &Args, shards: usize, minutes: u64, seed: u64) -> Outcome {
    let without: String = args.get("without")?.unwrap_or_default();
    let replicas = args.get("replicas")?.unwrap_or(1);
    println!("{minutes} minutes, seed {seed}, {shards} shards, replicas of each: {replicas}");
    let cluster = Server::cluster()
        .shards(shards)
        .replicas(replicas)
        .node_timeout(NODE_TIMEOUT)
        // A server that is killed loses nothing: each write is in the hands of the system before it is answered.
        .server_arg("appendonly", "yes")
        .server_arg("appendfsync", "no")
        .start_timeout(Duration::from_mins(2))
        .start()
        .map_err(|error| error.to_string())?;
    let soak = Soak {
        cluster,
        journal: Journal::default(),
        over: AtomicBool::new(false),
        without: without.split(',').map(str::to_owned).collect(),
    };
    let outcome = watch(&soak, minutes, seed);
    println!("\n{}", soak.journal.table());
    outcome.map_err(|error| {
        let nodes = soak.cluster.nodes();
        let tails = nodes.iter().map(|node| {
            let log = check_log_at(&node.log_path());
            let log = log.err().unwrap_or_else(|| node.log_tail(15));
            format!("\n{} ({}):\n{log}", node.url(), node.id())
        });
        let tails: String = tails.collect();
        format!("seed {seed}: {error}\nthe ends of the logs:{tails}")
    })?;
    println!("no call hung, no result was wrong, no message was lost, and all shards are equal");
    Ok(())
}

/// A part of the soak, with its seed.
type Part = fn(&Soak, u64) -> Outcome;

/// Runs all parts at the same time, until the time is over or one of them fails.
fn watch(soak: &Soak, minutes: u64, seed: u64) -> Outcome {
    let end = Instant::now() + Duration::from_secs(minutes * 60);
    counting::prepare(soak)?;
    messages::prepare(soak)?;
    calls::prepare(soak)?;
    timers::prepare(soak)?;
    let parts: [(&'static str, Part); 10] = [
        ("weather", weather::run),
        ("word counts", counting::run),
        ("messages", messages::run),
        ("calls", calls::run),
        ("calls, second client", calls::run),
        ("calls, third client", calls::run),
        ("upgrades", sessions::upgrade),
        ("registrations", sessions::come_and_go),
        ("timers", timers::run),
        ("settings", settings::run),
    ];
    let mut growth = Growth::new(&soak.cluster);
    let done = thread::scope(|scope| {
        let mut threads = Vec::new();
        for (place, (name, part)) in parts.into_iter().enumerate() {
            if !soak.has(name) {
                continue;
            }
            let seed = seed.wrapping_mul(31).wrapping_add(place as u64);
            threads.push((name, scope.spawn(move || part(soak, seed))));
        }
        while Instant::now() < end && threads.iter().all(|(_, thread)| !thread.is_finished()) {
            growth.sample();
            if let Some(hung) = soak.journal.hanging(BOUND) {
                // Its thread never ends, so neither would the scope.
                println!("{}", soak.journal.table());
                eprintln!("error: seed {seed}: {hung} hangs");
                std::process::exit(1);
            }
            thread::sleep(Duration::from_millis(200));
        }
        soak.over.store(true, Ordering::Relaxed);
        let mut failures = Vec::new();
        for (name, thread) in threads {
            let ended = thread
                .join()
                .unwrap_or_else(|_| Err("the thread panicked".to_owned()));
            failures.extend(ended.err().map(|error| format!("{name}: {error}")));
        }
        if failures.is_empty() {
            Ok(())
        } else {
            Err(failures.join("\n"))
        }
    });
    println!("{}", growth.table());
    done?;
    soak.cluster.settle().map_err(|error| error.to_string())?;
    messages::check_at_end(soak)?;
    sessions::check_equal(soak)?;
    settings::check_equal(soak)?;
    for node in soak.cluster.nodes() {
        check_log_at(&node.log_path())?;
    }
    growth.check()
}
