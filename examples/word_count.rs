//! Word count: counts how often each word occurs in the texts of a database.
//!
//! This is the classic first example of data processing, and the first one in the documentation of
//! RedisGears. There it is a Python script that takes the values, splits them and counts equal
//! words. Here the same steps are a typed Rust chain. They run in the server, next to the texts;
//! only words and counts are sent to the client.
//!
//! ```text
//! cargo xtask setup
//! cargo run --example word_count --features embedded
//! ```
//!
//! The texts may be on one server or on the shards of a cluster. On three shards the program prints the same:
//!
//! ```text
//! REDGREASE_SHARDS=3 cargo run --example word_count --features embedded,cluster
//! ```

use redgrease::KeyType;
use redgrease::embedded::Home;
use redgrease::prelude::*;
use redis::Commands;
use std::error::Error;

const TEXTS: [(&str, &str); 3] = [
    ("text:1", "A gear turns a gear"),
    (
        "text:2",
        "The gear that turns first turns the gear that turns last",
    ),
    ("text:3", "First the data and then the gear"),
];

fn main() -> Result<(), Box<dyn Error>> {
    let server = Home::start()?;
    let mut con = redgrease::connect(server.url())?;
    let () = con.mset(&TEXTS)?;
    // This key is a list, although its name matches the pattern.
    let () = con.rpush("text:list", "gear")?;

    // An open chain does not run yet, and can be extended in several ways.
    let words = KeysReader::new("text:*")
        .of_type([KeyType::String])
        .values()
        .flatmap(python!(lambda text: text.lower().split()))
        .typed::<String>();

    let total = words.clone().count().run_on(&mut con)?.into_value()?;
    let different = words
        .clone()
        .distinct()
        .count()
        .run_on(&mut con)?
        .into_value()?;
    println!("{total} words, {different} of them different:");

    // Sort by count in descending order, then alphabetically: Python compares pairs by their first
    // items, then by their second items.
    let counted = words
        .count_by_value()
        .map(python!(lambda counted: (-counted[1], counted[0])))
        .sort_asc()
        .map_to::<(String, i64)>(python!(lambda sorted: (sorted[1], -sorted[0])))
        .run();
    for (word, count) in counted.on(&mut con)?.into_values()? {
        println!("{word:<6}{count}");
    }

    // A closed chain is a value that can be executed again and again.
    let () = con.set("text:4", "gear gear gear")?;
    let most = counted.on(&mut con)?.into_values()?.swap_remove(0);
    println!(
        "And with one text more, \"{}\" occurs {} times",
        most.0, most.1
    );

    server.stop()?;
    Ok(())
}
