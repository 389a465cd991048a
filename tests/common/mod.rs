//! What the integration tests share: a server of their own for each test.
#![allow(dead_code, reason = "each test file uses a part of it")]

use redgrease::Con;
use redgrease_embedded::Server;

/// A server with the engine, and a connection on which every gear of the test is registered.
pub(crate) fn started() -> (Server, Con) {
    let server = Server::start().unwrap();
    let con = redgrease::start(server.url()).unwrap();
    (server, con)
}

/// A server with the engine, on which nothing is registered.
pub(crate) fn empty() -> (Server, Con) {
    let server = Server::start().unwrap();
    let con = redgrease::connect(server.url()).unwrap();
    (server, con)
}
