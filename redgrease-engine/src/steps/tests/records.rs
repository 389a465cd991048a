//! Operations that handle each record by itself.

use super::*;
use crate::steps::{Collect, ToText};

#[test]
fn map_replaces_each_record() {
    assert_eq!(
        results([map("lambda x: x * 2")], "[1, 2, 3]"),
        ["2", "4", "6"]
    );
}

#[test]
fn map_passes_none_and_lists_on_as_they_are() {
    let steps = [map("lambda x: None if x == 1 else [x, x]")];
    assert_eq!(results(steps, "[1, 2]"), ["None", "[2, 2]"]);
}

#[test]
fn filter_keeps_the_records_for_which_the_function_is_true() {
    assert_eq!(
        results([filter("lambda x: x % 2")], "[1, 2, 3]"),
        ["1", "3"]
    );
}

#[test]
fn filter_asks_for_the_truth_of_any_value() {
    let steps = [filter("lambda x: x")];
    let records = "[0, 1, '', 'x', [], [0], None, 0.0]";
    assert_eq!(results(steps, records), ["1", "'x'", "[0]"]);
}

#[test]
fn filter_reports_a_value_without_a_truth() {
    let broken = "type('Broken', (), {'__bool__': lambda self: 1 / 0})()";
    let ran = ran([filter(&format!("lambda x: {broken}"))], "[1]");
    assert_eq!(ran.errors, ["ZeroDivisionError: division by zero"]);
    assert!(ran.results.is_empty());
}

#[test]
fn flatmap_passes_the_elements_of_a_list_on_last_to_first() {
    let steps = [flatmap("lambda x: [x, x + 1, x + 2]")];
    assert_eq!(results(steps, "[1, 10]"), ["3", "2", "1", "12", "11", "10"]);
}

#[test]
fn flatmap_drops_the_record_of_an_empty_list() {
    assert!(results([flatmap("lambda x: []")], "[1, 2]").is_empty());
}

#[test]
fn flatmap_takes_apart_only_lists() {
    let records = "[(1, 2), 'ab', {3: 4}, None, range(2), {5}]";
    let expected = ["(1, 2)", "'ab'", "{3: 4}", "None", "range(0, 2)", "{5}"];
    assert_eq!(results([flatmap("lambda x: x")], records), expected);
}

#[test]
fn flatmap_takes_apart_the_outer_list_only() {
    assert_eq!(
        results([flatmap("lambda x: x")], "[[[1], [2, 3]]]"),
        ["[2, 3]", "[1]"]
    );
}

#[test]
fn flatmap_takes_apart_a_subclass_of_list() {
    let steps = [flatmap("lambda x: type('Mine', (list,), {})([1, 2])")];
    assert_eq!(results(steps, "[0]"), ["2", "1"]);
}

#[test]
fn flatmap_leaves_out_elements_that_are_removed_meanwhile() {
    let steps = [
        flatmap("lambda x: x"),
        foreach("lambda x: x.clear() if x else None"),
    ];
    // The element is the list itself: clearing it removes the elements that were still to come.
    let ran = with_python(|py| {
        let steps: Arc<[Step]> = steps.into_iter().collect();
        let mut pipeline = Pipeline::new(py, &steps);
        pipeline.push(run(py, "x = []\nx += [1, 2, x]", "x"));
        assert!(ended(py, &mut pipeline));
        outcome(py, pipeline)
    });
    assert_eq!(ran, (vec!["[]".to_owned()], vec![]));
}

#[test]
fn foreach_passes_the_record_on_and_ignores_the_result() {
    assert_eq!(
        results([foreach("lambda x: x.append(0) or 7")], "[[1], [2]]"),
        ["[1, 0]", "[2, 0]"]
    );
}

#[test]
fn repartition_passes_every_record_on() {
    assert_eq!(
        results([repartition("lambda x: str(x)")], "[2, 1, 2]"),
        ["2", "1", "2"]
    );
}

#[test]
fn repartition_reports_an_error_of_its_function() {
    let ran = ran([repartition("lambda x: x['key']")], "[{}, {'key': 1}]");
    assert_eq!(ran.errors, ["KeyError: 'key'"]);
    assert!(ran.results.is_empty());
}

#[test]
fn collect_passes_every_record_on() {
    assert_eq!(
        results([Collect.into()], "[1, None, [2]]"),
        ["1", "None", "[2]"]
    );
}

#[test]
fn to_text_makes_a_text_of_each_record() {
    let records = "[1, 'x', None, {'a': [1]}, b'y']";
    let expected = ["'1'", "'x'", "'None'", "\"{'a': [1]}\"", "\"b'y'\""];
    assert_eq!(results([ToText.into()], records), expected);
}

#[test]
fn to_text_asks_a_subclass_of_text_for_its_text() {
    let records = "[type('Mine', (str,), {'__str__': lambda self: 'other'})('x')]";
    assert_eq!(results([ToText.into()], records), ["'other'"]);
}

#[test]
fn to_text_reports_a_record_without_a_text() {
    let ran = ran(
        [ToText.into()],
        "[type('Mine', (), {'__str__': lambda self: 1 / 0})()]",
    );
    assert_eq!(ran.errors, ["ZeroDivisionError: division by zero"]);
}

#[test]
fn no_records_give_no_results() {
    let steps = [map("lambda x: 1"), flatmap("lambda x: [1]"), Collect.into()];
    assert_eq!(ran(steps, "[]"), Ran::default());
}

#[test]
fn a_plan_without_steps_passes_every_record_on() {
    assert_eq!(results([], "[1, 2]"), ["1", "2"]);
}
