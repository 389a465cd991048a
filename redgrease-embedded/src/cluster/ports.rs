//! Free ports for the nodes of a cluster.

use crate::{Error, ErrorKind, Result};
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::net::{Ipv4Addr, TcpListener};

/// The nodes talk to each other over a second port, which is this much higher. Every server has this distance; another one
/// can be chosen from Redis 7.0 on.
const TO_BUS: u16 = 10_000;
/// Both ports are then below the range from which systems take the ports of connections.
const LOWEST: u16 = 10_000;
const COUNT: u16 = 12_000;
const TRIES: u16 = 500;

/// A port that is free, together with the port of the cluster bus.
///
/// Another program may take it before the server does, so the caller tries again with another one.
pub(super) fn free() -> Result<u16> {
    let start = RandomState::new().hash_one(0_u8);
    (0..u64::from(TRIES))
        .map(|i| {
            let offset = start.wrapping_add(i) % u64::from(COUNT);
            LOWEST + u16::try_from(offset).unwrap_or(0)
        })
        .find(|&port| is_free(port) && is_free(port + TO_BUS))
        .ok_or_else(|| {
            Error::new(
                ErrorKind::InUse,
                format!(
                    "no free port was found for a node of the cluster ({TRIES} ports were tried): end programs that listen on \
                     the ports {LOWEST} to {}",
                    LOWEST + COUNT + TO_BUS
                ),
            )
        })
}

fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_free_for_clients_and_for_the_bus() {
        let port = free().unwrap();
        assert!((LOWEST..LOWEST + COUNT).contains(&port), "{port}");
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
        assert!(!is_free(taken.local_addr().unwrap().port()));
    }
}
