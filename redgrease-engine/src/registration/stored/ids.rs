//! How the ids in stored sessions are written.

use super::session::StoredSession;
use crate::encoding::{Damaged, Input};
use crate::id::{Id, Shard};

/// The forms of ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// The numbers alone. They belong to the server that reads them.
    Numbers,
    /// The numbers with their shards.
    WithShards,
}

impl Form {
    /// The form for ids. Servers outside of a cluster write numbers, which engines that know no shards read as well.
    pub(super) fn of(mut ids: impl Iterator<Item = Id>) -> Form {
        if ids.all(|id| id.shard() == Shard::ALONE) {
            Form::Numbers
        } else {
            Form::WithShards
        }
    }

    pub(super) fn of_sessions(sessions: &[StoredSession]) -> Form {
        Form::of(sessions.iter().flat_map(ids_of))
    }

    pub(super) fn write(self, out: &mut Vec<u8>, id: Id) {
        match self {
            Form::Numbers => id.write_number(out),
            Form::WithShards => id.write(out),
        }
    }

    pub(super) fn read(self, input: &mut Input<'_>) -> Result<Id, Damaged> {
        match self {
            Form::Numbers => Id::read_number(input),
            Form::WithShards => Id::read(input),
        }
    }
}

fn ids_of(session: &StoredSession) -> impl Iterator<Item = Id> {
    let of_script = session.made.iter().chain(&session.registrations);
    let of_gears = session.dynamic.iter().map(|(id, _)| id);
    let named = session.names.iter().flatten().map(|(id, _)| id);
    of_script.chain(of_gears).chain(named).copied()
}
