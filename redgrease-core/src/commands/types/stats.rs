//! What `RG.PYSTATS` answers.

use super::fields::Fields;
use super::serialize;
use crate::error::Result;
use redis::Value;
use serde::Serialize;
use std::collections::BTreeMap;

/// Memory of the Python interpreter, in bytes.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[non_exhaustive]
pub struct PyStats {
    /// Allocated since the start, freed or not.
    pub total_allocated: u64,
    /// The most that was in use.
    pub peak_allocated: u64,
    /// In use now.
    pub current_allocated: u64,
    /// What the server says beyond that.
    #[serde(serialize_with = "serialize::values")]
    pub extra: BTreeMap<String, Value>,
}

impl PyStats {
    pub(crate) fn read(row: Value) -> Result<Self> {
        let mut fields = Fields::of(row)?;
        Ok(PyStats {
            total_allocated: fields.number("TotalAllocated"),
            peak_allocated: fields.number("PeakAllocated"),
            current_allocated: fields.number("CurrAllocated"),
            extra: fields.rest(),
        })
    }
}
