//! Gear functions are values: made by functions, kept in variables and lists, the beginning of other
//! gear functions, shown as Python, sent when and where one likes.
//!
//! Records `job:N` are waiting to be done. One open function over them becomes a listener that
//! schedules new ones, counts, lists and reports; another one works a stream off. An open function is
//! never changed by what is made of it.
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

/// The beginning of all: jobs are hashes with a key of this kind.
fn jobs() -> Open<KeysReader, Any> {
    KeysReader::new("job:*")
        .records()
        .filter(python!(lambda job: job.type == "hash"))
}

/// A function for a step, made from a Rust value: in Python `'state` is text, whatever it says.
fn is(state: &str) -> Callback<1> {
    python!(lambda job: job.value.get("state") == 'state)
}

/// A function from chains to chains. It does not care what the chain begins with.
fn largest<R: redgrease::Reader, T>(chain: Open<R, T>, count: u64) -> Open<R, T> {
    chain.sort_desc().limit(count)
}

/// The beginning, registered: a job that appears is put on the list of what is to be done.
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

/// Another chain works the list off. Each job is so much work, and some of it is too much.
#[gear]
fn work() -> Registration {
    let too_much = 90;
    StreamReader::new("to_do")
        .values()
        .foreach(python!(
            def work(item):
                key = item["job"]
                effort = int(cmd.hget(key, "effort"))
                cmd.hset(key, "state", "failed" if effort > 'too_much else "done")
                cmd.rpush("worked_off", key)
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
        let _: (String, String) = con.blpop("worked_off", 60.0)?;
    }

    // One open function, and a list of closed ones that are made of it in a loop.
    let mut counts: BTreeMap<&str, Closed<i64>> = BTreeMap::new();
    for state in ["done", "failed", "waiting"] {
        counts.insert(state, jobs().filter(is(state)).count().run());
    }
    for (state, count) in &counts {
        // Without any record there is nothing to count, and no record of the count.
        println!(
            "{state}: {}",
            count.on(&mut con)?.values.first().unwrap_or(&0)
        );
    }

    reports(&mut con)?;
    texts();
    server.stop()?;
    Ok(())
}

/// More that is made of the same beginning.
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

    // Results of any shape: a dictionary that is put together on the way.
    let failed = jobs().filter(is("failed")).aggregate_with(
        BTreeMap::<String, i64>::new(),
        python!(lambda all, job: dict(all, **{job.key: int(job.value["effort"])})),
        python!(lambda all, part: dict(all, **part)),
    );
    println!("Failed: {:?}", failed.run_on(con)?.into_value()?);
    Ok(())
}

/// A chain shows the Python it is, and the whole script that would be sent.
fn texts() {
    let state = "it's \"done\"";
    let chain = KeysReader::new("job:*")
        .values()
        .filter(python!(lambda job: job["state"] == 'state))
        .count()
        .run();
    println!("As Python: {chain}");
    let script = chain.to_script();
    println!(
        "The script ends with it: {}",
        script.trim_end().ends_with(&chain.to_string())
    );
    println!("As Python, registered: {}", hourly());
}

/// Never registered here: a registration is a value as well.
fn hourly() -> Registration {
    let patience = Duration::from_secs(2);
    StreamReader::new("to_do")
        .keys()
        .distinct()
        .register(StreamRegister::new().batch(100_u32).duration(patience))
}
