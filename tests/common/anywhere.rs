//! One server or a cluster, for tests of what is the same on both. They run on one server, and with `REDGREASE_SHARDS=3` on a
//! cluster of three shards.

use redgrease::{Con, Gear, Options};
use redgrease_embedded::{ClusterNode, Home, Server};

/// The number of shards that the tests run on.
pub(crate) fn shards() -> usize {
    Home::shards().unwrap().max(1)
}

/// One server or a cluster, and a connection. Nothing is registered.
pub(crate) fn anywhere() -> (Home, Con) {
    let home = Home::start().unwrap();
    let con = redgrease::connect(home.url()).unwrap();
    (home, con)
}

/// One server or a cluster, and a connection that has registered every gear of the test program.
pub(crate) fn started_anywhere() -> (Home, Con) {
    let home = Home::start().unwrap();
    let con = redgrease::start(home.url()).unwrap();
    (home, con)
}

/// One server or a cluster, and a connection that has registered these gears.
pub(crate) fn anywhere_with(gears: &[&'static Gear]) -> (Home, Con) {
    let home = Home::start().unwrap();
    let (con, _) = redgrease::start_with(home.url(), &Options::new().gears(gears)).unwrap();
    (home, con)
}

/// What answers commands: a server, a node, or a cluster as a whole.
pub(crate) trait Answers {
    fn answer(&self, cmd: &redis::Cmd) -> redis::RedisResult<redis::Value>;
}

fn at(url: &str, cmd: &redis::Cmd) -> redis::RedisResult<redis::Value> {
    cmd.query(&mut super::plain_connection_to(url))
}

impl Answers for Server {
    fn answer(&self, cmd: &redis::Cmd) -> redis::RedisResult<redis::Value> {
        at(self.url(), cmd)
    }
}

impl Answers for ClusterNode {
    fn answer(&self, cmd: &redis::Cmd) -> redis::RedisResult<redis::Value> {
        at(self.url(), cmd)
    }
}

impl Answers for Home {
    fn answer(&self, cmd: &redis::Cmd) -> redis::RedisResult<redis::Value> {
        match self {
            Home::One(server) => server.answer(cmd),
            // Each command reaches the node of its keys.
            home => cmd.query(&mut redgrease::connect(home.url()).unwrap()),
        }
    }
}

impl<T: Answers> Answers for std::sync::Arc<T> {
    fn answer(&self, cmd: &redis::Cmd) -> redis::RedisResult<redis::Value> {
        (**self).answer(cmd)
    }
}
