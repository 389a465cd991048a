//! A server that stays up.

use crate::events::Ledger;
use crate::jobs::JOBS;
use crate::memory::Curve;
use crate::{BOUND, PAUSE, Until, gears};
use redgrease_embedded::Server;
use redgrease_tools::{Client, Load, Outcome, check_log, join};
use std::thread;
use std::time::{Duration, Instant};

/// Messages per round and stream.
const ROUND: usize = 300;

pub(crate) fn run(until: &Until) -> Outcome {
    let dir = tempfile::tempdir().map_err(|error| format!("no temporary directory: {error}"))?;
    let server = Server::builder()
        .dir(dir.path())
        .server_arg("appendonly", "yes")
        .start();
    let server = server.map_err(|error| error.to_string())?;
    let mut client = Client::connect(server.url(), BOUND)?;
    gears::prepare(&mut client)?;
    let load = Load::new(&JOBS, PAUSE);
    let mut curve = Curve::new();
    let begun = Instant::now();
    let mut messages = 0;
    let outcome = thread::scope(|scope| {
        let clients = load.start(scope, server.url(), BOUND)?;
        let mut ledgers = Ledger::all();
        let mut work = || -> Outcome {
            while !until.is_over() && clients.iter().all(|client| !client.is_finished()) {
                messages += round(&mut ledgers, &mut client)?;
                curve.sample(server.pid(), &mut client)?;
            }
            Ok(())
        };
        let done = work();
        load.stop();
        done.and(join(clients))
    });
    println!(
        "\non the server that stays up:\n{}",
        load.table(begun.elapsed())
    );
    match curve.slope() {
        Some(slope) => println!("memory after the warm-up: {slope:+.0} KiB a minute"),
        None => println!("memory: too short to say"),
    }
    outcome.map_err(|error| format!("{error}\n{}", server.log_tail(30)))?;
    println!("{messages} messages, each handled once");
    check(&mut client, begun.elapsed())?;
    check_log(&server)?;
    server.stop().map_err(|error| error.to_string())
}

fn round(ledgers: &mut [Ledger], client: &mut Client) -> Outcome<usize> {
    for _ in 0..ROUND {
        for ledger in &mut *ledgers {
            ledger.add(client)?;
        }
        thread::sleep(Duration::from_millis(1));
    }
    let mut messages = 0;
    for ledger in ledgers {
        messages += ledger.check(client, 0)?.messages;
    }
    Ok(messages)
}

/// Checks what must hold after the load has ended.
fn check(client: &mut Client, time: Duration) -> Outcome {
    // Handlers of key events may still run.
    let begun = Instant::now();
    loop {
        let sync = client.text(&["GET", "events:sync"])?;
        let later = client.text(&["GET", "events:async"])?;
        let executions = client.text(&["RG.DUMPEXECUTIONS"])?;
        let unfinished = ["created", "running", "pending"].map(|word| executions.matches(word));
        let unfinished: usize = unfinished.into_iter().map(Iterator::count).sum();
        if sync == later && unfinished == 0 {
            println!("{sync} key events, each handled by both handlers");
            break;
        }
        if begun.elapsed() > Duration::from_secs(20) {
            return Err(format!(
                "key events: {sync} handled sync, {later} async; {unfinished} executions have not ended"
            ));
        }
        thread::sleep(Duration::from_millis(50));
    }
    let ticks: u64 = client.text(&["GET", "ticks"])?.parse().unwrap_or(0);
    println!("{ticks} ticks in {} seconds", time.as_secs());
    if ticks * 2 < time.as_secs() {
        return Err(format!(
            "a function that runs every second ran only {ticks} times"
        ));
    }
    Ok(())
}
