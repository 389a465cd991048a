//! First steps: ordinary commands, Python scripts and gear functions over one connection.
//!
//! A gear function is what the server runs: a *reader* says where records come from, *steps* say what
//! becomes of them, `run()` says that it happens now. It works on the data where they are; only the
//! results travel. It can be a script, which is text, or a chain of methods in Rust, which the
//! compiler has read: its types, and the Python of its steps.
//!
//! ```text
//! cargo xtask setup
//! cargo run --example basics --features embedded
//! ```

use redgrease::embedded::Server;
use redgrease::prelude::*;
use redgrease::{Con, GearsCommands, PyExecuteOptions};
use redis::Commands;
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let server = Server::start()?;
    let mut con = redgrease::connect(server.url())?;

    some_data(&mut con)?;
    what_the_server_says(&mut con)?;
    let counted = scripts(&mut con)?;
    let chained = gear_functions(&mut con)?;
    assert_eq!(counted, chained, "scripts and chains disagree");
    without_waiting(&mut con)?;

    server.stop()?;
    Ok(())
}

/// It is a Redis connection like any other.
fn some_data(con: &mut Con) -> redis::RedisResult<()> {
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

fn what_the_server_says(con: &mut Con) -> redgrease::Result<()> {
    let memory = con.py_stats()?;
    println!(
        "Python on the server uses {} bytes",
        memory.current_allocated
    );
    println!("Registered functions: {}", con.dump_registrations()?.len());
    Ok(())
}

/// Gear functions as text: how many keys there are, and what the fighters come to.
fn scripts(con: &mut Con) -> redgrease::Result<(i64, i64)> {
    // A script that does nothing gives no results.
    let nothing = con.pyexecute::<String>("")?;
    println!("Results of nothing: {:?}", nothing.into_values()?);

    // Every key with what it holds, as Python prints it. They come in no order.
    let mut records = con
        .pyexecute::<String>("GearsBuilder('KeysReader').run()")?
        .into_values()?;
    records.sort();
    println!("All records: [");
    for record in records {
        println!("    {record}");
    }
    println!("]");

    // The same, counted in the server: one number travels.
    let keys = con
        .pyexecute("GearsBuilder('KeysReader').count().run()")?
        .into_value()?;
    println!("Total number of keys: {keys}");

    // Several steps: which keys to read, what to take from each, how to add it up.
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
fn gear_functions(con: &mut Con) -> redgrease::Result<(i64, i64)> {
    // `run()` closes a chain: now it is a value that can be sent, here or anywhere, once or often.
    let count = KeysReader::new("*").count().run();
    let keys = count.on(con)?.into_value()?;
    println!("Total number of keys, by a chain: {keys}");

    // A chain that is still open can be the beginning of several others. `int` is Python's.
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
        "The same with a step for it: {}",
        fighters.clone().sum::<i64>().run_on(con)?.into_value()?
    );
    println!(
        "The fighters in order: {:?}",
        fighters.sort_asc().run_on(con)?.into_values()?
    );
    Ok((keys, sum))
}

/// What takes long need not be waited for, and what goes wrong is told.
fn without_waiting(con: &mut Con) -> Result<(), Box<dyn Error>> {
    let options = PyExecuteOptions::new().unblocking();
    let started = con.pyexecute_options::<i64>("GearsBuilder().count().run()", &options)?;
    let id = started.id().ok_or("the server ran the script at once")?;
    println!(
        "Counted in the background: {}",
        con.get_results_blocking::<i64>(id)?.into_value()?
    );
    con.drop_execution(id)?;

    // A chain that is started is a handle with its type.
    let run = KeysReader::new("*").count().run().start(con)?;
    println!(
        "Counted in the background, by a chain: {}",
        run.wait(con)?.into_value()?
    );
    run.drop(con)?;

    // A mistake comes back as Python tells it, beside the records there are.
    let wrong = con.pyexecute::<i64>("GearsBuilder().map(lambda record: 1 / 0).run()")?;
    println!("What goes wrong is told: {}", last_line(&wrong.errors));
    Ok(())
}

/// The end of the first traceback, which names the exception.
fn last_line(errors: &[String]) -> &str {
    errors
        .first()
        .and_then(|error| error.trim_end().lines().last())
        .unwrap_or("nothing")
}
