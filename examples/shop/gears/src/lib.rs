//! The gears of a shop. This crate contains all operations on the shop's data. They run inside the server, and
//! programs call them as functions.
//!
//! | key | content |
//! |---|---|
//! | `prices` | hash: the price of each article, in cents |
//! | `stock:ARTICLE` | hash: the number of `pieces` in stock |
//! | `to_buy` | set: articles that are running out |
//! | `orders` | stream: orders that are not booked yet |
//! | `booked` | list: the numbers of booked orders |
//! | `receipts` | the number of the last receipt |
//! | `customer:NAME` | hash: the `cents` that a customer has spent, and the number of `pieces` |
//! | `turnover` | the cents that all customers have spent |
//!
//! A program that links this crate registers all its gears with [`redgrease::start`], including those that the program
//! does not name.

pub mod orders;
pub mod prices;
pub mod reports;
pub mod stock;
