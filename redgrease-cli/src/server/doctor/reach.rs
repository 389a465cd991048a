//! Whether the server answers.

use super::node::Node;
use super::report::Report;
use crate::failure::Failure;
use crate::nodes::is_local;
use crate::tls;
use redis::{Client, ErrorKind};
use std::time::Duration;

const CHECK: &str = "reachable";
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) struct Reached {
    /// `None` if the server cannot be asked.
    pub(super) node: Option<Node>,
    /// Whether the address is one of this machine.
    pub(super) is_local: bool,
    /// Whether nothing answers.
    pub(super) is_silent: bool,
}

pub(super) fn reach(url: &str, report: &mut Report) -> Result<Reached, Failure> {
    let client = Client::open(tls::info(url)?)?;
    let address = client.get_connection_info().addr().clone();
    let is_local = is_local(&address);
    let (node, is_silent) = match client.get_connection_with_timeout(PATIENCE) {
        Ok(con) => (Some(Node::new(con)), false),
        Err(error) => {
            let is_silent = error.kind() == ErrorKind::Io || error.is_timeout();
            let remedy = remedy(&error, is_local);
            report.error(CHECK, format!("{address}: {error}"), remedy);
            (None, is_silent)
        }
    };
    if let Some(node) = &node {
        let name = if node.info("valkey_version").is_some() {
            "Valkey"
        } else {
            "Redis"
        };
        let version = node
            .info("valkey_version")
            .or_else(|| node.info("redis_version"));
        let process = node.info("process_id").unwrap_or("unknown");
        report.ok(
            CHECK,
            format!(
                "{name} {} at {address}, process {process}",
                version.unwrap_or("of an unknown version")
            ),
        );
    }
    Ok(Reached {
        node,
        is_local,
        is_silent,
    })
}

fn remedy(error: &redis::RedisError, is_local: bool) -> &'static str {
    let text = error.to_string();
    if error.kind() == ErrorKind::AuthenticationFailed
        || text.contains("NOAUTH")
        || text.contains("WRONGPASS")
    {
        "give the user and the password: --url redis://USER:PASSWORD@HOST:PORT/, or the same in REDGREASE_URL"
    } else if text.contains("DENIED") {
        "the server is in protected mode: connect from its own machine, or give it a password"
    } else if text.contains("ertificate") || text.contains("tls") || text.contains("TLS") {
        "rediss:// is for servers with TLS, redis:// for those without; --tls-ca names the certificate of an authority that the machine does not know, --tls-cert and --tls-key that of a client"
    } else if is_local {
        "start a server with `redgrease serve`, or give the address of another one with --url"
    } else {
        "look whether the server runs, listens on that address (`bind`), and whether a firewall is between"
    }
}
