//! Functions that fail.

use super::*;
use crate::steps::{Collect, Count};

#[test]
fn a_failing_function_stops_the_reading() {
    let ran = ran([map("lambda x: 1 / x")], "[1, 0, 2, 0]");
    assert_eq!(ran.results, ["1.0"]);
    assert_eq!(ran.errors, ["ZeroDivisionError: division by zero"]);
    assert_eq!(ran.read, 2);
}

#[test]
fn records_that_are_inside_go_on_after_an_error() {
    let ran = ran(
        [flatmap("lambda x: x"), map("lambda x: 6 // x")],
        "[[1, 0, 2, 0], [3]]",
    );
    assert_eq!(ran.results, ["3", "6"]);
    assert_eq!(ran.errors.len(), 2);
    assert_eq!(ran.read, 1);
}

#[test]
fn the_records_of_a_fold_go_on_after_an_error() {
    let steps = [
        countby("lambda x: x"),
        map("lambda x: 1 // (int(x['key']) - 1)"),
    ];
    let ran = ran(steps, "[1, 2, 3]");
    assert_eq!(ran.results, ["1", "0"]);
    assert_eq!(
        ran.errors,
        ["ZeroDivisionError: integer division or modulo by zero"]
    );
}

#[test]
fn a_fold_ends_with_the_records_before_the_error() {
    let ran = ran([filter("lambda x: 1 / x"), Count.into()], "[1, 2, 0, 3]");
    assert_eq!(ran.results, ["2"]);
    assert_eq!(ran.errors.len(), 1);
    assert_eq!(ran.read, 3);
}

#[test]
fn every_operation_reports_the_error_of_its_function() {
    let failing = "lambda *a: 1 / 0";
    for step in [
        map(failing),
        filter(failing),
        flatmap(failing),
        foreach(failing),
        accumulate(failing),
        countby(failing),
        repartition(failing),
        groupby(failing, "lambda k, a, x: 1"),
        groupby("lambda x: x", failing),
        localgroupby(failing, "lambda k, a, x: 1"),
        batchgroupby(failing, "lambda k, r: 1"),
        batchgroupby("lambda x: x", failing),
    ] {
        let name = format!("{step:?}");
        let ran = ran([step], "[1]");
        assert_eq!(
            ran.errors,
            ["ZeroDivisionError: division by zero"],
            "{name}"
        );
        assert!(ran.results.is_empty(), "{name}");
    }
}

#[test]
fn a_function_with_too_few_parameters_is_an_error() {
    let ran = ran([accumulate("lambda a: a")], "[1]");
    assert_eq!(ran.errors.len(), 1);
    assert!(
        ran.errors[0].contains("takes 1 positional argument but 2 were given"),
        "{:?}",
        ran.errors
    );
}

#[test]
fn an_error_of_the_reader_stops_the_reading() {
    with_python(|py| {
        let steps: Arc<[Step]> = [Collect.into()].into_iter().collect();
        let mut pipeline = Pipeline::new(py, &steps);
        assert!(pipeline.wants_more());
        pipeline.fail(crate::python::flat("the key is gone"));
        assert!(!pipeline.wants_more());
        assert!(ended(py, &mut pipeline));
        let errors = vec!["flat_error: the key is gone".to_owned()];
        assert_eq!(outcome(py, pipeline), (vec![], errors));
    });
}

#[test]
fn an_exception_that_is_no_error_is_reported_like_one() {
    let steps = [map(
        "lambda x: (_ for _ in ()).throw(KeyboardInterrupt('stop'))",
    )];
    assert_eq!(ran(steps, "[1]").errors, ["KeyboardInterrupt: stop"]);
}
