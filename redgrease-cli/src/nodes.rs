//! The servers of a cluster, one by one.

use crate::app::App;
use crate::failure::Failure;
use crate::tls;
use redgrease_core::GearsCommands as _;
use redis::{Client, ConnectionAddr, ConnectionInfo, ConnectionLike};
use std::net::IpAddr;
use std::time::Duration;

/// A server: the only one, or a shard of a cluster.
pub(crate) struct Node {
    /// The id of the shard; `None` outside of a cluster.
    pub(crate) shard: Option<String>,
    /// Host and port, or the path of a socket. It contains no password.
    pub(crate) address: String,
    info: ConnectionInfo,
}

const TIMEOUT: Duration = Duration::from_secs(5);

impl Node {
    /// A connection to this server alone.
    pub(crate) fn connect(&self) -> redis::RedisResult<redis::Connection> {
        let con = Client::open(self.info.clone())?.get_connection_with_timeout(TIMEOUT)?;
        con.set_read_timeout(Some(TIMEOUT))?;
        Ok(con)
    }

    /// Whether the server runs on this machine, as far as its address tells.
    pub(crate) fn is_local(&self) -> bool {
        is_local(self.info.addr())
    }
}

/// Whether an address is one of this machine.
pub(crate) fn is_local(address: &ConnectionAddr) -> bool {
    let host = match address {
        ConnectionAddr::Tcp(host, _) | ConnectionAddr::TcpTls { host, .. } => host,
        ConnectionAddr::Unix(_) => return true,
        _ => return false,
    };
    let host = host.trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

impl App {
    /// The servers behind the connection: the shards of a cluster, or the one server.
    pub(crate) fn nodes(&self, con: &mut impl ConnectionLike) -> Result<Vec<Node>, Failure> {
        let given = tls::info(&self.url())?;
        let cluster = match con.info_cluster() {
            Ok(cluster) => cluster,
            // A user without the right to ask sees one server.
            Err(error) if error.is_no_permission() => None,
            Err(error) => return Err(error.into()),
        };
        let Some(cluster) = cluster else {
            return Ok(vec![node(None, given)]);
        };
        let shards = cluster.shards.into_iter().map(|shard| {
            let host = shard.ip;
            let port = shard.port;
            let address = match given.addr() {
                ConnectionAddr::TcpTls {
                    insecure,
                    tls_params,
                    ..
                } => ConnectionAddr::TcpTls {
                    host,
                    port,
                    insecure: *insecure,
                    tls_params: tls_params.clone(),
                },
                _ => ConnectionAddr::Tcp(host, port),
            };
            node(Some(shard.id), given.clone().set_addr(address))
        });
        Ok(shards.collect())
    }
}

fn node(shard: Option<String>, info: ConnectionInfo) -> Node {
    Node {
        shard,
        address: info.addr().to_string(),
        info,
    }
}

#[cfg(test)]
mod tests {
    use super::is_local;
    use redis::{ConnectionAddr, IntoConnectionInfo as _};

    #[test]
    fn addresses_of_this_machine() {
        let address =
            |url: &str| -> ConnectionAddr { url.into_connection_info().unwrap().addr().clone() };
        for url in [
            "redis://localhost/",
            "redis://127.0.0.2:7000/",
            "redis://[::1]/",
            "redis+unix:///a/b",
        ] {
            assert!(is_local(&address(url)), "{url}");
        }
        for url in ["redis://10.0.0.1/", "redis://localhost.example/"] {
            assert!(!is_local(&address(url)), "{url}");
        }
    }
}
