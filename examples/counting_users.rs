//! Counting users: several gear functions that count by the names of keys, by their types and by the
//! fields of hashes, once or continuously.
//!
//! A user is a hash `user:ID`. A user who logged in today has a key `session:ID:DEVICE` for each
//! device. Only the results are sent to the client.
//!
//! ```text
//! cargo xtask setup
//! cargo run --example counting_users --features embedded
//! ```
//!
//! The users may be on one server or on the shards of a cluster. On three shards the program prints the same:
//!
//! ```text
//! REDGREASE_SHARDS=3 cargo run --example counting_users --features embedded,cluster
//! ```

use redgrease::embedded::Home;
use redgrease::prelude::*;
use redgrease::{Any, Con, GearsCommands, KeyType, Open};
use redis::Commands;
use std::error::Error;

/// Id, name, supervisor, age and state of each user.
const USERS: [(&str, &str, &str, &str, &str); 6] = [
    ("1", "Ada", "", "36", "active"),
    ("2", "Bob", "1", "17", "active"),
    ("3", "Cem", "1", "52", "left"),
    ("4", "Dea", "2", "29", "active"),
    ("5", "Eli", "2", "41", "left"),
    ("6", "Fay", "1", "29", "active"),
];

/// Maintains a key `active:{user:ID}` for each active user. It runs after each change of a user, before the next command. The
/// braces put the key into the slot of the user, so that it is on the same shard of a cluster, also after the slot has moved.
#[gear_keys(prefix = "user:*", events = ["hset", "del"], mode = "sync")]
fn keep_active(user: KeyRecord) {
    python! {
        mark = "active:{" + user.key + "}"
        if user.value and user.value.get("state") == "active":
            cmd.set(mark, 1)
        else:
            cmd.delete(mark)
    }
}

/// Counts the users with this supervisor on each shard.
#[gear_command(mode = "async")]
fn supervised_by(id: &str) -> PerShard<usize> {
    python! {
        users = cmd.scan_iter("user:*", _type="hash")
        return sum(cmd.hget(key, "supervisor") == id.encode() for key in users)
    }
}

/// The common beginning of several chains: all users.
fn users() -> Open<KeysReader, Any> {
    KeysReader::new("user:*").of_type([KeyType::Hash]).values()
}

fn main() -> Result<(), Box<dyn Error>> {
    let server = Home::start()?;
    let mut con = redgrease::start(server.url())?;
    add_users(&mut con)?;

    count_by_names(&mut con)?;
    count_by_fields(&mut con)?;
    count_continuously(&mut con)?;
    server.stop()?;
    Ok(())
}

fn add_users(con: &mut Con) -> redis::RedisResult<()> {
    for (id, name, supervisor, age, state) in USERS {
        let fields = [
            ("id", id),
            ("name", name),
            ("supervisor", supervisor),
            ("age", age),
            ("state", state),
        ];
        // Without a supervisor, the field is omitted.
        let fields: Vec<_> = fields.into_iter().filter(|(_, v)| !v.is_empty()).collect();
        let () = con.hset_multiple(format!("user:{id}"), &fields)?;
    }
    let () = con.set("user:count:yesterday", 5)?;
    for session in ["session:1:phone", "session:1:desk", "session:4:desk"] {
        let () = con.set(session, "")?;
    }
    Ok(())
}

/// Reads only the names of keys.
fn count_by_names(con: &mut Con) -> redgrease::Result<()> {
    let keys: i64 = con
        .pyexecute("GB('KeysOnlyReader', 'user:*').count().run()")?
        .into_value()?;
    println!("Keys `user:*`, by a script: {keys}");
    let keys = KeysOnlyReader::new("user:*").count();
    println!("The same by a chain: {}", keys.run_on(con)?.into_value()?);

    // Redis patterns cannot express "a number"; a Python filter can.
    let ids = KeysOnlyReader::new("user:*")
        .filter(python!(lambda key: key.split(":")[1].isdigit()))
        .count();
    println!("With a number: {}", ids.run_on(con)?.into_value()?);

    let today = KeysOnlyReader::new("session:*")
        .map_to::<String>(python!(lambda key: key.split(":")[1]))
        .distinct()
        .sort_asc();
    println!("Logged in today: {:?}", today.run_on(con)?.values);
    Ok(())
}

/// Reads the fields of the hashes.
fn count_by_fields(con: &mut Con) -> redgrease::Result<()> {
    println!("Users: {}", users().count().run_on(con)?.into_value()?);
    let state = "active";
    let active = users().filter(python!(lambda user: user["state"] == 'state));
    println!(
        "Active: {}",
        active.clone().count().run_on(con)?.into_value()?
    );
    let by_state = users()
        .count_by(python!(lambda user: user["state"]))
        .sort_asc();
    println!("By state: {:?}", by_state.run_on(con)?.values);

    // A user without a supervisor counts as their own supervisor.
    let by_supervisor = users()
        .count_by(python!(
            def supervisor(user):
                return user.get("supervisor", user["id"])
        ))
        .sort_asc();
    println!("By supervisor: {:?}", by_supervisor.run_on(con)?.values);

    let by_decade = users()
        .aggregate_by(
            python!(lambda user: user["age"][:-1] + "0"),
            0,
            python!(lambda decade, count, user: count + 1),
            python!(lambda decade, count, part: count + part),
        )
        .map_to::<(i64, i64)>(python!(lambda group: (int(group["key"]), group["value"])))
        .sort_asc();
    println!("By decade of age: {:?}", by_decade.run_on(con)?.values);

    let average = active.avg_by(python!(lambda user: float(user["age"])));
    println!(
        "Average age of active users: {:.2}",
        average.run_on(con)?.into_value()?
    );
    let supervised: usize = supervised_by(con, "1")?.iter().sum();
    println!("Supervised by 1, as a command: {supervised}");
    Ok(())
}

/// For frequent queries: a gear maintains keys, and a query only reads their names.
fn count_continuously(con: &mut Con) -> Result<(), Box<dyn Error>> {
    let active = KeysOnlyReader::new("active:*");
    let count = active.clone().count().run();
    println!(
        "Active, by the maintained keys: {}",
        count.on(con)?.into_value()?
    );
    let () = con.hset("user:3", "state", "active")?;
    println!("After one has come back: {}", count.on(con)?.into_value()?);
    let () = con.del(&["user:1", "user:2"])?;
    let names = active
        .map_to::<String>(python!(lambda key: key[len("active:{"):-1]))
        .sort_asc();
    println!(
        "After two were deleted: {:?}",
        names.run_on(con)?.into_values()?
    );
    Ok(())
}
