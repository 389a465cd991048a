//! Redis commands inside gears. `cmd` is a Redis client without a connection, because a gear already
//! runs inside the server. It has the methods, arguments and results of redis-py, the Redis client
//! for Python: values are bytes, and missing values are `None`. The engine brings it: nothing has to
//! be installed.
//!
//! Commands that would make the server wait for itself are refused. The compiler finds most of them:
//! a gear with `cmd.blpop("list")` does not build.
//!
//! ```text
//! cargo xtask setup
//! cargo run --example server_side_commands --features embedded
//! ```

use redgrease::embedded::Server;
use redgrease::prelude::*;
use redgrease::{Con, ErrorKind};
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;

/// Strings, counters and expiry.
#[gear_command]
fn texts() -> (String, Option<String>, i64, bool) {
    python! {
        cmd.set("Foo", "Bar", ex=3600)
        cmd.append("Foo", " and more")
        cmd.incrby("visits", 41)
        nothing = cmd.get("nothing")
        expires = cmd.ttl("Foo") > 0
        # Values are bytes; decode() converts them to text.
        return cmd.get("Foo").decode(), nothing, cmd.incr("visits"), expires
    }
}

/// Binary data, which are stored unchanged.
#[gear_command]
fn reversed_bytes(data: Vec<u8>) -> Vec<u8> {
    python! {
        cmd.set("data", data)
        return cmd.get("data")[::-1]
    }
}

/// A hash. The names and counts are converted from bytes.
#[gear_command]
fn hash(fields: BTreeMap<String, i64>) -> BTreeMap<String, i64> {
    python! {
        cmd.hset("stock", mapping=fields)
        cmd.hincrby("stock", "apples", -1)
        return {name.decode(): int(count) for name, count in cmd.hgetall("stock").items()}
    }
}

/// A list: its first and last item, and its length.
#[gear_command]
fn list(#[rest] words: Vec<String>) -> (String, String, usize) {
    python! {
        cmd.delete("words")
        cmd.rpush("words", *words)
        first, last = cmd.lindex("words", 0), cmd.lindex("words", -1)
        return first.decode(), last.decode(), cmd.llen("words")
    }
}

/// Sets: the intersection of two sets.
#[gear_command]
fn common(left: BTreeSet<String>, right: BTreeSet<String>) -> BTreeSet<String> {
    python! {
        cmd.sadd("left", *left)
        cmd.sadd("right", *right)
        return {member.decode() for member in cmd.sinter("left", "right")}
    }
}

/// A sorted set: the members with the highest scores.
#[gear_command]
fn best(scores: BTreeMap<String, f64>, count: usize) -> Vec<(String, f64)> {
    python! {
        cmd.zadd("scores", scores)
        # To Redis, -1 is the last place: a count of 0 would be all members.
        if count == 0:
            return
        for name, score in cmd.zrevrange("scores", 0, count - 1, withscores=True):
            yield name.decode(), score
    }
}

/// A stream that keeps the last two entries.
#[gear_command]
fn stream(#[rest] words: Vec<String>) -> Vec<String> {
    python! {
        for word in words:
            cmd.xadd("said", {"word": word}, maxlen=2, approximate=False)
        return [fields[b"word"].decode() for _, fields in cmd.xrange("said")]
    }
}

/// The types of all keys. The gear sends many commands, but the client needs only one round trip.
#[gear_command]
fn types() -> BTreeMap<String, String> {
    python! {
        return {key.decode(): cmd.type(key).decode() for key in cmd.scan_iter("*")}
    }
}

/// Moves an amount from one counter to another. Other clients never see the state in between.
#[gear_command]
fn transfer(source: &str, target: &str, amount: i64) -> (i64, i64) {
    python! {
        with atomic():
            return cmd.decrby(source, amount), cmd.incrby(target, amount)
    }
}

/// `execute` runs any command given by its words and returns the plain reply. `cmd` converts the
/// reply as redis-py does.
#[gear_command]
fn execute_and_cmd() -> (String, String) {
    python! {
        return repr(execute("HGETALL", "capitals")), repr(cmd.hgetall("capitals"))
    }
}

/// An error of a command raises an exception, which a gear can handle.
#[gear_command]
fn handled(key: &str) -> String {
    python! {
        try:
            return "counted: " + str(cmd.incr(key))
        except cmd.ResponseError as error:
            return "not counted: " + str(error)
    }
}

/// An exception that is not handled becomes the error of the call.
#[gear_command]
fn unhandled(key: &str) -> i64 {
    python! { return cmd.llen(key) }
}

/// A method that makes no sense in a gear is an error of the compiler, and here an exception with the alternative.
#[gear_command]
fn refused() -> i64 {
    python! {
        return len(cmd.pipeline())  # redgrease: allow(refused-method)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let server = Server::start()?;
    let mut con = redgrease::start(server.url())?;
    stored(&mut con)?;
    errors(&mut con)?;
    server.stop()?;
    Ok(())
}

fn map<V, const N: usize>(pairs: [(&str, V); N]) -> BTreeMap<String, V> {
    pairs.map(|(name, value)| (name.to_owned(), value)).into()
}

fn stored(con: &mut Con) -> Result<(), Box<dyn Error>> {
    println!("texts: {:?}", texts(con)?);
    println!("bytes: {:?}", reversed_bytes(con, vec![0, 255, 1])?);
    println!("hash: {:?}", hash(con, map([("apples", 3), ("pears", 5)]))?);
    let words = ["one", "two", "three"].map(str::to_owned);
    println!("list: {:?}", list(con, words.to_vec())?);
    println!("stream: {:?}", stream(con, words.to_vec())?);
    let odd = ["1", "3", "5"].map(str::to_owned).into();
    let prime = ["2", "3", "5"].map(str::to_owned).into();
    println!("sets: {:?}", common(con, odd, prime)?);
    let scores = map([("Ada", 7.5), ("Bob", 3.0), ("Cem", 9.25)]);
    println!("sorted set: {:?}", best(con, scores, 2)?);
    println!("transfer: {:?}", transfer(con, "visits", "views", 10)?);
    println!("types: {:?}", types(con)?);
    redis::cmd("HSET")
        .arg(&["capitals", "Peru", "Lima"])
        .exec(con)?;
    let (execute, cmd) = execute_and_cmd(con)?;
    println!("execute: {execute}");
    println!("cmd: {cmd}");
    Ok(())
}

fn errors(con: &mut Con) -> Result<(), Box<dyn Error>> {
    println!("{}", handled(con, "visits")?);
    println!("{}", handled(con, "Foo")?);
    for result in [unhandled(con, "Foo"), refused(con)] {
        let error = result.err().ok_or("the gear did not fail")?;
        let ErrorKind::Gear(raised) = error.kind() else {
            return Err(error.into());
        };
        println!("{}: {}", raised.exception, raised.message);
    }
    Ok(())
}
