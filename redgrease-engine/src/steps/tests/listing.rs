//! The steps of a plan under the names that RedisGears gives them.

use super::*;
use crate::steps::{Arg, Collect, Count, ToText, listed};

/// Type, name and function of each line behind the first one, which every plan has.
fn lines(step: Step) -> Vec<String> {
    let steps = [step];
    let functions = steps[0].operation().functions();
    let listed = listed(&steps, "run");
    let first = &listed[0];
    assert_eq!(
        (first.kind, first.name, first.timed),
        ("map", "RedisGearsPy_ToPyRecordMapper", None)
    );
    let timed: Vec<_> = listed.iter().map(|line| line.timed).collect();
    let mut expected = vec![None; listed.len()];
    expected[1] = Some(0);
    assert_eq!(timed, expected, "the first line of a step shows its time");
    let line = |line: &crate::steps::ListedStep<'_>| {
        let arg = match line.arg {
            Arg::None => "-".to_owned(),
            Arg::Builder(method) => method.to_owned(),
            Arg::Function(function) => {
                let place = functions
                    .iter()
                    .position(|one| std::ptr::eq(*one, function));
                format!("#{}", place.unwrap())
            }
        };
        let name = line.name.replace("RedisGearsPy_PyCallback", "~");
        format!("{} {name} {arg}", line.kind)
    };
    listed[1..].iter().map(line).collect()
}

#[test]
fn operations_of_one_line() {
    let f = "lambda *a: 1";
    assert_eq!(lines(map(f)), ["map ~Mapper #0"]);
    assert_eq!(lines(filter(f)), ["filter ~Filter #0"]);
    assert_eq!(lines(foreach(f)), ["foreach ~ForEach #0"]);
    assert_eq!(lines(accumulate(f)), ["accumulate ~Accumulate #0"]);
    assert_eq!(lines(limit(1, 2)), ["limit limit -"]);
    assert_eq!(lines(Collect.into()), ["collect collect -"]);
    assert_eq!(lines(ToText.into()), ["map ~Mapper run"]);
}

#[test]
fn flatmap_is_a_map_and_a_flatmap() {
    assert_eq!(
        lines(flatmap("lambda x: x")),
        ["map ~FlatMapper #0", "flatmap flatmap -"]
    );
}

#[test]
fn repartition_ends_with_the_value_of_the_key() {
    let expected = [
        "extractkey ~Extractor #0",
        "repartition repartition -",
        "map GetValueMapper -",
    ];
    assert_eq!(lines(repartition("lambda x: x")), expected);
}

#[test]
fn groupby_is_a_repartition_and_a_fold() {
    let expected = [
        "extractkey ~Extractor #0",
        "repartition repartition -",
        "accumulatebykey ~AccumulateByKey #1",
        "map RedisGearsPy_ToPyRecordMapper -",
    ];
    assert_eq!(lines(groupby("lambda x: x", "lambda *a: 1")), expected);
}

#[test]
fn localgroupby_has_no_repartition() {
    let expected = [
        "extractkey ~Extractor #0",
        "accumulatebykey ~AccumulateByKey #1",
        "map RedisGearsPy_ToPyRecordMapper -",
    ];
    assert_eq!(lines(localgroupby("lambda x: x", "lambda *a: 1")), expected);
}

#[test]
fn batchgroupby_is_a_group_and_a_reduce() {
    let expected = [
        "extractkey ~Extractor #0",
        "repartition repartition -",
        "group group -",
        "reduce ~Reducer #1",
        "map RedisGearsPy_ToPyRecordMapper -",
    ];
    assert_eq!(lines(batchgroupby("lambda x: x", "lambda *a: 1")), expected);
}

#[test]
fn count_is_a_local_fold_and_one_over_all_shards() {
    let expected = [
        "accumulate ~Accumulate count",
        "collect collect -",
        "accumulate ~Accumulate count",
    ];
    assert_eq!(lines(Count.into()), expected);
}

#[test]
fn countby_is_a_local_fold_and_one_over_all_shards() {
    let expected = [
        "extractkey ~Extractor #0",
        "accumulatebykey ~AccumulateByKey countby",
        "map RedisGearsPy_ToPyRecordMapper -",
        "extractkey ~Extractor countby",
        "repartition repartition -",
        "accumulatebykey ~AccumulateByKey countby",
        "map RedisGearsPy_ToPyRecordMapper -",
    ];
    assert_eq!(lines(countby("lambda x: x")), expected);
}

#[test]
fn the_lines_of_several_steps_follow_each_other() {
    let steps = [flatmap("lambda x: x"), Count.into(), ToText.into()];
    let listed = listed(&steps, "register");
    let timed: Vec<(usize, usize)> = listed
        .iter()
        .enumerate()
        .filter_map(|(line, listed)| Some((line, listed.timed?)))
        .collect();
    assert_eq!(timed, [(1, 0), (3, 1), (6, 2)]);
    assert!(matches!(listed[6].arg, Arg::Builder("register")));
}

#[test]
fn a_plan_without_steps_has_the_first_line_only() {
    assert_eq!(listed(&[], "run").len(), 1);
}
