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

/// The ports of a number of nodes, one after the other, from this one on.
pub(super) fn row(first: u16, count: usize) -> Result<Vec<u16>> {
    let last = usize::from(first) + count.saturating_sub(1);
    let highest = u16::MAX - TO_BUS;
    if first == 0 || last > usize::from(highest) {
        return Err(Error::new(
            ErrorKind::InvalidOption,
            format!(
                "the ports {first} to {last} are no ports of nodes, which also listen {TO_BUS} above: choose ports from 1 to \
                 {highest}"
            ),
        ));
    }
    let ports: Vec<u16> = (first..=highest).take(count).collect();
    these(&ports)
}

/// These ports, if no program uses them.
pub(super) fn these(ports: &[u16]) -> Result<Vec<u16>> {
    let buses = ports.iter().map(|port| port.saturating_add(TO_BUS));
    if let Some(taken) = ports
        .iter()
        .copied()
        .chain(buses)
        .find(|&port| !is_free(port))
    {
        return Err(Error::new(
            ErrorKind::InUse,
            format!(
                "port {taken} of this machine, which the cluster needs, is used by another program: end that program, or \
                 choose other ports"
            ),
        ));
    }
    Ok(ports.to_vec())
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
        let error = row(port, 1).unwrap_err();
        assert!(
            error.to_string().contains(&format!("port {port} ")),
            "{error}"
        );
    }

    #[test]
    fn ports_in_a_row_have_room_for_the_bus() {
        for (first, count) in [
            (0, 1),
            (55_536, 1),
            (55_535, 2),
            (u16::MAX, usize::from(u16::MAX)),
        ] {
            let error = row(first, count).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidOption, "{error}");
        }
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let bus = taken.local_addr().unwrap().port();
        let error = row(bus - TO_BUS, 1).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InUse);
        assert!(
            error.to_string().contains(&format!("port {bus} ")),
            "{error}"
        );
    }
}
