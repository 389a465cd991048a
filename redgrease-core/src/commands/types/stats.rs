//! Reply of `RG.PYSTATS`.

use super::fields::Fields;
use super::serialize;
use crate::error::Result;
use redis::Value;
use serde::Serialize;
use std::collections::BTreeMap;

/// Memory statistics of the Python interpreter, in bytes.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[non_exhaustive]
pub struct PyStats {
    /// Total bytes allocated since the start, including freed memory.
    pub total_allocated: u64,
    /// Largest number of bytes in use at one time.
    pub peak_allocated: u64,
    /// Bytes in use now.
    pub current_allocated: u64,
    /// All other fields of the reply.
    #[serde(serialize_with = "serialize::values")]
    pub extra: BTreeMap<String, Value>,
}

impl PyStats {
    pub(crate) fn read(row: Value) -> Result<Self> {
        let mut fields = Fields::from_row(row)?;
        Ok(PyStats {
            total_allocated: fields.number("TotalAllocated"),
            peak_allocated: fields.number("PeakAllocated"),
            current_allocated: fields.number("CurrAllocated"),
            extra: fields.rest(),
        })
    }
}
