//! A web service whose operations on data are gears.
//!
//! | request | gear | mode |
//! |---|---|---|
//! | `POST /scores/BOARD` `{"player": .., "points": ..}` | [`score`](fn@gears::scores::score) | sync |
//! | `GET /scores/BOARD?count=N` | [`leaders`](fn@gears::scores::leaders) | sync |
//! | `POST /carts/CART` `{"article": .., "pieces": ..}` | [`put`](fn@gears::carts::put) | sync |
//! | `POST /carts/CART/order` | [`order`](fn@gears::carts::order) | sync |
//! | `GET /pages/NAME` | [`cached_page`](fn@gears::pages::cached_page), | sync |
//! | | and for a page that is not cached [`fetch_page`](fn@gears::pages::fetch_page) | coroutine |
//! | `GET /reports/NAME` | [`report`](fn@gears::reports::report) | thread |
//! | all of these | [`admit`](fn@gears::limits::admit): a limit for each client | sync |
//! | `GET /health`, `GET /metrics` | a `PING`; the figures of the pool | |
//!
//! Gears that only work with data are synchronous: they take less than a millisecond, and no other command runs
//! meanwhile. Gears that wait for something are not: a page for a web site, a report for another system.
//!
//! book/src/web-services.md explains the choices.

pub mod app;
pub mod client;
pub mod error;
pub mod gears;
pub mod routes;
pub mod site;

/// The page about web services, whose blocks are compiled as tests.
#[cfg(doctest)]
#[doc = include_str!("../../../book/src/web-services.md")]
mod page {}
