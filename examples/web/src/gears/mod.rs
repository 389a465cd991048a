//! The gears of the service. Their Python runs inside of the server.

pub mod carts;
pub mod limits;
pub mod pages;
pub mod reports;
pub mod scores;
