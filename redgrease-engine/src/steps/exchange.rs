//! The way of records from shard to shard. The pipeline of a distributed execution asks an [`Exchange`] where a record
//! goes on; the layers above send it there.

use crate::python::{Gil, Object, Raised};
use std::fmt;

/// The number of a mover among the movers of a plan, first to last. It is the same on all shards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct MoverId(pub(crate) usize);

/// The shard that takes a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// The shard that began the execution.
    Initiator,
    /// The shard that owns this key.
    Key(Vec<u8>),
}

/// Moves the records of one execution from this shard to the others, and tells them of its progress.
pub(crate) trait Exchange: fmt::Debug + Send + Sync {
    /// Takes a record that goes on behind `mover` at another shard. Returns a record whose target is this shard.
    ///
    /// Adds the errors of records that cannot be moved. A record may be found out after later ones were taken.
    fn move_record<'py>(
        &self,
        mover: MoverId,
        target: Target,
        record: Object<'py>,
        errors: &mut Vec<Raised>,
    ) -> Option<Object<'py>>;

    /// Everything in front of `mover` has ended here. Called once for each mover, in their order; records of this mover
    /// that are still held back have to be sent first.
    fn ended(&self, py: Gil<'_>, mover: MoverId, errors: &mut Vec<Raised>);

    /// Behind `mover`, the initiator needs no other record. No shard needs to read on.
    fn enough(&self, mover: MoverId);

    /// `true` if `mover` can take records. If not, the pipeline waits; it has to be advanced again when there is room.
    ///
    /// The room of a mover must not depend on records of the movers in front of it, or two shards could wait for each
    /// other.
    fn has_room(&self, _mover: MoverId) -> bool {
        true
    }
}
