//! Every argument arrives in Python as an equal value.

use crate::common::started;
use crate::holds;
use crate::literal::Literal;
use crate::python::{bytes, floats, ints, texts};
use proptest::collection::{btree_map, btree_set, hash_map, vec};
use proptest::option;
use proptest::prelude::*;
use redgrease::Con;
use redgrease::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Debug;

python_module! {
    comparing {
        def difference(got, wanted):
            # What is equal and of the same type all the way down is no difference.
            if type(got) is not type(wanted):
                return "%r is a %s" % (got, type(got).__name__)
            if type(got) is float:
                same = repr(got) == repr(wanted)
            elif type(got) in (list, tuple):
                if len(got) != len(wanted):
                    return repr(got)
                return "".join([difference(a, b) for a, b in zip(got, wanted)])
            elif type(got) is dict:
                if set(got) != set(wanted) or set(map(type, got)) != set(map(type, wanted)):
                    return repr(got)
                return "".join([difference(got[key], wanted[key]) for key in wanted])
            elif type(got) in (set, frozenset):
                same = got == wanted and set(map(type, got)) == set(map(type, wanted))
            else:
                same = got == wanted
            return "" if same else repr(got)
    }
}

#[derive(Debug, Clone, Serialize, Deserialize, GearValue)]
struct Person {
    name: String,
    age: Option<u8>,
    scores: Vec<f64>,
}

impl Literal for Person {
    fn literal(&self) -> String {
        let age = self.age.map(u16::from);
        format!(
            "{{'name': {}, 'age': {}, 'scores': {}}}",
            self.name.literal(),
            age.literal(),
            self.scores.literal()
        )
    }
}

/// For each type, a gear that takes it and the values to test with.
macro_rules! types {
    ($($name:ident: $type:ty = $values:expr;)*) => {
        $(
            #[gear_command(trigger = unique, module = comparing)]
            fn $name(value: $type, wanted: &str) -> String {
                python!("return difference(value, eval(wanted))")
            }
        )*

        const TYPES: &[fn(&RefCell<Con>)] = &[$(
            |con| arrives(stringify!($name), &$values, |value, wanted| {
                $name(&mut con.borrow_mut(), value, wanted)
            }),
        )*];
    };
}

/// Sends values, each with an expression to which Python compares the value.
fn arrives<S: Strategy<Value: Literal + Clone + Debug>>(
    name: &str,
    values: &S,
    send: impl Fn(S::Value, &str) -> redgrease::Result<String>,
) {
    holds(100, values, |value| {
        let wanted = value.literal();
        match send(value, &wanted) {
            Ok(difference) => prop_assert!(
                difference.is_empty(),
                "{name}: Python sees {difference}, not {wanted}"
            ),
            Err(e) => prop_assert!(false, "{name}: {e}"),
        }
        Ok(())
    });
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        floats().prop_filter_map("JSON has no such number", |f| f
            .is_finite()
            .then(|| Value::from(f))),
        texts().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |item| {
        prop_oneof![
            vec(item.clone(), 0..4).prop_map(Value::from),
            btree_map(texts(), item, 0..4).prop_map(Value::from_iter),
        ]
    })
}

fn people() -> impl Strategy<Value = Person> {
    let scores = vec(prop::num::f64::NORMAL | prop::num::f64::ZERO, 0..3);
    (texts(), option::of(any::<u8>()), scores).prop_map(|(name, age, scores)| Person {
        name,
        age,
        scores,
    })
}

types! {
    small: i8 = any::<i8>();
    short: u16 = any::<u16>();
    medium: i32 = any::<i32>();
    long: i64 = prop_oneof![any::<i64>(), Just(i64::MIN), Just(i64::MAX)];
    unsigned: u64 = any::<u64>();
    huge: i128 = ints();
    huge_unsigned: u128 = any::<u128>();
    float: f64 = floats();
    short_float: f32 = floats().prop_map(|f| f as f32);
    flag: bool = any::<bool>();
    text: String = texts();
    character: char = any::<char>();
    raw: Vec<u8> = bytes();
    maybe_int: Option<i64> = option::of(any::<i64>());
    maybe_text: Option<String> = option::of(texts());
    maybe_raw: Option<Vec<u8>> = option::of(bytes());
    maybe_list: Option<Vec<i128>> = option::of(vec(ints(), 0..3));
    floating: Vec<f64> = vec(floats(), 0..4);
    lines: Vec<String> = vec(texts(), 0..4);
    raws: Vec<Option<Vec<u8>>> = vec(option::of(bytes()), 0..4);
    nested: Vec<Vec<Option<bool>>> = vec(vec(option::of(any::<bool>()), 0..3), 0..3);
    three: [f32; 3] = proptest::array::uniform3(any::<f32>());
    members: BTreeSet<String> = btree_set(texts(), 0..4);
    raw_members: BTreeSet<Vec<u8>> = btree_set(bytes(), 0..4);
    list_members: BTreeSet<Vec<i64>> = btree_set(vec(any::<i64>(), 0..3), 0..3);
    named: BTreeMap<String, f64> = btree_map(texts(), floats(), 0..4);
    numbered: BTreeMap<i128, Vec<u8>> = btree_map(ints(), bytes(), 0..4);
    flagged: BTreeMap<Option<bool>, char> = btree_map(option::of(any::<bool>()), any::<char>(), 0..3);
    keyed: HashMap<(i64, String), Vec<f64>> = hash_map((any::<i64>(), texts()), vec(floats(), 0..3), 0..3);
    pair: (i64, (String, Option<Vec<u8>>)) = (any::<i64>(), (texts(), option::of(bytes())));
    boxed: Box<(bool, f64)> = (any::<bool>(), floats()).prop_map(Box::new);
    any_json: Value = json();
    person: Person = people();
    crowd: Vec<Person> = vec(people(), 0..3);
}

#[gear_command(trigger = unique, module = comparing)]
fn all_that_follow(wanted: &str, #[rest] values: Vec<Option<String>>) -> String {
    python!("return difference(values, eval(wanted))")
}

#[test]
fn arguments_arrive_as_equal_values() {
    let (_server, con) = started();
    let con = RefCell::new(con);
    for one in TYPES {
        one(&con);
    }
    arrives(
        "all_that_follow",
        &vec(option::of(texts()), 0..5),
        |values, wanted| all_that_follow(&mut con.borrow_mut(), wanted, values),
    );
}
