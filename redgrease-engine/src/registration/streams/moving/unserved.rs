//! Streams that the server does not serve at the moment: the cluster is down, or the slot is about to leave.

use super::super::group;
use super::super::pump::{pump, waiting_for};
use crate::cluster::topology::{self, slot_of};
use crate::redis::{Context, Guarded, after};
use std::collections::BTreeSet;
use std::time::Duration;

/// The time after which such a stream is tried again.
pub(in super::super) const AGAIN: Duration = Duration::from_millis(250);

static UNSERVED: Guarded<BTreeSet<Vec<u8>>> = Guarded::new(BTreeSet::new());

/// `true` if commands on the stream run on this server.
pub(in super::super) fn is_served(context: &Context, stream: &[u8]) -> bool {
    !super::is_possible() || group::is_served(context, stream)
}

/// `true` if the slot of the stream moves, or is not here any more.
pub(in super::super) fn moves(context: &Context, stream: &[u8]) -> bool {
    if !super::is_possible() {
        return false;
    }
    if !group::is_served(context, stream) {
        return true;
    }
    topology::refresh(context);
    let topology = topology::current();
    let myself = topology.myself();
    myself.is_some_and(|node| node.moving.contains(&slot_of(stream)))
}

/// Reads a stream a little later.
pub(in super::super) fn try_later(context: &Context, stream: &[u8]) {
    let is_first = UNSERVED.write(context, |all| {
        let was_empty = all.is_empty();
        all.insert(stream.to_vec());
        was_empty
    });
    if is_first {
        after(context, AGAIN, try_all);
    }
}

fn try_all(context: &Context) {
    for stream in UNSERVED.write(context, std::mem::take) {
        for registration in waiting_for(context, &stream) {
            pump(context, context, &registration, &stream);
        }
    }
}
