//! A tour of Redis from Rust, with gears on the same connection.
//!
//! The tour visits the topics of most Redis tutorials: strings, lists, sets and hashes, expiry,
//! pub/sub, pipelines, transactions, bytes and text. A connection of RedGrease is a connection of
//! redis-rs, so all of these work as usual. The last stop is call counting: Python tutorials write a
//! decorator that counts the calls of a function in Redis; a gear has an option for it.
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

/// Takes money from a purse and returns the rest, or `None` if there is not enough in it.
#[gear_command(count_calls = true)]
pub fn pay(purse: &str, amount: i64) -> Option<i64> {
    python! {
        with atomic():
            if int(cmd.get(purse) or 0) < amount:
                return None
            return cmd.decrby(purse, amount)
    }
}

/// Returns the qualified name and the documentation of a gear.
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
    multiple_keys(con)?;
    collections(con)?;
    expiry(con)?;
    pub_sub(con, server.url())?;
    pipelines(con)?;
    transactions(con, server.url())?;
    bytes_and_text(con)?;
    counted_calls(con)?;

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
    // A value that may be missing is an `Option`. redis-cli shows a missing value as `(nil)`.
    let nobody: Option<String> = con.get("nobody")?;
    println!("nobody: {nobody:?}");
    Ok(())
}

fn multiple_keys(con: &mut Con) -> RedisResult<()> {
    let () = con.mset(&[("Croatia", "Zagreb"), ("Norway", "Oslo"), ("Peru", "Lima")])?;
    let capitals: Vec<Option<String>> = con.mget(&["Norway", "Sweden", "Peru"])?;
    println!("Capitals of Norway, Sweden, Peru: {capitals:?}");
    let norway: bool = con.exists("Norway")?;
    let sweden: bool = con.exists("Sweden")?;
    println!("Norway exists: {norway}, Sweden exists: {sweden}");
    let count: usize = redis::cmd("EXISTS")
        .arg(&["Norway", "Peru", "Sweden"])
        .query(con)?;
    println!("Existing keys of three: {count}");
    Ok(())
}

fn collections(con: &mut Con) -> RedisResult<()> {
    let () = con.rpush("fruits", &["apple", "banana", "cherry"])?;
    let fruits: Vec<String> = con.lrange("fruits", 0, -1)?;
    let last: String = con.rpop("fruits", None)?;
    println!("A list: {fruits:?}; removed its last item, {last}");

    let () = con.sadd("colours", &["red", "green", "blue", "red"])?;
    let colours: BTreeSet<String> = con.smembers("colours")?;
    let red: bool = con.sismember("colours", "red")?;
    println!("A set: {colours:?}, contains red: {red}");

    let () = con.hset_multiple("user:1", &[("name", "Alice"), ("age", "30")])?;
    let user: BTreeMap<String, String> = con.hgetall("user:1")?;
    let age: i64 = con.hget("user:1", "age")?;
    println!("A hash: {user:?}, next year's age: {}", age + 1);
    Ok(())
}

fn expiry(con: &mut Con) -> RedisResult<()> {
    let () = con.set_ex("note", "soon gone", 60)?;
    let seconds: i64 = redis::cmd("TTL").arg("note").query(con)?;
    println!(
        "A note expires in a minute: {}",
        (59..=60).contains(&seconds)
    );
    let () = con.pexpire("note", 0)?;
    let note: Option<String> = con.get("note")?;
    println!("After it has expired: {note:?}");
    Ok(())
}

fn pub_sub(con: &mut Con, url: &str) -> RedisResult<()> {
    // A subscribed connection cannot send other commands, so the subscriber has its own connection.
    let mut subscriber = Client::open(url)?.get_connection()?;
    let mut subscriber = subscriber.as_pubsub();
    subscriber.set_read_timeout(Some(Duration::from_secs(10)))?;
    subscriber.subscribe("news")?;
    let () = con.publish("news", "Hello, world!")?;
    let message = subscriber.get_message()?;
    let text: String = message.get_payload()?;
    println!("Received on {}: {text}", message.get_channel_name());
    Ok(())
}

fn pipelines(con: &mut Con) -> Result<(), Box<dyn Error>> {
    // Several commands in one round trip, including calls of gears.
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
    // With Redis alone: watch a key, decide, and start over if another client has changed the key.
    let () = con.set("purse:bob", 30)?;
    let mut other_client = Client::open(url)?.get_connection()?;
    let mut tries = 0;
    let left: Option<i64> = redis::transaction(con, &["purse:bob"], |con, pipe| {
        tries += 1;
        let balance: i64 = con.get("purse:bob")?;
        if tries == 1 {
            let () = other_client.decr("purse:bob", 5)?;
        }
        if balance < 10 {
            return Ok(Some(None));
        }
        let done: Option<(i64,)> = pipe.decr("purse:bob", 10).query(con)?;
        Ok(done.map(|(left,)| Some(left)))
    })?;
    println!("Bob pays 10 in a transaction: {left:?} left, after {tries} tries");

    // With a gear: it decides inside the server, and no other command can run in between.
    for _ in 0..2 {
        let left = pay(con, "purse:bob", 10)?;
        println!("Bob pays 10 by a gear: {left:?} left");
    }
    Ok(())
}

fn bytes_and_text(con: &mut Con) -> RedisResult<()> {
    // Redis stores bytes. A key given as text, as a number or as bytes is the same key.
    let () = con.set(1.5, "by number")?;
    let found: String = con.get(b"1.5")?;
    println!("The key 1.5: {found}");
    // A value is converted to the type of the variable; otherwise the call fails.
    let () = con.set("sign", b"\xc2\xa7")?;
    let bytes: Vec<u8> = con.get("sign")?;
    let text: String = con.get("sign")?;
    println!("As bytes {bytes:?}, as text {text}");
    let () = con.set("sign", b"\xa7")?;
    let invalid: RedisResult<String> = con.get("sign");
    println!("Invalid UTF-8 as text is an error: {}", invalid.is_err());
    Ok(())
}

fn counted_calls(con: &mut Con) -> redgrease::Result<()> {
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
