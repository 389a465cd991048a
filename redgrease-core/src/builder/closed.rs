//! Closed chains that read once: sent whenever and wherever.

use super::chain::Chain;
use super::open::Any;
use super::run::Run;
#[cfg(feature = "aio")]
use crate::commands::AsyncGearsCommands;
use crate::commands::{Executed, ExecutionResult, GearsCommands, PyExecuteOptions};
#[cfg(feature = "aio")]
use crate::connection::AsyncConnection;
use crate::connection::Connection;
use crate::convert::{Codec, GearReply, GearResult};
use crate::error::{DecodeError, Result};
use crate::prelude::Part;
use crate::trace;
use redis::Value;
use std::fmt;
use std::marker::PhantomData;

/// A chain that reads once when it is sent.
#[must_use = "a closed gear function does nothing until `.on(..)` sends it"]
pub struct Closed<T> {
    chain: Chain,
    keywords: Vec<String>,
    records: PhantomData<fn() -> T>,
}

impl<T> Clone for Closed<T> {
    fn clone(&self) -> Self {
        Closed {
            chain: self.chain.clone(),
            keywords: self.keywords.clone(),
            records: PhantomData,
        }
    }
}

impl<T: Records> fmt::Debug for Closed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The chain as Python, without what is sent in front of it.
impl<T: Records> fmt::Display for Closed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.chain.code)?;
        // What is typed arrives as the type says, not as the text Python would show.
        if let Some(codec) = T::CODEC {
            write!(f, ".map({}.dump)", codec.python())?;
        }
        write!(f, ".run({})", self.keywords.join(", "))
    }
}

/// What the records of a run can be: every result type of gears, and [`Any`] for what the server sends.
pub trait Records {
    /// What they are in Rust.
    type Record;

    /// How they travel; `None` leaves them to the server.
    #[doc(hidden)]
    const CODEC: Option<Codec>;

    #[doc(hidden)]
    fn record(value: Value) -> Result<Self::Record, DecodeError>;
}

impl Records for Any {
    type Record = Value;
    const CODEC: Option<Codec> = None;
    fn record(value: Value) -> Result<Value, DecodeError> {
        Ok(value)
    }
}

#[diagnostic::do_not_recommend]
impl<T: GearResult> Records for T {
    type Record = T;
    const CODEC: Option<Codec> = Some(<T as GearResult>::CODEC);
    fn record(value: Value) -> Result<T, DecodeError> {
        T::from_reply(Value::Array(vec![value]))
    }
}

impl<T: Records> Closed<T> {
    pub(super) fn new(chain: Chain, keywords: &[(&'static str, String)]) -> Self {
        let mut keywords: Vec<String> = keywords
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        if T::CODEC.is_some() {
            keywords.push("convertToStr=False".to_owned());
        }
        Closed {
            chain,
            keywords,
            records: PhantomData,
        }
    }

    /// The whole script that is sent.
    pub fn to_script(&self) -> String {
        let mut uses = self.chain.needs();
        if T::CODEC.is_some() {
            uses.part(Part::Codec);
        }
        let mut script = uses.prelude();
        script.push_str(&self.to_string());
        script.push('\n');
        script
    }

    /// Runs it and waits for its records.
    ///
    /// # Errors
    ///
    /// When a value in it has no counterpart in Python, the server refuses it, a record is not what its type says, or
    /// the connection fails. Errors of the functions stand beside the records.
    pub fn on<C: Connection + ?Sized>(&self, con: &mut C) -> Result<ExecutionResult<T::Record>> {
        let (script, options) = self.sent()?;
        trace::run().observe(|| {
            let executed = con.pyexecute_options::<Value>(&script, &options)?;
            read::<T>(executed.into_results()?)
        })
    }

    /// Runs it and waits for its records.
    ///
    /// # Errors
    ///
    /// Those of [`on`](Self::on).
    #[cfg(feature = "aio")]
    pub async fn on_async<C: AsyncConnection + ?Sized>(
        &self,
        con: &mut C,
    ) -> Result<ExecutionResult<T::Record>> {
        let (script, options) = self.sent()?;
        let run = async {
            let executed = con.pyexecute_options::<Value>(&script, &options).await?;
            read::<T>(executed.into_results()?)
        };
        trace::run().observe_async(run).await
    }

    /// Starts it and does not wait: what is returned knows how it goes, and fetches its records.
    ///
    /// # Errors
    ///
    /// When a value in it has no counterpart in Python, the server refuses it, or the connection fails.
    pub fn start<C: Connection + ?Sized>(&self, con: &mut C) -> Result<Run<T>> {
        let (script, options) = self.sent()?;
        started(&con.pyexecute_options::<Value>(&script, &options.unblocking())?)
    }

    /// Starts it and does not wait.
    ///
    /// # Errors
    ///
    /// Those of [`start`](Self::start).
    #[cfg(feature = "aio")]
    pub async fn start_async<C: AsyncConnection + ?Sized>(&self, con: &mut C) -> Result<Run<T>> {
        let (script, options) = self.sent()?;
        let options = options.unblocking();
        started(&con.pyexecute_options::<Value>(&script, &options).await?)
    }

    fn sent(&self) -> Result<(String, PyExecuteOptions)> {
        self.chain.check()?;
        Ok((self.to_script(), self.chain.options()?))
    }
}

/// What began, if something did.
pub(super) fn started<T>(executed: &Executed<Value>) -> Result<Run<T>> {
    match executed.id() {
        Some(id) => Ok(Run::of(id.clone())),
        None => {
            Err(DecodeError::new("a script that runs nothing", "the id of an execution").into())
        }
    }
}

pub(super) fn read<T: Records>(
    results: ExecutionResult<Value>,
) -> Result<ExecutionResult<T::Record>> {
    let mut read = ExecutionResult::default();
    for value in results.values {
        read.values.push(T::record(value)?);
    }
    read.errors = results.errors;
    Ok(read)
}

/// What no type has: steps of a closed chain explain themselves with it.
#[diagnostic::on_unimplemented(
    message = "a closed gear function cannot be extended",
    label = "`run` or `register` has closed this chain",
    note = "put this step before `.run()`/`.register(..)`, or keep the open function in a variable and close a clone of it"
)]
pub trait StillOpen {}

macro_rules! closed_steps {
    ($($name:ident)*) => {
        #[doc(hidden)]
        impl<T> Closed<T> {
            $(
                #[allow(clippy::missing_docs_in_private_items, missing_docs)]
                pub fn $name<F>(self, _function: F) -> Self
                where
                    Self: StillOpen,
                {
                    self
                }
            )*
        }
    };
}

closed_steps!(map map_to flatmap filter foreach accumulate count_by limit repartition avg_by);
