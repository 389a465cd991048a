//! Deletes all keys with a prefix, and counts them.
//!
//! Redis has no command for this: a client has to ask for the names with repeated `SCAN` commands
//! and send them back to be deleted. The documentation of RedisGears shows a chain that reads the
//! keys with a pattern, deletes each and counts them. The first half of this program is that chain.
//! The second half adds a command to the server, which every client can call.
//!
//! ```text
//! cargo xtask setup
//! cargo run --example delete_by_prefix --features embedded
//! ```

use redgrease::embedded::Server;
use redgrease::prelude::*;
use redis::Commands;
use std::error::Error;

/// Deletes the keys with a prefix and returns their number.
#[gear_command]
pub fn delete_by_prefix(prefix: &str) -> u64 {
    python! {
        import re

        # Escape the special characters of patterns: they belong to the prefix.
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

    // As a chain. `KeysOnlyReader` does not read the values.
    let deleting = KeysOnlyReader::new("delete_me:*")
        .foreach(python!(lambda key: cmd.unlink(key)))
        .count()
        .run();
    for _ in 0..2 {
        // The count of no records is no record; the sum turns that into 0.
        let deleted: i64 = deleting.on(&mut con)?.into_values()?.into_iter().sum();
        println!("Deleted by the chain: {deleted}");
    }
    println!("Left: {}", names(&mut con)?);

    // As a command. The prefix is not a pattern: `*` and brackets have no special meaning.
    for key in ["a*:1", "a*:2", "ab:1", "[ab]:1"] {
        let () = con.set(key, "old")?;
    }
    for prefix in ["a*:", "[ab]:", "nothing"] {
        let deleted = delete_by_prefix(&mut con, prefix)?;
        println!("Deleted by the gear, with the prefix \"{prefix}\": {deleted}");
    }
    println!("Left: {}", names(&mut con)?);

    // A client in any language can call the command.
    let (deleted,): (String,) = redis::cmd("RG.TRIGGER")
        .arg("delete_by_prefix")
        .arg("")
        .query(&mut con)?;
    println!("Deleted by `RG.TRIGGER delete_by_prefix \"\"`: {deleted}");
    println!("Left: {}", names(&mut con)?);

    server.stop()?;
    Ok(())
}

/// The names of all keys, sorted.
fn names(con: &mut redgrease::Con) -> redis::RedisResult<String> {
    let mut names: Vec<String> = con.keys("*")?;
    names.sort();
    Ok(if names.is_empty() {
        "nothing".to_owned()
    } else {
        names.join(", ")
    })
}
