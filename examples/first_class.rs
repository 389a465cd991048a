//! Gear functions are values: functions return them, variables and collections hold them, and other
//! gear functions extend them. They can be printed as Python, and executed on any connection.
//!
//! The hashes `job:N` are jobs to be done. One open function over them is extended to a registration
//! that schedules new jobs, and to several counts and reports. Another function processes the
//! scheduled jobs from a stream. Extending a clone of an open function does not change the original.
//!
//! ```text
//! cargo xtask setup
//! cargo run --example first_class --features embedded
//! ```

use redgrease::embedded::Server;
use redgrease::prelude::*;
use redgrease::{Any, Callback, Closed, Con, Open, Options, StreamRegister};
use redis::Commands;
use std::collections::BTreeMap;
use std::error::Error;
use std::time::Duration;

/// The common beginning: all jobs. A job is a hash with a key `job:N`.
fn jobs() -> Open<KeysReader, Any> {
    KeysReader::new("job:*")
        .records()
        .filter(python!(lambda job: job.type == "hash"))
}

/// A Python function for a step, made from a Rust value. In `python!`, `'state` is the value as a
/// Python string, with any special characters escaped.
fn has_state(state: &str) -> Callback<1> {
    python!(lambda job: job.value.get("state") == 'state)
}

/// A function that extends any chain.
fn largest<R: redgrease::Reader, T>(chain: Open<R, T>, count: u64) -> Open<R, T> {
    chain.sort_desc().limit(count)
}

/// A registration: adds each new job to the stream `to_do`.
#[gear]
fn schedule() -> Registration {
    jobs()
        .filter(python!(lambda job: "state" not in job.value))
        .foreach(python!(
            def schedule(job):
                cmd.hset(job.key, "state", "waiting")
                cmd.xadd("to_do", {"job": job.key})
        ))
        .register("job:*")
}

/// A registration: processes the stream `to_do`. A job with too much effort fails.
#[gear]
fn work() -> Registration {
    let limit = 90;
    StreamReader::new("to_do")
        .values()
        .foreach(python!(
            def work(item):
                key = item["job"]
                effort = int(cmd.hget(key, "effort"))
                cmd.hset(key, "state", "failed" if effort > 'limit else "done")
                cmd.rpush("processed", key)
        ))
        .register(StreamRegister::new().batch(1_u32))
}

fn main() -> Result<(), Box<dyn Error>> {
    let server = Server::start()?;
    let gears = gears![schedule, work];
    let (mut con, report) = redgrease::start_with(server.url(), &Options::new().gears(gears))?;
    println!(
        "Registered: {}",
        report.registered().collect::<Vec<_>>().join(", ")
    );

    let efforts = [40, 95, 10, 70, 99, 25];
    for (number, effort) in efforts.iter().enumerate() {
        let () = con.hset(format!("job:{number}"), "effort", effort)?;
    }
    let () = con.set("job:note", "not a job")?;
    for _ in efforts {
        let _: (String, String) = con.blpop("processed", 60.0)?;
    }

    // A loop makes several closed functions from one open function.
    let mut counts: BTreeMap<&str, Closed<i64>> = BTreeMap::new();
    for state in ["done", "failed", "waiting"] {
        counts.insert(state, jobs().filter(has_state(state)).count().run());
    }
    for (state, count) in &counts {
        // The count of no records is no record, not 0.
        println!(
            "{state}: {}",
            count.on(&mut con)?.values.first().unwrap_or(&0)
        );
    }

    reports(&mut con)?;
    show_python();
    server.stop()?;
    Ok(())
}

/// Reports that extend the same beginning.
fn reports(con: &mut Con) -> redgrease::Result<()> {
    let efforts = jobs().map_to::<i64>(python!(lambda job: int(job.value["effort"])));
    let all = efforts.clone().sum::<i64>().run_on(con)?.into_value()?;
    println!("All effort: {all}");
    println!(
        "Largest: {:?}",
        largest(efforts.clone(), 2).run_on(con)?.values
    );
    for least in [20, 50] {
        let more = efforts.clone().filter(python!(lambda n: n >= 'least));
        println!(
            "At least {least}: {:?}",
            more.sort_asc().run_on(con)?.values
        );
    }
    println!("All: {:?}", efforts.sort_asc().run_on(con)?.values);

    let by_state = jobs()
        .count_by(python!(lambda job: job.value["state"]))
        .sort_asc();
    println!("By state: {:?}", by_state.run_on(con)?.values);

    // A result can have any structure. This aggregation builds a dictionary.
    let failed = jobs().filter(has_state("failed")).aggregate_with(
        BTreeMap::<String, i64>::new(),
        python!(lambda all, job: dict(all, **{job.key: int(job.value["effort"])})),
        python!(lambda all, part: dict(all, **part)),
    );
    println!("Failed: {:?}", failed.run_on(con)?.into_value()?);
    Ok(())
}

/// Prints chains as Python. `to_script` is the complete script that the server would receive.
fn show_python() {
    let state = "it's \"done\"";
    let chain = KeysReader::new("job:*")
        .values()
        .filter(python!(lambda job: job["state"] == 'state))
        .count()
        .run();
    println!("A chain as Python: {chain}");
    let script = chain.to_script();
    println!(
        "Its script ends with this text: {}",
        script.trim_end().ends_with(&chain.to_string())
    );
    println!("A registration as Python: {}", collect_batches());
}

/// A registration is a value as well. This one is printed, but never registered.
fn collect_batches() -> Registration {
    let wait = Duration::from_secs(2);
    StreamReader::new("to_do")
        .keys()
        .distinct()
        .register(StreamRegister::new().batch(100_u32).duration(wait))
}
