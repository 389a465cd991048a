//! Distributed steps: the results of several shards are those of one server.

use super::cluster::{FREELY, Manner, on_shards, spread};
use super::*;
use crate::steps::{Collect, Count, ToText, distributed, durations_of};
use std::time::Duration;

const SHARDS: [usize; 4] = [1, 2, 3, 7];

fn numbers(end: i64) -> Vec<i64> {
    (0..end).collect()
}

/// Compares several shards with one server, for steps whose results do not depend on the order of records.
fn same(steps: impl Fn() -> Vec<Step>, records: &[i64]) {
    let expected = sorted(results(steps(), &format!("{records:?}")));
    for shards in SHARDS {
        for seed in 1..6 {
            for room in [1, usize::MAX] {
                let manner = Manner {
                    seed,
                    room,
                    ..FREELY
                };
                let outcomes = on_shards(steps(), &spread(records, shards), manner);
                assert_eq!(outcomes.results, expected, "{shards} shards, {manner:?}");
                assert!(outcomes.errors.iter().all(Vec::is_empty), "{outcomes:?}");
            }
        }
    }
}

fn sum_by(modulus: i64) -> Step {
    groupby(
        &format!("lambda x: x % {modulus}"),
        "lambda k, a, x: (a or 0) + x",
    )
}

#[test]
fn records_of_one_shard_steps_stay() {
    same(
        || {
            vec![
                map("lambda x: x + 1"),
                filter("lambda x: x % 3"),
                flatmap("lambda x: [x, x]"),
            ]
        },
        &numbers(20),
    );
}

#[test]
fn collect_brings_all_records_to_the_initiator() {
    same(|| vec![Collect.into()], &numbers(20));
    let outcomes = on_shards([Collect.into()], &spread(&numbers(20), 3), FREELY);
    let lengths: Vec<usize> = outcomes.by_shard.iter().map(Vec::len).collect();
    assert_eq!(lengths, [20, 0, 0]);
}

#[test]
fn repartition_brings_records_with_the_same_key_together() {
    same(|| vec![repartition("lambda x: x % 5")], &numbers(40));
    let steps = [repartition("lambda x: x % 5"), map("lambda x: x % 5")];
    let outcomes = on_shards(steps, &spread(&numbers(40), 3), FREELY);
    for key in 0..5 {
        let key = key.to_string();
        let have = outcomes
            .by_shard
            .iter()
            .filter(|results| results.contains(&key));
        assert_eq!(have.count(), 1, "{key}");
    }
}

#[test]
fn groups_are_whole() {
    same(|| vec![sum_by(7)], &numbers(50));
    same(|| vec![sum_by(7), Collect.into()], &numbers(50));
    let batch = || {
        vec![
            batchgroupby("lambda x: x % 7", "lambda k, r: sum(r)"),
            Collect.into(),
        ]
    };
    same(batch, &numbers(50));
}

/// An extractor may be expensive, or have side effects.
#[test]
fn the_extractor_of_a_group_is_called_once_for_a_record() {
    let calls = with_python(|py| run(py, "calls = []", "calls").unbind());
    for batch in [false, true] {
        let extractor = with_python(|py| {
            let calls = calls.bind(py);
            calls.call_method0("clear").unwrap();
            let make = eval(py, "lambda calls: lambda x: calls.append(x) or x % 3");
            Callback::new(&make.call1((calls,)).unwrap())
        });
        let step: Step = if batch {
            let reducer = plain("lambda k, r: sum(r)");
            BatchGroupBy { extractor, reducer }.into()
        } else {
            let reducer = plain("lambda k, a, x: (a or 0) + x");
            GroupBy {
                extractor,
                reducer,
                local: false,
            }
            .into()
        };
        on_shards([step, Collect.into()], &spread(&numbers(30), 3), FREELY);
        with_python(|py| assert_eq!(calls.bind(py).len().unwrap(), 30));
    }
}

#[test]
fn counts_are_added() {
    same(|| vec![Count.into()], &numbers(50));
    same(|| vec![Count.into()], &[]);
    same(|| vec![countby("lambda x: x % 4")], &numbers(50));
    same(
        || vec![countby("lambda x: x % 4"), Collect.into()],
        &numbers(50),
    );
    same(
        || vec![flatmap("lambda x: [x, x + 1]"), countby("lambda x: x % 4")],
        &numbers(50),
    );
    same(
        || vec![countby("lambda x: x % 4"), Count.into(), ToText.into()],
        &numbers(50),
    );
}

