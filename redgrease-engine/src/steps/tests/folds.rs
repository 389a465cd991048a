//! Operations that make one record, or one per group, of many.

use super::*;
use crate::steps::Count;

#[test]
fn accumulate_folds_all_records_into_one() {
    let steps = [accumulate("lambda a, x: (a or 0) + x")];
    assert_eq!(results(steps, "[1, 2, 3]"), ["6"]);
}

#[test]
fn the_accumulator_is_none_at_first() {
    let steps = [accumulate("lambda a, x: (a, x)")];
    assert_eq!(results(steps, "[1, 2]"), ["((None, 1), 2)"]);
}

#[test]
fn accumulate_gives_no_record_without_records() {
    assert!(results([accumulate("lambda a, x: 1")], "[]").is_empty());
}

#[test]
fn an_accumulator_may_become_none() {
    assert_eq!(results([accumulate("lambda a, x: None")], "[1]"), ["None"]);
}

/// The accumulator moves into the call. A call that fails does not give it back, and the next record begins a new one.
#[test]
fn an_accumulator_is_lost_when_the_function_fails() {
    let ran = ran(
        [
            flatmap("lambda x: x"),
            accumulate("lambda a, x: [1 / x, a]"),
        ],
        "[[1, 0, 2]]",
    );
    assert_eq!(ran.errors, ["ZeroDivisionError: division by zero"]);
    assert_eq!(ran.results, ["[1.0, None]"]);
}

#[test]
fn groupby_folds_the_records_of_each_group() {
    let steps = [groupby("lambda x: x[0]", "lambda k, a, x: (a or 0) + x[1]")];
    let records = "[('a', 1), ('b', 10), ('a', 2), ('b', 20)]";
    let expected = ["{'key': 'a', 'value': 3}", "{'key': 'b', 'value': 30}"];
    assert_eq!(sorted(results(steps, records)), expected);
}

#[test]
fn a_reducer_gets_key_accumulator_and_record() {
    let steps = [groupby("lambda x: 'k'", "lambda k, a, x: [k, a, x]")];
    assert_eq!(
        results(steps, "[1, 2]"),
        ["{'key': 'k', 'value': ['k', ['k', None, 1], 2]}"]
    );
}

#[test]
fn the_key_of_a_group_is_a_text() {
    let steps = [groupby("lambda x: x", "lambda k, a, x: (a or 0) + 1")];
    let expected = [
        "{'key': '1', 'value': 2}",
        "{'key': 'None', 'value': 1}",
        "{'key': '[2]', 'value': 1}",
    ];
    assert_eq!(sorted(results(steps, "[1, [2], '1', None]")), expected);
}

#[test]
fn localgroupby_does_the_same_on_one_server() {
    let records = "['a', 'b', 'a', 'c', 'b', 'a']";
    let (extractor, reducer) = ("lambda x: x", "lambda k, a, x: (a or 0) + 1");
    let expected = results([groupby(extractor, reducer)], records);
    assert_eq!(expected.len(), 3);
    assert_eq!(
        results([localgroupby(extractor, reducer)], records),
        expected
    );
}

#[test]
fn a_group_keeps_its_accumulator_when_the_reducer_fails() {
    let steps = [
        flatmap("lambda x: x"),
        groupby("lambda x: 'k'", "lambda k, a, x: (a or 0) + 6 // x"),
    ];
    let ran = ran(steps, "[[3, 0, 2]]");
    assert_eq!(
        ran.errors,
        ["ZeroDivisionError: integer division or modulo by zero"]
    );
    assert_eq!(ran.results, ["{'key': 'k', 'value': 5}"]);
}

#[test]
fn a_group_without_a_result_has_no_record() {
    let ran = ran([groupby("lambda x: x", "lambda k, a, x: 1 / 0")], "['k']");
    assert_eq!(ran.errors, ["ZeroDivisionError: division by zero"]);
    assert!(ran.results.is_empty());
}

