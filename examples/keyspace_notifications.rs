//! Reacts to what happens to keys: that they were changed, and that they expired.
//!
//! Redis can publish such events, but only to clients that are connected just then, and it tells
//! no values. A gear is always there and runs next to the key. In the documentation of RedisGears,
//! expired keys are processed in two steps, so that the server is not held up by the second one:
//!
//! 1. a synchronous gear puts the name of each into a stream,
//! 2. a gear of that stream does what is to be done, many at once.
//!
//! Changes of hashes are handled in one step here, by a gear that runs in the background.
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

/// Notes what a person is now. The value is the one at the time of the event.
#[gear_keys(prefix = "person:*", events = ["hset"])]
pub fn changed(record: KeyRecord<HashMap<String, String>>) {
    python! {
        fields = ", ".join(f "{name}={value}" for name, value in sorted(record.value.items()))
        cmd.rpush("journal", f "{record.event} {record.key}: {fields}")
    }
}

/// The first step: which key has expired, whatever its name is.
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

/// The second step. It could ask a web site or fill another database: nobody waits for it.
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
    // Neither an event nor a key that anybody asked for.
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

/// Takes the next entry of the journal, which a gear will write.
fn next(con: &mut Con) -> Result<String, Box<dyn Error>> {
    let found: Option<(String, String)> = con.blpop("journal", 10.0)?;
    let (_, entry) = found.ok_or("nothing came to the journal for ten seconds")?;
    Ok(entry)
}
