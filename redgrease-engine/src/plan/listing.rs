//! The steps of a plan as Gears lists them: an operation that is native here is several steps
//! there, and clients read their names.

use super::Step;
use crate::python::Callback;

/// One step of the list. `arg` is what its function looks like.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ListedStep<'a> {
    pub(crate) kind: &'static str,
    pub(crate) name: &'static str,
    pub(crate) arg: Arg<'a>,
    /// The step of the plan whose time is shown here, if it is.
    pub(crate) timed: Option<usize>,
}

/// The function of a step.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Arg<'a> {
    None,
    Function(&'a Callback),
    /// A function of `GearsBuilder`, whose work is native here.
    Builder(&'static str),
}

const fn step<'a>(kind: &'static str, name: &'static str, arg: Arg<'a>) -> ListedStep<'a> {
    ListedStep {
        kind,
        name,
        arg,
        timed: None,
    }
}

const MAPPER: &str = "RedisGearsPy_PyCallbackMapper";
const TO_PYTHON: &str = "RedisGearsPy_ToPyRecordMapper";
const EXTRACTOR: &str = "RedisGearsPy_PyCallbackExtractor";
const ACCUMULATOR: &str = "RedisGearsPy_PyCallbackAccumulate";
const GROUP_ACCUMULATOR: &str = "RedisGearsPy_PyCallbackAccumulateByKey";

/// First to last. The reader is not among them; the first step turns its records into Python's.
/// `end` is the method of `GearsBuilder` that ended the chain.
pub(crate) fn listed<'a>(steps: &'a [Step], end: &'static str) -> Vec<ListedStep<'a>> {
    let mut all = vec![step("map", TO_PYTHON, Arg::None)];
    for (index, one) in steps.iter().enumerate() {
        let first = all.len();
        add(&mut all, one, end);
        if let Some(listed) = all.get_mut(first) {
            listed.timed = Some(index);
        }
    }
    all
}

fn add<'a>(all: &mut Vec<ListedStep<'a>>, one: &'a Step, end: &'static str) {
    let to_python = || step("map", TO_PYTHON, Arg::None);
    match one {
        Step::Map(f) => all.push(step("map", MAPPER, Arg::Function(f))),
        Step::Filter(f) => all.push(step(
            "filter",
            "RedisGearsPy_PyCallbackFilter",
            Arg::Function(f),
        )),
        Step::FlatMap(f) => all.extend([
            step("map", "RedisGearsPy_PyCallbackFlatMapper", Arg::Function(f)),
            step("flatmap", "flatmap", Arg::None),
        ]),
        Step::ForEach(f) => all.push(step(
            "foreach",
            "RedisGearsPy_PyCallbackForEach",
            Arg::Function(f),
        )),
        Step::Accumulate(f) => all.push(step("accumulate", ACCUMULATOR, Arg::Function(f))),
        Step::GroupBy {
            extractor,
            reducer,
            local,
        } => {
            all.push(step("extractkey", EXTRACTOR, Arg::Function(extractor)));
            if !local {
                all.push(step("repartition", "repartition", Arg::None));
            }
            all.extend([
                step("accumulatebykey", GROUP_ACCUMULATOR, Arg::Function(reducer)),
                to_python(),
            ]);
        }
        Step::BatchGroupBy { extractor, reducer } => all.extend([
            step("extractkey", EXTRACTOR, Arg::Function(extractor)),
            step("repartition", "repartition", Arg::None),
            step("group", "group", Arg::None),
            step(
                "reduce",
                "RedisGearsPy_PyCallbackReducer",
                Arg::Function(reducer),
            ),
            to_python(),
        ]),
        Step::Repartition(f) => all.extend([
            step("extractkey", EXTRACTOR, Arg::Function(f)),
            step("repartition", "repartition", Arg::None),
            step("map", "GetValueMapper", Arg::None),
        ]),
        Step::Limit { .. } => all.push(step("limit", "limit", Arg::None)),
        Step::Collect => all.push(step("collect", "collect", Arg::None)),
        Step::Count => {
            let fold = step("accumulate", ACCUMULATOR, Arg::Builder("count"));
            all.extend([fold, step("collect", "collect", Arg::None), fold]);
        }
        Step::CountBy(f) => all.extend([
            step("extractkey", EXTRACTOR, Arg::Function(f)),
            step(
                "accumulatebykey",
                GROUP_ACCUMULATOR,
                Arg::Builder("countby"),
            ),
            to_python(),
            step("extractkey", EXTRACTOR, Arg::Builder("countby")),
            step("repartition", "repartition", Arg::None),
            step(
                "accumulatebykey",
                GROUP_ACCUMULATOR,
                Arg::Builder("countby"),
            ),
            to_python(),
        ]),
        Step::ToText => all.push(step("map", MAPPER, Arg::Builder(end))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn native_operations_are_listed_as_gears_lists_them() {
        let steps = [Step::Count, Step::ToText, Step::Collect];
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
