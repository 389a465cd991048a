//! `cargo xtask serve`: a Redis with the engine for a program of one's own.

use crate::setup;
use crate::steps::{Failed, Outcome};
use crate::workspace;
use redgrease_embedded::Server;
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;

pub(crate) fn command(yes: bool, port: u16, dir: Option<PathBuf>) -> Outcome {
    let ready = setup::run(yes)?;
    // Asked before the server does, which would only say so in its log.
    if let Err(e) = TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        return Err(Failed::new(format!(
            "port {port} of this machine cannot be used ({e}): end the program that has it, or \
             choose another one with --port"
        )));
    }
    let dir = match dir {
        Some(dir) => dir,
        None => workspace::target()?.join("redgrease").join("serve"),
    };
    eprintln!("\n==> redis://127.0.0.1:{port}/");
    eprintln!("    its data stay in {}", dir.display());
    eprintln!("    its log follows; Ctrl-C ends it\n");
    // The process becomes the server, so that Ctrl-C is the server's own affair.
    Err(Server::builder()
        .engine(ready.engine)
        .port(port)
        .dir(dir)
        .become_server()
        .into())
}
