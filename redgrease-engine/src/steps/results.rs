//! The results of an execution, in the order of its records.
//!
//! A record that waits for a coroutine is overtaken by the records behind it. Its results still come before theirs.

use crate::python::Handle;
use std::cmp::Ordering;
use std::sync::Arc;

/// The place of a record among the others: empty for a record that never waited. The place of a record that waited begins
/// with the number that it got then. If it waits again, or becomes several records that wait, a number is added.
#[derive(Debug, Clone, Default)]
pub(super) struct Place(Option<Arc<[u64]>>);

impl Place {
    fn numbers(&self) -> impl Iterator<Item = u64> {
        self.0.iter().flat_map(|numbers| numbers.iter().copied())
    }
}

#[derive(Debug, Default)]
pub(super) struct Results {
    /// The results of the time before a record waited. They come first, in this order.
    first: Vec<Handle>,
    /// All others, with the place of their record and a number that grows.
    others: Vec<(Place, u64, Handle)>,
    next: u64,
    /// A record has waited.
    overtaken: bool,
}

impl Results {
    /// Adds the result of the record that has this place.
    pub(super) fn push(&mut self, place: Place, result: Handle) {
        if self.overtaken {
            let number = self.number();
            self.others.push((place, number, result));
        } else {
            self.first.push(result);
        }
    }

    /// The place of a record that waits from now on, and had the place `before`.
    pub(super) fn keep_place(&mut self, before: &Place) -> Place {
        self.overtaken = true;
        let number = self.number();
        Place(Some(before.numbers().chain([number]).collect()))
    }

    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// All results in their order.
    pub(super) fn into_vec(self) -> Vec<Handle> {
        let Results {
            mut first,
            mut others,
            ..
        } = self;
        others.sort_by(|a, b| compare((&a.0, a.1), (&b.0, b.1)));
        first.extend(others.into_iter().map(|(_, _, result)| result));
        first
    }
}

fn compare(a: (&Place, u64), b: (&Place, u64)) -> Ordering {
    let a = a.0.numbers().chain([a.1]);
    a.cmp(b.0.numbers().chain([b.1]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{eval, repr, with_python};

    fn ordered(
        fill: impl FnOnce(&mut dyn FnMut(&mut Results, &Place, i32), &mut Results),
    ) -> Vec<String> {
        with_python(|py| {
            let mut results = Results::default();
            let mut push = |results: &mut Results, place: &Place, value: i32| {
                results.push(place.clone(), eval(py, &value.to_string()).unbind().into());
            };
            fill(&mut push, &mut results);
            let results = results.into_vec();
            results.iter().map(|one| repr(one.bind(py))).collect()
        })
    }

    #[test]
    fn a_record_that_was_overtaken_keeps_its_place() {
        let seen = ordered(|push, results| {
            let root = Place::default();
            push(results, &root, 1);
            let waits = results.keep_place(&root);
            push(results, &root, 4);
            push(results, &waits, 2);
            push(results, &waits, 3);
        });
        assert_eq!(seen, ["1", "2", "3", "4"]);
    }

    #[test]
    fn the_records_of_a_record_keep_their_places_among_each_other() {
        let seen = ordered(|push, results| {
            let root = Place::default();
            let outer = results.keep_place(&root);
            push(results, &root, 5);
            let first = results.keep_place(&outer);
            push(results, &outer, 3);
            let last = results.keep_place(&outer);
            push(results, &last, 4);
            push(results, &first, 1);
            push(results, &first, 2);
        });
        assert_eq!(seen, ["1", "2", "3", "4", "5"]);
    }
}
