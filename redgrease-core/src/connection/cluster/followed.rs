//! The slots of a cluster as the connections of this process know them.

use super::slots::{Place, Slots};
use super::way::Way;
use crate::connection::{Address, Addresses};
use redis::{RedisResult, Value};
use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

/// Shared by a connection, its clones and its endpoint.
#[derive(Debug)]
pub(crate) struct Followed {
    /// The address that has answered. Nodes have the same user, password and TLS.
    address: Address,
    /// The addresses that the user gave.
    given: Addresses,
    slots: RwLock<Arc<Slots>>,
    /// Whether a connection has broken since the slots were read.
    is_stale: AtomicBool,
    turn: AtomicUsize,
}

impl Followed {
    /// The cluster of a node with its answer to `CLUSTER SLOTS`. `None` if no slot is served: the node works alone.
    pub(super) fn new(address: &Address, given: &Addresses, answer: &Value) -> Option<Arc<Self>> {
        let slots = Slots::parse(answer, &place_of(address));
        // Programs that start together do not all begin with the same node.
        let turn = RandomState::new().hash_one(0_u8);
        (!slots.is_empty()).then(|| {
            Arc::new(Followed {
                address: address.clone(),
                given: given.clone(),
                slots: RwLock::new(Arc::new(slots)),
                is_stale: AtomicBool::new(false),
                turn: AtomicUsize::new(usize::try_from(turn >> 33).unwrap_or_default()),
            })
        })
    }

    pub(super) fn slots(&self) -> Arc<Slots> {
        Arc::clone(&self.slots.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes over the answer of a node to `CLUSTER SLOTS`. Returns `false` if it knows no slot.
    pub(super) fn learn(&self, answer: &Value, answered: &Place) -> bool {
        let slots = Slots::parse(answer, answered);
        if slots.is_empty() {
            return false;
        }
        self.is_stale.store(false, Ordering::Release);
        *self.slots.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(slots);
        true
    }

    pub(super) fn doubt(&self) {
        self.is_stale.store(true, Ordering::Release);
    }

    pub(super) fn is_stale(&self) -> bool {
        self.is_stale.load(Ordering::Acquire)
    }

    /// The node for a command that goes to one node, unless all nodes that fit are among those to avoid.
    pub(super) fn node_for(&self, way: &Way, avoided: &[Place]) -> Option<Place> {
        let slots = self.slots();
        let fits = |place: &&Place| !avoided.contains(place);
        let first = || slots.primaries().find(fits).cloned();
        match way {
            Way::Slot(slot) => slots.owner(*slot).filter(fits).cloned(),
            Way::Node(id) => match slots.with_id(id) {
                Some(place) => Some(place).filter(fits).cloned(),
                None => first(),
            },
            Way::Any => {
                let turn = self.turn.fetch_add(1, Ordering::Relaxed);
                let fitting: Vec<_> = slots.primaries().filter(fits).collect();
                let at = turn.checked_rem(fitting.len())?;
                fitting.get(at).map(|place| (*place).clone())
            }
            _ => first(),
        }
    }

    /// The address of a node.
    pub(super) fn address_of(&self, place: &Place) -> RedisResult<Address> {
        self.address.of_node(&place.host, place.port)
    }

    pub(super) fn given(&self) -> &Addresses {
        &self.given
    }

    /// The addresses of the primaries.
    pub(crate) fn primaries(&self) -> Vec<Address> {
        let slots = self.slots();
        let primaries = slots.primaries();
        primaries.filter_map(|p| self.address_of(p).ok()).collect()
    }
}

/// Where the node with this address listens. A unix socket leads to this host.
pub(super) fn place_of(address: &Address) -> Place {
    let (host, port) = address.host_and_port().unwrap_or(("127.0.0.1", 0));
    Place {
        host: host.to_owned(),
        port,
    }
}
