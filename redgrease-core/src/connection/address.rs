//! The address of a connection.

use crate::error::{Error, ErrorKind, Result};
use redis::{Client, ConnectionInfo, ConnectionLike as _, IntoConnectionInfo};
use std::fmt;
use std::time::Duration;

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
        Ok(Address(Client::open(info)?))
    }

    /// Opens a blocking connection. It has no response timeout.
    pub(super) fn open(&self) -> redis::RedisResult<redis::Connection> {
        self.open_within(CONNECT_TIMEOUT)
    }

    /// [`open`](Self::open) with a limit of its own.
    pub(crate) fn open_within(&self, limit: Duration) -> redis::RedisResult<redis::Connection> {
        let mut con = self.0.get_connection_with_timeout(limit)?;
        con.set_read_timeout(Some(limit))?;
        let answer = con.req_command(&redis::cmd("PING"));
        con.set_read_timeout(None)?;
        usable(answer)?;
        Ok(con)
    }

    /// Opens an async connection. It has no response timeout.
    #[cfg(feature = "aio")]
    pub(super) async fn open_async(&self) -> redis::RedisResult<redis::aio::ConnectionManager> {
        let config = redis::aio::ConnectionManagerConfig::new()
            .set_connection_timeout(Some(CONNECT_TIMEOUT))
            .set_response_timeout(None)
            .set_number_of_retries(1);
        let mut manager =
            redis::aio::ConnectionManager::new_with_config(self.0.clone(), config).await?;
        check(&mut manager).await?;
        Ok(manager)
    }

    /// Opens an async connection that is not opened again when it breaks. It has no response timeout.
    #[cfg(feature = "aio")]
    pub(crate) async fn open_once(&self) -> redis::RedisResult<redis::aio::MultiplexedConnection> {
        let config = redis::AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_TIMEOUT))
            .set_response_timeout(None);
        let connecting = self.0.get_multiplexed_async_connection_with_config(&config);
        let mut con = connecting.await?;
        check(&mut con).await?;
        Ok(con)
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

    pub(super) fn is_same_server(&self, other: &Address) -> bool {
        self.info().addr() == other.info().addr()
    }

    fn info(&self) -> &ConnectionInfo {
        self.0.get_connection_info()
    }
}

/// Whether the answer to a first `PING` shows a connection that can be used. redis-rs does not notice that the server
/// demands a password if the address has none, and not always that it is closed.
fn usable(answer: redis::RedisResult<redis::Value>) -> redis::RedisResult<()> {
    match answer.and_then(redis::Value::extract_error) {
        Err(e) if e.code() == Some("NOAUTH") || e.is_io_error() => Err(e),
        // Other errors are for the commands that they hit: the server loads its data, the user has no right to PING, ..
        _ => Ok(()),
    }
}

#[cfg(feature = "aio")]
async fn check(con: &mut impl redis::aio::ConnectionLike) -> redis::RedisResult<()> {
    let ping = redis::cmd("PING");
    let answer = tokio::time::timeout(CONNECT_TIMEOUT, con.req_packed_command(&ping)).await;
    usable(
        answer.unwrap_or_else(|_| Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into())),
    )
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
