//! Runs that continue on the server without the client.

use super::closed::{Records, read, started};
use super::open::Any;
#[cfg(feature = "aio")]
use crate::commands::AsyncGearsCommands;
use crate::commands::{
    AsId, ExecId, ExecutionPlan, ExecutionResult, GearsCommands, PyExecuteOptions,
};
#[cfg(feature = "aio")]
use crate::connection::AsyncConnection;
use crate::connection::Connection;
use crate::error::{DecodeError, Error, Result, full_text};
use crate::keyword::{ExecLocality, ExecutionStatus};
use redis::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

/// A run that continues on the server without the client. [`Closed::start`](super::Closed::start) and [`Run::script`]
/// start one.
///
/// The value holds no connection, and dropping it does not stop the run. The server keeps the results until
/// [`drop`](Self::drop) is called, or until there are more than `MaxExecutions`.
///
/// ```no_run
/// use redgrease_core::{KeysReader, connect};
///
/// let mut con = connect("redis://127.0.0.1/")?;
/// let run = KeysReader::new("*").count().run().start(&mut con)?;
/// println!("{} is {}", run.id(), run.status(&mut con)?);
/// let count: i64 = run.wait(&mut con)?.into_value()?;
/// run.drop(&mut con)?;
/// # Ok::<(), redgrease_core::Error>(())
/// ```
#[must_use = "the run continues, but its results are lost"]
pub struct Run<T = Any> {
    id: ExecId,
    records: PhantomData<fn() -> T>,
}

impl<T> Clone for Run<T> {
    fn clone(&self) -> Self {
        Run::of(self.id.clone())
    }
}

impl<T> fmt::Debug for Run<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Run({})", self.id)
    }
}

impl<T> AsId for Run<T> {
    fn as_id(&self) -> Cow<'_, [u8]> {
        self.id.as_id()
    }
}

impl Run<Any> {
    /// Starts a script with one run.
    ///
    /// # Errors
    ///
    /// When the server refuses the script, the script does not run a chain, or the connection fails.
    pub fn script<C: Connection + ?Sized>(
        con: &mut C,
        script: &str,
        options: &PyExecuteOptions,
    ) -> Result<Self> {
        let options = options.clone().unblocking();
        started(&con.pyexecute_options::<Value>(script, &options)?)
    }

    /// [`script`](Self::script) over an async connection.
    ///
    /// # Errors
    ///
    /// Those of [`script`](Self::script).
    #[cfg(feature = "aio")]
    pub async fn script_async<C: AsyncConnection + ?Sized>(
        con: &mut C,
        script: &str,
        options: &PyExecuteOptions,
    ) -> Result<Self> {
        let options = options.clone().unblocking();
        started(&con.pyexecute_options::<Value>(script, &options).await?)
    }
}

impl<T> Run<T> {
    /// The run with this id. `T` is the type of its records.
    pub fn of(id: ExecId) -> Self {
        Run {
            id,
            records: PhantomData,
        }
    }

    /// The id of the execution.
    pub fn id(&self) -> &ExecId {
        &self.id
    }

    /// Reads the status of the run.
    ///
    /// # Errors
    ///
    /// When the server has dropped the run, or the connection fails.
    pub fn status<C: Connection + ?Sized>(&self, con: &mut C) -> Result<ExecutionStatus> {
        only(con.get_execution(self, Some(ExecLocality::Shard))?)
    }

    /// Stops the run. The records so far can still be fetched. Running Python code is interrupted: then the status is
    /// done, and the errors contain the exception `gears.forcestopped`.
    ///
    /// # Errors
    ///
    /// When the server has dropped the run, or the connection fails.
    pub fn abort<C: Connection + ?Sized>(&self, con: &mut C) -> Result<()> {
        con.abort_execution(self)
    }

    /// Deletes the run and its records on the server.
    ///
    /// # Errors
    ///
    /// When the run has not ended (abort it first), or the connection fails.
    pub fn drop<C: Connection + ?Sized>(self, con: &mut C) -> Result<()> {
        con.drop_execution(&self)
    }

    /// [`status`](Self::status) over an async connection.
    ///
    /// # Errors
    ///
    /// Those of [`status`](Self::status).
    #[cfg(feature = "aio")]
    pub async fn status_async<C: AsyncConnection + ?Sized>(
        &self,
        con: &mut C,
    ) -> Result<ExecutionStatus> {
        only(con.get_execution(self, Some(ExecLocality::Shard)).await?)
    }

    /// [`abort`](Self::abort) over an async connection.
    ///
    /// # Errors
    ///
    /// Those of [`abort`](Self::abort).
    #[cfg(feature = "aio")]
    pub async fn abort_async<C: AsyncConnection + ?Sized>(&self, con: &mut C) -> Result<()> {
        con.abort_execution(self).await
    }

    /// [`drop`](Self::drop) over an async connection.
    ///
    /// # Errors
    ///
    /// Those of [`drop`](Self::drop).
    #[cfg(feature = "aio")]
    pub async fn drop_async<C: AsyncConnection + ?Sized>(self, con: &mut C) -> Result<()> {
        con.drop_execution(&self).await
    }
}

impl<T: Records> Run<T> {
    /// Waits for the end of the run, and fetches its records.
    ///
    /// # Errors
    ///
    /// When the server has dropped the run, a record is not of its type, or the connection fails.
    pub fn wait<C: Connection + ?Sized>(&self, con: &mut C) -> Result<ExecutionResult<T::Record>> {
        read::<T>(con.get_results_blocking(self)?)
    }

    /// Fetches the records of the run; `None` before its end.
    ///
    /// # Errors
    ///
    /// Those of [`wait`](Self::wait).
    pub fn results<C: Connection + ?Sized>(
        &self,
        con: &mut C,
    ) -> Result<Option<ExecutionResult<T::Record>>> {
        so_far::<T>(con.get_results(self))
    }

    /// [`wait`](Self::wait) over an async connection.
    ///
    /// # Errors
    ///
    /// Those of [`wait`](Self::wait).
    #[cfg(feature = "aio")]
    pub async fn wait_async<C: AsyncConnection + ?Sized>(
        &self,
        con: &mut C,
    ) -> Result<ExecutionResult<T::Record>> {
        read::<T>(con.get_results_blocking(self).await?)
    }

    /// [`results`](Self::results) over an async connection.
    ///
    /// # Errors
    ///
    /// Those of [`wait`](Self::wait).
    #[cfg(feature = "aio")]
    pub async fn results_async<C: AsyncConnection + ?Sized>(
        &self,
        con: &mut C,
    ) -> Result<Option<ExecutionResult<T::Record>>> {
        so_far::<T>(con.get_results(self).await)
    }
}

fn only(plans: BTreeMap<String, ExecutionPlan>) -> Result<ExecutionStatus> {
    match plans.into_values().next() {
        Some(plan) => Ok(plan.status),
        None => Err(DecodeError::new("no plan", "the plan of an execution").into()),
    }
}

fn so_far<T: Records>(
    answer: Result<ExecutionResult<Value>>,
) -> Result<Option<ExecutionResult<T::Record>>> {
    match answer {
        Ok(results) => read::<T>(results).map(Some),
        Err(e) if is_running(&e) => Ok(None),
        Err(e) => Err(e),
    }
}

fn is_running(e: &Error) -> bool {
    e.as_redis()
        .is_some_and(|e| full_text(e) == "execution is still running")
}
