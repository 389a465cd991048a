//! The address of a connection.

use crate::error::{Error, ErrorKind, Result};
#[cfg(feature = "cluster")]
use redis::ConnectionAddr;
use redis::{Client, ConnectionInfo, ConnectionLike as _, IntoConnectionInfo};
use std::fmt;
use std::time::{Duration, Instant};

/// The longest time that a server may take to accept a connection. Commands have no limit.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// An address, to open connections to. Its texts contain no password.
#[derive(Clone)]
pub(crate) struct Address(Client);

impl Address {
    /// Checks an address without connecting.
    pub(crate) fn parse(info: impl IntoConnectionInfo) -> Result<Self> {
        let info = info.into_connection_info().map_err(|_| {
            // The error of redis-rs is dropped on purpose: it might show a password.
            Error::config(
                "this is not the address of a redis server: write redis://[user:password@]host[:port], \
                 rediss://.. for TLS, or redis+unix:///path/to/socket",
            )
        })?;
        let db = info.redis_settings().db();
        if db != 0 {
            return Err(Error::config(format!(
                "the address names database {db}, but gears act on database 0 whatever a connection selected: \
                 leave the database out of the address"
            )));
        }
        // redis-rs would wait for each of the two answers as long as for all of them together.
        let settings = info.redis_settings().clone().set_skip_set_lib_name();
        Ok(Address(Client::open(info.set_redis_settings(settings))?))
    }

    /// Opens a blocking connection. It has no response timeout.
    pub(super) fn open(&self) -> redis::RedisResult<redis::Connection> {
        self.open_within(CONNECT_TIMEOUT)
    }

    /// [`open`](Self::open) with a limit of its own.
    pub(crate) fn open_within(&self, limit: Duration) -> redis::RedisResult<redis::Connection> {
        self.try_open(limit).map_err(|e| silence(e, limit))
    }

    fn try_open(&self, limit: Duration) -> redis::RedisResult<redis::Connection> {
        let begun = Instant::now();
        let mut con = self.0.get_connection_with_timeout(limit)?;
        let left = limit.saturating_sub(begun.elapsed());
        con.set_read_timeout(Some(left.max(Duration::from_millis(1))))?;
        let answer = con.req_command(&redis::cmd("PING"));
        con.set_read_timeout(None)?;
        usable(answer)?;
        Ok(con)
    }

    /// Opens an async connection within this limit. It has no response timeout.
    #[cfg(feature = "aio")]
    pub(super) async fn open_async(
        &self,
        limit: Duration,
    ) -> redis::RedisResult<redis::aio::ConnectionManager> {
        let opening =
            redis::aio::ConnectionManager::new_with_config(self.0.clone(), manager_config());
        checked(opening, limit).await
    }

    /// An async connection that is opened by its first command.
    #[cfg(all(feature = "aio", feature = "cluster"))]
    pub(super) fn open_later(&self) -> redis::RedisResult<redis::aio::ConnectionManager> {
        redis::aio::ConnectionManager::new_lazy_with_config(self.0.clone(), manager_config())
    }

    /// Opens an async connection that is not opened again when it breaks. It has no response timeout.
    #[cfg(feature = "aio")]
    pub(crate) async fn open_once(&self) -> redis::RedisResult<redis::aio::MultiplexedConnection> {
        let config = redis::AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_TIMEOUT))
            .set_response_timeout(None);
        let opening = self.0.get_multiplexed_async_connection_with_config(&config);
        checked(opening, CONNECT_TIMEOUT).await
    }

    /// The error for a connection that could not be opened.
    pub(crate) fn unreachable(&self, source: redis::RedisError) -> Error {
        Error::caused_by(
            ErrorKind::Connect {
                address: self.to_string(),
            },
            source,
        )
    }

    /// The address of another node of the cluster: all nodes have the same user, password and TLS.
    #[cfg(feature = "cluster")]
    pub(super) fn of_node(&self, host: &str, port: u16) -> redis::RedisResult<Self> {
        let host = host.to_owned();
        let node = match self.info().addr() {
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
        Client::open(self.info().clone().set_addr(node)).map(Address)
    }

    /// Host and port, unless the address is that of a unix socket.
    #[cfg(feature = "cluster")]
    pub(super) fn host_and_port(&self) -> Option<(&str, u16)> {
        match self.info().addr() {
            ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. } => {
                Some((host, *port))
            }
            _ => None,
        }
    }

    pub(super) fn is_same_server(&self, other: &Address) -> bool {
        self.info().addr() == other.info().addr()
    }

    fn info(&self) -> &ConnectionInfo {
        self.0.get_connection_info()
    }
}

