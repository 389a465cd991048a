//! Scripts for the tests, and what calls them.

use redgrease_core::{Con, GearsCommands as _, PyExecuteOptions, connect};
use redgrease_embedded::Server;
use redis::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// A command that fails for each fifth number, a stream, and an event.
pub(crate) const SHOP: &str = "
import time
def price(words):
    number = int(words[1])
    if number % 5 == 0:
        raise ValueError('no price for %d' % number)
    time.sleep(0.002)
    return number
GB('CommandReader', desc='the price').map(price).register(trigger='shop.price')
GB('StreamReader').foreach(lambda r: r).register(prefix='shop:orders', trimStream=False)
GB('KeysReader').foreach(lambda r: r).register(prefix='visit:*', eventTypes=['set'], readValue=False)
";

/// An execution that goes on until it is aborted.
pub(crate) const ENDLESS: &str = "
import time
def wait(record):
    while True:
        time.sleep(0.01)
GB('ShardsIDReader').map(wait).run()
";

pub(crate) fn con(server: &Server) -> Con {
    connect(server.url()).unwrap()
}

pub(crate) fn register(con: &mut Con, session: &str, script: &str) {
    let options = PyExecuteOptions::new().id(session);
    con.pyexecute_options::<Value>(script, &options).unwrap();
}

pub(crate) fn start_endless(con: &mut Con) -> String {
    let options = PyExecuteOptions::new().unblocking();
    let started = con.pyexecute_options::<Value>(ENDLESS, &options).unwrap();
    started.id().unwrap().to_string()
}

/// A server with the scripts.
pub(crate) fn shop() -> Server {
    let server = Server::start().unwrap();
    register(&mut con(&server), "shop", SHOP);
    server
}

/// Calls the trigger again and again.
pub(crate) struct Traffic {
    stopped: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Traffic {
    pub(crate) fn on(server: &Server) -> Self {
        let mut con = con(server);
        let stopped = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&stopped);
        let thread = thread::spawn(move || {
            let numbers = (0..).take_while(|_| !flag.load(Ordering::Relaxed));
            for number in numbers {
                let _ = con.trigger::<Value>("shop.price", number.to_string());
                thread::sleep(Duration::from_millis(2));
            }
        });
        Traffic {
            stopped,
            thread: Some(thread),
        }
    }
}

impl Drop for Traffic {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(20), "{what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// A port that nothing uses.
pub(crate) fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// A server that wants this password, and its address with it.
pub(crate) fn with_password(password: &str) -> (Server, String) {
    let server = shop();
    let mut set = redis::cmd("CONFIG");
    set.arg(&["SET", "requirepass", password]);
    let _: () = set.query(&mut con(&server)).unwrap();
    let url = format!("{}?pass={password}", server.url());
    (server, url)
}
