//! The gears of a shop. Everything a shop does to its data is here, and runs where the data are; the programs that use
//! this crate call functions.
//!
//! | key | what it holds |
//! |---|---|
//! | `prices` | hash: what each article costs, in cents |
//! | `stock:ARTICLE` | hash: how many `pieces` there are |
//! | `to_buy` | set: the articles of which there are few |
//! | `orders` | stream: what was sold and is not booked yet |
//! | `customer:NAME` | hash: how many `cents` somebody has spent, for how many `pieces` |
//! | `turnover` | how many cents all have spent |
//!
//! A program that links this crate registers all of them with [`redgrease::start`], also those it never names.

pub mod orders;
pub mod prices;
pub mod reports;
pub mod stock;