#[cfg(feature = "aio")]
fn manager_config() -> redis::aio::ConnectionManagerConfig {
    redis::aio::ConnectionManagerConfig::new()
        .set_connection_timeout(Some(CONNECT_TIMEOUT))
        .set_response_timeout(None)
        .set_number_of_retries(1)
}

/// Whether the answer to a first `PING` shows a connection that can be used. redis-rs does not notice that the server
/// demands a password if the address has none, and not always that it is closed.
fn usable(answer: redis::RedisResult<redis::Value>) -> redis::RedisResult<()> {
    match answer.and_then(redis::Value::extract_error) {
        Err(e) if e.code() == Some("NOAUTH") || e.is_io_error() || is_turned_away(&e) => Err(e),
        // Other errors are for the commands that they hit: the server loads its data, the user has no right to PING, ..
        _ => Ok(()),
    }
}

/// Whether the server has sent an error in place of accepting the connection, which it closes now.
fn is_turned_away(e: &redis::RedisError) -> bool {
    e.code() == Some("DENIED")
        || e.detail()
            .is_some_and(|text| text.starts_with("max number of clients"))
}

/// A connection that has answered, within one limit for all.
#[cfg(feature = "aio")]
async fn checked<C: redis::aio::ConnectionLike>(
    opening: impl Future<Output = redis::RedisResult<C>>,
    limit: Duration,
) -> redis::RedisResult<C> {
    let ping = redis::cmd("PING");
    let opened = tokio::time::timeout(limit, async {
        let mut con = opening.await?;
        usable(con.req_packed_command(&ping).await)?;
        Ok(con)
    });
    opened
        .await
        .unwrap_or_else(|_| Err(no_answer(limit)))
        .map_err(|e| silence(e, limit))
}

/// The error of a server that is silent for longer than the limit.
pub(super) fn no_answer(limit: Duration) -> redis::RedisError {
    let text = format!("no answer within {limit:?}");
    std::io::Error::new(std::io::ErrorKind::TimedOut, text).into()
}

/// Names the limit in the error of a connection that could not be opened in time.
fn silence(e: redis::RedisError, limit: Duration) -> redis::RedisError {
    if e.is_timeout() { no_answer(limit) } else { e }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.info().addr())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_databases_are_refused() {
        for address in ["redis://127.0.0.1/1", "redis+unix:///tmp/x.sock?db=3"] {
            let error = Address::parse(address).unwrap_err();
            assert!(error.to_string().contains("database"), "{error}");
        }
        for address in [
            "redis://127.0.0.1/",
            "redis://127.0.0.1/0",
            "redis+unix:///tmp/x.sock",
        ] {
            Address::parse(address).unwrap();
        }
    }

    /// A server that accepts connections and never answers.
    #[test]
    fn a_silent_server_is_an_error_with_the_address_and_the_limit() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let server = listener.local_addr().unwrap().to_string();
        let address = Address::parse(format!("redis://{server}/")).unwrap();
        let limit = Duration::from_millis(300);
        let assert_limited = |begun: Instant, error: redis::RedisError| {
            assert!(begun.elapsed() < limit * 2, "{:?}", begun.elapsed());
            assert!(error.is_timeout());
            let text = address.unreachable(error).to_string();
            for part in [&*server, "no answer within 300ms", "not stopped"] {
                assert!(text.contains(part), "{text}");
            }
        };
        let begun = Instant::now();
        assert_limited(begun, address.open_within(limit).map(drop).unwrap_err());
        #[cfg(feature = "aio")]
        {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            let begun = Instant::now();
            let opened = runtime.unwrap().block_on(address.open_async(limit));
            assert_limited(begun, opened.map(drop).unwrap_err());
        }
    }

    #[test]
    fn passwords_are_never_shown() {
        let address = Address::parse("redis://user:s3cret@127.0.0.1:1/").unwrap();
        assert_eq!(format!("{address} {address:?}"), "127.0.0.1:1 127.0.0.1:1");
        for wrong in [
            "redis://:s3cret@/x/y",
            "http://user:s3cret@host/",
            "redis://user:s3cret@host:port/",
            "s3cret",
        ] {
            let error = Address::parse(wrong).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("s3cret"), "{error}");
        }
        // No server listens on this port.
        let error = crate::connect("redis://user:s3cret@127.0.0.1:1/").unwrap_err();
        assert!(
            error.is_connection() && !format!("{error}").contains("s3cret"),
            "{error}"
        );
    }
}
