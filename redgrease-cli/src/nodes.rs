//! The servers of a cluster, one by one.

use crate::app::App;
use crate::failure::Failure;
use redgrease_core::{Con, GearsCommands as _};
use redis::{Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo as _};
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
        match self.info.addr() {
            ConnectionAddr::Tcp(host, _) | ConnectionAddr::TcpTls { host, .. } => {
                host == "localhost"
                    || host
                        .parse()
                        .is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
            }
            _ => true,
        }
    }
}

impl App {
    /// The servers behind the connection: the shards of a cluster, or the one server.
    pub(crate) fn nodes(&self, con: &mut Con) -> Result<Vec<Node>, Failure> {
        let given = self.url().as_str().into_connection_info().map_err(|_| {
            Failure::usage(
                "this is not the address of a server: write redis://[user:password@]host[:port]",
            )
        })?;
        let Some(cluster) = con.info_cluster()? else {
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
