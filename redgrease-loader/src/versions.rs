//! The minor versions of Python 3 that engines are built for.

/// The oldest one.
pub(crate) const OLDEST: u32 = 9;

/// The newest one.
pub(crate) const NEWEST: u32 = 13;
