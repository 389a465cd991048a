//! Values through a real server: what goes in comes back, and is in Python what it should be.

mod common;

use common::started;
use redgrease::prelude::*;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// Defines a gear that returns its argument, and one that returns the `repr` of it.
macro_rules! echo {
    ($($name:ident, $shown:ident: $type:ty;)*) => {$(
        #[gear_command]
        fn $name(value: $type) -> $type {
            python!("return value")
        }
        #[gear_command]
        fn $shown(value: $type) -> String {
            python!("return repr(value)")
        }
    )*};
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, GearValue)]
struct Person {
    name: String,
    age: Option<u8>,
    tags: Vec<String>,
    address: Address,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Address {
    None,
    Street { name: String, number: i64 },
}

echo! {
    text, text_shown: String;
    bytes, bytes_shown: Vec<u8>;
    int, int_shown: i64;
    big, big_shown: i128;
    float, float_shown: f64;
    maybe, maybe_shown: Option<String>;
    person, person_shown: Person;
    numbered, numbered_shown: BTreeMap<i64, Vec<u8>>;
}

#[test]
fn smoke() {
    let (_server, mut con) = started();
    assert_eq!(int(&mut con, -7).unwrap(), -7);
}
