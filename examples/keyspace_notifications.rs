//! Keyspace notifications: gears react to changed and expired keys.
//!
//! Redis can publish keyspace events, but only to clients that are connected at that moment, and
//! without values. A gear runs inside the server, sees every event and can read the value. As in the
//! documentation of RedisGears, expired keys are processed in two steps, so that the second step does
//! not block the server:
//!
//! 1. a synchronous gear adds the name of each expired key to a stream,
//! 2. a gear that reads the stream processes the names in batches.
//!
//! Changed hashes are processed in one step, by a gear that runs in the background.
//!
//! ```text
//! cargo xtask setup
//! cargo run --example keyspace_notifications --features embedded
//! ```

use redgrease::embedded::Server;
use redgrease::prelude::*;
use redgrease::{Con, KeysRegister, Mode};
use redis::Commands;
use std::collections::HashMap;
use std::error::Error;

/// Writes each changed person to the journal. The record has the value at the time of the event.
#[gear_keys(prefix = "person:*", events = ["hset"])]
pub fn changed(record: KeyRecord<HashMap<String, String>>) {
    python! {
        fields = ", ".join(f "{name}={value}" for name, value in sorted(record.value.items()))
        cmd.rpush("journal", f "{record.event} {record.key}: {fields}")
    }
}

/// First step: adds the name of each expired key to a stream.
#[gear]
pub fn capture() -> Registration {
    KeysReader::new("*")
        .keys()
        .foreach(python!(lambda key: cmd.xadd("expired", {"key": key})))
        .register(
            KeysRegister::new()
                .event_types(["expired".to_owned()])
                .read_value(false)
                .mode(Mode::Sync),
        )
}

/// Second step: processes the names. It could call a web service or update another database, because
/// no client waits for it.
#[gear_stream("expired", batch = 100, duration = "50ms")]
pub fn process(messages: Vec<StreamRecord<HashMap<String, String>>>) {
    python! {
        for message in messages:
            key = message.value["key"]
            log(f "{key} expired at {message.ms} ms")
            cmd.rpush("journal", "expired " + key)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let server = Server::start()?;
    let mut con = redgrease::start(server.url())?;

    let () = con.hset_multiple("person:1", &[("name", "Ada"), ("town", "London")])?;
    println!("{}", next(&mut con)?);
    let () = con.hset("person:1", "town", "Paris")?;
    println!("{}", next(&mut con)?);
    // No gear is registered for this event, nor for this key.
    let () = con.hdel("person:1", "town")?;
    let () = con.hset("animal:1", "name", "Bubo")?;

    let () = con.pexpire("person:1", 1)?;
    println!("{}", next(&mut con)?);
    let () = con.pset_ex("cup of tea", "hot", 1)?;
    println!("{}", next(&mut con)?);

    let left: Vec<String> = con.lrange("journal", 0, -1)?;
    println!("And nothing else: {left:?}");
    server.stop()?;
    Ok(())
}

/// Waits for the next entry of the journal and removes it.
fn next(con: &mut Con) -> Result<String, Box<dyn Error>> {
    let found: Option<(String, String)> = con.blpop("journal", 10.0)?;
    let (_, entry) = found.ok_or("no entry in the journal within ten seconds")?;
    Ok(entry)
}
