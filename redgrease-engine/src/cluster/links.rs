//! The links of the bus that lead to the other servers: none lets small messages wait.

use super::topology::{self, NodeId};
use crate::redis::{Link, links};
use std::collections::{BTreeSet, HashMap};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// The time between two searches for a link that was not found, at first and at most.
const SHORT: Duration = Duration::from_millis(100);
const LONG: Duration = Duration::from_mins(1);

/// What is known of the link to a server.
#[derive(Debug, Default)]
struct Known {
    link: Option<Link>,
    /// The link was not found: the time of the next search, and the time between it and the one before.
    again: Option<(Instant, Duration)>,
}

/// The links to the servers that were sent something.
#[derive(Debug, Default)]
pub(super) struct Links {
    known: HashMap<NodeId, Known>,
    /// Servers whose links have to be searched for.
    unknown: BTreeSet<NodeId>,
}

impl Links {
    /// Something was handed to the bus for a server. Called before the bus sends it. The server may have made the link anew.
    pub(super) fn used(&mut self, id: NodeId, now: Instant) {
        let Some(address) = address(id) else { return };
        let known = self.known.entry(id).or_default();
        if known.link.is_some_and(|link| link.send_at_once(address)) {
            return;
        }
        known.link = None;
        if known.again.is_none_or(|(at, _)| at <= now) {
            self.unknown.insert(id);
        }
    }

    /// Searches for the links that are not known. With many clients it takes a while, so the caller does not hold the server's
    /// lock.
    pub(super) fn search(&mut self, now: Instant) {
        if self.unknown.is_empty() {
            return;
        }
        let topology = topology::current();
        self.known.retain(|id, _| topology.node(*id).is_some());
        let all: HashMap<SocketAddr, Link> = links().into_iter().collect();
        for id in std::mem::take(&mut self.unknown) {
            let Some(address) = address(id) else { continue };
            let known = self.known.entry(id).or_default();
            known.link = all.get(&address).copied();
            // The server may close the link meanwhile, and open another connection with its number. Sending at once does no
            // connection harm.
            known.again = if known.link.is_some_and(|link| link.send_at_once(address)) {
                None
            } else {
                let pause = known.again.map_or(SHORT, |(_, pause)| LONG.min(pause * 2));
                Some((now + pause, pause))
            };
        }
    }
}

fn address(id: NodeId) -> Option<SocketAddr> {
    topology::current().node(id)?.bus
}
