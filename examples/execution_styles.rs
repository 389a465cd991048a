//! All ways to execute a gear function: as a script, from a file, as a chain, in the background, as a
//! registered command, blocking and async.
//!
//! The function counts the places where it freezes. Every way gives the same result.
//!
//! ```text
//! cargo xtask setup
//! cargo run --example execution_styles --features aio,embedded
//! ```
//!
//! In a crate of your own: copy the file `scripts/freezing.py` too, and write into `Cargo.toml`
//!
//! ```toml
//! redgrease = { path = "../redgrease", features = ["aio", "embedded"] }
//! redis = { version = "1.8", default-features = false }
//! tokio = { version = "1", features = ["macros", "rt-multi-thread"] }
//! ```

use redgrease::embedded::Server;
use redgrease::prelude::*;
use redgrease::{
    Any, AsyncCon, Callback, Con, GearsBuilder, GearsCommands, IfTaken, Open, PyExecuteOptions,
    Run, ScriptFile,
};
use redis::Commands;
use std::error::Error;
use std::time::Duration;

const PLACES: [(&str, f64); 5] = [
    ("Abisko", -11.5),
    ("Bergen", 2.0),
    ("Cusco", 11.25),
    ("Davos", -4.0),
    ("Erzurum", -9.75),
];
const FREEZING: i64 = 3;

const SCRIPT: &str = "
GB('KeysReader').filter(lambda record: float(record['value']) < 0).count().run('temperature:*')
";

fn is_freezing() -> Callback<1> {
    python!(lambda record: float(record["value"]) < 0)
}

/// The open function that all chains below begin with.
fn freezing() -> Open<KeysReader, Any> {
    KeysReader::new("temperature:*").filter(is_freezing())
}

/// Registered when the program connects. The program calls it like a local function.
#[gear_command]
fn count_freezing() -> i64 {
    python! {
        return sum(float(cmd.get(key)) < 0 for key in cmd.scan_iter("temperature:*"))
    }
}

/// The same as an async function.
#[gear_command]
async fn count_freezing_async() -> i64 {
    python! {
        import asyncio

        count = 0
        for key in cmd.scan_iter("temperature:*"):
            await asyncio.sleep(0)
            count += float(cmd.get(key)) < 0
        return count
    }
}

/// Registered when the program connects. It runs for each change of a temperature and maintains the
/// set of freezing places.
#[gear]
fn collect_freezing() -> Registration {
    KeysReader::new("temperature:*")
        .filter(is_freezing())
        .foreach(python!(lambda record: cmd.sadd("freezing", record["key"])))
        .register(redgrease::KeysRegister::new().mode(redgrease::Mode::Sync))
}

fn main() -> Result<(), Box<dyn Error>> {
    let server = Server::start()?;
    let mut con = redgrease::start(server.url())?;
    for (place, temperature) in PLACES {
        let () = con.set(format!("temperature:{place}"), temperature)?;
    }

    run_scripts(&mut con)?;
    run_chains(&mut con)?;
    run_in_background(&mut con)?;
    call_registered(&mut con)?;
    tokio::runtime::Runtime::new()?.block_on(async {
        let mut con = redgrease::connect_async(server.url()).await?;
        run_async(&mut con).await
    })?;
    server.stop()?;
    Ok(())
}

fn show(style: &str, count: i64) {
    println!("{style}: {count}");
    assert_eq!(count, FREEZING, "{style}");
}

fn run_scripts(con: &mut Con) -> redgrease::Result<()> {
    show("a script", con.pyexecute(SCRIPT)?.into_value()?);
    // This file is part of the program; `ScriptFile::read` reads one at run time. Tracebacks contain
    // the file name in both cases.
    let file = ScriptFile::new("freezing.py", include_str!("scripts/freezing.py"));
    show("a script file", con.pyexecute(&file)?.into_value()?);
    // The command that clients in other languages send.
    let (counts, _errors): (Vec<i64>, Vec<String>) =
        redis::cmd("RG.PYEXECUTE").arg(SCRIPT).query(con)?;
    show("the bare command", counts[0]);
    Ok(())
}

