//! Counts the occurrences of values, without a new Python integer for each occurrence, and those of words without a Python text.

use super::{Gil, Handle, Object, Raised, values};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::collections::HashMap;

/// The number of occurrences of each key.
#[derive(Debug)]
pub(crate) struct Counter {
    /// The index in `counts` of each key.
    places: Handle<PyDict>,
    counts: Vec<i64>,
    /// The index in `counts` of words that were counted as bytes, which are a part of the keys.
    words: HashMap<Box<str>, usize>,
}

impl Counter {
    pub(crate) fn new(py: Gil<'_>) -> Self {
        Counter {
            places: PyDict::new(py).unbind().into(),
            counts: Vec::new(),
            words: HashMap::new(),
        }
    }

    /// Counts one occurrence. A key that is not a text counts as its `repr`.
    pub(crate) fn add(&mut self, key: &Object<'_>) -> Result<(), Raised> {
        self.add_times(key, 1)
    }

    /// Counts several occurrences.
    pub(crate) fn add_times(&mut self, key: &Object<'_>, times: i64) -> Result<(), Raised> {
        let place = self.place(&values::text_key(key)?)?;
        self.count(place, times);
        Ok(())
    }

    /// Counts one occurrence of a word.
    pub(crate) fn add_word(&mut self, py: Gil<'_>, word: &str) -> Result<(), Raised> {
        let place = if let Some(place) = self.words.get(word) {
            *place
        } else {
            let place = self.place(&values::from_bytes(py, word.as_bytes())?)?;
            self.words.insert(word.into(), place);
            place
        };
        self.count(place, 1);
        Ok(())
    }

    fn count(&mut self, place: usize, times: i64) {
        if let Some(count) = self.counts.get_mut(place) {
            *count = count.saturating_add(times);
        }
    }

    /// The index of a key, which is added if it is new.
    fn place(&mut self, key: &Object<'_>) -> Result<usize, Raised> {
        let places = self.places.bind(key.py());
        if let Some(place) = places.get_item(key)? {
            return place.extract();
        }
        let place = self.counts.len();
        places.set_item(key, place)?;
        self.counts.push(0);
        Ok(place)
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
