//! The latency of `RG.TRIGGER` through the client's own connection, on a cluster and on one server.

use crate::{ms, servers};
use redgrease_core::Con;
use redgrease_tools::Outcome;
use redgrease_tools::batch::median;
use redis::ConnectionLike;
use std::time::{Duration, Instant};

const MODES: [&str; 3] = ["sync", "async_local", "async"];

const SCRIPT: &str = "
for mode in ['sync', 'async_local', 'async']:
    GB('CommandReader').map(lambda x: x[1]).register(trigger=mode, mode=mode)
";

pub(crate) fn compare(shards: usize, calls: usize) -> Outcome {
    let one = servers::single()?;
    let cluster = servers::cluster(shards)?;
    let (mut to_one, mut to_cluster) = (connect(one.url())?, connect(cluster.url())?);
    register(&mut to_one)?;
    // At one shard, for all of them.
    register(&mut to_cluster)?;
    println!("\n{calls} calls of RG.TRIGGER, median and 99th percentile in microseconds");
    println!(
        "{:<14} {:>12} {:>12} {:>12} {:>12} {:>8}",
        "mode", "one server", "99 %", "cluster", "99 %", "ratio"
    );
    for mode in MODES {
        let (mut alone, mut spread) = (Vec::new(), Vec::new());
        for _ in 0..calls {
            alone.push(call(&mut to_one, mode)?);
            spread.push(call(&mut to_cluster, mode)?);
        }
        let micros = |time: Duration| ms(time) * 1000.0;
        let (one, other) = (median(alone.clone()), median(spread.clone()));
        println!(
            "{mode:<14} {:>12.0} {:>12.0} {:>12.0} {:>12.0} {:>8.2}",
            micros(one),
            micros(slow(alone)),
            micros(other),
            micros(slow(spread)),
            other.as_secs_f64() / one.as_secs_f64()
        );
    }
    Ok(())
}

fn connect(url: &str) -> Outcome<Con> {
    redgrease_core::connect(url).map_err(|error| error.to_string())
}

fn register(con: &mut Con) -> Outcome {
    send(con, &["RG.PYEXECUTE", SCRIPT, "ID", "calls"])
}

fn call(con: &mut Con, mode: &str) -> Outcome<Duration> {
    let begun = Instant::now();
    send(con, &["RG.TRIGGER", mode, "text"])?;
    Ok(begun.elapsed())
}

fn send(con: &mut impl ConnectionLike, words: &[&str]) -> Outcome {
    let mut command = redis::cmd(words[0]);
    command.arg(&words[1..]);
    let reply = con
        .req_command(&command)
        .and_then(redis::Value::extract_error);
    reply
        .map(drop)
        .map_err(|error| format!("{}: {error}", words[0]))
}

fn slow(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    let place = times.len() * 99 / 100;
    times.get(place).copied().unwrap_or_default()
}
