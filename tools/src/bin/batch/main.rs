//! Compares four ways to count keys and words, and to list the names of keys: a gear, Lua in one EVAL, redis-py and redis-rs. The
//! table also shows the slowest PING of another connection during each job. A second table compares jobs of other shapes with Lua.
//!
//! Options: `--keys 100000,1000000`, `--rounds 3`, `--python PROGRAM` (a Python with redis-py).
//! The program does not judge the times. It fails if two ways return different results.

mod jobs;
mod ping;
mod shapes;

use jobs::Way;
use redgrease_embedded::Server;
use redgrease_tools::batch::{Job, WORDS_PER_KEY, median, pieces};
use redgrease_tools::{Args, Client, Outcome};
use std::net::{Ipv4Addr, TcpListener};
use std::process::ExitCode;
use std::time::Duration;

/// Time limit of a call; every job takes far less.
const BOUND: Duration = Duration::from_mins(2);

fn main() -> ExitCode {
    redgrease_tools::main(run)
}

fn run(args: &Args) -> Outcome {
    let keys: String = args
        .get("keys")?
        .unwrap_or_else(|| "100000,1000000".to_owned());
    let rounds: usize = args.get("rounds")?.unwrap_or(3);
    let python: Option<String> = args.get("python")?;
    for count in keys.split(',') {
        let count = count
            .parse()
            .map_err(|_| format!("`--keys` takes numbers with commas, not `{keys}`"))?;
        compare(count, rounds, python.as_deref())?;
        shapes::compare(count, rounds)?;
    }
    Ok(())
}

/// Prints the table for one number of keys.
fn compare(count: usize, rounds: usize, python: Option<&str>) -> Outcome {
    // TCP, as most programs use it.
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .map_err(|error| format!("no free port on loopback: {error}"))?
        .port();
    let server = Server::builder().port(port).start();
    let server = server.map_err(|error| error.to_string())?;
    let mut client = Client::connect(server.url(), BOUND)?;
    fill(&mut client, count)?;

    println!("{count} keys of {WORDS_PER_KEY} words, median of {rounds} rounds");
    println!(
        "{:<12} {:<10} {:>10} {:>12} {:>9} {:>18}",
        "job", "way", "ms", "keys/s", "to Lua", "slowest PING, ms"
    );
    for job in Job::ALL {
        let mut lua = None;
        let mut expected = None;
        for way in [Way::Lua, Way::Gear, Way::RedisRs, Way::RedisPy] {
            if way == Way::RedisPy && python.is_none() {
                println!("{:<12} {:<10} skipped: no --python", job.name(), way.name());
                continue;
            }
            let mut times = Vec::new();
            let mut slowest = Duration::ZERO;
            for _ in 0..rounds {
                let (done, ping) = ping::meanwhile(server.url(), || {
                    jobs::run(job, way, &mut client, server.url(), python)
                })?;
                let (time, result) = done?;
                if *expected.get_or_insert(result) != result {
                    return Err(format!(
                        "{} by {} returned {result:?}, not {expected:?}",
                        job.name(),
                        way.name()
                    ));
                }
                times.push(time);
                slowest = slowest.max(ping);
            }
            let time = median(times).as_secs_f64();
            let lua = *lua.get_or_insert(time);
            #[allow(clippy::cast_precision_loss, reason = "a rate for people")]
            let rate = count as f64 / time;
            println!(
                "{:<12} {:<10} {:>10.1} {rate:>12.0} {:>9.2} {:>18.1}",
                job.name(),
                way.name(),
                time * 1000.0,
                lua / time,
                slowest.as_secs_f64() * 1000.0
            );
        }
    }
    println!();
    check(&mut client, count)?;
    server.stop().map_err(|error| error.to_string())
}

/// Creates the keys.
fn fill(client: &mut Client, count: usize) -> Outcome {
    for piece in pieces(count) {
        let mut words = vec!["MSET"];
        for (key, value) in &piece {
            words.extend([key.as_str(), value]);
        }
        client.call(&words)?;
    }
    Ok(())
}

/// Checks that the jobs have not changed the number of keys.
fn check(client: &mut Client, count: usize) -> Outcome {
    let left = client.text(&["DBSIZE"])?;
    if left == count.to_string() {
        Ok(())
    } else {
        Err(format!("there were {count} keys, now there are {left}"))
    }
}
