//! The steps of a plan as RedisGears lists them: one operation of this engine is several steps there, and clients read
//! their names.

use super::Step;
use crate::python::Callback;

/// One line of the list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ListedStep<'a> {
    pub(crate) kind: &'static str,
    pub(crate) name: &'static str,
    pub(crate) arg: Arg<'a>,
    /// The step of the plan whose time this line shows. `None` for lines that show no time.
    pub(crate) timed: Option<usize>,
}

/// The function of a line.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Arg<'a> {
    None,
    Function(&'a Callback),
    /// A function inside a method of `GearsBuilder`, whose work is native in this engine.
    Builder(&'static str),
}

pub(super) const MAPPER: &str = "RedisGearsPy_PyCallbackMapper";
pub(super) const EXTRACTOR: &str = "RedisGearsPy_PyCallbackExtractor";
pub(super) const ACCUMULATOR: &str = "RedisGearsPy_PyCallbackAccumulate";
pub(super) const GROUP_ACCUMULATOR: &str = "RedisGearsPy_PyCallbackAccumulateByKey";
const TO_PYTHON: &str = "RedisGearsPy_ToPyRecordMapper";

/// The lines of a plan, which operations add to.
#[derive(Debug, Default)]
pub(crate) struct Listing<'a>(Vec<ListedStep<'a>>);

impl<'a> Listing<'a> {
    pub(super) fn add(&mut self, kind: &'static str, name: &'static str, arg: Arg<'a>) {
        self.0.push(ListedStep {
            kind,
            name,
            arg,
            timed: None,
        });
    }

    /// The line of a step that turns records into Python values.
    pub(super) fn add_to_python(&mut self) {
        self.add("map", TO_PYTHON, Arg::None);
    }
}

/// The lines of a plan, first to last. The reader has no line; the first line turns its records into Python values.
/// `end` is the method of `GearsBuilder` that ended the chain.
pub(crate) fn listed<'a>(steps: &'a [Step], end: &'static str) -> Vec<ListedStep<'a>> {
    let mut listing = Listing::default();
    listing.add_to_python();
    for (index, step) in steps.iter().enumerate() {
        let first = listing.0.len();
        step.operation().list(&mut listing, end);
        if let Some(line) = listing.0.get_mut(first) {
            line.timed = Some(index);
        }
    }
    listing.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::steps::{Collect, Count, ToText};

    #[test]
    fn native_operations_are_listed_as_redisgears_lists_them() {
        let steps = [Count.into(), ToText.into(), Collect.into()];
        let listed = listed(&steps, "run");
        let kinds: Vec<&str> = listed.iter().map(|one| one.kind).collect();
        let expected = [
            "map",
            "accumulate",
            "collect",
            "accumulate",
            "map",
            "collect",
        ];
        assert_eq!(kinds, expected);
        let timed: Vec<_> = listed.iter().filter_map(|one| one.timed).collect();
        assert_eq!(timed, [0, 1, 2]);
        assert!(matches!(listed[4].arg, Arg::Builder("run")));
    }
}
