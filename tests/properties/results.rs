//! Every value that Python returns is decoded as an equal value, or there is an error.

use crate::common::{empty, started};
use crate::holds;
use crate::python::{Py, anything};
use crate::target::Target;
use proptest::prelude::*;
use redgrease::prelude::*;
use redgrease::{Con, GearResult};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Compares the decoded value with the returned one.
fn judge<T: Target>(
    what: &str,
    decoded: redgrease::Result<T>,
    python: &Py,
) -> Result<(), TestCaseError> {
    match decoded {
        Ok(value) => prop_assert!(
            value.is(python),
            "{what} is not what was returned: {value:?}"
        ),
        Err(e) => prop_assert!(!T::has(python), "{what} was refused: {e}"),
    }
    Ok(())
}

fn through_a_chain<T: Target + GearResult>(
    con: &mut Con,
    what: &str,
    python: &Py,
) -> Result<(), TestCaseError> {
    let source = python.to_string();
    let decoded = ShardsIDReader::new()
        .map_to::<T>(python!(lambda _: eval('source)))
        .run()
        .on(con)
        .and_then(redgrease::ExecutionResult::into_value);
    judge(what, decoded, python)
}

type Way = fn(&mut Con, &Py) -> Result<(), TestCaseError>;

/// For each type, a gear that returns it, and functions that call the gear and run a chain.
macro_rules! types {
    ($($name:ident: $type:ty;)*) => {
        $(
            #[gear_command(trigger = unique)]
            fn $name(source: &str) -> $type {
                python!("return eval(source)")
            }
        )*

        const GEARS: &[Way] = &[$(
            |con, python| judge(stringify!($type), $name(con, &python.to_string()), python),
        )*];
        const CHAINS: &[Way] = &[$(
            |con, python| through_a_chain::<$type>(con, stringify!($type), python),
        )*];
    };
}

types! {
    small: i8;
    short: u16;
    medium: i32;
    long: i64;
    unsigned: u64;
    huge: i128;
    huge_unsigned: u128;
    float: f64;
    short_float: f32;
    flag: bool;
    text: String;
    character: char;
    raw: Vec<u8>;
    nothing: ();
    maybe_int: Option<i64>;
    maybe_text: Option<String>;
    maybe_raw: Option<Vec<u8>>;
    maybe_list: Option<Vec<i64>>;
    ints: Vec<i64>;
    flags: Vec<bool>;
    floats: Vec<f64>;
    short_floats: Vec<f32>;
    texts: Vec<String>;
    raws: Vec<Option<Vec<u8>>>;
    nothings: Vec<()>;
    three: [i128; 3];
    nested: Vec<Vec<Option<i64>>>;
    members: BTreeSet<String>;
    raw_members: BTreeSet<Vec<u8>>;
    numbers: BTreeSet<i64>;
    named: BTreeMap<String, f64>;
    numbered: BTreeMap<i64, Option<String>>;
    hashed: HashMap<String, Vec<u8>>;
    keyed: HashMap<(i64, String), bool>;
    pair: (i64, String);
    pair_of_pairs: ((f64, bool), Vec<String>);
    json: serde_json::Value;
    json_list: Json<Vec<Option<i64>>>;
    json_map: Json<BTreeMap<String, String>>;
    jsons: Vec<serde_json::Value>;
}

#[test]
fn results_of_a_gear_are_decoded_as_equal_values_or_refused() {
    let (_server, con) = started();
    let con = RefCell::new(con);
    holds(1000, &anything(), |python| {
        GEARS
            .iter()
            .try_for_each(|way| way(&mut con.borrow_mut(), &python))
    });
}

#[test]
fn records_of_a_chain_are_decoded_as_equal_values_or_refused() {
    let (_server, con) = empty();
    let con = RefCell::new(con);
    holds(1000, &(anything(), 0..CHAINS.len()), |(python, which)| {
        CHAINS[which](&mut con.borrow_mut(), &python)
    });
}
