//! Open chains: every step gives a longer one.

#![allow(
    clippy::needless_pass_by_value,
    reason = "what is written into a chain reads better without borrows"
)]

use super::callback::{IntoCallback, Source};
use super::chain::{Arg, Chain};
use super::closed::{Closed, Records};
use super::options::Options;
use super::reader::{BatchReader, EventReader, Reader, checked_key};
use super::registration::Registration;
use serde::Serialize;
use std::fmt::Write as _;
use std::marker::PhantomData;
use std::sync::Arc;

/// A chain that is not finished: cheap to clone, and unchanged by what is made of the clone.
#[derive(Debug)]
#[must_use = "an open gear function does nothing until it is closed with `run` or `register` and sent"]
pub struct Open<R, T> {
    reader: R,
    description: Option<String>,
    chain: Arc<Chain>,
    records: PhantomData<fn() -> T>,
}

impl<R: Clone, T> Clone for Open<R, T> {
    fn clone(&self) -> Self {
        Open {
            reader: self.reader.clone(),
            description: self.description.clone(),
            chain: Arc::clone(&self.chain),
            records: PhantomData,
        }
    }
}

/// What records are when nothing is said about them: they arrive as [`redis::Value`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Any {}

/// Numbers: what [`aggregate`](Open::aggregate) can combine by itself.
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
    pub(super) fn start(reader: R) -> Self {
        let mut chain = Chain::default();
        if let Some(source) = reader.source() {
            chain.uses(source);
        }
        Open {
            reader,
            description: None,
            chain: Arc::new(chain),
            records: PhantomData,
        }
    }

    pub(super) fn step<U>(mut self, name: &str, args: Vec<Arg>) -> Open<R, U> {
        Arc::make_mut(&mut self.chain).step(name, args);
        self.typed()
    }

    pub(super) fn step_applied<U>(mut self, function: Source) -> Open<R, U> {
        let chain = Arc::make_mut(&mut self.chain);
        let python = chain.uses(&function);
        let _ = write!(chain.code, ".map(lambda r: ({python})(*r[1:]))");
        self.typed()
    }

    /// Records as objects.
    pub(super) fn records_with<U>(mut self, decode: &'static str) -> Open<R, U> {
        let chain = Arc::make_mut(&mut self.chain);
        chain.has_objects = true;
        chain.step("map", vec![Arg::Raw(decode)]);
        self.typed()
    }

    fn function<U, const N: usize>(self, name: &str, f: impl IntoCallback<N>) -> Open<R, U> {
        self.step(name, vec![Arg::Function(f.into_source())])
    }

    /// Says what the records are; nothing happens on the server, the results are decoded as `U`.
    pub fn typed<U>(self) -> Open<R, U> {
        Open {
            reader: self.reader,
            description: self.description,
            chain: self.chain,
            records: PhantomData,
        }
    }

    /// Text that the server shows next to the registration.
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.description = Some(text.into());
        self
    }

    /// A Python package the functions need, as pip spells it.
    pub fn requires(mut self, requirement: impl Into<String>) -> Self {
        Arc::make_mut(&mut self.chain)
            .requirements
            .push(requirement.into());
        self
    }

    /// Replaces each record by what the function makes of it. Of what type that is stays open; see
    /// [`map_to`](Self::map_to).
    pub fn map(self, function: impl IntoCallback<1>) -> Open<R, Any> {
        self.function("map", function)
    }

    /// [`map`](Self::map) to records of a type.
    pub fn map_to<U>(self, function: impl IntoCallback<1>) -> Open<R, U> {
        self.function("map", function)
    }

    /// Replaces each record by the items of the list that the function makes of it.
    pub fn flatmap(self, function: impl IntoCallback<1>) -> Open<R, Any> {
        self.function("flatmap", function)
    }

    /// Replaces each record, a list, by its items.
    pub fn flatten(self) -> Open<R, Any> {
        self.step("flatmap", vec![Arg::Raw("lambda r: r")])
    }

    /// Keeps the records for which the function returns something true.
    pub fn filter(self, function: impl IntoCallback<1>) -> Self {
        self.function("filter", function)
    }

    /// Calls the function with each record, and passes the record on.
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

    /// Folds all records: `function(accumulator, record)` on each shard, `combine(accumulator, partial result)` for
    /// all. Both begin with `zero`.
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

    /// Folds each group of records: `key(record)` names the group, `function(key, accumulator, record)` folds it on
    /// each shard, `combine(key, accumulator, partial result)` for all. Records become `{'key': .., 'value': ..}`.
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

    /// The number of records. Without any there is no record.
    pub fn count(self) -> Open<R, i64> {
        self.step("count", vec![])
    }

    /// How often each result of the function occurs.
    pub fn count_by(self, key: impl IntoCallback<1>) -> Open<R, (String, i64)> {
        let counted: Self = self.function("countby", key);
        counted.step("map", vec![Arg::Raw(PAIR)])
    }

    /// How often each record occurs.
    pub fn count_by_value(self) -> Open<R, (String, i64)> {
        let counted: Self = self.step("countby", vec![Arg::Raw("lambda r: str(r)")]);
        counted.step("map", vec![Arg::Raw(PAIR)])
    }

    /// Folds each group of records: `key(record)` names the group, `reduce(key, accumulator, record)` folds it.
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

    /// Reduces each group of records at once: `key(record)` names the group, `reduce(key, records)` gets all of it.
    /// Records become `{'key': .., 'value': ..}`.
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

    /// Each record once. Python has to be able to hash them.
    pub fn distinct(self) -> Self {
        self.step("distinct", vec![])
    }

    /// All records, the smallest first.
    pub fn sort_asc(self) -> Self {
        // What servers call reverse is about the lists they keep inside.
        self.step("sort", vec![Arg::Raw("reverse=True")])
    }

    /// All records, the largest first.
    pub fn sort_desc(self) -> Self {
        self.step("sort", vec![Arg::Raw("reverse=False")])
    }

    /// At most `count` records.
    pub fn limit(self, count: u64) -> Self {
        self.limit_from(0, count)
    }

    /// At most `count` records, after the first `start`.
    pub fn limit_from(self, start: u64, count: u64) -> Self {
        let collected: Self = self.step("collect", vec![]);
        collected.step("limit", vec![Arg::value(&count), Arg::value(&start)])
    }

    /// Moves each record to the shard that owns what the function returns.
    pub fn repartition(self, key: impl IntoCallback<1>) -> Self {
        self.function("repartition", key)
    }

    /// Brings the records of all shards together.
    pub fn collect(self) -> Self {
        self.step("collect", vec![])
    }

    /// The average of the records, which have to be numbers or text of numbers.
    pub fn avg(self) -> Open<R, f64> {
        self.step("avg", vec![])
    }

    /// The average of what the function makes of the records.
    pub fn avg_by(self, function: impl IntoCallback<1>) -> Open<R, f64> {
        self.function("avg", function)
    }

    /// Closes the chain: it reads once, and gives its records.
    pub fn run(self) -> Closed<T>
    where
        R: BatchReader,
        T: Records,
    {
        self.run_with(R::RunOptions::default())
    }

    /// [`run`](Self::run) with options.
    pub fn run_with(self, options: R::RunOptions) -> Closed<T>
    where
        R: BatchReader,
        T: Records,
    {
        let chain = self.begun();
        Closed::new(chain, &options.keywords())
    }

    /// Closes the chain: it reacts to what happens, once it is registered.
    pub fn register(self, options: impl Into<R::RegisterOptions>) -> Registration
    where
        R: EventReader,
    {
        let options = options.into();
        let key = self.reader.key(&options);
        let mut keywords = options.keywords();
        if R::NAME != "CommandReader" && !keywords.iter().any(|(name, _)| *name == "prefix") {
            keywords.insert(0, ("prefix", super::literal::text(&key)));
        }
        let mut chain = self.begun();
        if let Err(e) = checked_key(R::NAME, &key) {
            chain.refuse(e);
        }
        Registration {
            reader: R::NAME,
            key,
            chain,
            keywords,
        }
    }

    /// The chain with its reader in front.
    fn begun(self) -> Chain {
        let mut chain = (*self.chain).clone();
        let start = Chain::start(&self.reader, self.description.as_deref());
        chain.code.insert_str(0, &start);
        chain
    }
}

const PAIR: &str = "lambda r: (r['key'], r['value'])";