#[test]
fn folds_follow_folds() {
    same(
        || {
            vec![
                sum_by(11),
                map("lambda g: g['value']"),
                countby("lambda x: x % 2"),
                map("lambda g: g['value']"),
                Collect.into(),
                accumulate("lambda a, x: (a or 0) + x"),
            ]
        },
        &numbers(80),
    );
}

#[test]
fn local_steps_do_not_cross_shards() {
    let total = || accumulate("lambda a, x: (a or 0) + x");
    let outcomes = on_shards([total()], &spread(&[1, 2, 3], 3), FREELY);
    assert_eq!(outcomes.results, ["1", "2", "3"]);
    let local = localgroupby("lambda x: 'a'", "lambda k, a, x: (a or 0) + x");
    let outcomes = on_shards([local], &spread(&[1, 2, 3], 3), FREELY);
    assert_eq!(outcomes.results.len(), 3);
}

#[test]
fn a_limit_is_one_of_each_shard_before_collect_and_one_of_all_behind_it() {
    for seed in 1..20 {
        let manner = Manner { seed, ..FREELY };
        let records = spread(&numbers(30), 3);
        let before = on_shards([limit(2, 0), Collect.into()], &records, manner);
        assert_eq!(before.results.len(), 6);
        assert_eq!(before.read, [2, 2, 2]);
        let behind = on_shards([Collect.into(), limit(2, 0)], &records, manner);
        assert_eq!(behind.results.len(), 2);
    }
}

/// The initiator tells the other shards to stop. Without that they read everything.
#[test]
fn a_limit_behind_collect_stops_the_reading_of_all_shards() {
    let records = spread(&numbers(3000), 3);
    let outcomes = on_shards([Collect.into(), limit(2, 0)], &records, FREELY);
    assert!(
        outcomes.read.iter().all(|read| *read < 500),
        "{:?}",
        outcomes.read
    );
}

/// The limits of other shards may still need what a shard reads.
#[test]
fn a_limit_behind_a_repartition_stops_no_reading() {
    let records = spread(&numbers(60), 3);
    let outcomes = on_shards([repartition("lambda x: x"), limit(2, 0)], &records, FREELY);
    assert_eq!(outcomes.read, [20, 20, 20]);
    let lengths: Vec<usize> = outcomes.by_shard.iter().map(Vec::len).collect();
    assert_eq!(lengths, [2, 2, 2]);
}

#[test]
fn records_that_wait_for_coroutines_keep_movers_open() {
    let steps = || {
        vec![
            Map(coroutine("return args[0] + 1")).into(),
            GroupBy {
                extractor: plain("lambda x: x % 5"),
                reducer: coroutine("return (args[1] or 0) + args[2]"),
                local: false,
            }
            .into(),
            Filter(coroutine("return args[0]['value'] % 2")).into(),
            Collect.into(),
            ForEach(coroutine("return None")).into(),
        ]
    };
    same(steps, &numbers(40));
    let expected = sorted(results(steps(), &format!("{:?}", numbers(40))));
    for seed in 1..20 {
        let manner = Manner {
            seed,
            room: 2,
            most_waiting: 3,
        };
        let outcomes = on_shards(steps(), &spread(&numbers(40), 3), manner);
        assert_eq!(outcomes.results, expected, "{manner:?}");
    }
}

#[test]
fn shards_without_records_take_part() {
    for records in [
        ["[]", "[1, 2, 3]", "[]"],
        ["[]", "[]", "[]"],
        ["[1]", "[]", "[2]"],
    ] {
        let records = records.map(str::to_owned);
        let all: usize = records
            .iter()
            .map(|one| one.matches(char::is_numeric).count())
            .sum();
        let outcomes = on_shards([Count.into(), Collect.into()], &records, FREELY);
        let expected: Vec<String> = (all > 0).then(|| all.to_string()).into_iter().collect();
        assert_eq!(outcomes.results, expected);
    }
}

/// As recorded with RedisGears: one error for each shard, whose reading stops.
#[test]
fn an_exception_stops_the_reading_of_its_shard() {
    let records = ["[1, 2, 'a', 3]", "[4, 5, 6]", "['b', 7]"].map(str::to_owned);
    for seed in 1..20 {
        let manner = Manner { seed, ..FREELY };
        let outcomes = on_shards([map("lambda x: x + 1"), Collect.into()], &records, manner);
        assert_eq!(outcomes.results, ["2", "3", "5", "6", "7"]);
        let errors: Vec<usize> = outcomes.errors.iter().map(Vec::len).collect();
        assert_eq!(errors, [1, 0, 1]);
    }
}

