//! Deletes every key whose name begins in a certain way, and says how many there were.
//!
//! Redis has no command for that: a client asks for the names with `SCAN`, again and again, and
//! sends them back to be deleted. In the documentation of RedisGears it is a chain over the keys
//! with a pattern, each of which is deleted and counted. The first half of this program is that
//! chain. The second half makes it a command of the server, which every client can call.
//!
//! ```text
//! cargo xtask setup
//! cargo run --example delete_by_prefix --features embedded
//! ```

use redgrease::embedded::Server;
use redgrease::prelude::*;
use redis::Commands;
use std::error::Error;

/// Deletes the keys that begin with `prefix`; how many there were.
#[gear_command]
pub fn delete_by_prefix(prefix: &str) -> u64 {
    python! {
        import re

        # What means something in a pattern stands for itself here.
        pattern = re.sub(r"([\\*?\[\]])", r"\\\1", prefix) + "*"
        return sum(cmd.unlink(key) for key in cmd.scan_iter(match=pattern))
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let server = Server::start()?;
    let mut con = redgrease::start(server.url())?;
    for number in 1..=5 {
        let () = con.set(format!("delete_me:{number}"), "old")?;
    }
    let () = con.set("delete_menot", "new")?;
    let () = con.set("keep_me:1", "new")?;

    // As a chain. The values are not needed, so they are not read.
    let deleting = KeysOnlyReader::new("delete_me:*")
        .foreach(python!(lambda key: cmd.unlink(key)))
        .count()
        .run();
    for _ in 0..2 {
        // Where nothing is counted there is no count: the sum of no records is 0.
        let deleted: i64 = deleting.on(&mut con)?.into_values()?.into_iter().sum();
        println!("Deleted by the chain: {deleted}");
    }
    println!("Left: {}", names(&mut con)?);

    // As a command. A prefix is no pattern: the star and the brackets are meant as they are.
    for key in ["a*:1", "a*:2", "ab:1", "[ab]:1"] {
        let () = con.set(key, "old")?;
    }
    for prefix in ["a*:", "[ab]:", "nothing"] {
        let deleted = delete_by_prefix(&mut con, prefix)?;
        println!("Deleted by the gear, with the prefix \"{prefix}\": {deleted}");
    }
    println!("Left: {}", names(&mut con)?);

    // Any client can call it, whatever its language.
    let (deleted,): (String,) = redis::cmd("RG.TRIGGER")
        .arg("delete_by_prefix")
        .arg("")
        .query(&mut con)?;
    println!("Deleted by `RG.TRIGGER delete_by_prefix \"\"`: {deleted}");
    println!("Left: {}", names(&mut con)?);

    server.stop()?;
    Ok(())
}

/// The names of all keys.
fn names(con: &mut redgrease::Con) -> redis::RedisResult<String> {
    let mut names: Vec<String> = con.keys("*")?;
    names.sort();
    Ok(if names.is_empty() {
        "nothing".to_owned()
    } else {
        names.join(", ")
    })
}
