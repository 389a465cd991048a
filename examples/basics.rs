//! First steps: ordinary commands and Python scripts over one connection.
//!
//! A script builds a function that the server runs: a *reader* says where records come from, *steps*
//! say what becomes of them, `run()` says that it happens now. It works on the data where they are;
//! only the results travel.
//!
//! ```text
//! cargo xtask setup
//! cargo run --example basics --features embedded
//! ```

use redgrease::embedded::Server;
use redgrease::{GearsCommands, PyExecuteOptions};
use redis::Commands;
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let server = Server::start()?;
    let mut con = redgrease::connect(server.url())?;

    // It is a Redis connection like any other: some data to work on.
    let () = con.set("Foo-fighter", 2021)?;
    let () = con.set("Bar-fighter", 63)?;
    let () = con.set("Baz-fighter", -747)?;
    let () = con.hset_multiple("noodle", &[("spam", "eggs"), ("meaning", "8")])?;
    let meaning: i64 = con.hincr("noodle", "meaning", 34)?;
    println!("The meaning of noodle: {meaning}");
    let transaction = redis::cmd("XADD").arg("transactions:0").arg("*").to_owned();
    let _: String = transaction
        .clone()
        .arg(&["msg", "First", "amount", "1000"])
        .query(&mut con)?;

    // What the server says of itself.
    let memory = con.py_stats()?;
    println!(
        "Python on the server uses {} bytes",
        memory.current_allocated
    );
    println!("Registered functions: {}", con.dump_registrations()?.len());

    // A script that does nothing gives no results.
    let nothing = con.pyexecute::<String>("")?;
    println!("Results of nothing: {:?}", nothing.into_values()?);

    // Every key with what it holds, as Python prints it.
    println!("All records: [");
    for record in con
        .pyexecute::<String>("GearsBuilder('KeysReader').run()")?
        .into_values()?
    {
        println!("    {record}");
    }
    println!("]");

    // The same, counted in the server: one number travels.
    let keys: i64 = con
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
    let sum: i64 = con.pyexecute(add_up)?.into_value()?;
    println!("Sum of the values of '-fighter' keys: {sum}");

    // A long run need not be waited for.
    let options = PyExecuteOptions::new().unblocking();
    let started = con.pyexecute_options::<i64>("GearsBuilder().count().run()", &options)?;
    let id = started.id().ok_or("the server ran the script at once")?;
    println!(
        "Counted in the background: {}",
        con.get_results_blocking::<i64>(id)?.into_value()?
    );
    con.drop_execution(id)?;

    // A mistake in a script comes back as Python tells it.
    let wrong = con.pyexecute::<i64>("GearsBuilder().map(lambda record: 1 / 0).run()")?;
    println!("What goes wrong is told: {}", last_line(&wrong.errors));

    server.stop()?;
    Ok(())
}

/// The end of the first traceback, which names the exception.
fn last_line(errors: &[String]) -> &str {
    errors
        .first()
        .and_then(|error| error.trim_end().lines().last())
        .unwrap_or("nothing")
}
