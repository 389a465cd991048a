//! Records that cross to other shards as bytes.

use super::*;
use crate::python::{Movement, describe};
use crate::steps::{Batch, Batches, MoverId};

const MOVER: MoverId = MoverId(0);

/// Writes the elements of a list on one shard and reads them on another one. Both have the functions.
fn crossed<'py>(
    py: Gil<'py>,
    records: &Object<'py>,
    here: &[Callback],
    there: &[Callback],
) -> (Vec<Object<'py>>, Vec<String>) {
    let (from, to) = (
        Movement::new(py, here.iter()).unwrap(),
        Movement::new(py, there.iter()).unwrap(),
    );
    let records: Vec<Object<'py>> = records.try_iter().unwrap().map(Result::unwrap).collect();
    let mut errors = Vec::new();
    let bytes = from.write(py, records, &mut errors).unwrap();
    let records = to.read(py, &bytes, &mut errors).unwrap();
    let errors = errors.iter().map(|raised| describe(py, raised)).collect();
    (records, errors)
}

fn texts(source: &str) -> (Vec<String>, Vec<String>) {
    with_python(|py| {
        let (records, errors) = crossed(py, &run(py, source, "records"), &[], &[]);
        (records.iter().map(repr).collect(), errors)
    })
}

const REFUSED: &str = "Error type: <class 'ValueError'>, Value: unmarshallable object";

#[test]
fn plain_values_cross() {
    let source = "records = [None, True, 1, 10**40, -1.5, 'ä', '\\ud800', b'\\x00\\xff', bytearray(b'a'), \
                  (1, (2,)), [1, [2, []]], {'a': {1: b'2'}}, {1, 2}, frozenset((3,)), 2j, ...]";
    let (records, errors) = texts(source);
    let expected = with_python(|py| {
        let records = run(py, source, "records");
        let records = records.try_iter().unwrap();
        records.map(|one| repr(&one.unwrap())).collect::<Vec<_>>()
    });
    assert_eq!((records, errors), (expected, Vec::new()));
}

#[test]
fn values_of_the_standard_library_cross() {
    let source = "import collections, datetime, decimal
records = [decimal.Decimal('1.5'), datetime.date(2020, 1, 2), collections.OrderedDict(a=1), range(3), int, len]";
    let (records, errors) = texts(source);
    let first = ["Decimal('1.5')", "datetime.date(2020, 1, 2)"];
    assert_eq!(records[..2], first);
    assert_eq!((records.len(), errors), (6, Vec::new()));
}

#[test]
fn texts_cross_beside_other_values_and_alone() {
    for source in [
        "['', 'a\\x00b', 'ä€😀', 'a' * 70000]",
        "['a', '\\ud800']",
        "['a', 1]",
        "['a', b'a']",
        "['a', type('Text', (str,), {})('b')]",
        "[]",
    ] {
        let (records, errors) = texts(&format!("records = {source}"));
        let expected = with_python(|py| {
            let records = eval(py, source).try_iter().unwrap();
            records.map(|one| repr(&one.unwrap())).collect::<Vec<_>>()
        });
        assert_eq!((records, errors), (expected, Vec::new()), "{source}");
    }
}

#[test]
fn a_recursive_list_crosses() {
    let (records, errors) = texts("records = [1]\none = [2]\none.append(one)\nrecords.append(one)");
    assert_eq!(records, ["1", "[2, [...]]"]);
    assert_eq!(errors, [""; 0]);
}

/// As recorded with RedisGears. The others of the batch go on.
#[test]
fn a_record_that_cannot_be_written_is_an_error_for_itself() {
    let source = "import threading
class Refuses:
    def __reduce__(self):
        raise RuntimeError('no')
deep = []
for _ in range(100000):
    deep = [deep]
records = [1, threading.Lock(), 2, (one for one in ()), Refuses(), deep, 'three']";
    let (records, errors) = texts(source);
    assert_eq!(records, ["1", "2", "'three'"]);
    assert_eq!(errors, [REFUSED; 4]);
}

#[test]
fn a_record_that_cannot_be_read_is_an_error_for_itself() {
    let source = "class Fragile:
    def __setstate__(self, state):
        raise KeyError('state')
one = Fragile()
one.x = 1
records = [1, one, 2]";
    let (records, errors) = texts(source);
    assert_eq!(records, ["1", "2"]);
    assert_eq!(errors.len(), 1);
    assert!(errors[0].contains("KeyError"), "{errors:?}");
}

#[test]
fn bytes_that_are_no_batch_are_refused() {
    with_python(|py| {
        let movement = Movement::new(py, std::iter::empty()).unwrap();
        let damaged = [
            &b""[..],
            b"P",
            b"S",
            b"Pgarbage",
            b"S\x80\x05N.",
            b"T\x01",
            b"T\x02\x00\x00\x00a",
            b"T\x01\x00\x00\x00\xff",
        ];
        for bytes in damaged {
            let read = movement.read(py, bytes, &mut Vec::new());
            assert!(read.is_err(), "{bytes:?}");
        }
    });
}

/// A script whose class is known to its functions.
const SCRIPT: &str = "class Point:
    def __init__(self, x):
        self.x = x
    def double(self):
        return Point(self.x * 2)
    class Inner:
        pass
def is_point(one):
    return isinstance(one, Point), isinstance(one, Point.Inner)
def make(x):
    return Point(x)
";