#[test]
fn a_key_with_a_lone_surrogate_is_an_error() {
    for step in [
        groupby("lambda x: x", "lambda k, a, x: 1"),
        batchgroupby("lambda x: x", "lambda k, r: 1"),
    ] {
        let ran = ran([step], "['\\ud800']");
        assert_eq!(ran.errors.len(), 1);
        assert!(
            ran.errors[0].starts_with("UnicodeEncodeError: "),
            "{:?}",
            ran.errors
        );
        assert!(ran.results.is_empty());
    }
}

#[test]
fn batchgroupby_calls_the_reducer_once_per_group_with_all_records() {
    let steps = [batchgroupby("lambda x: x % 2", "lambda k, r: (k, r)")];
    let expected = [
        "{'key': '0', 'value': ('0', [2])}",
        "{'key': '1', 'value': ('1', [1, 3])}",
    ];
    assert_eq!(sorted(results(steps, "[1, 2, 3]")), expected);
}

#[test]
fn batchgroupby_has_one_error_per_group() {
    let steps = [batchgroupby(
        "lambda x: x",
        "lambda k, r: 1 // (int(k) - 1)",
    )];
    let ran = ran(steps, "[1, 2, 1, 1]");
    assert_eq!(
        ran.errors,
        ["ZeroDivisionError: integer division or modulo by zero"]
    );
    assert_eq!(ran.results, ["{'key': '2', 'value': 1}"]);
    assert_eq!(ran.read, 4);
}

#[test]
fn batchgroupby_has_an_error_for_every_group_that_fails() {
    let ran = ran(
        [batchgroupby("lambda x: x", "lambda k, r: 1 / 0")],
        "[1, 2, 3, 3]",
    );
    assert_eq!(ran.errors.len(), 3);
    assert!(ran.results.is_empty());
}

#[test]
fn groups_come_in_the_same_order_from_both_ways_to_group() {
    let records = "list(range(40))";
    let fold = results([groupby("lambda x: x", "lambda k, a, x: x")], records);
    let batch = results([batchgroupby("lambda x: x", "lambda k, r: r[0]")], records);
    assert_eq!(fold.len(), 40);
    assert_eq!(fold, batch);
    // The order is that of the hash table of Redis, and not that of the records.
    assert_ne!(fold[0], "{'key': '0', 'value': 0}");
}

#[test]
fn count_is_the_number_of_records() {
    assert_eq!(results([Count.into()], "[None, 0, '']"), ["3"]);
}

#[test]
fn count_gives_no_record_without_records() {
    assert!(results([Count.into()], "[]").is_empty());
}

#[test]
fn countby_counts_each_value() {
    let expected = ["{'key': 'b', 'value': 2}", "{'key': 'a', 'value': 1}"];
    assert_eq!(
        results([countby("lambda x: x")], "['b', 'a', 'b']"),
        expected
    );
}

#[test]
fn countby_counts_values_with_the_same_text_together() {
    assert_eq!(
        results([countby("lambda x: x")], "[1, '1']"),
        ["{'key': '1', 'value': 2}"]
    );
}

#[test]
fn countby_keeps_its_counts_when_the_function_fails() {
    let ran = ran(
        [flatmap("lambda x: x"), countby("lambda x: 1 // x")],
        "[[1, 0, 1]]",
    );
    assert_eq!(
        ran.errors,
        ["ZeroDivisionError: integer division or modulo by zero"]
    );
    assert_eq!(ran.results, ["{'key': '1', 'value': 2}"]);
}

#[test]
fn countby_counts_the_same_behind_every_operation() {
    let words = "['a b a', 'b']";
    let direct = results(
        [flatmap("lambda x: x.split()"), countby("lambda x: x")],
        words,
    );
    let between = [
        flatmap("lambda x: x.split()"),
        map("lambda x: x"),
        countby("lambda x: x"),
    ];
    assert_eq!(
        direct,
        ["{'key': 'a', 'value': 2}", "{'key': 'b', 'value': 2}"]
    );
    assert_eq!(results(between, words), direct);
}
