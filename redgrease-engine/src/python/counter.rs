//! Counts the occurrences of values, without a new Python integer for each occurrence.

use super::{Gil, Handle, Object, Raised, values};
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// The number of occurrences of each key.
#[derive(Debug)]
pub(crate) struct Counter {
    /// The index in `counts` of each key.
    places: Handle<PyDict>,
    counts: Vec<i64>,
}

impl Counter {
    pub(crate) fn new(py: Gil<'_>) -> Self {
        Counter {
            places: PyDict::new(py).unbind().into(),
            counts: Vec::new(),
        }
    }

    /// Counts one occurrence. A key that is not a text counts as its `repr`.
    pub(crate) fn add(&mut self, key: &Object<'_>) -> Result<(), Raised> {
        self.add_times(key, 1)
    }

    /// Counts several occurrences.
    pub(crate) fn add_times(&mut self, key: &Object<'_>, times: i64) -> Result<(), Raised> {
        let key = values::text_key(key)?;
        let places = self.places.bind(key.py());
        if let Some(place) = places.get_item(&key)? {
            if let Some(count) = self.counts.get_mut(place.extract::<usize>()?) {
                *count = count.saturating_add(times);
            }
        } else {
            places.set_item(&key, self.counts.len())?;
            self.counts.push(times);
        }
        Ok(())
    }

    /// Returns one record `{'key': .., 'value': ..}` per key, in the order of their first occurrences.
    pub(crate) fn into_records(self, py: Gil<'_>) -> Result<Vec<Object<'_>>, Raised> {
        let mut records = Vec::with_capacity(self.counts.len());
        for ((key, _), count) in self.places.bind(py).iter().zip(&self.counts) {
            records.push(values::group_record(&key, &values::integer(py, *count))?);
        }
        Ok(records)
    }
}
