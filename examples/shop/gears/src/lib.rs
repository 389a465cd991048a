//! The gears of a shop. This crate contains all operations on the shop's data. They run inside the server, and
//! programs call them as functions.
//!
//! | key | content |
//! |---|---|
//! | `{shop}:prices` | hash: the price of each article, in cents |
//! | `{shop}:stock:ARTICLE` | hash: the number of `pieces` in stock |
//! | `{shop}:to_buy` | set: articles that are running out |
//! | `{shop}:orders` | stream: orders that are not booked yet |
//! | `{shop}:booked` | list: the numbers of booked orders |
//! | `{shop}:receipts` | the number of the last receipt |
//! | `{shop}:customer:NAME` | hash: the `cents` that a customer has spent, and the number of `pieces` |
//! | `{shop}:turnover` | the cents that all customers have spent |
//!
//! In a cluster, the braces keep all keys of the shop in one slot, so that a gear reaches them. Gears that commands call have the
//! shop as their first argument, and calls go to its shard: `order::call(SHOP, ..).on_key(SHOP)`.
//!
//! A program that links this crate registers all its gears with [`redgrease::start`], including those that the program
//! does not name.

/// The beginning of all keys.
pub const SHOP: &str = "{shop}";

pub mod orders;
pub mod prices;
pub mod reports;
pub mod stock;
