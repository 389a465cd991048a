//! Orders: taken at once, booked in the background.

use redgrease::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// The receipt for an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, GearValue)]
pub struct Receipt {
    /// Sequence number of the order.
    pub number: u64,
    /// Price of the order.
    pub euros: String,
}

/// Sells pieces of an article. Returns the receipt, or `None` if there are not enough pieces in stock.
///
/// The gear is synchronous: no other command runs between the check of the stock and its change. Therefore nothing is
/// sold twice, even if many customers order at the same time.
#[gear_command(module = "python/money.py", mode = "sync")]
pub async fn order(shop: &str, customer: &str, article: &str, pieces: u32) -> Option<Receipt> {
    python! {
        price = price_of(cmd, shop, article)
        if price is None:
            raise LookupError("there is no " + article + " in this shop")
        stock = shop + ":stock:" + article
        if int(cmd.hget(stock, "pieces") or 0) < pieces:
            return None
        cents = price * pieces
        cmd.hincrby(stock, "pieces", -pieces)
        number = cmd.incr(shop + ":receipts")
        cmd.xadd(shop + ":orders", {"number": number, "customer": customer, "pieces": pieces, "cents": cents})
        return {"number": number, "euros": in_euros(cents)}
    }
}

/// Books the orders in sequence. A failed booking is tried again, so that no order is lost.
#[gear_stream("{shop}:orders", on_failed = "retry", retry_interval = "1s")]
pub fn book(order: StreamRecord<HashMap<String, String>>) {
    python! {
        account = "{shop}:customer:" + order.value["customer"]
        cmd.hincrby(account, "cents", order.value["cents"])
        cmd.hincrby(account, "pieces", order.value["pieces"])
        cmd.rpush("{shop}:booked", order.value["number"])
    }
}
