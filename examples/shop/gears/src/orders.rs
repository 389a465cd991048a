//! Selling: an order is taken at once, and booked afterwards.

use redgrease::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// What a customer gets for an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, GearValue)]
pub struct Receipt {
    /// Counts the orders of the shop.
    pub number: u64,
    /// What the order costs.
    pub euros: String,
}

/// Sells pieces of an article: the receipt, or nothing if there are too few.
///
/// It is synchronous: between the look at the stock and the taking, nothing else happens on the server. So however
/// many customers order at the same moment, nothing is sold twice.
#[gear_command(module = "python/money.py", mode = "sync", count_calls = true)]
pub async fn order(customer: &str, article: &str, pieces: u32) -> Option<Receipt> {
    python! {
        price = price_of(cmd, article)
        if price is None:
            raise LookupError("there is no " + article + " in this shop")
        stock = "stock:" + article
        if int(cmd.hget(stock, "pieces") or 0) < pieces:
            return None
        cents = price * pieces
        cmd.hincrby(stock, "pieces", -pieces)
        number = cmd.incr("receipts")
        cmd.xadd("orders", {"number": number, "customer": customer, "pieces": pieces, "cents": cents})
        return {"number": number, "euros": in_euros(cents)}
    }
}

/// Books each order, in the order they came. If that fails it is tried again from its beginning: no order is lost.
#[gear_stream("orders", on_failed = "retry", retry_interval = "1s")]
pub fn book(order: StreamRecord<HashMap<String, String>>) {
    python! {
        account = "customer:" + order.value["customer"]
        cmd.hincrby(account, "cents", order.value["cents"])
        cmd.hincrby(account, "pieces", order.value["pieces"])
        cmd.rpush("booked", order.value["number"])
    }
}
