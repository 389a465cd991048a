//! Several addresses, of which some nodes are down.

use crate::common::free_port;
use crate::shards::Shards;
use crate::{block_on, port, port_async};
use redgrease::{AnyOf, BlockingPool, Pool};
use redgrease_embedded::Server;

#[test]
fn any_of_several_nodes_may_be_down() {
    let shards = Shards::start();
    let down = format!("redis://127.0.0.1:{}/", free_port());
    let given = || AnyOf([down.as_str(), shards.url(1), shards.url(2)]);
    port(&mut redgrease::start(given()).unwrap()).unwrap();
    port(&mut BlockingPool::connect(given()).unwrap()).unwrap();
    block_on(async {
        let mut con = redgrease::start_async(given()).await.unwrap();
        port_async(&mut con).await.unwrap();
        let mut pool = Pool::start(given()).await.unwrap();
        port_async(&mut pool).await.unwrap();
    });
    // Slots without a node leave gears on the others.
    shards.node(1).kill().unwrap();
    let mut con = redgrease::connect(given()).unwrap();
    for _ in 0..6 {
        assert_ne!(port(&mut con).unwrap(), shards.ports[1]);
    }
}

#[test]
fn several_addresses_are_of_one_cluster() {
    let server = Server::start().unwrap();
    let given = || AnyOf([server.url(), "redis://127.0.0.1:1/"]);
    let errors = [
        redgrease::connect(given()).map(drop).unwrap_err(),
        BlockingPool::connect(given()).map(drop).unwrap_err(),
        block_on(async { redgrease::connect_async(given()).await.map(drop) }).unwrap_err(),
        block_on(async { Pool::connect(given()).await.map(drop) }).unwrap_err(),
    ];
    for error in errors {
        assert!(error.to_string().contains("one server"), "{error}");
    }
    // One address may stand in a list.
    redgrease::connect(AnyOf([server.url()])).unwrap();
}
