//! The servers this process has connected to.
//!
//! A gear that a server has lost is registered again over a connection of its own, without response timeout. A foreign
//! connection cannot say where it leads; but if it leads to a server that `connect` was given, the two have the same
//! run id.

use super::address::Address;
use std::sync::{Mutex, PoisonError};

static KNOWN: Mutex<Vec<Address>> = Mutex::new(Vec::new());

/// Programs talk to a few servers; more are not worth trying out.
const MOST: usize = 8;

pub(super) fn remember(address: &Address) {
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    known.retain(|other| !other.leads_to_the_same_as(address));
    known.insert(0, address.clone());
    known.truncate(MOST);
}

/// The servers, the latest first.
pub(crate) fn known() -> Vec<Address> {
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// What asks a server for its run id.
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
