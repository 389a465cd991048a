//! What is there.

use redgrease::prelude::*;
use std::collections::HashMap;

/// Adds pieces of an article; how many there are now.
#[gear_command]
pub async fn deliver(article: &str, pieces: u32) -> i64 {
    python! { return cmd.hincrby("stock:" + article, "pieces", pieces) }
}

/// Keeps the list of what has to be bought. It runs with each change of the stock, whoever makes it, and before that
/// is answered: the list is never out of date.
#[gear_keys(prefix = "stock:*", events = ["hset", "hincrby"], mode = "sync")]
pub fn watch(record: KeyRecord<HashMap<String, i64>>) {
    python! {
        article = record.key.split(":", 1)[1]
        if record.value["pieces"] < 3:
            cmd.sadd("to_buy", article)
        else:
            cmd.srem("to_buy", article)
    }
}
