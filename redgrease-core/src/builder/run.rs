//! Runs that were started and go on without us.

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

/// A run that was started and goes on without us: what [`Closed::start`](super::Closed::start) and [`Run::script`]
/// return.
///
/// It holds no connection, and nothing ends with it: the server keeps the results until [`drop`](Self::drop), or until
/// it has more of them than `MaxExecutions`.
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
#[must_use = "the run goes on, but nobody will see its results"]
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
    /// Starts a script that runs something.
    ///
    /// # Errors
    ///
    /// When the server refuses it, it runs nothing or registers something, or the connection fails.
    pub fn script<C: Connection + ?Sized>(
        con: &mut C,
        script: &str,
        options: &PyExecuteOptions,
    ) -> Result<Self> {
        let options = options.clone().unblocking();
        started(&con.pyexecute_options::<Value>(script, &options)?)
    }

    /// Starts a script that runs something.
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
    /// A run of which the id is known; `T` is what its records are.
    pub fn of(id: ExecId) -> Self {
        Run {
            id,
            records: PhantomData,
        }
    }

    /// Its id.
    pub fn id(&self) -> &ExecId {
        &self.id
    }

    /// How far it is.
    ///
    /// # Errors
    ///
    /// When the server has dropped it, or the connection fails.
    pub fn status<C: Connection + ?Sized>(&self, con: &mut C) -> Result<ExecutionStatus> {
        only(con.get_execution(self, Some(ExecLocality::Shard))?)
    }

    /// Stops it. What its records are by then stays to be fetched. If Python was running, it is
    /// interrupted: the run then ends as done, with the exception `gears.forcestopped` among its errors.
    ///
    /// # Errors
    ///
    /// When the server has dropped it, or the connection fails.
    pub fn abort<C: Connection + ?Sized>(&self, con: &mut C) -> Result<()> {
        con.abort_execution(self)
    }

    /// The server forgets it and its records.
    ///
    /// # Errors
    ///
    /// When it is still running (abort it first), or the connection fails.
    pub fn drop<C: Connection + ?Sized>(self, con: &mut C) -> Result<()> {
        con.drop_execution(&self)
    }

    /// How far it is.
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

    /// Stops it.
    ///
    /// # Errors
    ///
    /// Those of [`abort`](Self::abort).
    #[cfg(feature = "aio")]
    pub async fn abort_async<C: AsyncConnection + ?Sized>(&self, con: &mut C) -> Result<()> {
        con.abort_execution(self).await
    }

    /// The server forgets it and its records.
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
    /// Waits until it is over, and fetches its records.
    ///
    /// # Errors
    ///
    /// When the server has dropped it, a record is not what its type says, or the connection fails.
    pub fn wait<C: Connection + ?Sized>(&self, con: &mut C) -> Result<ExecutionResult<T::Record>> {
        read::<T>(con.get_results_blocking(self)?)
    }

    /// Its records; `None` as long as it is not over.
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

    /// Waits until it is over, and fetches its records.
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

    /// Its records; `None` as long as it is not over.
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
