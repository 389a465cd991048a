//! Messages that test the way between the servers of a cluster.

use super::hub::{Hub, Unsent};
use super::mailbox::{Message, Tag};
use super::transport::Lane;
use crate::redis::{Level, log};

/// Takes the messages of other servers, and tells the log of them.
pub(super) fn listen(hub: &Hub) {
    hub.on(Tag::NETWORK_TEST, |message| {
        log(Level::Notice, &report(&message));
    });
}

/// Sends so many bytes to all other servers.
pub(crate) fn send(hub: &Hub, length: usize) -> Result<(), Unsent> {
    hub.send_to_all(&hub.peers(), Lane::Bulk, Tag::NETWORK_TEST, &sample(length))
}

/// Bytes that differ from place to place, so that lost and exchanged pieces are noticed.
fn sample(length: usize) -> Vec<u8> {
    (0..length).map(expected).collect()
}

fn expected(place: usize) -> u8 {
    // Pieces have lengths that this is no divisor of.
    u8::try_from(place % 251).unwrap_or_default()
}

fn report(message: &Message) -> String {
    let content = message.content();
    let is_whole = content
        .iter()
        .enumerate()
        .all(|(at, byte)| *byte == expected(at));
    let (length, from) = (content.len(), message.from());
    if is_whole {
        format!("network test: {length} bytes came from the node {from}")
    } else {
        format!("network test: {length} bytes came damaged from the node {from}: please report it")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::topology::NodeId;

    fn report_of(content: &[u8]) -> String {
        let from = NodeId::parse(&[b'a'; 40]).unwrap();
        let bytes = [&[Tag::NETWORK_TEST.0], content].concat();
        report(&Message::new(from, bytes, None))
    }

    #[test]
    fn damage_is_noticed() {
        let mut content = sample(1000);
        assert!(report_of(&content).contains("1000 bytes came from"));
        content.swap(0, 600);
        assert!(report_of(&content).contains("came damaged"));
        assert!(report_of(b"").contains("0 bytes came from"));
    }
}
