//! Plans that cross to another shard.

use super::*;
use crate::python::Object;
use crate::steps::{
    Accumulate, Advance, BatchGroupBy, Collect, Count, CountBy, Filter, FlatMap, ForEach, GroupBy,
    Limit, Map, Pipeline, Read, Repartition, ToText,
};
use crate::testing::{eval, function, repr, run, with_python};
use proptest::prelude::*;
use pyo3::prelude::*;

/// The functions that a script leaves in the list `functions`.
fn functions(py: Gil<'_>, script: &str) -> Vec<Callback> {
    let list = run(py, script, "functions");
    let list = list.try_iter().unwrap();
    list.map(|one| Callback::new(&one.unwrap())).collect()
}

fn maps(py: Gil<'_>, script: &str) -> Plan {
    let steps = functions(py, script).into_iter().map(|one| Map(one).into());
    Plan::new(Reader::Keys, steps.collect())
}

fn crossed(py: Gil<'_>, plan: &Plan, source: &Source) -> (Plan, Source) {
    let bytes = plan.to_portable(py, source).unwrap();
    Plan::from_portable(py, &bytes).unwrap()
}

/// The results and errors of a plan for the elements of a Python list, as texts.
fn ran(py: Gil<'_>, plan: &Plan, records: &str) -> (Vec<String>, Vec<String>) {
    let records: Vec<Object<'_>> = eval(py, records).extract().unwrap();
    let mut records = records.into_iter();
    let mut pipeline = Pipeline::new(py, &plan.steps);
    let end = pipeline.advance(py, |pipeline| match records.next() {
        Some(record) => {
            pipeline.push(record);
            Read::More
        }
        None => Read::End,
    });
    assert!(matches!(end, Advance::End));
    let (results, errors) = pipeline.into_outcome(py);
    let texts = errors.iter().map(ToString::to_string).collect();
    (results.iter().map(repr).collect(), texts)
}

/// The results of the functions of a script as one chain, on another shard.
fn results(script: &str, records: &str) -> Vec<String> {
    with_python(|py| {
        let (plan, _) = crossed(py, &maps(py, script), &Source::Nothing);
        let (results, errors) = ran(py, &plan, records);
        assert_eq!(errors, [""; 0]);
        results
    })
}

/// One step of each operation.
fn all_steps(py: Gil<'_>) -> Vec<Step> {
    let f = |text| function(py, text);
    let group = |local| GroupBy {
        extractor: f("lambda x: x % 2"),
        reducer: f("lambda k, a, x: (a or 0) + x"),
        local,
    };
    vec![
        Map(f("lambda x: x + 1")).into(),
        Filter(f("lambda x: x > 1")).into(),
        FlatMap(f("lambda x: [x, x]")).into(),
        ForEach(f("lambda x: None")).into(),
        Accumulate(f("lambda a, x: (a or 0) + x")).into(),
        group(false).into(),
        group(true).into(),
        BatchGroupBy {
            extractor: f("lambda x: x % 2"),
            reducer: f("lambda k, r: sum(r)"),
        }
        .into(),
        Repartition(f("lambda x: str(x)")).into(),
        Limit {
            length: 2,
            start: 1,
        }
        .into(),
        Collect.into(),
        Count.into(),
        CountBy(f("lambda x: x % 2")).into(),
        ToText.into(),
    ]
}

fn plan_of(steps: Vec<Step>) -> Plan {
    Plan::new(Reader::Python, steps.into())
}

#[test]
fn every_operation_crosses() {
    with_python(|py| {
        for step in all_steps(py) {
            let name = format!("{step:?}");
            let plan = plan_of(vec![step]);
            let (back, _) = crossed(py, &plan, &Source::Nothing);
            assert_eq!(back.reader, Reader::Python);
            let kind = |plan: &Plan| std::mem::discriminant(&plan.steps[0]);
            assert_eq!(kind(&back), kind(&plan), "{name}");
            let expected = ran(py, &plan, "[1, 2, 3, 2]");
            assert_eq!(ran(py, &back, "[1, 2, 3, 2]"), expected, "{name}");
        }
    });
}

/// The tags of some operations differ by an attribute alone.
#[test]
fn a_local_group_stays_local() {
    with_python(|py| {
        let (back, _) = crossed(py, &plan_of(all_steps(py)), &Source::Nothing);
        let local = back.steps.iter().filter_map(|step| match step {
            Step::GroupBy(group) => Some(group.local),
            _ => None,
        });
        assert_eq!(local.collect::<Vec<_>>(), [false, true]);
    });
}

#[test]
fn every_reader_crosses() {
    with_python(|py| {
        for reader in [
            Reader::Keys,
            Reader::Command,
            Reader::Python,
            Reader::Stream,
            Reader::ShardId,
        ] {
            let steps = Vec::new().into();
            let plan = Plan::new(reader, steps);
            assert_eq!(crossed(py, &plan, &Source::Nothing).0.reader, reader);
        }
    });
}

