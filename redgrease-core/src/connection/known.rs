//! The servers this process has connected to.
//!
//! A gear that a server has lost is registered again over a separate connection without response timeout. A connection
//! of redis-rs does not reveal its address, but the server tells its run id: if a server that `connect` was given has
//! the same run id, the separate connection goes there.

use super::address::Address;
use crate::profile::Profile;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

static KNOWN: Mutex<Vec<Known>> = Mutex::new(Vec::new());

struct Known {
    address: Address,
    /// The profile of the last registration over a connection to this address.
    profile: Option<Arc<Profile>>,
}

/// Programs talk to a few servers; comparing run ids with more of them is not worth the connections.
const MAX_CANDIDATES: usize = 8;

fn known() -> MutexGuard<'static, Vec<Known>> {
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Moves an address to the front, and returns its entry.
fn latest<'a>(known: &'a mut Vec<Known>, address: &Address) -> &'a mut Known {
    let position = known
        .iter()
        .position(|other| other.address.is_same_server(address));
    let profile = position.and_then(|at| known.remove(at).profile);
    known.insert(
        0,
        Known {
            address: address.clone(),
            profile,
        },
    );
    &mut known[0]
}

/// Remembers an address. Returns the profile of the last registration there.
pub(super) fn connected(address: &Address) -> Option<Arc<Profile>> {
    latest(&mut known(), address).profile.clone()
}

/// Remembers a registration.
pub(super) fn registered(address: &Address, profile: &Arc<Profile>) {
    latest(&mut known(), address).profile = Some(Arc::clone(profile));
}

/// The servers that were connected to last, the latest first.
pub(crate) fn candidates() -> Vec<Address> {
    let known = known();
    let addresses = known.iter().map(|known| known.address.clone());
    addresses.take(MAX_CANDIDATES).collect()
}

/// The command that asks a server for its run id.
pub(crate) fn run_id_query() -> redis::Cmd {
    let mut cmd = redis::cmd("INFO");
    cmd.arg("server");
    cmd
}

/// The run id in the answer to [`run_id_query`].
pub(crate) fn run_id(answer: redis::RedisResult<redis::Value>) -> Option<String> {
    let info: String = redis::from_redis_value(answer.ok()?.extract_error().ok()?).ok()?;
    info.lines()
        .find_map(|line| line.strip_prefix("run_id:"))
        .map(str::to_owned)
}
