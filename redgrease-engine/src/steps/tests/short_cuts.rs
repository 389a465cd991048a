//! Short cuts must do the same as the long way.

use super::*;
use crate::steps::{Collect, Count, Straight, ToText, is_straight, straight};
use proptest::prelude::*;

#[test]
fn only_plans_that_replace_records_are_straight() {
    assert!(is_straight(&[]));
    assert!(is_straight(&[
        map("lambda x: x"),
        ToText.into(),
        Collect.into()
    ]));
    for step in [
        filter("lambda x: x"),
        flatmap("lambda x: x"),
        foreach("lambda x: x"),
        accumulate("lambda a, x: x"),
        groupby("lambda x: x", "lambda k, a, x: x"),
        batchgroupby("lambda x: x", "lambda k, r: r"),
        repartition("lambda x: x"),
        limit(1, 0),
        Count.into(),
        countby("lambda x: x"),
    ] {
        assert!(!is_straight(&[Collect.into(), step]));
    }
}

#[test]
fn the_short_way_stops_at_an_error() {
    with_python(|py| {
        let steps = [map("lambda x: 1 / x"), map("lambda x: unknown")];
        let raised = straight(&steps, eval(py, "0")).unwrap_err();
        assert_eq!(
            error_text(py, &raised),
            "ZeroDivisionError: division by zero"
        );
    });
}

fn straight_step() -> impl Strategy<Value = u8> {
    0_u8..4
}

fn made(kinds: &[u8]) -> Vec<Step> {
    let one = |kind: &u8| match kind {
        0 => map("lambda x: [x]"),
        1 => map("lambda x: x[0]"),
        2 => ToText.into(),
        _ => Collect.into(),
    };
    kinds.iter().map(one).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_short_way_and_a_pipeline_agree(kinds in proptest::collection::vec(straight_step(), 0..6)) {
        let steps = made(&kinds);
        prop_assert!(is_straight(&steps));
        let short = with_python(|py| match straight(&steps, eval(py, "['abc']")) {
            Ok(Straight::Through(record)) => (vec![repr(&record)], vec![]),
            Ok(Straight::Waiting { .. }) => panic!("no function is async"),
            Err(raised) => (vec![], vec![error_text(py, &raised)]),
        });
        let long = ran(steps, "[['abc']]");
        prop_assert_eq!(short, (long.results, long.errors));
    }
}

#[test]
fn only_a_plan_that_begins_with_count_only_counts() {
    with_python(|py| {
        let only_counts = |steps: Vec<Step>| Pipeline::new(py, &steps.into()).only_counts();
        assert!(only_counts(vec![Count.into(), map("lambda x: x")]));
        assert!(!only_counts(vec![map("lambda x: x"), Count.into()]));
        assert!(!only_counts(vec![limit(3, 0), Count.into()]));
        assert!(!only_counts(vec![]));
    });
}

#[test]
fn records_that_are_only_counted_need_not_be_made() {
    let steps: Arc<[Step]> = [Count.into(), map("lambda x: x * 10")]
        .into_iter()
        .collect();
    with_python(|py| {
        let mut pipeline = Pipeline::new(py, &steps);
        pipeline.push(eval(py, "None"));
        let mut pieces = vec![5, 0, 7];
        let ended = pipeline.advance(py, |pipeline| {
            let Some(piece) = pieces.pop() else {
                return Read::End;
            };
            pipeline.add_count(piece);
            Read::More
        });
        assert!(matches!(ended, Advance::End));
        assert_eq!(outcome(py, pipeline), (vec!["130".to_owned()], vec![]));
    });
}

#[test]
fn pieces_without_keys_count_as_no_records() {
    let steps: Arc<[Step]> = [Count.into()].into_iter().collect();
    with_python(|py| {
        let mut pipeline = Pipeline::new(py, &steps);
        pipeline.add_count(0);
        assert!(ended(py, &mut pipeline));
        assert_eq!(outcome(py, pipeline), (vec![], vec![]));
    });
}
