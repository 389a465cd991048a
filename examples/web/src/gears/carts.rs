//! Shopping carts, and a stock that is never sold twice.

use redgrease::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What became of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, GearValue)]
pub struct Order {
    /// The number of the order; `None` if something is missing.
    pub number: Option<u64>,
    /// The articles of which the stock has too few pieces.
    pub missing: Vec<String>,
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

/// Orders the content of a cart: all of it, or nothing if the stock has too little of an article.
///
/// Synchronous: no other order comes between the look at the stock and its change.
#[gear_command(mode = "sync")]
pub async fn order(cart: &str) -> Order {
    python! {
        key = "cart:" + cart
        content = {name.decode(): int(count) for name, count in cmd.hgetall(key).items()}
        if not content:
            raise ValueError("the cart is empty")
        missing = [name for name, count in content.items() if int(cmd.hget("stock", name) or 0) < count]
        if missing:
            return {"number": None, "missing": sorted(missing)}
        for name, count in content.items():
            cmd.hincrby("stock", name, -count)
        number = cmd.incr("orders")
        cmd.rename(key, "order:" + str(number))
        cmd.persist("order:" + str(number))
        return {"number": number, "missing": []}
    }
}
