//! One gear function, executed in every way there is: as text, from a file, as a chain that is sent
//! here or there, now or in the background, registered and called, and the same without blocking.
//!
//! The function counts the places where it freezes. Whoever runs it, the answer is the same.
//!
//! ```text
//! cargo xtask setup
//! cargo run --example execution_styles --features aio,embedded
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

/// An open function, which all chains below begin with.
fn freezing() -> Open<KeysReader, Any> {
    KeysReader::new("temperature:*").filter(is_freezing())
}

/// Registered when the program connects, and called like a function.
#[gear_command]
fn count_freezing() -> i64 {
    python! {
        return sum(float(cmd.get(key)) < 0 for key in cmd.scan_iter("temperature:*"))
    }
}

/// The same for a program that does not block.
#[gear_command]
async fn count_freezing_later() -> i64 {
    python! {
        import asyncio

        count = 0
        for key in cmd.scan_iter("temperature:*"):
            await asyncio.sleep(0)
            count += float(cmd.get(key)) < 0
        return count
    }
}

/// Registered when the program connects, and triggered by what happens: the count is always there.
#[gear]
fn keep_count() -> Registration {
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

    as_text(&mut con)?;
    as_a_chain(&mut con)?;
    in_the_background(&mut con)?;
    registered(&mut con)?;
    tokio::runtime::Runtime::new()?.block_on(async {
        let mut con = redgrease::connect_async(server.url()).await?;
        without_blocking(&mut con).await
    })?;
    server.stop()?;
    Ok(())
}

fn show(style: &str, count: i64) {
    println!("{style}: {count}");
    assert_eq!(count, FREEZING, "{style}");
}

fn as_text(con: &mut Con) -> redgrease::Result<()> {
    show("a script", con.pyexecute(SCRIPT)?.into_value()?);
    // `ScriptFile::read` reads a file when the program runs; tracebacks name it either way.
    let file = ScriptFile::new("freezing.py", include_str!("scripts/freezing.py"));
    show("a script file", con.pyexecute(&file)?.into_value()?);
    // What other clients send.
    let (counts, _errors): (Vec<i64>, Vec<String>) =
        redis::cmd("RG.PYEXECUTE").arg(SCRIPT).query(con)?;
    show("the bare command", counts[0]);
    Ok(())
}

fn as_a_chain(con: &mut Con) -> redgrease::Result<()> {
    // A closed function is a value: sent once or often, over any connection.
    let closed = freezing().count().run();
    show("a closed function", closed.on(con)?.into_value()?);
    show("the same once more", closed.on(con)?.into_value()?);
    show(
        "closed and sent at once",
        freezing().count().run_on(con)?.into_value()?,
    );

    // A builder changes in place, for chains whose steps are decided on the way.
    let mut builder = GearsBuilder::new(KeysReader::new("temperature:*"));
    builder.filter(is_freezing());
    builder.count();
    show("a builder", builder.run::<i64>().on(con)?.into_value()?);
    Ok(())
}

fn in_the_background(con: &mut Con) -> redgrease::Result<()> {
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

    // What never ends is stopped: Python that runs gets an exception, which is the error of the run.
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
            .unwrap_or("nothing")
    );
    Ok(())
}

fn registered(con: &mut Con) -> Result<(), Box<dyn Error>> {
    show("a function of this program", count_freezing(con)?);
    let call = count_freezing::call().timeout(Duration::from_mins(1));
    show("a call with options", call.on(con)?);
    let (one, other) = redgrease::pipe((count_freezing::call(), count_freezing::call())).on(con)?;
    show("two calls in one round trip", one?);
    assert_eq!(other?, FREEZING);
    show("what was kept by events", con.scard("freezing")?);

    // A chain that is registered while the program runs, in a session of its own.
    let say = CommandReader::new()
        .args()
        .map(python!(lambda args: execute("SCARD", args[0])))
        .register("how_many");
    say.on(con)?;
    let count: Vec<i64> = con.trigger("how_many", "freezing")?;
    show("a chain, registered and triggered", count[0]);
    println!(
        "registered again, unless it is there: {}",
        say.on_if(con, IfTaken::Keep)?
    );
    let taken = say.on(con).err().ok_or("registered twice")?;
    println!(
        "registered twice: refused: {}",
        taken.is_duplicate_trigger()
    );
    Ok(())
}

async fn without_blocking(con: &mut AsyncCon) -> Result<(), Box<dyn Error>> {
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
        count_freezing_later(con).await?,
    );
    show(
        "async: a call of a blocking one",
        count_freezing::call().on_async(con).await?,
    );
    let again = CommandReader::new().args().register("arguments");
    again.on_async(con).await?;
    let words: Vec<String> = con.trigger("arguments", &["a", "b"]).await?;
    println!("async: a chain, registered and triggered: {words:?}");
    Ok(())
}
