//! The links of the bus that lead to the other servers: none lets small messages wait.

use super::topology::{self, NodeId};
use crate::redis::{Link, links};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The time between two searches for a link that was not found, at first and at most.
const SHORT: Duration = Duration::from_millis(100);
const LONG: Duration = Duration::from_secs(5);

/// What is known of the link to a server.
#[derive(Debug, Default)]
struct Known {
    link: Option<Link>,
    /// The link was not found: the time of the next search, and the time between it and the one before.
    again: Option<(Instant, Duration)>,
}

#[derive(Debug)]
struct Inside {
    known: BTreeMap<NodeId, Known>,
    /// Servers whose links have to be searched for.
    unknown: BTreeSet<NodeId>,
}

/// The links to the servers that were sent something.
#[derive(Debug)]
pub(super) struct Links(Mutex<Inside>);

impl Links {
    pub(super) const fn new() -> Links {
        Links(Mutex::new(Inside {
            known: BTreeMap::new(),
            unknown: BTreeSet::new(),
        }))
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something was handed to the bus for a server. Called with the server's lock, before the bus sends it. The server may have
    /// made the link anew.
    pub(super) fn used(&self, id: NodeId, now: Instant) {
        let Some(address) = address(id) else { return };
        let inside = &mut *self.inside();
        let known = inside.known.entry(id).or_default();
        if known.link.is_some_and(|link| link.send_at_once(address)) {
            return;
        }
        known.link = None;
        if known.again.is_none_or(|(at, _)| at <= now) {
            inside.unknown.insert(id);
        }
    }

    /// `true` if a link has to be searched for.
    pub(super) fn has_unknown(&self) -> bool {
        !self.inside().unknown.is_empty()
    }

    /// Searches for the links that are not known. With many clients it takes a while, so the caller does not hold the server's
    /// lock.
    pub(super) fn search(&self, now: Instant) {
        let unknown = std::mem::take(&mut self.inside().unknown);
        if unknown.is_empty() {
            return;
        }
        let all: HashMap<SocketAddr, Link> = links().into_iter().collect();
        let topology = topology::current();
        let known = &mut self.inside().known;
        known.retain(|id, _| topology.node(*id).is_some());
        for id in unknown {
            let Some(address) = address(id) else { continue };
            let known = known.entry(id).or_default();
            known.link = all.get(&address).copied();
            // The server may close the link meanwhile, and open another connection with its number. To send at once does no
            // connection harm.
            let is_found = known.link.is_some_and(|link| link.send_at_once(address));
            let pause = known.again.map_or(SHORT, |(_, pause)| LONG.min(pause * 2));
            known.again = (!is_found).then_some((now + pause, pause));
        }
    }
}

fn address(id: NodeId) -> Option<SocketAddr> {
    topology::current().node(id)?.bus
}
