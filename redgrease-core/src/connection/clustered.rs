//! Whether a server is a node of a cluster.

use super::address::Address;
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

/// The node of a cluster that has not answered, if the error is about that.
#[cfg(feature = "cluster")]
pub(crate) fn late_node(e: &Error) -> Option<&Address> {
    super::cluster::late_node(e)
}

/// `None`: without the feature no connection leads to a cluster.
#[cfg(not(feature = "cluster"))]
pub(crate) fn late_node(_: &Error) -> Option<&Address> {
    None
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

    /// A program that is not built for clusters says so, in place of reaching one node only.
    #[cfg(not(feature = "cluster"))]
    #[test]
    fn a_node_is_an_error_that_names_the_feature() {
        use std::io::{Read as _, Write as _};

        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("redis://{}/", listener.local_addr().unwrap());
        // Ends with the test program.
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (mut stream, mut buffer) = (stream.unwrap(), [0; 1024]);
                while let Ok(read @ 1..) = stream.read(&mut buffer) {
                    let is_info = buffer[..read].windows(4).any(|word| word == b"INFO");
                    let answer: &[u8] = if is_info {
                        b"$17\r\ncluster_enabled:1\r\n"
                    } else {
                        b"+PONG\r\n"
                    };
                    stream.write_all(answer).unwrap();
                }
            }
        });
        for error in [
            crate::connect(&*url).map(drop).unwrap_err(),
            crate::BlockingPool::connect(&*url).map(drop).unwrap_err(),
        ] {
            assert!(error.to_string().contains("feature `cluster`"), "{error}");
        }
    }
}
