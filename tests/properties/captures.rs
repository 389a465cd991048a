//! Every Rust value that a chain captures arrives in Python as an equal value.

use crate::common::empty;
use crate::holds;
use crate::literal::Literal;
use crate::python::{bytes, floats, ints, texts};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use redgrease::Con;
use redgrease::prelude::*;
use std::cell::RefCell;
use std::fmt::Debug;

/// Captures values, each with an expression to which Python compares the value. `repr` distinguishes
/// types and zeros.
fn captured<S, T>(con: &RefCell<Con>, values: &S, as_captured: impl Fn(&S::Value) -> T)
where
    S: Strategy<Value: Literal + Debug>,
    T: serde::Serialize,
{
    holds(60, values, |value| {
        let wanted = value.literal();
        let value = as_captured(&value);
        let seen = ShardsIDReader::new()
            .map_to::<(String, String)>(python!(lambda _: (repr('value), repr(eval('wanted)))))
            .run()
            .on(&mut *con.borrow_mut())
            .and_then(redgrease::ExecutionResult::into_value);
        match seen {
            Ok((got, wanted)) => prop_assert_eq!(got, wanted),
            Err(e) => prop_assert!(false, "{}", e),
        }
        Ok(())
    });
}

#[test]
fn captured_values_arrive_as_equal_values() {
    let (_server, con) = empty();
    let con = RefCell::new(con);
    captured(&con, &(ints(), texts()), Clone::clone);
    captured(&con, &vec(floats(), 0..4), Clone::clone);
    captured(&con, &bytes(), |bytes| Bytes(bytes.clone()));
    captured(&con, &option::of(any::<char>()), Clone::clone);
    // At most one entry, because the comparison depends on the order of the entries.
    captured(
        &con,
        &btree_map((any::<i64>(), texts()), vec(texts(), 0..3), 0..2),
        Clone::clone,
    );
}