/// A shard reads no record of its own after an exception, and takes none of other shards.
#[test]
fn an_exception_behind_a_mover_is_one_error() {
    for seed in 1..20 {
        let manner = Manner { seed, ..FREELY };
        let steps = [Collect.into(), map("lambda x: x['missing']")];
        let outcomes = on_shards(steps, &spread(&numbers(60), 3), manner);
        assert_eq!(outcomes.results, [""; 0]);
        let errors: Vec<usize> = outcomes.errors.iter().map(Vec::len).collect();
        assert_eq!(errors, [1, 0, 0]);
    }
}

#[test]
fn an_extractor_that_fails_is_an_error_where_it_runs() {
    let steps = [
        groupby("lambda x: x['a']", "lambda k, a, x: x"),
        Collect.into(),
    ];
    let records = ["[{'a': 1}]", "[{}]", "[{'a': 2}]"].map(str::to_owned);
    let outcomes = on_shards(steps, &records, FREELY);
    assert_eq!(outcomes.results.len(), 2);
    assert_eq!(outcomes.errors[1], ["KeyError: 'a'"]);
}

/// Nothing is gained by moving records that are at the initiator to the initiator.
#[test]
fn records_are_gathered_once() {
    let movers = |steps: &[Step]| {
        let steps = with_python(|py| distributed(py, steps));
        steps
            .iter()
            .filter(|step| matches!(step, Step::Mover(_)))
            .count()
    };
    assert_eq!(movers(&[Count.into(), ToText.into(), Collect.into()]), 1);
    assert_eq!(movers(&[Collect.into(), Count.into(), Collect.into()]), 1);
    assert_eq!(
        movers(&[Collect.into(), repartition("lambda x: x"), Collect.into()]),
        3
    );
    assert_eq!(movers(&[countby("lambda x: x"), Collect.into()]), 2);
    assert_eq!(
        movers(&[localgroupby("lambda x: x", "lambda k, a, x: x")]),
        0
    );
}

/// A pipeline without other shards runs distributed steps as well.
#[test]
fn one_server_runs_distributed_steps_as_the_recorded_ones() {
    let steps = || {
        vec![
            sum_by(3),
            countby("lambda g: g['value'] % 2"),
            Count.into(),
            Collect.into(),
        ]
    };
    let expected = results(steps(), "[1, 2, 3, 4, 5]");
    let steps = with_python(|py| distributed(py, &steps()));
    assert_eq!(results(steps, "[1, 2, 3, 4, 5]"), expected);
}

/// As recorded with RedisGears: what cannot cross is an error of the shard that sends it. At the initiator it stays.
#[test]
fn a_record_that_cannot_cross_is_an_error_of_its_shard() {
    let records = ["[1]", "[2, 3]", "[4]"].map(str::to_owned);
    for seed in 1..10 {
        let manner = Manner { seed, ..FREELY };
        let make = map("lambda x: (lambda: (yield))() if x in (1, 3, 4) else x");
        let steps = [make, Collect.into(), map("lambda x: type(x).__name__")];
        let outcomes = on_shards(steps, &records, manner);
        assert_eq!(outcomes.results, ["'generator'", "'int'"]);
        let refused = "ValueError: unmarshallable object";
        let expected: [&[&str]; 3] = [&[], &[refused], &[refused]];
        assert_eq!(outcomes.errors, expected);
    }
}

/// The list of steps shows the time of each recorded step.
#[test]
fn the_time_of_a_step_is_that_of_its_parts() {
    let steps = [
        map("lambda x: x"),
        countby("lambda x: x"),
        Count.into(),
        Collect.into(),
    ];
    with_python(|py| {
        let parts = distributed(py, &steps);
        let durations: Vec<Duration> = (1..=parts.len() as u64).map(Duration::from_secs).collect();
        let of_steps = durations_of(py, &steps, &durations);
        let seconds: Vec<u64> = of_steps.iter().map(Duration::as_secs).collect();
        // `collect` has nothing to do behind `count`.
        assert_eq!(seconds, [1, 2 + 3 + 4, 5 + 6 + 7, 0]);
    });
}
