//! Open chains: every step returns a longer chain.

#![allow(
    clippy::needless_pass_by_value,
    reason = "the arguments of steps read better without borrows"
)]

use super::callback::{IntoCallback, Source};
use super::chain::Arg;
use super::closed::{Closed, Records};
use super::options::Options;
use super::reader::{BatchReader, EventReader, Reader, checked_key};
use crate::commands::ExecutionResult;
#[cfg(feature = "aio")]
use crate::connection::AsyncConnection;
use crate::connection::Connection;
use crate::error::Result;
use crate::gear::{Chain, Registration};
use std::fmt::Write as _;
use std::marker::PhantomData;
use std::sync::Arc;

/// A chain that takes more steps. It is cheap to clone, and steps added to the clone do not change the original.
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

/// The type of records without a type: they arrive as [`redis::Value`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Any {}

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

    /// Appends a step that this crate has written.
    pub(super) fn step_written<U>(mut self, python: &str) -> Open<R, U> {
        Arc::make_mut(&mut self.chain).code.push_str(python);
        self.typed()
    }

    /// Keeps the records in which a field has one of these values.
    pub(super) fn kept_if(self, field: &str, words: &[&str]) -> Self {
        let words: Vec<String> = words
            .iter()
            .map(|word| super::literal::text(word))
            .collect();
        self.step_written(&format!(
            ".filter(lambda r: r.get('{field}') in [{}])",
            words.join(", ")
        ))
    }

    /// Converts records into objects.
    pub(super) fn records_with<U>(mut self, decode: &'static str) -> Open<R, U> {
        let chain = Arc::make_mut(&mut self.chain);
        chain.has_objects = true;
        chain.step("map", vec![Arg::Raw(decode)]);
        self.typed()
    }

    pub(super) fn function<U, const N: usize>(
        self,
        name: &str,
        f: impl IntoCallback<N>,
    ) -> Open<R, U> {
        self.step(name, vec![Arg::Function(f.into_source())])
    }

    /// Sets the type of the records: results are decoded as `U`. The Python does not change.
    pub fn typed<U>(self) -> Open<R, U> {
        Open {
            reader: self.reader,
            description: self.description,
            chain: self.chain,
            records: PhantomData,
        }
    }

    /// Sets the text that the server shows next to the registration.
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.description = Some(text.into());
        self
    }

    /// Adds a Python package that the functions need, as pip spells it.
    pub fn requires(mut self, requirement: impl Into<String>) -> Self {
        Arc::make_mut(&mut self.chain)
            .requirements
            .push(requirement.into());
        self
    }

    /// Adds Python packages that the functions need, for example those of a requirement file
    /// ([`Requirements::from_file`](crate::Requirements::from_file)).
    pub fn requires_all<S: Into<String>>(
        mut self,
        requirements: impl IntoIterator<Item = S>,
    ) -> Self {
        Arc::make_mut(&mut self.chain)
            .requirements
            .extend(requirements.into_iter().map(Into::into));
        self
    }

    /// Closes the chain with [`run`](Self::run), and sends it at once.
    ///
    /// # Errors
    ///
    /// Those of [`Closed::on`].
    pub fn run_on<C: Connection + ?Sized>(self, con: &mut C) -> Result<ExecutionResult<T::Record>>
    where
        R: BatchReader,
        T: Records,
    {
        self.run().on(con)
    }

    /// [`run_on`](Self::run_on) over an async connection.
    ///
    /// # Errors
    ///
    /// Those of [`Closed::on`].
    #[cfg(feature = "aio")]
    pub async fn run_on_async<C: AsyncConnection + ?Sized>(
        self,
        con: &mut C,
    ) -> Result<ExecutionResult<T::Record>>
    where
        R: BatchReader,
        T: Records,
    {
        let closed = self.run();
        closed.on_async(con).await
    }

    /// Closes the chain: when it is sent, it reads once and returns its records.
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
        let mut keywords = options.keywords();
        keywords.extend(self.reader.run_keywords());
        Closed::new(self.begun(), &keywords)
    }

    /// Closes the chain: when it is registered, it reacts to events.
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

    /// The chain, with the call that creates its reader in front.
    fn begun(self) -> Chain {
        let mut chain = (*self.chain).clone();
        let start = Chain::start(&self.reader, self.description.as_deref());
        chain.code.insert_str(0, &start);
        chain
    }
}