#[test]
fn every_portable_source_crosses() {
    let mut words = Words::default();
    for word in [&b"trigger"[..], b"", b"\xff\0"] {
        words.push(word);
    }
    let sources = [
        Source::Keys(KeysSource {
            pattern: b"k:*\xff".to_vec(),
            exact: false,
            read_value: true,
        }),
        Source::Keys(KeysSource {
            pattern: b"k".to_vec(),
            exact: true,
            read_value: false,
        }),
        Source::Command(words),
        Source::Command(Words::default()),
        Source::Stream {
            stream: b"s\0".to_vec(),
            from: b"5-1".to_vec(),
        },
        Source::Nothing,
    ];
    with_python(|py| {
        let plan = plan_of(all_steps(py));
        for source in sources {
            let (_, back) = crossed(py, &plan, &source);
            assert_eq!(format!("{back:?}"), format!("{source:?}"));
        }
    });
}

#[test]
fn the_function_of_a_source_crosses_behind_those_of_the_steps() {
    with_python(|py| {
        let plan = plan_of(vec![Map(function(py, "lambda x: x")).into()]);
        let source = Source::Python(function(py, "lambda: iter([7])"));
        let (_, Source::Python(back)) = crossed(py, &plan, &source) else {
            panic!("another source");
        };
        let first = back.call0(py).unwrap().call_method0("__next__").unwrap();
        assert_eq!(repr(&first), "7");
        let source = Source::Repeated(function(py, "lambda: 8"));
        let (_, Source::Repeated(back)) = crossed(py, &plan, &source) else {
            panic!("another source");
        };
        assert_eq!(repr(&back.call0(py).unwrap()), "8");
    });
}

#[test]
fn the_source_of_an_event_stays_on_its_shard() {
    with_python(|py| {
        let plan = plan_of(Vec::new());
        let source = Source::Key(super::super::KeyEvent {
            event: "set".to_owned(),
            key: b"k".to_vec(),
            read_value: true,
        });
        assert_eq!(plan.to_portable(py, &source).unwrap_err(), NOT_PORTABLE);
    });
}

/// With a pickle for each function, `isinstance` would be false.
#[test]
fn steps_share_the_classes_of_their_script() {
    let script = "
class Point:
    def __init__(self, x):
        self.x = x
functions = [lambda x: Point(x), lambda point: isinstance(point, Point) and point.x]
";
    assert_eq!(results(script, "[1, 2]"), ["1", "2"]);
}

#[test]
fn steps_share_an_object_of_their_closures() {
    let script = "
def make():
    seen = []
    def add(x):
        seen.append(x)
        return x
    return add, lambda x: list(seen)
functions = make()
";
    assert_eq!(results(script, "[1, 2]"), ["[1]", "[1, 2]"]);
}

#[test]
fn steps_share_the_globals_of_their_script() {
    let script = "
count = 0
def counts(x):
    global count
    count += x
    return x
functions = [counts, lambda x: count]
";
    assert_eq!(results(script, "[1, 2]"), ["1", "3"]);
}

#[test]
fn a_source_shares_the_classes_of_the_steps() {
    with_python(|py| {
        let script = "
class Point:
    pass
functions = [lambda x: isinstance(x, Point), lambda: [Point()]]
";
        let [step, source] = <[Callback; 2]>::try_from(functions(py, script)).unwrap();
        let plan = plan_of(vec![Map(step).into()]);
        let (back, Source::Python(source)) = crossed(py, &plan, &Source::Python(source)) else {
            panic!("another source");
        };
        let point = source.call0(py).unwrap().get_item(0).unwrap();
        let function = back.functions().next().unwrap();
        assert_eq!(repr(&function.call1(&point).unwrap()), "True");
    });
}

#[test]
fn defaults_and_recursive_functions_cross() {
    let script = "
def plus(x, n=2, *, m=[3]):
    return x + n + m[0]
def factorial(n):
    return 1 if n < 2 else n * factorial(n - 1)
functions = [plus, factorial]
";
    assert_eq!(results(script, "[0]"), ["120"]);
}

#[test]
fn modules_cross_by_name() {
    let script = "
import collections, math
from datetime import date
functions = [
    lambda x: collections.Counter(str(math.floor(x))),
    lambda counter: (type(counter) is collections.Counter, date(2020, 1, 2).year),
]
";
    assert_eq!(results(script, "[1.5]"), ["(True, 2020)"]);
}

#[test]
fn a_module_that_is_missing_here_is_named() {
    with_python(|py| {
        let plan = maps(
            py,
            "
import sys, types
module = types.ModuleType('only_elsewhere')
module.__spec__ = types.SimpleNamespace(name='only_elsewhere')
def value(x):
    return x
value.__module__ = 'only_elsewhere'
module.value = value
sys.modules['only_elsewhere'] = module
functions = [value]
",
        );
        let bytes = plan.to_portable(py, &Source::Nothing).unwrap();
        run(py, "import sys\nsys.modules.pop('only_elsewhere')", "sys");
        let refused = Plan::from_portable(py, &bytes).unwrap_err();
        assert_eq!(
            refused,
            "the functions of the plan could not be read: ModuleNotFoundError: No module named 'only_elsewhere'"
        );
    });
}

