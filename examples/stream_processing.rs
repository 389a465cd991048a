//! Stream processing: gears handle the messages of streams as they arrive.
//!
//! The documentation of RedisGears shows a gear that copies each message of a stream to a hash named
//! by the message's id. That is the first gear here. The second gear takes messages in batches and
//! averages them. Clients send the messages with an ordinary `XADD` and need no change.
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

/// Copies each message to a hash. Processed messages are removed from the stream.
#[gear_stream("visits")]
pub fn keep(message: StreamRecord<HashMap<String, Vec<u8>>>) {
    python! {
        name = "visit:" + message.id
        cmd.hset(name, mapping=message.value)
        cmd.rpush("kept", name)
    }
}

/// Averages three measurements at a time. The messages stay in the stream.
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
    println!("The seventh measurement waits for two more; other averages: {waiting}");

    server.stop()?;
    Ok(())
}

/// Sends a message. The ids are fixed here to get the same output each time; usually the server
/// generates them (`*`).
fn send(con: &mut Con, stream: &str, id: &str, fields: &[(&str, &str)]) -> redis::RedisResult<()> {
    redis::cmd("XADD").arg(stream).arg(id).arg(fields).exec(con)
}

/// Waits for the next entry of a list and removes it. The gears write these lists.
fn next(con: &mut Con, list: &str) -> Result<String, Box<dyn Error>> {
    let found: Option<(String, String)> = con.blpop(list, 10.0)?;
    let (_, entry) = found.ok_or_else(|| format!("no entry in `{list}` within ten seconds"))?;
    Ok(entry)
}
