//! The store against a real interpreter and a real pip, with packages made on the spot: no network.

mod bench;
mod install;
mod sharing;
