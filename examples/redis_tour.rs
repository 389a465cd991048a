//! A tour of Redis from Rust, with gears on the same connection.
//!
//! What tutorials of Redis show in Python: strings, lists, sets and hashes, keys that expire,
//! messages, pipelines, transactions, and what is bytes and what is text. A connection of
//! RedGrease is a connection of redis-rs, so all of it works as ever. The last stop is what those
//! tutorials do with decorators: functions that keep their names and documentation, and whose
//! calls are counted in Redis under their qualified names. Here such a function is a gear.
//!
//! ```text
//! cargo xtask setup
//! cargo run --example redis_tour --features embedded
//! ```

use redgrease::Con;
use redgrease::embedded::Server;
use redgrease::prelude::*;
use redis::{Client, Commands, RedisResult};
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::time::Duration;

/// Takes money from a purse, if there is enough in it; what is left.
#[gear_command(count_calls = true)]
pub fn pay(purse: &str, amount: i64) -> Option<i64> {
    python! {
        with atomic():
            if int(cmd.get(purse) or 0) < amount:
                return None
            return cmd.decrby(purse, amount)
    }
}

/// Tells what a decorated function is called, and what its documentation says.
#[gear_command(count_calls = true)]
pub fn introduce_itself() -> (String, String) {
    python! {
        return introduce_itself.__qualname__, introduce_itself.__doc__
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let server = Server::start()?;
    let mut con = redgrease::start(server.url())?;
    let con = &mut con;

    strings(con)?;
    many_at_once(con)?;
    collections(con)?;
    expiry(con)?;
    messages(con, server.url())?;
    pipelines(con)?;
    transactions(con, server.url())?;
    bytes_and_text(con)?;
    functions(con)?;

    server.stop()?;
    Ok(())
}

fn strings(con: &mut Con) -> RedisResult<()> {
    let pong: String = redis::cmd("PING").query(con)?;
    println!("Is the server there? {pong}");
    let () = con.set("name", "Alice")?;
    let name: String = con.get("name")?;
    println!("name: {name}");
    let () = con.set("counter", 10)?;
    let counter: i64 = con.incr("counter", 1)?;
    println!("counter: {counter}");
    // What may be missing is an `Option`, where Python has `None` and redis-cli `(nil)`.
    let nobody: Option<String> = con.get("nobody")?;
    println!("nobody: {nobody:?}");
    Ok(())
}

fn many_at_once(con: &mut Con) -> RedisResult<()> {
    let () = con.mset(&[("Croatia", "Zagreb"), ("Norway", "Oslo"), ("Peru", "Lima")])?;
    let capitals: Vec<Option<String>> = con.mget(&["Norway", "Sweden", "Peru"])?;
    println!("Capitals of Norway, Sweden, Peru: {capitals:?}");
    let norway: bool = con.exists("Norway")?;
    let sweden: bool = con.exists("Sweden")?;
    println!("Norway is there: {norway}, Sweden is there: {sweden}");
    let both: usize = redis::cmd("EXISTS")
        .arg(&["Norway", "Peru", "Sweden"])
        .query(con)?;
    println!("How many of the three: {both}");
    Ok(())
}

fn collections(con: &mut Con) -> RedisResult<()> {
    let () = con.rpush("fruits", &["apple", "banana", "cherry"])?;
    let fruits: Vec<String> = con.lrange("fruits", 0, -1)?;
    let last: String = con.rpop("fruits", None)?;
    println!("A list: {fruits:?}, of which {last} was taken");

    let () = con.sadd("colours", &["red", "green", "blue", "red"])?;
    let colours: BTreeSet<String> = con.smembers("colours")?;
    let red: bool = con.sismember("colours", "red")?;
    println!("A set: {colours:?}, red is in it: {red}");

    let () = con.hset_multiple("user:1", &[("name", "Alice"), ("age", "30")])?;
    let user: BTreeMap<String, String> = con.hgetall("user:1")?;
    let age: i64 = con.hget("user:1", "age")?;
    println!("A hash: {user:?}, next year's age: {}", age + 1);
    Ok(())
}

fn expiry(con: &mut Con) -> RedisResult<()> {
    let () = con.set_ex("note", "soon gone", 60)?;
    let seconds: i64 = redis::cmd("TTL").arg("note").query(con)?;
    println!("A note for a minute: {}", (59..=60).contains(&seconds));
    let () = con.pexpire("note", 0)?;
    let note: Option<String> = con.get("note")?;
    println!("Afterwards: {note:?}");
    Ok(())
}

fn messages(con: &mut Con, url: &str) -> RedisResult<()> {
    // Who listens can do nothing else meanwhile: a connection of its own.
    let mut listening = Client::open(url)?.get_connection()?;
    let mut listener = listening.as_pubsub();
    listener.set_read_timeout(Some(Duration::from_secs(10)))?;
    listener.subscribe("news")?;
    let () = con.publish("news", "Hello, world!")?;
    let message = listener.get_message()?;
    let text: String = message.get_payload()?;
    println!("Heard on {}: {text}", message.get_channel_name());
    Ok(())
}

fn pipelines(con: &mut Con) -> Result<(), Box<dyn Error>> {
    // Several commands in one round trip, calls of gears among them.
    let (first, left, second): (i64, Vec<i64>, i64) = redis::pipe()
        .set("purse:ada", 10)
        .ignore()
        .incr("purse:ada", 5)
        .add_command(pay::request("purse:ada", 12)?)
        .incr("purse:ada", 1)
        .query(con)?;
    println!("A purse in one round trip: {first}, then {left:?}, then {second}");
    Ok(())
}

fn transactions(con: &mut Con, url: &str) -> Result<(), Box<dyn Error>> {
    // The way of Redis: watch a key, decide, and begin again if somebody has changed it meanwhile.
    let () = con.set("purse:bob", 30)?;
    let mut somebody = Client::open(url)?.get_connection()?;
    let mut tries = 0;
    let left: Option<i64> = redis::transaction(con, &["purse:bob"], |con, pipe| {
        tries += 1;
        let balance: i64 = con.get("purse:bob")?;
        if tries == 1 {
            let () = somebody.decr("purse:bob", 5)?;
        }
        if balance < 10 {
            return Ok(Some(None));
        }
        let done: Option<(i64,)> = pipe.decr("purse:bob", 10).query(con)?;
        Ok(done.map(|(left,)| Some(left)))
    })?;
    println!("Bob pays 10 in a transaction: {left:?} left, after {tries} tries");

    // The way of a gear: it decides where the data are, and nothing comes between.
    for _ in 0..2 {
        let left = pay(con, "purse:bob", 10)?;
        println!("Bob pays 10 by a gear: {left:?} left");
    }
    Ok(())
}

fn bytes_and_text(con: &mut Con) -> RedisResult<()> {
    // Redis knows bytes only. A key can be text, a number or bytes; they are the same to it.
    let () = con.set(1.5, "by number")?;
    let found: String = con.get(b"1.5")?;
    println!("The key 1.5: {found}");
    // What comes back is what the type says, if it is that.
    let () = con.set("sign", b"\xc2\xa7")?;
    let bytes: Vec<u8> = con.get("sign")?;
    let text: String = con.get("sign")?;
    println!("As bytes {bytes:?}, as text {text}");
    let () = con.set("sign", b"\xa7")?;
    let refused: RedisResult<String> = con.get("sign");
    println!("Other bytes are no text: {}", refused.is_err());
    Ok(())
}

fn functions(con: &mut Con) -> redgrease::Result<()> {
    let (name, documentation) = introduce_itself(con)?;
    println!("{name}: {documentation}");
    introduce_itself(con)?;
    for gear in [introduce_itself::GEAR, pay::GEAR] {
        println!("{} was called {} times", gear.name(), gear.calls(con)?);
    }
    let counted: BTreeMap<String, u64> = con.hgetall("redgrease:calls")?;
    println!("In Redis: {counted:?}");
    Ok(())
}
