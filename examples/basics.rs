//! First steps: Redis commands, Python scripts and gear functions over one connection.
//!
//! A gear function runs inside the server, next to the data; only its results are sent to the
//! client. It consists of a *reader*, which produces records, and *steps*, which transform them;
//! `run()` executes it. You can write it as a Python script, or as a chain of Rust methods: then the
//! compiler checks the types and the Python of each step.
//!
//! ```text
//! cargo xtask setup
//! cargo run --example basics --features embedded
//! ```

use redgrease::embedded::Home;
use redgrease::prelude::*;
use redgrease::{Con, GearsCommands, PyExecuteOptions};
use redis::Commands;
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let server = Home::start()?;
    let mut con = redgrease::connect(server.url())?;

    write_data(&mut con)?;
    show_server_status(&mut con)?;
    let by_scripts = run_scripts(&mut con)?;
    let by_chains = run_chains(&mut con)?;
    assert_eq!(by_scripts, by_chains, "scripts and chains disagree");
    run_in_background(&mut con)?;

    server.stop()?;
    Ok(())
}

/// A connection of RedGrease supports all commands of redis-rs.
fn write_data(con: &mut Con) -> redis::RedisResult<()> {
    let () = con.set("Foo-fighter", 2021)?;
    let () = con.set("Bar-fighter", 63)?;
    let () = con.set("Baz-fighter", -747)?;
    let () = con.hset_multiple("noodle", &[("spam", "eggs"), ("meaning", "8")])?;
    let meaning: i64 = con.hincr("noodle", "meaning", 34)?;
    println!("The meaning of noodle: {meaning}");
    redis::cmd("XADD")
        .arg("transactions:0")
        .arg("*")
        .arg(&["msg", "First", "from", "0", "to", "2", "amount", "1000"])
        .exec(con)
}

fn show_server_status(con: &mut Con) -> redgrease::Result<()> {
    let memory = con.py_stats()?;
    println!(
        "Python on the server uses {} bytes",
        memory.current_allocated
    );
    println!("Registered functions: {}", con.dump_registrations()?.len());
    Ok(())
}

/// Gear functions as Python scripts: counts the keys, and adds up the values of the fighters.
fn run_scripts(con: &mut Con) -> redgrease::Result<(i64, i64)> {
    // An empty script has no results.
    let empty = con.pyexecute::<String>("")?;
    println!("Results of an empty script: {:?}", empty.into_values()?);

    // All keys with their values, as Python prints them. The order of the records is not defined.
    let mut records = con
        .pyexecute::<String>("GearsBuilder('KeysReader').run()")?
        .into_values()?;
    records.sort();
    println!("All records: [");
    for record in records {
        println!("    {record}");
    }
    println!("]");

    // The server counts the records and sends one number.
    let keys = con
        .pyexecute("GearsBuilder('KeysReader').count().run()")?
        .into_value()?;
    println!("Total number of keys: {keys}");

    // Several steps: select keys, convert each value to a number, add the numbers up.
    let add_up = "
def add(total, number):
    return total + number

GearsBuilder('KeysReader').map(lambda record: int(record['value'])) \\
    .aggregate(0, add, add) \\
    .run('*-fighter')
";
    let sum = con.pyexecute(add_up)?.into_value()?;
    println!("Sum of the values of '-fighter' keys: {sum}");
    Ok((keys, sum))
}

/// The same gear functions as chains.
fn run_chains(con: &mut Con) -> redgrease::Result<(i64, i64)> {
    // `run()` closes a chain. A closed chain is a value that can be executed many times, over any
    // connection.
    let count = KeysReader::new("*").count().run();
    let keys = count.on(con)?.into_value()?;
    println!("Total number of keys, by a chain: {keys}");

    // An open chain can be extended in several ways. `int` is Python's function.
    let fighters = KeysReader::new("*-fighter")
        .values()
        .map_to::<i64>(python!(int));
    let sum = fighters
        .clone()
        .aggregate(0_i64, python!(lambda total, number: total + number))
        .run_on(con)?
        .into_value()?;
    println!("Sum of the values of '-fighter' keys, by a chain: {sum}");
    println!(
        "The same with the step `sum`: {}",
        fighters.clone().sum::<i64>().run_on(con)?.into_value()?
    );
    println!(
        "The fighters in order: {:?}",
        fighters.sort_asc().run_on(con)?.into_values()?
    );
    Ok((keys, sum))
}

/// Executions in the background, and errors.
fn run_in_background(con: &mut Con) -> Result<(), Box<dyn Error>> {
    let options = PyExecuteOptions::new().unblocking();
    let started = con.pyexecute_options::<i64>("GearsBuilder().count().run()", &options)?;
    let id = started
        .id()
        .ok_or("the server did not start an execution")?;
    println!(
        "Counted in the background: {}",
        con.get_results_blocking::<i64>(id)?.into_value()?
    );
    con.drop_execution(id)?;

    // `start` returns a typed handle of the execution.
    let run = KeysReader::new("*").count().run().start(con)?;
    println!(
        "Counted in the background, by a chain: {}",
        run.wait(con)?.into_value()?
    );
    run.drop(con)?;

    // Python exceptions of single records are returned in addition to the other records.
    let failed = con.pyexecute::<i64>("GearsBuilder().map(lambda record: 1 / 0).run()")?;
    println!("Errors are reported: {}", last_line(&failed.errors));
    Ok(())
}

/// The last line of the first traceback, which names the exception.
fn last_line(errors: &[String]) -> &str {
    errors
        .first()
        .and_then(|error| error.trim_end().lines().last())
        .unwrap_or("nothing")
}
