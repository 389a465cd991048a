//! The state that a connection of this crate shares with its clones.

use super::address::Address;
use crate::profile::{self, Profile};
use std::sync::{Arc, PoisonError, RwLock};

/// Address and profile of a connection.
#[derive(Debug)]
pub(crate) struct Endpoint {
    address: Address,
    /// `None` before a registration: the connection uses the default profile.
    profile: RwLock<Option<Arc<Profile>>>,
}

impl Endpoint {
    pub(super) fn new(address: Address, profile: Option<Arc<Profile>>) -> Arc<Self> {
        Arc::new(Endpoint {
            address,
            profile: RwLock::new(profile),
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
