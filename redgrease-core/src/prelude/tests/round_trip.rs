//! Values that go through Python and come back.

use super::python::{Python, call, gear, spec};
use crate::gear::{Gear, GearSpec};
use crate::{Codec, GearArg, GearResult, Json};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt::Debug;

/// A gear that returns its argument.
pub(super) fn echo<T: GearArg + GearResult>() -> &'static Gear {
    let args: &'static [(&str, Codec)] = Box::leak(Box::new([("value", <T as GearArg>::CODEC)]));
    gear(
        "echo",
        GearSpec {
            args,
            ret: <T as GearResult>::CODEC,
            ..spec("echo", " return value")
        },
    )
}

/// Sends values of a type through Python and expects them back.
pub(super) fn round_trip<T, S>(values: S)
where
    T: GearArg + GearResult + Debug,
    S: Strategy<Value = T>,
{
    let echo = echo::<T>();
    let python = RefCell::new(Python::start());
    python.borrow_mut().register(&[echo]).unwrap();
    let mut runner = TestRunner::new(Config {
        cases: 300,
        failure_persistence: None,
        ..Config::default()
    });
    runner
        .run(&values, |value| {
            let back: T = python
                .borrow_mut()
                .call(&call(echo, &value), false)
                .map_err(|e| TestCaseError::fail(e.to_string()))?;
            // Unlike `==`, `Debug` shows NaN as equal to NaN and distinguishes -0.0 from 0.0.
            prop_assert_eq!(format!("{value:?}"), format!("{back:?}"));
            Ok(())
        })
        .unwrap();
}

macro_rules! round_trips {
    ($($name:ident: $type:ty = $values:expr;)*) => {$(
        #[test]
        fn $name() {
            round_trip::<$type, _>($values);
        }
    )*};
}

/// Text with characters that need an encoding.
fn texts() -> impl Strategy<Value = String> {
    proptest::collection::vec(
        prop_oneof![
            any::<char>(),
            Just('\0'),
            Just('\u{1}'),
            Just('0'),
            Just('1'),
            Just('-'),
            Just('+'),
            Just('"'),
            Just('\n'),
            Just('😀')
        ],
        0..12,
    )
    .prop_map(|chars| chars.into_iter().collect())
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(prop_oneof![any::<u8>(), 0..2u8, Just(b'0')], 0..20)
}

fn floats() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<f64>(),
        proptest::num::f64::ANY.prop_map(|f| if f.is_nan() { f64::NAN } else { f }),
        Just(f64::NAN),
        Just(f64::INFINITY),
        Just(f64::NEG_INFINITY),
        Just(-0.0),
        Just(5e-324),
        Just(f64::MAX)
    ]
}

round_trips! {
    text: String = texts();
    one_character: char = any::<char>();
    byte_strings: Vec<u8> = bytes();
    byte_array: [u8; 4] = any::<[u8; 4]>();
    small_int: i8 = any::<i8>();
    byte_as_int: u8 = any::<u8>();
    int: i64 = any::<i64>();
    unsigned: u64 = any::<u64>();
    huge: i128 = any::<i128>();
    huge_unsigned: u128 = any::<u128>();
    float: f64 = floats();
    short_float: f32 = proptest::num::f32::NORMAL | proptest::num::f32::SUBNORMAL | proptest::num::f32::ZERO;
    boolean: bool = any::<bool>();
    optional_text: Option<String> = proptest::option::of(texts());
    optional_int: Option<i128> = proptest::option::of(any::<i128>());
    optional_bytes: Option<Vec<u8>> = proptest::option::of(bytes());
    list_of_texts: Vec<String> = proptest::collection::vec(texts(), 0..5);
    list_of_bytes: Vec<Vec<u8>> = proptest::collection::vec(bytes(), 0..5);
    list_of_floats: Vec<f64> = proptest::collection::vec(floats(), 0..5);
    list_of_options: Vec<Option<i64>> = proptest::collection::vec(any::<Option<i64>>(), 0..5);
    nested_lists: Vec<Vec<bool>> = proptest::collection::vec(any::<Vec<bool>>(), 0..4);
    array: [u16; 3] = any::<[u16; 3]>();
    sets: BTreeSet<i64> = any::<BTreeSet<i64>>();
    sets_of_lists: BTreeSet<Vec<i64>> = proptest::collection::btree_set(any::<Vec<i64>>(), 0..4);
    map: BTreeMap<String, i64> = proptest::collection::btree_map(texts(), any::<i64>(), 0..5);
    map_with_int_keys: BTreeMap<i64, Vec<u8>> = proptest::collection::btree_map(any::<i64>(), bytes(), 0..5);
    map_with_tuple_keys: BTreeMap<(i8, Vec<u8>), Option<bool>> = any::<BTreeMap<(i8, Vec<u8>), Option<bool>>>();
    tuple: (i64, String, Option<f64>) = (any::<i64>(), texts(), proptest::option::of(floats()));
    tuple_in_list: Vec<(u8, Vec<u8>)> = any::<Vec<(u8, Vec<u8>)>>();
    boxed: Box<Option<i64>> = any::<Option<i64>>().prop_map(Box::new);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Shape {
    Point,
    Circle(f64),
    Named {
        name: String,
        inner: Box<Option<Shape>>,
    },
}

#[test]
fn json_of_any_serde_type() {
    let shape = Shape::Named {
        name: "😀\u{0}\u{1}\"".into(),
        inner: Box::new(Some(Shape::Named {
            name: String::new(),
            inner: Box::new(None),
        })),
    };
    let echo = echo::<Json<Vec<Shape>>>();
    let mut python = Python::start();
    python.register(&[echo]).unwrap();
    let sent = Json(vec![shape, Shape::Point, Shape::Circle(-1.5)]);
    let back: Json<Vec<Shape>> = python.call(&call(echo, &sent), false).unwrap();
    assert_eq!(sent, back);
}

#[test]
fn hash_maps_and_sets_come_back() {
    let mut python = Python::start();
    let map = HashMap::from([(Some(1_i64 << 40), "x".to_owned()), (None, String::new())]);
    let echo_map = echo::<HashMap<Option<i64>, String>>();
    python.register(&[echo_map]).unwrap();
    assert_eq!(
        python
            .call::<HashMap<_, _>>(&call(echo_map, &map), false)
            .unwrap(),
        map
    );

    let set: HashSet<(u8, char)> = HashSet::from([(1, 'a'), (2, '\0')]);
    let echo_set = echo::<HashSet<(u8, char)>>();
    python.register(&[echo_set]).unwrap();
    assert_eq!(
        python
            .call::<HashSet<_>>(&call(echo_set, &set), false)
            .unwrap(),
        set
    );
}
