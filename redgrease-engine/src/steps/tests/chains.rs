//! Several operations behind each other.

use super::*;
use crate::steps::{Collect, Count, ToText};

#[test]
fn steps_run_in_their_order() {
    let steps = [
        map("lambda x: x + 1"),
        map("lambda x: x * 10"),
        ToText.into(),
    ];
    assert_eq!(results(steps, "[1, 2]"), ["'20'", "'30'"]);
}

/// Each record goes through all steps before the next one is read.
#[test]
fn a_record_goes_as_far_as_it_goes_before_the_next_one_is_read() {
    let trace = with_python(|py| run(py, "trace = []", "trace").unbind());
    let note = |name: &str| {
        with_python(|py| {
            let source = "lambda trace, name: lambda x: trace.append((name, x))";
            let made = eval(py, source).call1((trace.bind(py), name)).unwrap();
            Step::from(ForEach(Callback::new(&made)))
        })
    };
    let steps = [note("a"), flatmap("lambda x: [x, x + 1]"), note("b")];
    assert_eq!(results(steps, "[1, 5]"), ["2", "1", "6", "5"]);
    let expected = "[('a', 1), ('b', 2), ('b', 1), ('a', 5), ('b', 6), ('b', 5)]";
    with_python(|py| assert_eq!(repr(trace.bind(py)), expected));
}

#[test]
fn a_fold_behind_a_fold_takes_the_records_of_the_first() {
    let steps = [
        countby("lambda x: x"),
        accumulate("lambda a, x: (a or []) + [x['value']]"),
    ];
    assert_eq!(results(steps, "['a', 'b', 'a']"), ["[2, 1]"]);
}

#[test]
fn the_records_of_a_fold_go_on_first_to_last() {
    let steps = [countby("lambda x: x"), map("lambda x: x['key']")];
    assert_eq!(results(steps, "['c', 'a', 'b']"), ["'c'", "'a'", "'b'"]);
}

#[test]
fn words_are_counted() {
    let steps = [
        flatmap("lambda x: x.split()"),
        countby("lambda x: x"),
        filter("lambda x: x['value'] > 1"),
        map("lambda x: x['key']"),
        Collect.into(),
    ];
    assert_eq!(
        results(steps, "['to be or', 'not to be']"),
        ["'be'", "'to'"]
    );
}

#[test]
fn a_count_of_groups_is_their_number() {
    let steps = [groupby("lambda x: x", "lambda k, a, x: 1"), Count.into()];
    assert_eq!(results(steps, "['a', 'b', 'a']"), ["2"]);
}

#[test]
fn nested_lists_are_taken_apart_by_one_flatmap_each() {
    let steps = [flatmap("lambda x: x"), flatmap("lambda x: x")];
    assert_eq!(results(steps, "[[[1, 2], [3, 4]]]"), ["4", "3", "2", "1"]);
}

#[test]
fn a_pipeline_takes_no_memory_over_to_the_next_run_of_its_steps() {
    let steps: Arc<[Step]> = [Count.into(), limit(5, 0)].into_iter().collect();
    for _ in 0..2 {
        with_python(|py| {
            let mut pipeline = Pipeline::new(py, &steps);
            pipeline.push(eval(py, "1"));
            assert!(ended(py, &mut pipeline));
            assert_eq!(outcome(py, pipeline), (vec!["1".to_owned()], vec![]));
        });
    }
}
