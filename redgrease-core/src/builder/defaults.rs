//! Steps without a function argument: the default operands of RedGrease in Python.

use super::callback::IntoCallback;
use super::chain::Arg;
use super::open::{Any, Open};
use super::reader::Reader;
use super::steps::Number;

/// Appends a record to a list.
const APPEND: &str = "lambda k, a, r: [r] if a is None else (a.append(r) or a)";
/// The key of equal records. It has to be the same on every shard, so `hash` cannot be used: its value differs between
/// processes.
const VALUE: &str = "lambda r: repr(r)";

impl<R: Reader, T> Open<R, T> {
    /// Keeps the records that are true in Python: not empty, not zero, not `None`.
    pub fn filter_truthy(self) -> Self {
        self.step("filter", vec![Arg::Raw("lambda r: r")])
    }

    /// Collects the records of each shard into one list.
    pub fn accumulate_list(self) -> Open<R, Any> {
        self.step(
            "accumulate",
            vec![Arg::Raw(
                "lambda a, r: [r] if a is None else (a.append(r) or a)",
            )],
        )
    }

    /// Adds all records. Without records, there is no result.
    pub fn sum<N: Number>(self) -> Open<R, N> {
        let add = || Arg::Raw("lambda a, r: a + r");
        self.step("aggregate", vec![Arg::value(&0), add(), add()])
    }

    /// Collects all records into one list.
    pub fn aggregate_list(self) -> Open<R, Vec<T>> {
        self.step(
            "aggregate",
            vec![
                Arg::Raw("[]"),
                Arg::Raw("lambda a, r: a + [r]"),
                Arg::Raw("lambda a, r: a + r"),
            ],
        )
    }

    /// Groups the records by the result of the function. Records become `{'key': .., 'value': [..]}`.
    pub fn group_by_list(self, key: impl IntoCallback<1>) -> Open<R, Any> {
        self.step(
            "groupby",
            vec![Arg::Function(key.into_source()), Arg::Raw(APPEND)],
        )
    }

    /// Groups equal records; the key is their `repr`. Records become `{'key': .., 'value': [..]}`.
    pub fn group_by_value(self) -> Open<R, Any> {
        self.step("groupby", vec![Arg::Raw(VALUE), Arg::Raw(APPEND)])
    }

    /// Counts the records by the result of the function. Records become `{'key': .., 'value': ..}`.
    pub fn batch_group_by_len(self, key: impl IntoCallback<1>) -> Open<R, Any> {
        self.step(
            "batchgroupby",
            vec![
                Arg::Function(key.into_source()),
                Arg::Raw("lambda k, records: len(records)"),
            ],
        )
    }

    /// Folds each group of records on its shard, and leaves the results there: `key(record)` returns the key of the
    /// group, `reduce(key, accumulator, record)` folds it. Records become `{'key': .., 'value': ..}`.
    pub fn local_group_by(
        self,
        key: impl IntoCallback<1>,
        reduce: impl IntoCallback<3>,
    ) -> Open<R, Any> {
        self.step(
            "localgroupby",
            vec![
                Arg::Function(key.into_source()),
                Arg::Function(reduce.into_source()),
            ],
        )
    }

    /// Groups equal records of each shard, and leaves the results there. Records become `{'key': .., 'value': [..]}`.
    pub fn local_group_by_value(self) -> Open<R, Any> {
        self.step("localgroupby", vec![Arg::Raw(VALUE), Arg::Raw(APPEND)])
    }
}
