//! Whether a server is a node of a cluster.

#[cfg(not(feature = "cluster"))]
use super::address::Address;
#[cfg(not(feature = "cluster"))]
use crate::error::Error;
use redis::{Cmd, RedisResult, Value};

/// The command that asks for it.
pub(super) fn question() -> Cmd {
    let mut cmd = redis::cmd("INFO");
    cmd.arg("cluster");
    cmd
}

/// Whether the answer to [`question`] is that of a node. A server that does not tell is one server.
pub(super) fn is_node(answer: RedisResult<Value>) -> bool {
    let text = answer.and_then(|answer| {
        let text: String = redis::from_redis_value(answer.extract_error()?)?;
        Ok(text)
    });
    text.is_ok_and(|text| text.lines().any(|line| line == "cluster_enabled:1"))
}

/// The error of a program that is not built for clusters.
#[cfg(not(feature = "cluster"))]
pub(super) fn unsupported(address: &Address) -> Error {
    Error::config(format!(
        "{address} is a node of a cluster, and this program is built for one server: add the feature `cluster` to the \
         dependency `redgrease` in Cargo.toml"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clear_answer_makes_a_node() {
        let is = |text: &str| is_node(Ok(Value::BulkString(text.into())));
        assert!(is("# Cluster\r\ncluster_enabled:1\r\n"));
        assert!(!is("# Cluster\r\ncluster_enabled:0\r\n"));
        assert!(!is(""));
        assert!(!is_node(Ok(Value::Nil)));
        assert!(!is_node(redis::parse_redis_value(b"-NOPERM no\r\n")));
    }
}
