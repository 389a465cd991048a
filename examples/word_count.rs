//! Word count: which words the texts in a database consist of, and how often each occurs.
//!
//! The job that every system for many data begins with, and the first one in the documentation of
//! RedisGears, where it is four steps of Python: take the values, split them, count what is equal,
//! run. Here the same steps are put together in Rust and have types. They run in the server, next
//! to the texts; words and numbers are what travels.
//!
//! ```text
//! cargo xtask setup
//! cargo run --example word_count --features embedded
//! ```

use redgrease::KeyType;
use redgrease::embedded::Server;
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
    let server = Server::start()?;
    let mut con = redgrease::connect(server.url())?;
    let () = con.mset(&TEXTS)?;
    // No text, though its name looks like one.
    let () = con.rpush("text:list", "gear")?;

    // An open chain: nothing runs yet, and it can be continued more than once.
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

    // The most frequent first, and those that are equally frequent by the alphabet: pairs in Python
    // are compared by their first items, then by their second.
    let counted = words
        .count_by_value()
        .map(python!(lambda counted: (-counted[1], counted[0])))
        .sort_asc()
        .map_to::<(String, i64)>(python!(lambda sorted: (sorted[1], -sorted[0])))
        .run();
    for (word, count) in counted.on(&mut con)?.into_values()? {
        println!("{word:<6}{count}");
    }

    // The chain once more: it is a value that can be sent again and again.
    let () = con.set("text:4", "gear gear gear")?;
    let most = counted.on(&mut con)?.into_values()?.swap_remove(0);
    println!(
        "And with one text more, \"{}\" occurs {} times",
        most.0, most.1
    );

    server.stop()?;
    Ok(())
}
