//! Automatic expiry: keys with a prefix get a time to live when they are written.
//!
//! The documentation of RedisGears shows a gear that lets every key expire an hour after its last
//! write. Here the gears are synchronous: they run after the write and before its reply, so that no
//! client ever sees such a key without a time to live. The programs that write the keys need no
//! change.
//!
//! ```text
//! cargo xtask setup
//! cargo run --example automatic_expiry --features embedded
//! ```

use redgrease::embedded::Server;
use redgrease::prelude::*;
use redgrease::{Con, KeysRegister, Mode};
use redis::Commands;
use std::error::Error;
use std::time::Duration;

/// The events of writes. `expire` is not included, so that a client can set another time to live.
const WRITES: [&str; 6] = ["set", "append", "incrby", "hset", "rpush", "sadd"];
const SESSION: Duration = Duration::from_hours(1);

/// A session expires an hour after its last write. A chain can use values of the program.
#[gear]
pub fn expire_sessions() -> Registration {
    let seconds = SESSION.as_secs();
    let writes = WRITES.map(str::to_owned);
    KeysReader::new("session:*")
        .keys()
        .foreach(python!(lambda key: cmd.expire(key, 'seconds)))
        .register(
            KeysRegister::new()
                .event_types(writes)
                .read_value(false)
                .mode(Mode::Sync),
        )
}

/// A draft expires a minute after its first write, unless a client sets another time to live.
#[gear_keys(prefix = "draft:*", events = ["set", "append"], read_value = false, mode = "sync")]
pub fn expire_drafts(record: KeyRecord) {
    python! {
        if cmd.ttl(record.key) == -1:
            cmd.expire(record.key, 60)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let server = Server::start()?;
    let mut con = redgrease::start(server.url())?;

    let () = con.set("session:ada", "shopping")?;
    show(&mut con, "session:ada", "a string is set")?;
    let () = con.hset("session:bob", "cart", "lamp")?;
    show(&mut con, "session:bob", "a hash is set")?;
    let () = con.set("other:eve", "shopping")?;
    show(&mut con, "other:eve", "another prefix")?;

    let () = con.expire("session:bob", 10)?;
    show(&mut con, "session:bob", "a client sets 10 seconds")?;
    let () = con.hset("session:bob", "cart", "two lamps")?;
    show(&mut con, "session:bob", "the next write sets an hour again")?;

    let () = con.set("draft:1", "Dear")?;
    show(&mut con, "draft:1", "a draft is set")?;
    let () = con.expire("draft:1", 30)?;
    let () = con.append("draft:1", " Ada")?;
    show(&mut con, "draft:1", "the next write changes nothing")?;
    let () = con.set_ex("draft:2", "Dear", 500)?;
    show(&mut con, "draft:2", "a client sets 500 seconds")?;

    server.stop()?;
    Ok(())
}

/// Prints the time to live of a key.
fn show(con: &mut Con, key: &str, step: &str) -> redis::RedisResult<()> {
    let seconds: i64 = redis::cmd("TTL").arg(key).query(con)?;
    match seconds {
        -1 => println!("{step}: {key} does not expire"),
        _ => println!("{step}: {key} expires in {seconds} seconds"),
    }
    Ok(())
}
