//! The table of jobs, and the work for moving and merging.

use crate::ms;
use crate::servers::Servers;
use crate::ways::{self, Way};
use redgrease_tools::Outcome;
use redgrease_tools::batch::{Counted, Job, WORDS_PER_KEY, median};
use std::time::Duration;

/// The measured runs of one way.
#[derive(Debug)]
struct Measured {
    way: Way,
    times: Vec<Duration>,
    /// The CPU time of the servers, for gears that are compared by it.
    cpu: Duration,
    counted: Option<Counted>,
}

pub(crate) fn compare(shards: usize, keys: usize, rounds: usize, python: Option<&str>) -> Outcome {
    let servers = Servers::start(shards)?;
    servers.fill(keys)?;
    println!(
        "{keys} keys of {WORDS_PER_KEY} words; {shards} shards, one server, and {shards} single servers with a share each; \
         {rounds} rounds"
    );
    let mut outcome = Ok(());
    for job in Job::ALL {
        let measured = measure(job, rounds, &servers, python)?;
        outcome = outcome.and(print(job, keys, &measured));
    }
    outcome
}

/// One round runs each way once, so that the state of the machine is the same for all ways.
fn measure(
    job: Job,
    rounds: usize,
    servers: &Servers,
    python: Option<&str>,
) -> Outcome<Vec<Measured>> {
    let ways = Way::ALL.into_iter().filter(|way| way.does(job));
    let ways = ways.filter(|way| !way.is_redis_py() || python.is_some());
    let mut measured: Vec<Measured> = ways
        .map(|way| Measured {
            way,
            times: Vec::new(),
            cpu: Duration::ZERO,
            counted: None,
        })
        .collect();
    for _ in 0..rounds {
        for one in &mut measured {
            let cpu = || match one.way {
                Way::GearOnShares => servers.cpu_of_shares(),
                _ => servers.cpu_of_cluster(),
            };
            let before = cpu();
            let (time, counted) = ways::run(job, one.way, servers, python.unwrap_or_default())?;
            one.cpu += cpu().saturating_sub(before);
            one.times.push(time);
            one.counted = Some(counted);
        }
    }
    Ok(measured)
}

#[allow(clippy::cast_precision_loss, reason = "rates for people")]
fn print(job: Job, keys: usize, measured: &[Measured]) -> Outcome {
    println!(
        "\n{:<12} {:<22} {:>10} {:>12} {:>8} {:>16}",
        "job", "way", "ms", "keys/s", "ratio", "servers' CPU, ms"
    );
    let expected = measured
        .iter()
        .find(|one| one.way == Way::GearOnOne)
        .and_then(|one| one.counted);
    let first = measured.first();
    let first = first.map_or(Duration::ZERO, |one| median(one.times.clone()));
    let mut outcome = Ok(());
    for one in measured {
        let time = median(one.times.clone());
        let has_cpu = matches!(one.way, Way::GearOnCluster | Way::GearOnShares);
        let cpu = one.cpu / u32::try_from(one.times.len()).unwrap_or(1).max(1);
        println!(
            "{:<12} {:<22} {:>10.1} {:>12.0} {:>8.2} {:>16}",
            job.name(),
            one.way.name(),
            ms(time),
            keys as f64 / time.as_secs_f64(),
            time.as_secs_f64() / first.as_secs_f64(),
            if has_cpu {
                format!("{:.0}", ms(cpu))
            } else {
                String::new()
            }
        );
        if one.counted != expected {
            outcome = Err(format!(
                "{} by {}: {:?}, not {expected:?}",
                job.name(),
                one.way.name(),
                one.counted
            ));
        }
    }
    let cpu = |way| {
        measured
            .iter()
            .find(|one| one.way == way)
            .map(|one| one.cpu.as_secs_f64())
    };
    if let (Some(cluster), Some(local)) = (cpu(Way::GearOnCluster), cpu(Way::GearOnShares)) {
        println!(
            "moving and merging: {:+.1} % over the CPU time of the local work",
            (cluster / local - 1.0) * 100.0
        );
    }
    if let Err(error) = &outcome {
        println!("WRONG: {error}");
    }
    outcome
}
