//! [`Home`]: one server or a cluster, as the environment says.

use crate::{Cluster, ClusterNode, Error, ErrorKind, Result, Server};

const VARIABLE: &str = "REDGREASE_SHARDS";

/// One server or a cluster, for programs and tests that are the same on both.
///
/// It is one server, unless the environment variable `REDGREASE_SHARDS` has a number: `REDGREASE_SHARDS=3` makes it a cluster of
/// three shards. Both stop when this value is dropped.
///
/// ```no_run
/// use redgrease_embedded::Home;
///
/// let home = Home::start()?;
/// println!("connect to {}", home.url());
/// # Ok::<(), redgrease_embedded::Error>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
#[must_use = "the servers end when this is dropped"]
pub enum Home {
    /// One server.
    One(Server),
    /// A cluster.
    Many(Cluster),
}

impl Home {
    /// Starts what the environment asks for.
    ///
    /// # Errors
    /// - Those of [`Server::start`] and of [`ClusterBuilder::start`](crate::ClusterBuilder::start).
    /// - `InvalidOption` if `REDGREASE_SHARDS` is no number.
    pub fn start() -> Result<Self> {
        match Home::shards()? {
            0 => Server::start().map(Home::One),
            shards => Server::cluster().shards(shards).start().map(Home::Many),
        }
    }

    /// How many shards the environment asks for; 0 for one server.
    ///
    /// # Errors
    /// `InvalidOption` if `REDGREASE_SHARDS` is no number.
    pub fn shards() -> Result<usize> {
        std::env::var_os(VARIABLE).map_or(Ok(0), |wanted| number(&wanted.to_string_lossy()))
    }

    /// The address of the server, or of a node that leads to the cluster.
    #[must_use]
    pub fn url(&self) -> &str {
        match self {
            Home::One(server) => server.url(),
            Home::Many(cluster) => cluster.url(),
        }
    }

    /// Ends the server or the cluster.
    ///
    /// # Errors
    /// If a process cannot be ended.
    pub fn stop(self) -> Result<()> {
        match self {
            Home::One(server) => server.stop(),
            Home::Many(cluster) => cluster.nodes().iter().try_for_each(ClusterNode::stop),
        }
    }
}

fn number(wanted: &str) -> Result<usize> {
    let wanted = wanted.trim();
    if wanted.is_empty() {
        return Ok(0);
    }
    wanted.parse().map_err(|_| {
        Error::new(
            ErrorKind::InvalidOption,
            format!(
                "{VARIABLE} is {wanted:?}, which is no number of shards: write {VARIABLE}=3, or leave it out for one server"
            ),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_has_the_number_of_shards() {
        assert_eq!(number("").unwrap(), 0);
        assert_eq!(number("3").unwrap(), 3);
        let error = number("many").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidOption);
        assert!(error.to_string().contains("REDGREASE_SHARDS=3"), "{error}");
    }
}
