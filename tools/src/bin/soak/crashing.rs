//! A server that is killed or restarted under load, again and again.

use crate::events::{Checked, Ledger};
use crate::jobs::JOBS;
use crate::{BOUND, PAUSE, Until, gears};
use redgrease_embedded::Server;
use redgrease_tools::{Client, Load, Outcome, Random, check_log, join};
use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

/// Shortest time between two starts of the server, in milliseconds.
const SHORTEST: usize = 2_000;
/// Longest time between two starts of the server, in milliseconds.
const LONGEST: usize = 12_000;

#[derive(Debug, Default)]
struct Totals {
    kills: usize,
    restarts: usize,
    messages: usize,
    again: usize,
}

pub(crate) fn run(until: &Until, seed: u64) -> Outcome {
    let dir = tempfile::tempdir().map_err(|error| format!("no temporary directory: {error}"))?;
    let outcome = lives(until, seed, dir.path());
    outcome.map_err(|error| {
        let kept = dir.keep();
        format!("{error}\nthe server's files are kept in {}", kept.display())
    })
}

fn lives(until: &Until, seed: u64, dir: &Path) -> Outcome {
    let mut random = Random::new(seed);
    let mut totals = Totals::default();
    let mut ledgers = Ledger::all();
    let mut server = start(dir)?;
    let mut client = Client::connect(server.url(), BOUND)?;
    gears::prepare(&mut client)?;
    let registered = registrations(&mut client)?;
    while !until.is_over() {
        let life = SHORTEST + random.below(LONGEST - SHORTEST);
        let life = Duration::from_millis(life as u64).min(until.left());
        let kill = random.once_in(2);
        server = live(server, &mut ledgers, life, kill, dir)?;
        if kill {
            totals.kills += 1;
        } else {
            totals.restarts += 1;
        }
        client = Client::connect(server.url(), BOUND)?;
        check_log(&server)?;
        let now = registrations(&mut client)?;
        if now != registered {
            return Err(format!(
                "registrations did not come back (killed: {kill}): {now:?}, not {registered:?}"
            ));
        }
        for ledger in &mut ledgers {
            let Checked { messages, again } = ledger
                .check(&mut client, 1)
                .map_err(|error| format!("killed: {kill}: {error}\n{}", server.log_tail(30)))?;
            totals.messages += messages;
            totals.again += again;
        }
    }
    println!(
        "on the server that is restarted: {} kills, {} clean restarts, {} messages, {} of them \
         handled again because the server ended before they were acknowledged",
        totals.kills, totals.restarts, totals.messages, totals.again
    );
    drop(client);
    server.stop().map_err(|error| error.to_string())
}

fn start(dir: &Path) -> Outcome<Server> {
    Server::builder()
        .dir(dir)
        .server_arg("appendonly", "yes")
        // The operating system keeps what a killed process has written. With "everysec", the server
        // may answer before it writes when the disk is slow, and confirmed writes can be lost.
        .server_arg("appendfsync", "no")
        .start()
        .map_err(|error| error.to_string())
}

/// Puts load on the server for a time, ends the server under load, and starts the next one.
fn live(
    server: Server,
    ledgers: &mut [Ledger],
    life: Duration,
    kill: bool,
    dir: &Path,
) -> Outcome<Server> {
    let load = Load::new(&JOBS, PAUSE);
    let end = Instant::now() + life;
    let ended = thread::scope(|scope| {
        let clients = load.start(scope, server.url(), BOUND)?;
        let url = server.url().to_owned();
        let load = &load;
        let writer = scope.spawn(move || {
            let mut client = Client::connect(&url, BOUND)?;
            loop {
                for ledger in &mut *ledgers {
                    if let Err(error) = ledger.add(&mut client) {
                        // The planned end of the server breaks the connection; an earlier failure
                        // is an error.
                        return if Instant::now() >= end {
                            Ok(())
                        } else {
                            Err(error)
                        };
                    }
                }
                thread::sleep(Duration::from_millis(1));
            }
        });
        while Instant::now() < end
            && !writer.is_finished()
            && clients.iter().all(|client| !client.is_finished())
        {
            thread::sleep(Duration::from_millis(5));
        }
        load.stop_before_server_ends();
        let ended = if kill { server.kill() } else { server.stop() };
        let ended = ended.map_err(|error| error.to_string());
        let written = writer
            .join()
            .unwrap_or_else(|_| Err("the writer panicked".to_owned()));
        ended.and(join(clients)).and(written)
    });
    ended?;
    keep_aof(dir);
    start(dir)
}

/// Copies the AOF of the last server, so that a failure can be analysed.
fn keep_aof(dir: &Path) {
    let copy = dir.join("before-the-last-start");
    let _ = fs::remove_dir_all(&copy);
    let _ = fs::create_dir(&copy);
    for file in fs::read_dir(dir.join("appendonlydir"))
        .into_iter()
        .flatten()
        .flatten()
    {
        let _ = fs::copy(file.path(), copy.join(file.file_name()));
    }
}

/// The sessions that must survive a restart, with the ids of their registrations.
fn registrations(client: &mut Client) -> Outcome<Vec<String>> {
    ["load", "streams"]
        .into_iter()
        .map(|session| client.text(&["RG.PYDUMPSESSIONS", "SESSIONS", session]))
        .collect()
}
