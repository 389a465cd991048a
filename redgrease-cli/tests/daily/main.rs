//! The commands of every day, on real servers.
#![allow(clippy::unwrap_used, reason = "a test fails")]

#[path = "../common/mod.rs"]
mod common;

mod calls;
mod cluster;
mod executions;
mod logs;
mod registrations;
mod requirements;
mod running;
mod screen;
mod settings;

use common::on;
use redgrease_core::{Con, connect};
use redgrease_embedded::Server;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

/// A script with a command that fails, one that answers, a stream and a handler.
const SCRIPT: &str = "
def fail(x):
    raise ValueError('bad ' + x[1])
GB('CommandReader', desc='always fails').map(fail).register(trigger='bad', mode='sync')
GB('CommandReader').map(lambda x: {'args': x[1:], 'n': 1}).register(trigger='echo', mode='sync')
GB('StreamReader', desc='orders').foreach(lambda x: None).register('orders:*')
GB('KeysReader').foreach(lambda x: None).register('user:*')
";

/// A server with the script in the session `shop`.
fn shop() -> Server {
    let server = Server::start().unwrap();
    on(
        &server,
        &[
            "-q",
            "run",
            "-c",
            SCRIPT,
            "--id",
            "shop",
            "--description",
            "the shop",
        ],
    )
    .ok();
    server
}

fn con(server: &Server) -> Con {
    connect(server.url()).unwrap()
}

/// Sends a signal to a program.
fn signal(child: &Child, name: &str) {
    let pid = child.id().to_string();
    assert!(
        Command::new("kill")
            .args([name, &pid])
            .status()
            .unwrap()
            .success()
    );
}

/// Waits for the end of a program.
fn ended(child: &mut Child) -> ExitStatus {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if begun.elapsed() > Duration::from_secs(30) {
            child.kill().unwrap();
            panic!("the program does not end");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}
