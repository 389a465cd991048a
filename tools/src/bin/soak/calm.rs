//! Every job a few times, one after the other, on one server. This is for tools that slow a server
//! down, such as valgrind.

use crate::events::Ledger;
use crate::gears;
use crate::jobs::JOBS;
use redgrease_embedded::Server;
use redgrease_tools::{Client, Outcome, check_log};
use std::time::Duration;

/// Time limit of a call. The server may be a hundred times slower than usual.
const BOUND: Duration = Duration::from_mins(10);

/// Messages per stream and round.
const MESSAGES: usize = 10;

pub(crate) fn run(rounds: usize) -> Outcome {
    let server = Server::builder()
        .start_timeout(BOUND)
        .server_arg("appendonly", "yes")
        .start();
    let server = server.map_err(|error| error.to_string())?;
    let mut client = Client::connect(server.url(), BOUND)?;
    gears::prepare(&mut client)?;
    let mut ledgers = Ledger::all();
    for round in 0..rounds {
        for (name, job) in JOBS {
            job(&mut client, round).map_err(|error| format!("{name}: {error}"))?;
        }
        for _ in 0..MESSAGES {
            for ledger in &mut ledgers {
                ledger.add(&mut client)?;
            }
        }
        for ledger in &mut ledgers {
            ledger.check(&mut client, 0)?;
        }
        println!("round {} of {rounds}", round + 1);
    }
    check_log(&server)?;
    // Valgrind writes its report when the server exits, so the server must not be killed.
    let _ = client.call(&["SHUTDOWN", "NOSAVE"]);
    server.stop().map_err(|error| error.to_string())
}
