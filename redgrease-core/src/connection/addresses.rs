//! The addresses that a program gives: one, or those of several nodes of a cluster.

use super::address::{Address, CONNECT_TIMEOUT};
use crate::error::{Error, ErrorKind, Result};
use redis::IntoConnectionInfo;
use std::time::Duration;

/// Where to connect to: an address of redis-rs, or [`AnyOf`] several.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an address to connect to",
    note = "write one address such as `\"redis://127.0.0.1/\"`, or `AnyOf([..])` for several nodes of a cluster"
)]
pub trait IntoAddresses {
    /// Reads the addresses.
    #[doc(hidden)]
    #[allow(clippy::missing_errors_doc, reason = "it is not called by users")]
    fn into_addresses(self) -> Result<Addresses>;
}

/// The addresses of several nodes of a cluster. The first one that answers leads to the others, so any of them may be down.
///
/// The nodes have the user, the password and the TLS of the address that answered.
///
/// ```no_run
/// use redgrease_core::AnyOf;
///
/// let nodes = "redis://10.0.0.1/,redis://10.0.0.2/,redis://10.0.0.3/";
/// let mut con = redgrease_core::start(AnyOf(nodes.split(',')))?;
/// # Ok::<(), redgrease_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnyOf<A>(
    /// Something with the addresses: an array, a `Vec`, the parts of a text.
    pub A,
);

impl<A: IntoConnectionInfo> IntoAddresses for A {
    fn into_addresses(self) -> Result<Addresses> {
        Address::parse(self).map(|address| Addresses(vec![address]))
    }
}

impl IntoAddresses for Addresses {
    fn into_addresses(self) -> Result<Addresses> {
        Ok(self)
    }
}

impl<A> IntoAddresses for AnyOf<A>
where
    A: IntoIterator<Item: IntoConnectionInfo>,
{
    fn into_addresses(self) -> Result<Addresses> {
        let all: Vec<_> = self
            .0
            .into_iter()
            .map(Address::parse)
            .collect::<Result<_>>()?;
        if all.is_empty() {
            return Err(Error::config(
                "there is no address to connect to: give `AnyOf` the address of a node",
            ));
        }
        Ok(Addresses(all))
    }
}

/// One address or several.
#[derive(Debug, Clone)]
pub struct Addresses(Vec<Address>);

impl Addresses {
    /// The search for an address that can be reached.
    pub(super) fn search(&self) -> Search<'_> {
        Search {
            all: self,
            left: self.0.iter(),
            last: None,
        }
    }

    /// The part of a limit that each address has.
    pub(super) fn part_of(&self, limit: Duration) -> Duration {
        limit / u32::try_from(self.0.len()).unwrap_or(u32::MAX)
    }

    /// How long each address may take to accept a connection.
    pub(super) fn limit(&self) -> Duration {
        self.part_of(CONNECT_TIMEOUT)
    }

    #[cfg(feature = "cluster")]
    pub(super) fn iter(&self) -> std::slice::Iter<'_, Address> {
        self.0.iter()
    }

    /// An error if there are several, because this one is not a node of a cluster.
    pub(super) fn must_be_one(&self, address: &Address) -> Result<()> {
        if self.0.len() == 1 {
            return Ok(());
        }
        Err(Error::config(format!(
            "{address} is one server, and `AnyOf` has several addresses, which must be of the nodes of one cluster: give the \
             address of this server alone"
        )))
    }
}

/// The addresses that were not tried yet.
#[derive(Debug)]
pub(super) struct Search<'a> {
    all: &'a Addresses,
    left: std::slice::Iter<'a, Address>,
    last: Option<Error>,
}

impl Search<'_> {
    /// The next address to try. After the last one, the error that names all of them.
    pub(super) fn next(&mut self) -> Result<Address> {
        if let Some(address) = self.left.next() {
            return Ok(address.clone());
        }
        let all: Vec<_> = self.all.0.iter().map(Address::to_string).collect();
        let address = all.join(", ");
        Err(match self.last.take() {
            Some(e) => e.connecting_to(address),
            None => Error::new(ErrorKind::Connect { address }),
        })
    }

    /// Notes that an address could not be reached. Any other error ends the search.
    pub(super) fn failed(&mut self, e: Error) -> Result<()> {
        if !matches!(e.kind(), ErrorKind::Connect { .. }) {
            return Err(e);
        }
        self.last = Some(e);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    /// An address at which no server runs.
    fn down() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("redis://{}/", listener.local_addr().unwrap())
    }

    fn limit(addresses: impl IntoAddresses) -> Duration {
        addresses.into_addresses().unwrap().limit()
    }

    #[test]
    fn addresses_have_many_forms() {
        assert_eq!(limit("redis://h/"), CONNECT_TIMEOUT);
        assert_eq!(limit(("h", 6379)), CONNECT_TIMEOUT);
        assert_eq!(limit(AnyOf(["redis://h/"])), CONNECT_TIMEOUT);
        assert_eq!(limit(AnyOf([("h", 1), ("h", 2)])), CONNECT_TIMEOUT / 2);
        let text = "redis://h/,redis://i/,redis://j/,redis://k/";
        assert_eq!(limit(AnyOf(text.split(','))), CONNECT_TIMEOUT / 4);
        for wrong in [AnyOf(vec![]), AnyOf(vec!["redis://h/", "spam"])] {
            let error = wrong.into_addresses().unwrap_err();
            assert!(error.to_string().contains("address"), "{error}");
        }
    }

    #[test]
    fn addresses_are_tried_one_after_the_other() {
        let given = AnyOf([("h", 1), ("h", 2), ("h", 3)]);
        let given = given.into_addresses().unwrap();
        let mut search = given.search();
        for tried in ["h:1", "h:2", "h:3"] {
            let address = search.next().unwrap();
            assert_eq!(address.to_string(), tried);
            let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
            search.failed(address.unreachable(refused.into())).unwrap();
            // Other errors are not about the address.
            let error = search.failed(Error::config("spam")).unwrap_err();
            assert_eq!(error.to_string(), "spam");
        }
        let error = search.next().unwrap_err();
        assert!(error.to_string().contains("h:1, h:2, h:3"), "{error}");
    }

    #[test]
    fn the_error_names_all_addresses() {
        let (first, second) = (down(), down());
        let given = || AnyOf([first.as_str(), second.as_str()]);
        let errors = [
            crate::connect(given()).map(drop).unwrap_err(),
            crate::BlockingPool::connect(given()).map(drop).unwrap_err(),
        ];
        for error in errors {
            let text = error.to_string();
            assert!(error.is_connection(), "{text}");
            for address in [&first, &second] {
                let address = address.trim_start_matches("redis://").trim_end_matches('/');
                assert!(text.contains(address), "{text}");
            }
        }
    }
}
