//! `cargo xtask bench`: how fast gears are called, beside PING and Lua, in one run.

use crate::setup;
use crate::steps::{self, Failed, Outcome};
use crate::workspace;
use redgrease_embedded::Server;
use std::net::{Ipv4Addr, TcpListener};
use std::process::Command;

pub(crate) fn command(yes: bool) -> Outcome {
    let ready = setup::run(yes)?;
    let port = free_port()
        .map_err(|e| Failed::new(format!("this machine has no free port on loopback: {e}")))?;
    let server = Server::builder().engine(ready.engine).port(port).start()?;
    let mut script = Command::new("bash");
    script
        .arg(workspace::root().join("benches/ratios.sh"))
        .arg(port.to_string());
    steps::step("calls per second (benches/ratios.sh)", &mut script)?;
    Ok(server.stop()?)
}

/// Measured over TCP, as most programs call.
fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
        .local_addr()?
        .port())
}
