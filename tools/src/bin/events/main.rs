//! Compares handlers of streams and of keys with clients that do the same: loops over a consumer group by redis-rs and redis-py, and a
//! subscriber to keyspace notifications.
//!
//! Options: `--messages 50000`, `--sets 100000`, `--rounds 3`, `--python PROGRAM` (a Python with redis-py). The program does not judge
//! the times. Each figure is from the first command to the end of the last handler.

mod keys;
mod streams;
mod work;

use redgrease_embedded::Server;
use redgrease_tools::batch::median;
use redgrease_tools::{Args, Client, Outcome, busy_nanos};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Time limit of a call; every call takes far less.
const BOUND: Duration = Duration::from_mins(2);

fn main() -> ExitCode {
    redgrease_tools::main(run)
}

fn run(args: &Args) -> Outcome {
    let rounds = args.get("rounds")?.unwrap_or(3);
    let python: Option<String> = args.get("python")?;
    let server = Server::start().map_err(|error| error.to_string())?;
    let messages = args.get("messages")?.unwrap_or(50_000);
    streams::compare(&server, messages, rounds, python.as_deref())?;
    let sets = args.get("sets")?.unwrap_or(100_000);
    keys::compare(&server, sets, rounds)
}

/// The figures of some rounds.
struct Figures {
    time: Duration,
    /// The CPU time of the server for one event, in microseconds.
    cpu: f64,
}

/// Measures `work` a few times, each time with an empty server.
fn measured(
    server: &Server,
    rounds: usize,
    events: usize,
    mut work: impl FnMut(&mut Client) -> Outcome<Duration>,
) -> Outcome<Figures> {
    let mut client = Client::connect(server.url(), BOUND)?;
    let (mut times, mut cpus) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        client.call(&["FLUSHALL"])?;
        let before = busy_nanos(server.pid())?;
        times.push(work(&mut client)?);
        cpus.push(Duration::from_nanos(
            busy_nanos(server.pid())?.saturating_sub(before),
        ));
    }
    #[allow(clippy::cast_precision_loss, reason = "figures of a table")]
    let cpu = median(cpus).as_secs_f64() * 1e6 / events as f64;
    Ok(Figures {
        time: median(times),
        cpu,
    })
}

impl Figures {
    fn print(&self, what: &str, way: &str, events: usize) {
        #[allow(clippy::cast_precision_loss, reason = "figures of a table")]
        let rate = events as f64 / self.time.as_secs_f64();
        println!(
            "{what:<24} {way:<16} {:>10.1} {rate:>12.0} {:>10.2}",
            self.time.as_secs_f64() * 1000.0,
            self.cpu
        );
    }

    fn head(what: &str) {
        println!(
            "\n{what:<24} {:<16} {:>10} {:>12} {:>10}",
            "way", "ms", "events/s", "CPU us"
        );
    }
}

/// The time that `work` takes.
fn timed(work: impl FnOnce() -> Outcome) -> Outcome<Duration> {
    let begun = Instant::now();
    work()?;
    Ok(begun.elapsed())
}
