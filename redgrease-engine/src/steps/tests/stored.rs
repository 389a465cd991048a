//! Steps as stored bytes.

use super::*;
use crate::encoding::{Damaged, Input, write_bytes, write_number};
use crate::steps::{Collect, Count, ToText, decode_stored, encode_stored};
use proptest::prelude::*;

/// The tags of all operations.
const TAGS: &[u8] = b"mfxeaglGrLCNbT";

fn encoded(step: &Step) -> Vec<u8> {
    let mut out = Vec::new();
    encode_stored(step, &mut out).unwrap();
    out
}

fn decoded(bytes: &[u8]) -> Step {
    let mut input = Input::new(bytes);
    let step = decode_stored(&mut input).unwrap();
    input.end(step).unwrap()
}

/// The reason why bytes are not a step.
fn refusal(bytes: &[u8]) -> String {
    decode_stored(&mut Input::new(bytes)).unwrap_err()
}

/// One step of each operation, in the order of [`TAGS`].
fn one_of_each() -> Vec<Step> {
    vec![
        map("lambda x: x + 1"),
        filter("lambda x: x > 1"),
        flatmap("lambda x: [x, x]"),
        foreach("lambda x: None"),
        accumulate("lambda a, x: (a or 0) + x"),
        groupby("lambda x: x % 2", "lambda k, a, x: (a or 0) + x"),
        localgroupby("lambda x: x % 2", "lambda k, a, x: (a or 0) + x"),
        batchgroupby("lambda x: x % 2", "lambda k, r: sum(r)"),
        repartition("lambda x: str(x)"),
        limit(2, 1),
        Collect.into(),
        Count.into(),
        countby("lambda x: x % 2"),
        ToText.into(),
    ]
}

#[test]
fn every_operation_comes_back_with_its_functions() {
    for (step, tag) in one_of_each().into_iter().zip(TAGS) {
        let bytes = encoded(&step);
        assert_eq!(bytes[0], *tag, "{step:?}");
        let back = decoded(&bytes);
        assert_eq!(std::mem::discriminant(&step), std::mem::discriminant(&back));
        let name = format!("{step:?}");
        let expected = ran([step], "[1, 2, 3, 2]");
        assert_eq!(expected.errors, [""; 0], "{name}");
        assert_eq!(ran([back], "[1, 2, 3, 2]"), expected, "{name}");
    }
}

#[test]
fn a_copy_is_stored_as_its_original() {
    for step in one_of_each() {
        let copy = with_python(|py| step.operation().copy(py));
        assert_eq!(encoded(&copy), encoded(&step), "{step:?}");
    }
}

#[test]
fn a_local_group_stays_local() {
    let local = |step: &Step| matches!(step, Step::GroupBy(GroupBy { local: true, .. }));
    let (f, g) = ("lambda x: x", "lambda k, a, x: x");
    assert!(local(&decoded(&encoded(&localgroupby(f, g)))));
    assert!(!local(&decoded(&encoded(&groupby(f, g)))));
}

#[test]
fn the_two_functions_of_a_group_keep_their_places() {
    let back = decoded(&encoded(&batchgroupby(
        "lambda x: 'key'",
        "lambda k, r: 'value'",
    )));
    assert_eq!(results([back], "[1]"), ["{'key': 'key', 'value': 'value'}"]);
}

#[test]
fn a_function_comes_back_with_its_closure() {
    let step = with_python(|py| {
        let source =
            "def outer(n):\n    def add(x):\n        return x + n\n    return add\nf = outer(5)";
        Step::from(Map(Callback::new(&run(py, source, "f"))))
    });
    assert_eq!(results([decoded(&encoded(&step))], "[1]"), ["6"]);
}

#[test]
fn a_function_that_cannot_be_stored_is_refused_by_its_name() {
    let step = with_python(|py| {
        let source =
            "import threading\nlock = threading.Lock()\ndef guarded(x):\n    return lock and x";
        Step::from(Map(Callback::new(&run(py, source, "guarded"))))
    });
    let refused = encode_stored(&step, &mut Vec::new()).unwrap_err();
    let start = "Error occured when serialized a python callback, callback=guarded error=";
    assert!(refused.starts_with(start), "{refused}");
    assert!(
        refused.contains("cannot pickle '_thread.lock' object"),
        "{refused}"
    );
}

#[test]
fn all_other_tags_are_refused() {
    for tag in 0..=u8::MAX {
        if !TAGS.contains(&tag) {
            assert_eq!(refusal(&[tag]), Damaged::Wrong.message(), "{tag}");
        }
    }
}

#[test]
fn no_bytes_are_cut_short() {
    assert_eq!(refusal(&[]), Damaged::Cut.message());
}

/// Every cut of every operation is noticed.
#[test]
fn bytes_that_are_cut_short_are_refused() {
    for step in one_of_each() {
        let bytes = encoded(&step);
        for cut in 1..bytes.len() {
            assert_eq!(
                refusal(&bytes[..cut]),
                Damaged::Cut.message(),
                "{step:?} at {cut}"
            );
        }
    }
}

#[test]
fn bytes_that_are_no_function_are_refused_for_each_tag() {
    for tag in b"mfxeaglGrb" {
        let mut bytes = vec![*tag];
        write_bytes(&mut bytes, b"nonsense");
        assert_eq!(
            refusal(&bytes),
            "ValueError: it is not a stored function",
            "{}",
            *tag as char
        );
    }
}

#[test]
fn a_damaged_second_function_is_refused() {
    for step in [
        groupby("lambda x: x", "lambda k, a, x: x"),
        batchgroupby("lambda x: x", "lambda k, r: r"),
    ] {
        let bytes = encoded(&step);
        let first = usize::try_from(u64::from_le_bytes(bytes[1..9].try_into().unwrap())).unwrap();
        let mut damaged = bytes[..9 + first].to_vec();
        write_bytes(&mut damaged, b"RGPF\x01\x02\x07");
        assert!(refusal(&damaged).starts_with("ValueError: it was stored by Python 2.7, "));
    }
}

#[test]
fn a_function_of_a_claimed_length_is_cut_short() {
    let mut bytes = vec![b'm'];
    write_number(&mut bytes, u64::MAX);
    assert_eq!(refusal(&bytes), Damaged::Cut.message());
}

#[test]
fn a_stored_value_that_is_no_function_is_refused() {
    let stored = with_python(|py| {
        let bytes: Vec<u8> = eval(py, "_write_callback(5)").extract().unwrap();
        bytes
    });
    let mut bytes = vec![b'm'];
    write_bytes(&mut bytes, &stored);
    assert_eq!(refusal(&bytes), "error: what was stored is no function");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn limits_come_back(length in any::<i64>(), start in any::<i64>()) {
        let back = decoded(&encoded(&limit(length, start)));
        let same = matches!(back, Step::Limit(back) if back.length == length && back.start == start);
        prop_assert!(same);
    }

    /// Steps are stored one behind the other, without a mark between them.
    #[test]
    fn steps_come_back_in_their_order(order in proptest::collection::vec(0..TAGS.len(), 0..8)) {
        let all = one_of_each();
        let mut bytes = Vec::new();
        for index in &order {
            encode_stored(&all[*index], &mut bytes).unwrap();
        }
        let mut input = Input::new(&bytes);
        for index in &order {
            let step = decode_stored(&mut input).unwrap();
            prop_assert_eq!(std::mem::discriminant(&step), std::mem::discriminant(&all[*index]));
        }
        prop_assert_eq!(input.end(()), Ok(()));
    }
}
