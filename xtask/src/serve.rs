//! `cargo xtask serve`: runs a Redis with the engine for other programs.

use crate::say::note;
use crate::setup;
use crate::steps::{Failed, Outcome};
use crate::workspace;
use redgrease_embedded::Server;
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;

pub(crate) fn command(yes: bool, port: u16, dir: Option<PathBuf>) -> Outcome {
    let ready = setup::run(yes)?;
    // The server would report a used port only in its log.
    if let Err(e) = TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        return Err(Failed::new(format!(
            "port {port} of this machine cannot be used ({e}): stop the program that uses it, or \
             choose another port with --port"
        )));
    }
    let dir = match dir {
        Some(dir) => dir,
        None => workspace::target()?.join("redgrease").join("serve"),
    };
    note!("\n==> redis://127.0.0.1:{port}/");
    note!("    data in {}", dir.display());
    note!("    the log follows; Ctrl-C stops the server\n");
    // This process is replaced by the server, so that Ctrl-C reaches the server directly.
    let mut server = Server::builder().port(port).dir(dir);
    if let Some(python) = ready.chosen_python() {
        server = server.module_arg("Python", python);
    }
    Err(server.engine(ready.engine).become_server().into())
}
