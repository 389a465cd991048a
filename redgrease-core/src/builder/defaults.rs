//! Steps that say themselves what they do, where others take a function: RedGrease's default operands.

use super::callback::IntoCallback;
use super::chain::Arg;
use super::open::{Any, Open};
use super::reader::Reader;
use super::steps::Number;

/// Puts a record at the end of a list.
const APPEND: &str = "lambda k, a, r: [r] if a is None else (a.append(r) or a)";
/// What equal records have in common, on every shard: `hash` differs between processes.
const VALUE: &str = "lambda r: repr(r)";

impl<R: Reader, T> Open<R, T> {
    /// Keeps the records that are true for Python: not empty, not zero, not `None`.
    pub fn filter_truthy(self) -> Self {
        self.step("filter", vec![Arg::Raw("lambda r: r")])
    }

    /// The records of each shard as one list.
    pub fn accumulate_list(self) -> Open<R, Any> {
        self.step(
            "accumulate",
            vec![Arg::Raw(
                "lambda a, r: [r] if a is None else (a.append(r) or a)",
            )],
        )
    }

    /// The sum of all records. Without any there is no record.
    pub fn sum<N: Number>(self) -> Open<R, N> {
        let add = || Arg::Raw("lambda a, r: a + r");
        self.step("aggregate", vec![Arg::value(&0), add(), add()])
    }

    /// All records as one list.
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

    /// Lists of the records for which the function returns the same. Records become `{'key': .., 'value': [..]}`.
    pub fn group_by_list(self, key: impl IntoCallback<1>) -> Open<R, Any> {
        self.step(
            "groupby",
            vec![Arg::Function(key.into_source()), Arg::Raw(APPEND)],
        )
    }

    /// Lists of equal records; the key is their `repr`. Records become `{'key': .., 'value': [..]}`.
    pub fn group_by_value(self) -> Open<R, Any> {
        self.step("groupby", vec![Arg::Raw(VALUE), Arg::Raw(APPEND)])
    }

    /// How many records the function returns the same for. Records become `{'key': .., 'value': ..}`.
    pub fn batch_group_by_len(self, key: impl IntoCallback<1>) -> Open<R, Any> {
        self.step(
            "batchgroupby",
            vec![
                Arg::Function(key.into_source()),
                Arg::Raw("lambda k, records: len(records)"),
            ],
        )
    }

    /// Folds each group of records of each shard, and leaves the results there: `key(record)` names the group,
    /// `reduce(key, accumulator, record)` folds it. Records become `{'key': .., 'value': ..}`.
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

    /// Lists of equal records of each shard. Records become `{'key': .., 'value': [..]}`.
    pub fn local_group_by_value(self) -> Open<R, Any> {
        self.step("localgroupby", vec![Arg::Raw(VALUE), Arg::Raw(APPEND)])
    }
}