/// As recorded with RedisGears. The first function that cannot be pickled is named.
#[test]
fn a_function_that_cannot_be_pickled_is_named() {
    with_python(|py| {
        let script = "
import threading
lock = threading.Lock()
def guarded(x):
    return lock and x
functions = [lambda x: x, guarded]
";
        let refused = maps(py, script)
            .to_portable(py, &Source::Nothing)
            .unwrap_err();
        let start = "Error occured when serialized a python callback, callback=guarded error=";
        assert!(refused.starts_with(start), "{refused}");
        assert!(
            refused.contains("cannot pickle '_thread.lock' object"),
            "{refused}"
        );
    });
}

/// The bytes of a plan, and the place where its outline begins: behind the functions.
fn sample() -> (Vec<u8>, usize) {
    with_python(|py| {
        let source = Source::Stream {
            stream: b"s".to_vec(),
            from: b"0-0".to_vec(),
        };
        let bytes = plan_of(all_steps(py)).to_portable(py, &source).unwrap();
        let length = u64::from_le_bytes(bytes[1..9].try_into().unwrap());
        (bytes, 9 + usize::try_from(length).unwrap())
    })
}

fn refusal(bytes: &[u8]) -> Option<String> {
    with_python(|py| Plan::from_portable(py, bytes).err())
}

#[test]
fn every_cut_behind_the_functions_is_noticed() {
    let (bytes, outline) = sample();
    for end in (0..9).chain(outline..bytes.len()) {
        let refused = refusal(&bytes[..end]).unwrap_or_default();
        let expected = "the plan could not be read: it is cut short: use the same version of the engine on all shards";
        assert_eq!(refused, expected, "{end}");
    }
}

#[test]
fn a_plan_of_a_newer_engine_is_refused() {
    let (mut bytes, _) = sample();
    bytes[0] += 1;
    let expected = "the plan could not be read: a newer engine wrote it: use the same version of the engine on all shards";
    assert_eq!(refusal(&bytes).unwrap(), expected);
}

#[test]
fn functions_of_another_python_are_refused() {
    let (mut bytes, _) = sample();
    bytes[9 + 6] += 1;
    let refused = refusal(&bytes).unwrap();
    let start =
        "the functions of the plan could not be read: ValueError: it was stored by Python 3.";
    assert!(refused.starts_with(start), "{refused}");
}

/// Functions that no step takes are as wrong as steps without a function.
#[test]
fn the_number_of_functions_fits_the_steps() {
    with_python(|py| {
        let two = maps(py, "functions = [lambda x: x, lambda x: x]");
        let bytes = two.to_portable(py, &Source::Nothing).unwrap();
        for count in [0, 1, 3] {
            let script = format!("functions = [lambda x: x] * {count}");
            let given = functions(py, &script);
            let given: Vec<&Callback> = given.iter().collect();
            let mut changed = vec![FORMAT];
            write_bytes(&mut changed, &pickle_together(py, &given).unwrap());
            let length = u64::from_le_bytes(bytes[1..9].try_into().unwrap());
            changed.extend(&bytes[9 + usize::try_from(length).unwrap()..]);
            let refused = Plan::from_portable(py, &changed).unwrap_err();
            assert!(refused.contains("it is damaged"), "{count}: {refused}");
        }
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Steps in any order keep their functions.
    #[test]
    fn steps_cross_in_their_order(order in proptest::collection::vec(0..14_usize, 0..8)) {
        with_python(|py| {
            let chosen = |index: &usize| all_steps(py).swap_remove(*index);
            let plan = plan_of(order.iter().map(chosen).collect());
            let (back, _) = crossed(py, &plan, &Source::Nothing);
            let kinds = |plan: &Plan| plan.steps.iter().map(std::mem::discriminant).collect::<Vec<_>>();
            prop_assert_eq!(kinds(&back), kinds(&plan));
            let arguments = "[1, 2, 3, 2]";
            prop_assert_eq!(ran(py, &back, arguments), ran(py, &plan, arguments));
            Ok(())
        })?;
    }

    /// The outline of the plan is refused or read as another one. The pickle in front of it has no such promise.
    #[test]
    fn a_damaged_outline_does_no_harm(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let (mut bytes, outline) = sample();
        let at = outline + at.index(bytes.len() - outline);
        bytes[at] = byte;
        drop(refusal(&bytes));
    }

    #[test]
    fn random_bytes_do_no_harm(mut bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
        prop_assert!(refusal(&bytes).is_some());
        if let Some(first) = bytes.first_mut() {
            *first = FORMAT;
        }
        prop_assert!(refusal(&bytes).is_some());
    }
}