fn run_chains(con: &mut Con) -> redgrease::Result<()> {
    // A closed function is a value that can be executed many times, over any connection.
    let closed = freezing().count().run();
    show("a closed function", closed.on(con)?.into_value()?);
    show("the same once more", closed.on(con)?.into_value()?);
    show(
        "closed and sent at once",
        freezing().count().run_on(con)?.into_value()?,
    );

    // A builder is modified in place, for chains whose steps are decided at run time.
    let mut builder = GearsBuilder::new(KeysReader::new("temperature:*"));
    builder.filter(is_freezing());
    builder.count();
    show("a builder", builder.run::<i64>().on(con)?.into_value()?);
    Ok(())
}

fn run_in_background(con: &mut Con) -> redgrease::Result<()> {
    let run = freezing().count().run().start(con)?;
    show("started, then waited for", run.wait(con)?.into_value()?);
    println!("its status: {}", run.status(con)?);
    // Results stay on the server until they are dropped.
    if let Some(again) = run.results(con)? {
        show("its results, fetched again", again.into_value()?);
    }
    run.drop(con)?;

    let run = Run::script(con, SCRIPT, &PyExecuteOptions::new())?;
    let counts = run.wait(con)?.into_values()?;
    show(
        "a script, started",
        redis::from_redis_value(counts[0].clone()).map_err(redis::RedisError::from)?,
    );

    // An execution that never ends can be aborted: its Python code gets an exception, which becomes
    // the error of the execution.
    let endless = PythonReader::new(python!(
        def hours():
            import time
            execute("RPUSH", "begun", "yes")
            while True:
                time.sleep(0.01)
                yield time.time()
    ));
    let run = endless.count().run().start(con)?;
    let _: (String, String) = con.blpop("begun", 60.0)?;
    println!("without an end: {}", run.status(con)?);
    let so_far = run.results(con)?.map(|results| results.values);
    println!("its results so far: {so_far:?}");
    run.abort(con)?;
    let error = run.wait(con)?.into_value().err().map(|e| e.to_string());
    println!(
        "after an abort: {}",
        error
            .as_deref()
            .and_then(|e| e.lines().last())
            .and_then(|line| line.split(": ").next())
            .unwrap_or("nothing")
    );
    Ok(())
}

fn call_registered(con: &mut Con) -> Result<(), Box<dyn Error>> {
    show("a function of this program", count_freezing(con)?);
    let call = count_freezing::call().timeout(Duration::from_mins(1));
    show("a call with options", call.on(con)?);
    let (first, second) =
        redgrease::pipe((count_freezing::call(), count_freezing::call())).on(con)?;
    show("two calls in one round trip", first?);
    assert_eq!(second?, FREEZING);
    show("a set maintained by events", con.scard("freezing")?);

    // A chain that is registered at run time, in a separate session.
    let set_size = CommandReader::new()
        .args()
        .map(python!(lambda args: execute("SCARD", args[0])))
        .register("set_size");
    set_size.on(con)?;
    let count: Vec<i64> = con.trigger("set_size", "freezing")?;
    show("a chain, registered and triggered", count[0]);
    println!(
        "registered again, unless it exists: {}",
        set_size.on_if(con, IfTaken::Keep)?
    );
    let error = set_size.on(con).err().ok_or("registered twice")?;
    println!(
        "registered twice: refused: {}",
        error.is_duplicate_trigger()
    );
    Ok(())
}

async fn run_async(con: &mut AsyncCon) -> Result<(), Box<dyn Error>> {
    let counts = con.pyexecute(SCRIPT).await?;
    show("async: a script", counts.into_value()?);
    let closed = freezing().count().run();
    show(
        "async: a closed function",
        closed.on_async(con).await?.into_value()?,
    );
    show(
        "async: closed and sent at once",
        freezing().count().run_on_async(con).await?.into_value()?,
    );
    let run = closed.start_async(con).await?;
    show(
        "async: started, then waited for",
        run.wait_async(con).await?.into_value()?,
    );
    run.drop_async(con).await?;
    show(
        "async: a function of this program",
        count_freezing_async(con).await?,
    );
    show(
        "async: a call of a blocking function",
        count_freezing::call().on_async(con).await?,
    );
    let arguments = CommandReader::new().args().register("arguments");
    arguments.on_async(con).await?;
    let words: Vec<String> = con.trigger("arguments", &["a", "b"]).await?;
    println!("async: a chain, registered and triggered: {words:?}");
    Ok(())
}
