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

/// The logs of all servers.
pub(crate) fn logs(home: &Home) -> String {
    let read = |path: &std::path::Path| std::fs::read_to_string(path).unwrap();
    match home {
        Home::One(server) => read(server.log_path()),
        Home::Many(cluster) => {
            let nodes = cluster.nodes().into_iter();
            nodes.map(|node| read(&node.log_path())).collect()
        }
        other => panic!("no logs of {other:?}"),
    }
}

/// A server that answers all commands by itself: the only one, or the first node of a cluster. It has the keys with the tag `{06S}`.
pub(crate) struct First(Home);

impl First {
    pub(crate) fn start() -> First {
        First(Home::start().unwrap())
    }
}

/// What answers commands: a server, a node, or a cluster as a whole.
pub(crate) trait Answers {
    /// The address of the server, or of the first node.
    fn url(&self) -> &str;

    fn answer(&self, cmd: &redis::Cmd) -> redis::RedisResult<redis::Value> {
        cmd.query(&mut super::plain_connection_to(self.url()))
    }
}

impl Answers for Server {
    fn url(&self) -> &str {
        self.url()
    }
}

impl Answers for ClusterNode {
    fn url(&self) -> &str {
        self.url()
    }
}

impl Answers for First {
    fn url(&self) -> &str {
        self.0.url()
    }
}

impl Answers for Home {
    fn url(&self) -> &str {
        self.url()
    }

    fn answer(&self, cmd: &redis::Cmd) -> redis::RedisResult<redis::Value> {
        match self {
            Home::One(server) => server.answer(cmd),
            // Each command reaches the node of its keys.
            home => cmd.query(&mut redgrease::connect(home.url()).unwrap()),
        }
    }
}

impl<T: Answers> Answers for std::sync::Arc<T> {
    fn url(&self) -> &str {
        (**self).url()
    }

    fn answer(&self, cmd: &redis::Cmd) -> redis::RedisResult<redis::Value> {
        (**self).answer(cmd)
    }
}
