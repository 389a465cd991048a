//! The address of a connection.

use crate::error::{Error, ErrorKind, Result};
use redis::{Client, ConnectionInfo, IntoConnectionInfo};
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
        self.0.get_connection_with_timeout(limit)
    }

    /// Opens an async connection. It has no response timeout.
    #[cfg(feature = "aio")]
    pub(super) async fn open_async(&self) -> redis::RedisResult<redis::aio::ConnectionManager> {
        let config = redis::aio::ConnectionManagerConfig::new()
            .set_connection_timeout(Some(CONNECT_TIMEOUT))
            .set_response_timeout(None)
            .set_number_of_retries(1);
        redis::aio::ConnectionManager::new_with_config(self.0.clone(), config).await
    }

    /// Opens an async connection that is not opened again when it breaks. It has no response timeout.
    #[cfg(feature = "aio")]
    pub(crate) async fn open_once(&self) -> redis::RedisResult<redis::aio::MultiplexedConnection> {
        let config = redis::AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_TIMEOUT))
            .set_response_timeout(None);
        let connecting = self.0.get_multiplexed_async_connection_with_config(&config);
        connecting.await
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
