//! Streams that have come here, and of which other servers still have messages in hand.
//!
//! Nothing of such a stream is read here. A server says of all slots of a question what it has in hand, so its answer ends what it has
//! said before.

use crate::cluster::topology::NodeId;
use std::collections::{BTreeSet, HashMap};

/// The other servers that still handle messages, by streams.
#[derive(Debug, Default)]
pub(super) struct Elsewhere(HashMap<Vec<u8>, BTreeSet<NodeId>>);

impl Elsewhere {
    /// `true` while another server has messages of the stream in hand.
    pub(super) fn has(&self, stream: &[u8]) -> bool {
        self.0.contains_key(stream)
    }

    /// A server has messages of a stream in hand, or has none any more. Returns `true` if no other server has any.
    pub(super) fn set(&mut self, stream: &[u8], by: NodeId, in_hand: bool) -> bool {
        if in_hand {
            let servers = self.0.entry(stream.to_vec()).or_default();
            servers.insert(by);
            return false;
        }
        let Some(servers) = self.0.get_mut(stream) else {
            return true;
        };
        servers.remove(&by);
        let is_free = servers.is_empty();
        if is_free {
            self.0.remove(stream);
        }
        is_free
    }

    /// A server has nothing in hand any more of the streams that are meant. Returns the streams of which no other server has anything.
    pub(super) fn let_go(
        &mut self,
        node: NodeId,
        is_meant: impl Fn(&[u8]) -> bool,
    ) -> Vec<Vec<u8>> {
        let mut freed = Vec::new();
        self.0.retain(|stream, servers| {
            let is_freed = is_meant(stream) && servers.remove(&node) && servers.is_empty();
            if is_freed {
                freed.push(stream.clone());
            }
            !is_freed
        });
        freed
    }

    /// The streams have gone on to another server, which asks by itself.
    pub(super) fn forget(&mut self, has_left: impl Fn(&[u8]) -> bool) {
        self.0.retain(|stream, _| !has_left(stream));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_waits_for_all_servers_that_handle_it() {
        let node = |digit: char| NodeId::parse(digit.to_string().repeat(40).as_bytes()).unwrap();
        let (a, b) = (node('a'), node('b'));
        let mut all = Elsewhere::default();
        assert!(all.set(b"s", a, false));
        assert!(!all.set(b"s", a, true) && !all.set(b"s", b, true));
        assert!(!all.set(b"t", b, true) && !all.set(b"u", a, true));
        assert!(all.has(b"s"));
        assert!(!all.set(b"s", b, false) && all.has(b"s"));
        assert!(all.set(b"s", a, false) && !all.has(b"s"));
        assert!(all.let_go(b, |stream| stream == b"s").is_empty() && all.has(b"t"));
        assert_eq!(all.let_go(b, |_| true), [b"t".to_vec()]);
        all.forget(|stream| stream == b"u");
        assert!(all.0.is_empty() && all.let_go(a, |_| true).is_empty());
    }
}
