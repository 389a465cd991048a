//! Keys that end by themselves: whatever is written below a prefix gets a time to live.
//!
//! In the documentation of RedisGears, every key that is written gets an hour from then on. The
//! gear is synchronous: it runs between the write and its answer, so no client ever sees such a
//! key without an end. Programs that write the keys do not change.
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

/// What writes a key. Not among them is `expire`, so that a client can say another time.
const WRITES: [&str; 6] = ["set", "append", "incrby", "hset", "rpush", "sadd"];
const SESSION: Duration = Duration::from_hours(1);

/// A session lasts an hour from the last write. As a chain, it can use values of the program.
#[gear]
pub fn sessions_end() -> Registration {
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

/// A draft lasts a minute from the first write, or as long as its writer says.
#[gear_keys(prefix = "draft:*", events = ["set", "append"], read_value = false, mode = "sync")]
pub fn drafts_end(record: KeyRecord) {
    python! {
        if cmd.ttl(record.key) == -1:
            cmd.expire(record.key, 60)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let server = Server::start()?;
    let mut con = redgrease::start(server.url())?;

    let () = con.set("session:ada", "shopping")?;
    show(&mut con, "session:ada", "a text is set")?;
    let () = con.hset("session:bob", "cart", "lamp")?;
    show(&mut con, "session:bob", "a hash is set")?;
    let () = con.set("other:eve", "shopping")?;
    show(&mut con, "other:eve", "another prefix")?;

    let () = con.expire("session:bob", 10)?;
    show(&mut con, "session:bob", "a client says 10 seconds")?;
    let () = con.hset("session:bob", "cart", "two lamps")?;
    show(&mut con, "session:bob", "the next write begins anew")?;

    let () = con.set("draft:1", "Dear")?;
    show(&mut con, "draft:1", "a draft is begun")?;
    let () = con.expire("draft:1", 30)?;
    let () = con.append("draft:1", " Ada")?;
    show(&mut con, "draft:1", "the next write changes nothing")?;
    let () = con.set_ex("draft:2", "Dear", 500)?;
    show(&mut con, "draft:2", "a writer says 500 seconds")?;

    server.stop()?;
    Ok(())
}

/// Prints how long a key will last.
fn show(con: &mut Con, key: &str, what: &str) -> redis::RedisResult<()> {
    let seconds: i64 = redis::cmd("TTL").arg(key).query(con)?;
    match seconds {
        -1 => println!("{what}: {key} stays"),
        _ => println!("{what}: {key} ends in {seconds} seconds"),
    }
    Ok(())
}
