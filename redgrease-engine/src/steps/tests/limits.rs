//! `limit`: how many records pass, and how many are read for them.

use super::*;
use proptest::prelude::*;

#[test]
fn a_limit_passes_the_first_records_on() {
    assert_eq!(results([limit(2, 0)], "[1, 2, 3, 4]"), ["1", "2"]);
}

#[test]
fn a_limit_leaves_out_the_first_records() {
    assert_eq!(results([limit(2, 1)], "[1, 2, 3, 4]"), ["2", "3"]);
}

#[test]
fn a_limit_of_zero_passes_no_record_on_and_reads_none() {
    assert_eq!(ran([limit(0, 0)], "[1, 2]"), Ran::default());
    assert_eq!(
        ran([map("lambda x: 1 / 0"), limit(0, 3)], "[1, 2]"),
        Ran::default()
    );
}

#[test]
fn a_negative_length_is_no_limit() {
    assert_eq!(results([limit(-1, 1)], "[1, 2, 3]"), ["2", "3"]);
}

#[test]
fn a_negative_start_leaves_out_no_record() {
    assert_eq!(results([limit(1, -5)], "[1, 2, 3]"), ["1"]);
}

#[test]
fn a_limit_that_is_used_up_stops_the_reading() {
    let ran = ran([limit(2, 1)], "list(range(100))");
    assert_eq!(ran.results, ["1", "2"]);
    assert_eq!(ran.read, 3);
}

#[test]
fn a_limit_behind_a_filter_reads_until_enough_records_have_passed() {
    let ran = ran(
        [filter("lambda x: x % 10 == 0"), limit(2, 0)],
        "list(range(100))",
    );
    assert_eq!(ran.results, ["0", "10"]);
    assert_eq!(ran.read, 11);
}

#[test]
fn a_limit_cuts_the_elements_of_a_list() {
    let ran = ran([flatmap("lambda x: x"), limit(2, 0)], "[[1, 2, 3], [4]]");
    assert_eq!(ran.results, ["3", "2"]);
    assert_eq!(ran.read, 1);
}

#[test]
fn a_limit_behind_a_fold_counts_the_records_of_the_fold() {
    let steps = [countby("lambda x: x"), limit(1, 1)];
    let ran = ran(steps, "['a', 'b', 'c', 'a']");
    assert_eq!(ran.results, ["{'key': 'b', 'value': 1}"]);
    assert_eq!(ran.read, 4);
}

#[test]
fn the_smallest_and_largest_numbers_are_limits() {
    assert!(results([limit(i64::MAX, i64::MAX)], "[1, 2]").is_empty());
    assert_eq!(results([limit(i64::MAX, i64::MIN)], "[1, 2]"), ["1", "2"]);
    assert_eq!(results([limit(i64::MIN, i64::MIN)], "[1, 2]"), ["1", "2"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The limit is `records[start:][:length]`.
    #[test]
    fn a_limit_is_a_slice(length in -2_i64..8, start in -2_i64..8, records in 0_usize..8) {
        let list = format!("list(range({records}))");
        let skip = usize::try_from(start).unwrap_or(0);
        let take = usize::try_from(length).unwrap_or(usize::MAX);
        let expected: Vec<String> = (0..records).skip(skip).take(take).map(|n| n.to_string()).collect();
        let ran = ran([limit(length, start)], &list);
        prop_assert_eq!(ran.results, expected);
        let read = if take == 0 { 0 } else { records.min(skip.saturating_add(take)) };
        prop_assert_eq!(ran.read, read);
    }
}
