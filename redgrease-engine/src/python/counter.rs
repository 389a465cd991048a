//! Counting how often values occur, without a new Python integer for each.

use super::{Gil, Object, Raised, values};
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// Keys, each with its place in `counts`.
#[derive(Debug)]
pub(crate) struct Counter<'py> {
    places: Bound<'py, PyDict>,
    counts: Vec<i64>,
}

impl<'py> Counter<'py> {
    pub(crate) fn new(py: Gil<'py>) -> Self {
        Counter {
            places: PyDict::new(py),
            counts: Vec::new(),
        }
    }

    /// Counts one occurrence. Keys are text: of anything else, what `repr` says.
    pub(crate) fn add(&mut self, key: &Object<'py>) -> Result<(), Raised> {
        let key = values::text_key(key)?;
        if let Some(place) = self.places.get_item(&key)? {
            if let Some(count) = self.counts.get_mut(place.extract::<usize>()?) {
                *count += 1;
            }
        } else {
            self.places.set_item(&key, self.counts.len())?;
            self.counts.push(1);
        }
        Ok(())
    }

    /// A record `{'key': .., 'value': ..}` per key, in order of first occurrence.
    pub(crate) fn into_records(self) -> Result<Vec<Object<'py>>, Raised> {
        let py = self.places.py();
        let mut records = Vec::with_capacity(self.counts.len());
        for ((key, _), count) in self.places.iter().zip(&self.counts) {
            records.push(values::group_record(&key, &values::integer(py, *count))?);
        }
        Ok(records)
    }
}
