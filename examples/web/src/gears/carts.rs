//! Shopping carts, and a stock that is never sold twice.

use redgrease::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Why a cart was not ordered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, GearValue)]
pub enum Refusal {
    /// There is nothing in it.
    Empty,
    /// The stock has too few pieces of these articles.
    Missing(Vec<String>),
}

/// Sets how many pieces of an article are in stock.
#[gear_command(mode = "sync")]
pub async fn deliver(article: &str, pieces: u32) {
    python! {
        cmd.hincrby("stock", article, pieces)
    }
}

/// Puts pieces of an article into a cart. Returns the content of the cart. A cart that nothing is done with expires
/// after a day.
#[gear_command(mode = "sync")]
pub async fn put(cart: &str, article: &str, pieces: u32) -> BTreeMap<String, u32> {
    python! {
        if not cmd.hexists("stock", article):
            raise LookupError("there is no article " + article)
        key = "cart:" + cart
        cmd.hincrby(key, article, pieces)
        cmd.expire(key, 24 * 60 * 60)
        return {name.decode(): int(count) for name, count in cmd.hgetall(key).items()}
    }
}

/// Orders the content of a cart: all of it, or nothing if the stock has too little of an article. Returns the number of
/// the order.
///
/// Synchronous: no other order comes between the look at the stock and its change.
#[gear_command(mode = "sync")]
pub async fn order(cart: &str) -> Result<u64, Refusal> {
    python! {
        key = "cart:" + cart
        content = {name.decode(): int(count) for name, count in cmd.hgetall(key).items()}
        if not content:
            return Err("Empty")
        missing = [name for name, count in content.items() if int(cmd.hget("stock", name) or 0) < count]
        if missing:
            return Err({"Missing": sorted(missing)})
        for name, count in content.items():
            cmd.hincrby("stock", name, -count)
        number = cmd.incr("orders")
        cmd.rename(key, "order:" + str(number))
        cmd.persist("order:" + str(number))
        return number
    }
}
