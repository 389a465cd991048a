//! Reliable keyspace notifications: no event is lost, even if its processing fails or is paused.
//!
//! A published message of Redis is lost if no client is subscribed. As in the documentation of
//! RedisGears, a synchronous gear adds each event to a stream, in the same step as the change of the
//! key. The stream is saved and replicated like all data. A second gear reads the stream and
//! delivers each message to a mailbox. If a delivery fails, it is tried again until it succeeds; the
//! program closes the mailbox to show this.
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

/// How long to wait for a gear.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Adds each change of a person to a stream, before the client gets the reply.
#[gear_keys(prefix = "person:*", events = ["hset"], mode = "sync")]
pub fn capture(record: KeyRecord<HashMap<String, String>>) {
    python! {
        cmd.xadd("notifications", {"event": record.event, "key": record.key, **record.value})
    }
}

/// Delivers the notifications in order. A failed delivery is tried again after a second.
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

    println!("Normal operation:");
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
        .ok_or("the gear is not registered")?;
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

    println!("{} wait, none is lost", waiting(&mut con)?);
    server.stop()?;
    Ok(())
}

/// Changes a person.
fn change(con: &mut Con, number: u32, name: &str) -> redis::RedisResult<()> {
    con.hset(format!("person:{number}"), "name", name)
}

/// Prints this many delivered notifications, and waits until the stream is empty.
fn receive(con: &mut Con, count: usize) -> Result<(), Box<dyn Error>> {
    for _ in 0..count {
        let found: Option<(String, String)> = con.blpop("mailbox", TIMEOUT.as_secs_f64())?;
        let (_, delivered) = found.ok_or("nothing was delivered")?;
        println!("  {delivered}");
    }
    wait_until("the stream is empty", || Ok(waiting(con)? == 0))
}

/// Number of notifications in the stream.
fn waiting(con: &mut Con) -> redis::RedisResult<usize> {
    redis::cmd("XLEN").arg("notifications").query(con)
}

/// Polls a condition until it holds.
fn wait_until(
    condition: &str,
    mut holds: impl FnMut() -> Result<bool, Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    let begin = Instant::now();
    while !holds()? {
        if begin.elapsed() > TIMEOUT {
            return Err(format!("did not happen within {TIMEOUT:?}: {condition}").into());
        }
        thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}
