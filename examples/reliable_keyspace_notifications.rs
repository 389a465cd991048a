//! Events of keys that cannot get lost, even while what processes them fails or stands still.
//!
//! What Redis publishes is gone if nobody listens. In the documentation of RedisGears, a
//! synchronous gear writes each event into a stream, in the same moment as the change itself; the
//! stream is data like all others, saved and replicated. The second gear here reads it, and
//! repeats a message for as long as it fails. The mailbox it delivers to can be closed.
//!
//! ```text
//! cargo xtask setup
//! cargo run --example reliable_keyspace_notifications --features embedded
//! ```

use redgrease::Con;
use redgrease::embedded::Server;
use redgrease::prelude::*;
use redis::Commands;
use std::collections::HashMap;
use std::error::Error;
use std::thread;
use std::time::{Duration, Instant};

/// How long anything is awaited.
const PATIENCE: Duration = Duration::from_secs(10);

/// Writes each change of a person into a stream, before the client has its answer.
#[gear_keys(prefix = "person:*", events = ["hset"], mode = "sync")]
pub fn capture(record: KeyRecord<HashMap<String, String>>) {
    python! {
        cmd.xadd("notifications", {"event": record.event, "key": record.key, **record.value})
    }
}

/// Delivers one notification after the other, and tries again after a second if it cannot.
#[gear_stream("notifications", on_failed = "retry", retry_interval = "1s")]
pub fn deliver(message: StreamRecord<HashMap<String, String>>) {
    python! {
        if cmd.exists("mailbox:closed"):
            raise RuntimeError("the mailbox is closed")
        cmd.rpush("mailbox", "{event} {key}: {name}".format(**message.value))
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let server = Server::start()?;
    let mut con = redgrease::start(server.url())?;

    println!("As usual:");
    change(&mut con, 1, "Ada")?;
    receive(&mut con, 1)?;

    println!("While deliveries fail:");
    let () = con.set("mailbox:closed", 1)?;
    change(&mut con, 2, "Bob")?;
    change(&mut con, 3, "Eve")?;
    change(&mut con, 2, "Rob")?;
    wait_until("a delivery fails", || {
        Ok(deliver::GEAR
            .stats(&mut con)?
            .is_some_and(|stats| stats.failed > 0))
    })?;
    let stats = deliver::GEAR
        .stats(&mut con)?
        .ok_or("it is not registered")?;
    let error = stats.last_error.unwrap_or_default();
    let closed = error.contains("the mailbox is closed");
    println!("  a delivery failed because the mailbox is closed: {closed}");
    println!("  {} wait", waiting(&mut con)?);
    let () = con.del("mailbox:closed")?;
    receive(&mut con, 3)?;

    println!("While deliveries are paused:");
    con.pause_registrations(&stats.id)?;
    change(&mut con, 4, "Kim")?;
    change(&mut con, 5, "Lou")?;
    println!("  {} wait", waiting(&mut con)?);
    con.unpause_registrations(&stats.id)?;
    receive(&mut con, 2)?;

    println!("{} wait, nothing is lost", waiting(&mut con)?);
    server.stop()?;
    Ok(())
}

/// Changes a person, as any client would.
fn change(con: &mut Con, number: u32, name: &str) -> redis::RedisResult<()> {
    con.hset(format!("person:{number}"), "name", name)
}

/// Takes what was delivered, and awaits that it has left the stream.
fn receive(con: &mut Con, count: usize) -> Result<(), Box<dyn Error>> {
    for _ in 0..count {
        let found: Option<(String, String)> = con.blpop("mailbox", PATIENCE.as_secs_f64())?;
        let (_, delivered) = found.ok_or("nothing was delivered")?;
        println!("  {delivered}");
    }
    wait_until("the stream is empty", || Ok(waiting(con)? == 0))
}

/// How many notifications are in the stream.
fn waiting(con: &mut Con) -> redis::RedisResult<usize> {
    redis::cmd("XLEN").arg("notifications").query(con)
}

/// Waits for what no command can wait for.
fn wait_until(
    what: &str,
    mut holds: impl FnMut() -> Result<bool, Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    let begun = Instant::now();
    while !holds()? {
        if begun.elapsed() > PATIENCE {
            return Err(format!("it did not happen: {what}").into());
        }
        thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}
