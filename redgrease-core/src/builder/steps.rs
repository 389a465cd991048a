//! Steps for the records of every reader.

#![allow(
    clippy::needless_pass_by_value,
    reason = "the arguments of steps read better without borrows"
)]

use super::callback::IntoCallback;
use super::chain::Arg;
use super::open::{Any, Open};
use super::reader::Reader;
use serde::Serialize;

/// The types that [`aggregate`](Open::aggregate) can add.
#[diagnostic::on_unimplemented(
    message = "`aggregate` adds partial results together, and `{Self}` is not a number",
    label = "not a number",
    note = "for anything else say how partial results are combined: `.aggregate_with(zero, function, combine)`"
)]
pub trait Number: Serialize {}

macro_rules! numbers {
    ($($type:ty)*) => {$( impl Number for $type {} )*};
}

numbers!(i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize f32 f64);

impl<R: Reader, T> Open<R, T> {
    /// Replaces each record by the result of the function. The result has no Rust type; see [`map_to`](Self::map_to).
    pub fn map(self, function: impl IntoCallback<1>) -> Open<R, Any> {
        self.function("map", function)
    }

    /// [`map`](Self::map), with a type for the results.
    pub fn map_to<U>(self, function: impl IntoCallback<1>) -> Open<R, U> {
        self.function("map", function)
    }

    /// Replaces each record by the items of the list that the function returns, the last item first, as in RedisGears.
    pub fn flatmap(self, function: impl IntoCallback<1>) -> Open<R, Any> {
        self.function("flatmap", function)
    }

    /// Replaces each record, which has to be a list, by its items.
    pub fn flatten(self) -> Open<R, Any> {
        self.step("flatmap", vec![Arg::Raw("lambda r: r")])
    }

    /// Keeps the records for which the function returns a true value.
    pub fn filter(self, function: impl IntoCallback<1>) -> Self {
        self.function("filter", function)
    }

    /// Calls the function with each record, and keeps the record.
    pub fn foreach(self, function: impl IntoCallback<1>) -> Self {
        self.function("foreach", function)
    }

    /// Folds the records of each shard: `function(accumulator, record)`; the first accumulator is `None`.
    pub fn accumulate(self, function: impl IntoCallback<2>) -> Open<R, Any> {
        self.function("accumulate", function)
    }

    /// Folds all records into a number: `function(accumulator, record)`. Results of several shards are added.
    pub fn aggregate<Z: Number>(self, zero: Z, function: impl IntoCallback<2>) -> Open<R, Z> {
        self.step(
            "aggregate",
            vec![
                Arg::value(&zero),
                Arg::Function(function.into_source()),
                Arg::Raw("lambda a, r: a + r"),
            ],
        )
    }

    /// Folds all records: `function(accumulator, record)` on each shard, then `combine(accumulator, partial result)`
    /// over the results of all shards. Both begin with `zero`.
    pub fn aggregate_with<Z: Serialize>(
        self,
        zero: Z,
        function: impl IntoCallback<2>,
        combine: impl IntoCallback<2>,
    ) -> Open<R, Z> {
        self.step(
            "aggregate",
            vec![
                Arg::value(&zero),
                Arg::Function(function.into_source()),
                Arg::Function(combine.into_source()),
            ],
        )
    }

    /// Folds each group of records: `key(record)` returns the key of the group, `function(key, accumulator, record)`
    /// folds it on each shard, and `combine(key, accumulator, partial result)` folds the results of all shards. Records
    /// become `{'key': .., 'value': ..}`.
    pub fn aggregate_by<Z: Serialize>(
        self,
        key: impl IntoCallback<1>,
        zero: Z,
        function: impl IntoCallback<3>,
        combine: impl IntoCallback<3>,
    ) -> Open<R, Any> {
        self.step(
            "aggregateby",
            vec![
                Arg::Function(key.into_source()),
                Arg::value(&zero),
                Arg::Function(function.into_source()),
                Arg::Function(combine.into_source()),
            ],
        )
    }

    /// Counts the records. Without records, there is no result.
    pub fn count(self) -> Open<R, i64> {
        self.step("count", vec![])
    }

    /// Counts the records by the result of the function.
    pub fn count_by(self, key: impl IntoCallback<1>) -> Open<R, (String, i64)> {
        let counted: Self = self.function("countby", key);
        counted.step("map", vec![Arg::Raw(PAIR)])
    }

    /// Counts equal records.
    pub fn count_by_value(self) -> Open<R, (String, i64)> {
        let counted: Self = self.step("countby", vec![Arg::Raw("lambda r: str(r)")]);
        counted.step("map", vec![Arg::Raw(PAIR)])
    }

    /// Folds each group of records: `key(record)` returns the key of the group, `reduce(key, accumulator, record)`
    /// folds it.
    /// Records become `{'key': .., 'value': ..}`.
    pub fn group_by(self, key: impl IntoCallback<1>, reduce: impl IntoCallback<3>) -> Open<R, Any> {
        self.step(
            "groupby",
            vec![
                Arg::Function(key.into_source()),
                Arg::Function(reduce.into_source()),
            ],
        )
    }

    /// Reduces each group of records at once: `key(record)` returns the key of the group, `reduce(key, records)` takes
    /// all of its records. Records become `{'key': .., 'value': ..}`.
    pub fn batch_group_by(
        self,
        key: impl IntoCallback<1>,
        reduce: impl IntoCallback<2>,
    ) -> Open<R, Any> {
        self.step(
            "batchgroupby",
            vec![
                Arg::Function(key.into_source()),
                Arg::Function(reduce.into_source()),
            ],
        )
    }

    /// Removes duplicates. The records have to be hashable in Python.
    pub fn distinct(self) -> Self {
        self.step("distinct", vec![])
    }

    /// Sorts all records, the smallest first.
    pub fn sort_asc(self) -> Self {
        // `reverse` of the server refers to its internal list, which it reads from the end.
        self.step("sort", vec![Arg::Raw("reverse=True")])
    }

    /// Sorts all records, the largest first.
    pub fn sort_desc(self) -> Self {
        self.step("sort", vec![Arg::Raw("reverse=False")])
    }

    /// Keeps at most `count` records.
    pub fn limit(self, count: u64) -> Self {
        self.limit_from(0, count)
    }

    /// Skips the first `start` records, and keeps at most `count` records.
    pub fn limit_from(self, start: u64, count: u64) -> Self {
        let collected: Self = self.step("collect", vec![]);
        collected.step("limit", vec![Arg::value(&count), Arg::value(&start)])
    }

    /// Moves each record to the shard that owns the key that the function returns.
    pub fn repartition(self, key: impl IntoCallback<1>) -> Self {
        self.function("repartition", key)
    }

    /// Collects the records of all shards.
    pub fn collect(self) -> Self {
        self.step("collect", vec![])
    }

    /// Computes the average of the records, which have to be numbers or text of numbers.
    pub fn avg(self) -> Open<R, f64> {
        self.step("avg", vec![])
    }

    /// Computes the average of the results of the function.
    pub fn avg_by(self, function: impl IntoCallback<1>) -> Open<R, f64> {
        self.function("avg", function)
    }
}

const PAIR: &str = "lambda r: (r['key'], r['value'])";