#[test]
fn an_object_of_a_script_has_the_class_that_the_functions_know() {
    with_python(|py| {
        let here = run(py, SCRIPT, "make");
        let there = Callback::new(&run(py, SCRIPT, "is_point"));
        let point = here.call1((3,)).unwrap();
        let inner = point.getattr("Inner").unwrap().call0().unwrap();
        let records = pyo3::types::PyList::new(py, [&point, &inner]).unwrap();
        let here = [Callback::new(&here)];
        let (records, errors) = crossed(py, &records, &here, std::slice::from_ref(&there));
        assert_eq!(errors, [""; 0]);
        let kinds = records.iter().map(|one| repr(&there.call1(one).unwrap()));
        assert_eq!(
            kinds.collect::<Vec<_>>(),
            ["(True, False)", "(False, True)"]
        );
        let double = records[0].call_method0("double").unwrap();
        assert_eq!(double.getattr("x").unwrap().to_string(), "6");
    });
}

/// The functions of the plan may not know the class at all.
#[test]
fn a_class_that_no_function_knows_is_the_same_in_all_batches() {
    with_python(|py| {
        let make = run(py, SCRIPT, "make");
        let (from, to) = (
            Movement::new(py, std::iter::empty()).unwrap(),
            Movement::new(py, std::iter::empty()).unwrap(),
        );
        let mut kinds = Vec::new();
        for x in [1, 2] {
            let point = make.call1((x,)).unwrap();
            let bytes = from.write(py, vec![point.clone(), point], &mut Vec::new());
            let records = to.read(py, &bytes.unwrap(), &mut Vec::new()).unwrap();
            kinds.extend(records.iter().map(Bound::get_type));
        }
        assert_eq!(kinds.len(), 4);
        assert!(kinds.iter().all(|kind| kind.is(&kinds[0])));
        // Back at the first shard, it is the class of the script again.
        let home = Movement::new(py, [Callback::new(&make)].iter()).unwrap();
        let point = kinds[0].call1((5,)).unwrap();
        let bytes = to.write(py, vec![point], &mut Vec::new()).unwrap();
        let back = home.read(py, &bytes, &mut Vec::new()).unwrap();
        let own = make.call1((1,)).unwrap().get_type();
        assert!(back[0].get_type().is(&own));
    });
}

#[test]
fn a_batch_is_full_by_size_or_by_number() {
    with_python(|py| {
        let mut batches: Batches<u8> = Batches::default();
        let small = eval(py, "1");
        for _ in 0..31 {
            assert!(batches.add(MOVER, 1, small.clone()).is_none());
        }
        assert!(
            batches.add(MOVER, 2, small.clone()).is_none(),
            "another shard"
        );
        assert!(
            batches.add(MoverId(1), 1, small.clone()).is_none(),
            "another mover"
        );
        let full = batches.add(MOVER, 1, small.clone()).unwrap();
        assert_eq!((full.mover, full.to, full.len()), (MOVER, 1, 32));
        for large in [
            "'a' * 300000",
            "{'key': 'k', 'value': {'f': b'a' * 300000}}",
            "('k', ['a' * 300000])",
            "['a' * 30000] * 9",
            "{number: b'a' * 300 for number in range(1000)}",
            "('k', [{'value': 'a' * 30000}] * 100)",
        ] {
            let full = batches.add(MOVER, 1, eval(py, large));
            assert_eq!(full.map(|batch| batch.len()), Some(1), "{large}");
        }
        let left: Vec<_> = batches
            .take(MOVER)
            .iter()
            .map(|one| (one.to, one.len()))
            .collect();
        assert_eq!(left, [(2, 1)]);
        assert_eq!(batches.take(MOVER).len(), 0);
        assert_eq!(batches.take(MoverId(1)).len(), 1);
    });
}

#[test]
fn batches_learn_how_many_records_fill_them() {
    with_python(|py| {
        let mut batches: Batches<u8> = Batches::default();
        let movement = Movement::new(py, std::iter::empty()).unwrap();
        let mut last = 0;
        for x in 0..200_000 {
            let record = crate::python::integer(py, x);
            if let Some(batch) = batches.add(MOVER, 1, record) {
                let length = batch.len();
                let bytes = batch.write(py, &movement, &mut Vec::new()).unwrap();
                batches.learn(MOVER, length, bytes.len());
                last = bytes.len();
            }
        }
        assert!((32 << 10..256 << 10).contains(&last), "{last} bytes");
        // Records that suddenly are larger make smaller batches.
        batches.learn(MOVER, 10, 10 << 20);
        let full = batches.add(MOVER, 1, eval(py, "1"));
        assert!(full.is_some());
    });
}

#[test]
fn a_batch_has_halves() {
    with_python(|py| {
        let mut batches: Batches<u8> = Batches::default();
        for text in ["'a'", "'b'", "'c'"] {
            assert!(batches.add(MOVER, 4, eval(py, text)).is_none());
        }
        let batch = batches.take(MOVER).remove(0);
        let movement = Movement::new(py, std::iter::empty()).unwrap();
        let read = |batch: &Batch<u8>| {
            let bytes = batch.write(py, &movement, &mut Vec::new()).unwrap();
            let records = movement.read(py, &bytes, &mut Vec::new()).unwrap();
            records.iter().map(repr).collect::<Vec<_>>()
        };
        assert_eq!(read(&batch), ["'a'", "'b'", "'c'"]);
        let [first, rest] = batch.halves().unwrap();
        assert_eq!((first.to, rest.to), (4, 4));
        assert_eq!([read(&first), read(&rest)].concat(), ["'a'", "'b'", "'c'"]);
        assert!(first.halves().is_none(), "a single record");
    });
}
