//! Messages that test the way between the servers of a cluster.

use super::hub::Hub;
use super::mailbox::{Message, Tag};
use super::transport::Lane;
use crate::redis::{Level, log};
use std::io;
use std::thread;

/// Takes the messages of other servers, and tells the log of them.
pub(super) fn listen(hub: &Hub) {
    hub.on(Tag::NETWORK_TEST, |message| {
        // Looking at many bytes would hold up the server. Without a thread the log says nothing, and the test has failed.
        let _ = on_a_thread(move || log(Level::Notice, &report(&message)));
    });
}

/// Sends so many bytes to all other servers, a moment later. They must be fewer than a message may have.
pub(crate) fn send(hub: &'static Hub, length: usize) -> io::Result<()> {
    on_a_thread(move || {
        let to = hub.peers();
        if hub
            .send_to_all(&to, Lane::Bulk, Tag::NETWORK_TEST, &sample(length))
            .is_err()
        {
            log(Level::Warning, "the network test failed: send fewer bytes");
        }
    })
}

fn on_a_thread(body: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let thread = thread::Builder::new().name("rg-network".into());
    thread.spawn(body).map(drop)
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
