//! Closed chains that read once when they are sent.

use super::open::Any;
use super::parts;
use super::run::Run;
use super::sent::Sent;
use crate::commands::{Executed, ExecutionResult};
#[cfg(feature = "aio")]
use crate::connection::AsyncConnection;
use crate::connection::{Connection, own};
use crate::convert::{Codec, GearReply, GearResult};
use crate::error::{DecodeError, Result};
use crate::gear::Chain;
use crate::prelude::Commands;
use crate::profile::{self, RedgreasePackage};
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

/// The Python of the chain, without the prelude.
impl<T: Records> fmt::Display for Closed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.chain.code)?;
        // A typed record travels in the form of its codec, not as `str(record)`.
        if let Some(codec) = T::CODEC {
            write!(f, ".map({}.dump)", codec.python())?;
        }
        write!(f, ".run({})", self.keywords.join(", "))
    }
}

/// The types of records: every result type of gears, and [`Any`] for values as the server sends them.
pub trait Records {
    /// The type in Rust.
    type Record;

    /// The codec of a record; `None` leaves the form to the server.
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

    /// The whole script that [`on`](Self::on) sends over a connection of redis-rs.
    pub fn to_script(&self) -> String {
        self.script(&profile::default().package, self.chain.commands())
    }

    fn script(&self, package: &RedgreasePackage, commands: Commands) -> String {
        let mut uses = self.chain.needs();
        if let Some(codec) = T::CODEC {
            parts::of_codec(&codec, &mut uses);
        }
        let mut script = uses.prelude(package.is_bundled(), commands);
        script.push_str(&self.to_string());
        script.push('\n');
        script
    }

    /// Runs the chain and waits for its records.
    ///
    /// # Errors
    ///
    /// When a value in the chain has no counterpart in Python, the server refuses the script, a record is not of its
    /// type, or the connection fails. Errors of the Python functions are in the result, beside the records.
    pub fn on<C: Connection + ?Sized>(&self, con: &mut C) -> Result<ExecutionResult<T::Record>> {
        let sent = self.sent(&own::profile(|| con.get_db()).package)?;
        trace::run().observe(|| read::<T>(sent.on(con)?.into_results()?))
    }

    /// [`on`](Self::on) over an async connection.
    ///
    /// # Errors
    ///
    /// Those of [`on`](Self::on).
    #[cfg(feature = "aio")]
    pub async fn on_async<C: AsyncConnection + ?Sized>(
        &self,
        con: &mut C,
    ) -> Result<ExecutionResult<T::Record>> {
        let sent = self.sent(&own::profile(|| con.get_db()).package)?;
        let run = async { read::<T>(sent.on_async(con).await?.into_results()?) };
        trace::run().observe_async(run).await
    }

    /// Starts the chain and does not wait. The returned [`Run`] reads its status and fetches its records.
    ///
    /// # Errors
    ///
    /// When a value in the chain has no counterpart in Python, the server refuses the script, or the connection fails.
    pub fn start<C: Connection + ?Sized>(&self, con: &mut C) -> Result<Run<T>> {
        let sent = self.sent(&own::profile(|| con.get_db()).package)?;
        started(&sent.unblocking().on(con)?)
    }

    /// [`start`](Self::start) over an async connection.
    ///
    /// # Errors
    ///
    /// Those of [`start`](Self::start).
    #[cfg(feature = "aio")]
    pub async fn start_async<C: AsyncConnection + ?Sized>(&self, con: &mut C) -> Result<Run<T>> {
        let sent = self.sent(&own::profile(|| con.get_db()).package)?;
        started(&sent.unblocking().on_async(con).await?)
    }

    fn sent(&self, package: &RedgreasePackage) -> Result<Sent> {
        Sent::of(&self.chain, package, |commands| {
            self.script(package, commands)
        })
    }
}

/// The run that a script has started.
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

/// A trait that no type implements: the steps of a closed chain require it, so that its message explains the mistake.
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
