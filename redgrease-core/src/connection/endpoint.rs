//! The state that a connection of this crate shares with its clones.

use super::address::Address;
#[cfg(feature = "cluster")]
use super::cluster::Followed;
use super::pool::Places;
use crate::profile::{self, Profile};
#[cfg(feature = "cluster")]
use std::sync::OnceLock;
use std::sync::{Arc, PoisonError, RwLock};

/// Address and profile of a connection.
#[derive(Debug)]
pub(crate) struct Endpoint {
    address: Address,
    /// `None` before a registration: the connection uses the default profile.
    profile: RwLock<Option<Arc<Profile>>>,
    /// The places of the pool that this is the endpoint of.
    places: Option<Arc<Places>>,
    /// The cluster that the connection leads to.
    #[cfg(feature = "cluster")]
    cluster: OnceLock<Arc<Followed>>,
}

impl Endpoint {
    pub(super) fn new(address: Address, profile: Option<Arc<Profile>>) -> Arc<Self> {
        Arc::new(Endpoint {
            address,
            profile: RwLock::new(profile),
            places: None,
            #[cfg(feature = "cluster")]
            cluster: OnceLock::new(),
        })
    }

    /// The endpoint of a pool with these places.
    pub(super) fn of_pool(address: Address, places: &Arc<Places>) -> Arc<Self> {
        Arc::new(Endpoint {
            profile: RwLock::new(super::known::connected(&address)),
            address,
            places: Some(Arc::clone(places)),
            #[cfg(feature = "cluster")]
            cluster: OnceLock::new(),
        })
    }

    /// Notes that the connection leads to a cluster.
    #[cfg(feature = "cluster")]
    pub(super) fn leads_to(&self, cluster: &Arc<Followed>) {
        self.cluster.get_or_init(|| Arc::clone(cluster));
    }

    /// The primaries of the cluster; `None` if the connection leads to one server.
    #[cfg(feature = "cluster")]
    pub(crate) fn primaries(&self) -> Option<Vec<Address>> {
        self.cluster.get().map(|cluster| cluster.primaries())
    }

    /// `None`: without the feature no connection leads to a cluster.
    #[cfg(not(feature = "cluster"))]
    #[allow(clippy::unused_self, reason = "the feature `cluster` needs it")]
    pub(crate) fn primaries(&self) -> Option<Vec<Address>> {
        None
    }

    /// The state of the pool as a part of a sentence, if there is one in which calls wait for a socket, or soon will.
    pub(crate) fn crowd(&self) -> Option<String> {
        let crowd = self.places.as_ref()?.crowd();
        // The socket of the caller is free again.
        (crowd.waiting > 0 || crowd.in_use + 1 >= crowd.size).then(|| {
            format!(
                "{} of {} sockets of the pool are in use by other calls, and {} other calls wait for one \
                 (`PoolOptions::size(..)`)",
                crowd.in_use, crowd.size, crowd.waiting
            )
        })
    }

    pub(crate) fn address(&self) -> &Address {
        &self.address
    }

    /// The profile that calls over the connection use.
    pub(crate) fn profile(&self) -> Arc<Profile> {
        let own = self.profile.read().unwrap_or_else(PoisonError::into_inner);
        own.as_ref().map_or_else(profile::default, Arc::clone)
    }

    /// Sets the profile, for this connection and for later connections to the same address.
    pub(crate) fn carry(&self, profile: &Arc<Profile>) {
        *self.profile.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(profile));
        super::known::registered(&self.address, profile);
    }
}
