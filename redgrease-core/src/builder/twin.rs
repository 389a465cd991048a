//! The builder as a mutable value, for users of RedGrease's `GearsBuilder` in Python.

use super::callback::IntoCallback;
use super::closed::{Closed, Records};
use super::open::{Any, Open};
use super::reader::{BatchReader, EventReader, Reader};
use super::steps::Number;
use crate::gear::Registration;
use serde::Serialize;

/// A chain that grows in place, like RedGrease's `GearsBuilder` in Python. The type of the records is chosen when the
/// chain is closed.
///
/// ```
/// use redgrease_core::{Callback, GearsBuilder, KeysReader};
///
/// # let is_adult = Callback::<1>::new("lambda p: int(p['age']) >= 18", "", 1, vec![]);
/// let mut builder = GearsBuilder::new(KeysReader::new("person:*").values());
/// builder.filter(is_adult);
/// if std::env::var_os("ONLY_COUNT").is_some() {
///     builder.count();
/// }
/// let closed = builder.run::<redgrease_core::Any>();
/// # let _ = closed;
/// ```
#[derive(Debug, Clone)]
pub struct GearsBuilder<R>(Open<R, Any>);

/// Steps with the arguments of the steps of [`Open`].
macro_rules! twins {
    ($($(#[$doc:meta])* fn $name:ident $(<$g:ident: $bound:ident>)? ($($arg:ident: $type:ty),*);)*) => {$(
        $(#[$doc])*
        pub fn $name $(<$g: $bound>)? (&mut self, $($arg: $type),*) -> &mut Self {
            self.change(|open| open.$name($($arg),*))
        }
    )*};
}

impl<R: Reader> GearsBuilder<R> {
    /// Begins with a reader, or continues a chain.
    pub fn new<T>(chain: Open<R, T>) -> Self {
        GearsBuilder(chain.typed())
    }

    /// A copy of the current chain.
    pub fn gear_function(&self) -> Open<R, Any> {
        self.0.clone()
    }

    /// Applies any other step: replaces the chain by the result of the function.
    pub fn change<T>(&mut self, step: impl FnOnce(Open<R, Any>) -> Open<R, T>) -> &mut Self {
        self.0 = step(self.0.clone()).typed();
        self
    }

    /// Closes a copy of the chain: when it is sent, it reads once and returns records of the type `T`.
    pub fn run<T: Records>(&self) -> Closed<T>
    where
        R: BatchReader,
    {
        self.0.clone().typed::<T>().run()
    }

    /// [`run`](Self::run) with options.
    pub fn run_with<T: Records>(&self, options: R::RunOptions) -> Closed<T>
    where
        R: BatchReader,
    {
        self.0.clone().typed::<T>().run_with(options)
    }

    /// Closes a copy of the chain: when it is registered, it reacts to events.
    pub fn register(&self, options: impl Into<R::RegisterOptions>) -> Registration
    where
        R: EventReader,
    {
        self.0.clone().register(options)
    }

    twins! {
        /// See [`Open::map`].
        fn map(function: impl IntoCallback<1>);
        /// See [`Open::flatmap`].
        fn flatmap(function: impl IntoCallback<1>);
        /// See [`Open::flatten`].
        fn flatten();
        /// See [`Open::filter`].
        fn filter(function: impl IntoCallback<1>);
        /// See [`Open::foreach`].
        fn foreach(function: impl IntoCallback<1>);
        /// See [`Open::accumulate`].
        fn accumulate(function: impl IntoCallback<2>);
        /// See [`Open::aggregate`].
        fn aggregate<Z: Number>(zero: Z, function: impl IntoCallback<2>);
        /// See [`Open::aggregate_with`].
        fn aggregate_with<Z: Serialize>(
            zero: Z,
            function: impl IntoCallback<2>,
            combine: impl IntoCallback<2>
        );
        /// See [`Open::aggregate_by`].
        fn aggregate_by<Z: Serialize>(
            key: impl IntoCallback<1>,
            zero: Z,
            function: impl IntoCallback<3>,
            combine: impl IntoCallback<3>
        );
        /// See [`Open::count`].
        fn count();
        /// See [`Open::count_by`].
        fn count_by(key: impl IntoCallback<1>);
        /// See [`Open::count_by_value`].
        fn count_by_value();
        /// See [`Open::group_by`].
        fn group_by(key: impl IntoCallback<1>, reduce: impl IntoCallback<3>);
        /// See [`Open::batch_group_by`].
        fn batch_group_by(key: impl IntoCallback<1>, reduce: impl IntoCallback<2>);
        /// See [`Open::local_group_by`].
        fn local_group_by(key: impl IntoCallback<1>, reduce: impl IntoCallback<3>);
        /// See [`Open::distinct`].
        fn distinct();
        /// See [`Open::sort_asc`].
        fn sort_asc();
        /// See [`Open::sort_desc`].
        fn sort_desc();
        /// See [`Open::limit`].
        fn limit(count: u64);
        /// See [`Open::limit_from`].
        fn limit_from(start: u64, count: u64);
        /// See [`Open::repartition`].
        fn repartition(key: impl IntoCallback<1>);
        /// See [`Open::collect`].
        fn collect();
        /// See [`Open::avg`].
        fn avg();
        /// See [`Open::avg_by`].
        fn avg_by(function: impl IntoCallback<1>);
        /// See [`Open::requires`].
        fn requires(requirement: impl Into<String>);
        /// See [`Open::description`].
        fn description(text: impl Into<String>);
    }
}
