//! The time that each step takes.

use super::*;
use crate::steps::{Collect, Count};
use std::time::Duration;

const SLEEP: &str = "lambda *a: time.sleep(0.002)";
const SLEPT: Duration = Duration::from_millis(2);

fn measured(steps: impl IntoIterator<Item = Step>, records: usize) -> Vec<Duration> {
    let steps: Arc<[Step]> = steps.into_iter().collect();
    with_python(|py| {
        let mut pipeline = Pipeline::new(py, &steps);
        pipeline.measure();
        assert!(pipeline.is_measured());
        let mut left = records;
        let ended = pipeline.advance(py, |pipeline| {
            if left == 0 {
                return Read::End;
            }
            left -= 1;
            pipeline.push(eval(py, "1"));
            Read::More
        });
        assert!(matches!(ended, Advance::End));
        pipeline.durations()
    })
}

#[test]
fn each_step_has_its_own_time() {
    let durations = measured([Collect.into(), foreach(SLEEP), Collect.into()], 2);
    assert_eq!(durations.len(), 3);
    assert!(durations[1] >= SLEPT * 2, "{durations:?}");
    assert!(
        durations[0] < durations[1] && durations[2] < durations[1],
        "{durations:?}"
    );
}

#[test]
fn the_end_of_a_fold_counts_as_the_time_of_its_step() {
    let durations = measured([batchgroupby("lambda x: x", SLEEP), Collect.into()], 1);
    assert!(durations[0] >= SLEPT, "{durations:?}");
}

#[test]
fn a_step_that_fails_is_measured() {
    let durations = measured([map("lambda x: time.sleep(0.002) or 1 / 0")], 1);
    assert!(durations[0] >= SLEPT, "{durations:?}");
}

#[test]
fn a_pipeline_is_not_measured_unless_it_is_told() {
    let steps: Arc<[Step]> = [Count.into()].into_iter().collect();
    with_python(|py| {
        let mut pipeline = Pipeline::new(py, &steps);
        pipeline.push(eval(py, "1"));
        assert!(ended(py, &mut pipeline));
        assert!(!pipeline.is_measured());
        assert!(pipeline.durations().is_empty());
    });
}
