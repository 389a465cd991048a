//! The gears of a program: collected while linking, registered on a server when it starts.
//!
//! * `spec`: what a macro writes down about a gear.

mod spec;

pub use spec::{Entry, Gear, GearKind, GearSpec, Location, Mode, SourceForm};

/// The trigger of a gear as the server knows it.
pub(crate) fn trigger_name(gear: &Gear) -> Option<String> {
    gear.trigger().map(str::to_owned)
}
