//! The TCP connections that the server has opened to others.
//!
//! On a link of the cluster's bus that it opens, a server lets a small message wait until the other end has acknowledged the one
//! before (Nagle's algorithm), and the other end lets an acknowledgement wait for up to 40 ms. The server has no setting for it,
//! and tells modules nothing of its links. So they are found among the descriptors of the process.

use std::fs;
use std::io;
use std::mem::ManuallyDrop;
use std::net::{SocketAddr, TcpStream};
use std::os::fd::{FromRawFd, RawFd};

/// The folder that names the descriptors of this process.
const DESCRIPTORS: &str = if cfg!(target_os = "linux") {
    "/proc/self/fd"
} else {
    "/dev/fd"
};

/// The descriptor of a connection of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Link(RawFd);

impl Link {
    fn stream(self) -> ManuallyDrop<TcpStream> {
        // SAFETY: the stream is not dropped, so the descriptor is not closed. The server may have closed it, or opened something
        // else with its number: each call on it asks the system, which answers with an error, or for what is there now.
        ManuallyDrop::new(unsafe { TcpStream::from_raw_fd(self.0) })
    }

    /// The address at the other end.
    fn peer(self) -> io::Result<SocketAddr> {
        let mut peer = self.stream().peer_addr()?;
        peer.set_ip(peer.ip().to_canonical());
        Ok(peer)
    }

    /// Lets no message wait any longer. `false` if the connection does not lead to this address.
    pub(crate) fn send_at_once(self, to: SocketAddr) -> bool {
        let stream = self.stream();
        self.peer().is_ok_and(|peer| peer == to)
            && (stream.nodelay().is_ok_and(|is_set| is_set) || stream.set_nodelay(true).is_ok())
    }
}

/// All TCP connections of the server, with the addresses at their other ends.
pub(crate) fn links() -> Vec<(SocketAddr, Link)> {
    let numbers = fs::read_dir(DESCRIPTORS).into_iter().flatten().flatten();
    let numbers = numbers.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    numbers
        .map(Link)
        .filter_map(|link| Some((link.peer().ok()?, link)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Ipv4Addr, TcpListener};

    fn listener() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        (listener, address)
    }

    fn link_to(address: SocketAddr) -> Option<Link> {
        let mut links = links().into_iter();
        links.find(|(to, _)| *to == address).map(|(_, link)| link)
    }

    #[test]
    fn a_connection_is_found_and_sends_at_once() {
        let (_listener, address) = listener();
        assert_eq!(link_to(address), None);
        let stream = TcpStream::connect(address).unwrap();
        let link = link_to(address).unwrap();
        assert!(!stream.nodelay().unwrap());
        assert!(link.send_at_once(address));
        assert!(stream.nodelay().unwrap());
        assert!(link.send_at_once(address), "it was set before");
        drop(stream);
        assert!(!link.send_at_once(address), "it is closed");
        assert_eq!(link_to(address), None);
    }

    #[test]
    fn a_connection_to_another_server_stays_as_it_is() {
        let ((_first, first), (_second, second)) = (listener(), listener());
        let stream = TcpStream::connect(first).unwrap();
        let link = link_to(first).unwrap();
        assert!(!link.send_at_once(second));
        assert!(!stream.nodelay().unwrap());
    }

    #[test]
    fn an_ipv4_address_inside_of_an_ipv6_address_is_the_same() {
        let (_listener, address) = listener();
        let mapped = Ipv4Addr::LOCALHOST.to_ipv6_mapped();
        let Ok(_stream) = TcpStream::connect((mapped, address.port())) else {
            return;
        };
        assert!(link_to(address).is_some());
    }
}
