//! Processes the messages of streams as they arrive.
//!
//! In the documentation of RedisGears, each new message of a stream is copied to a hash that has
//! the message's id for its name. That is the first gear here. The second one takes messages in
//! batches and adds them up. Whoever sends a message needs to know nothing of all this: it is an
//! ordinary `XADD`.
//!
//! ```text
//! cargo xtask setup
//! cargo run --example stream_processing --features embedded
//! ```

use redgrease::Con;
use redgrease::embedded::Server;
use redgrease::prelude::*;
use redis::Commands;
use std::collections::{BTreeMap, HashMap};
use std::error::Error;

/// Keeps each message as a hash. A message that was processed is taken out of the stream.
#[gear_stream("visits")]
pub fn keep(message: StreamRecord<HashMap<String, Vec<u8>>>) {
    python! {
        name = "visit:" + message.id
        cmd.hset(name, mapping=message.value)
        cmd.rpush("kept", name)
    }
}

/// Averages three measurements at a time. These stay in the stream.
#[gear_stream("measured", batch = 3, trim = false)]
pub fn average(messages: Vec<StreamRecord<HashMap<String, f64>>>) {
    python! {
        degrees = [message.value["degrees"] for message in messages]
        first, last = messages[0].ms, messages[-1].ms
        cmd.rpush("averages", f "{sum(degrees) / len(degrees):.1f} from {first} to {last}")
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let server = Server::start()?;
    let mut con = redgrease::start(server.url())?;

    println!("Visits, as hashes:");
    for (id, page, visitor) in [
        ("1000-0", "/home", "ada"),
        ("1000-1", "/home", "bob"),
        ("1007-0", "/shop", "ada"),
    ] {
        send(
            &mut con,
            "visits",
            id,
            &[("page", page), ("visitor", visitor)],
        )?;
    }
    for _ in 0..3 {
        let name = next(&mut con, "kept")?;
        let visit: BTreeMap<String, String> = con.hgetall(&name)?;
        println!("{name}: {visit:?}");
    }

    println!("Averages of three measurements each:");
    for (ms, degrees) in (100..).zip(["19.5", "20", "20.5", "21", "22", "23", "7"]) {
        let id = format!("{ms}-0");
        send(&mut con, "measured", &id, &[("degrees", degrees)])?;
    }
    for _ in 0..2 {
        println!("{}", next(&mut con, "averages")?);
    }
    let waiting: usize = con.llen("averages")?;
    println!("The seventh waits for two others; averages beyond those: {waiting}");

    server.stop()?;
    Ok(())
}

/// Sends a message, as any client would. Its id is usually left to the server: `*`.
fn send(con: &mut Con, stream: &str, id: &str, fields: &[(&str, &str)]) -> redis::RedisResult<()> {
    redis::cmd("XADD").arg(stream).arg(id).arg(fields).exec(con)
}

/// Takes the next entry of a list, which a gear will write.
fn next(con: &mut Con, list: &str) -> Result<String, Box<dyn Error>> {
    let found: Option<(String, String)> = con.blpop(list, 10.0)?;
    let (_, entry) = found.ok_or_else(|| format!("nothing came to `{list}` for ten seconds"))?;
    Ok(entry)
}
