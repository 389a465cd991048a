//! The stock of articles.

use redgrease::prelude::*;
use std::collections::HashMap;

/// Adds pieces of an article and returns the new number of pieces.
#[gear_command]
pub async fn deliver(shop: &str, article: &str, pieces: u32) -> i64 {
    python! { return cmd.hincrby(shop + ":stock:" + article, "pieces", pieces) }
}

/// Maintains the set of articles that must be bought. It runs for each change of the stock, before the client gets the
/// reply, so that the set is always up to date.
#[gear_keys(prefix = "{shop}:stock:*", events = ["hset", "hincrby"], mode = "sync")]
pub fn watch(record: KeyRecord<HashMap<String, i64>>) {
    python! {
        article = record.key.rsplit(":", 1)[1]
        if record.value["pieces"] < 3:
            cmd.sadd("{shop}:to_buy", article)
        else:
            cmd.srem("{shop}:to_buy", article)
    }
}
