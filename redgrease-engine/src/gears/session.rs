//! `PyExecutionSession`: sessions for the threads that gears start.
//!
//! A thread that a gear starts belongs to no session. The gear gets its session with `getGearsSession()`, and the thread
//! takes it with `setGearsSession(session)`. From then on the runs and registrations of the thread belong to the session.

use super::atomic::lost_lock;
use super::scope::{runs_here, script_session};
use crate::python::{GearsError, Gil, Given, detached, no_arguments};
use crate::redis::{self, Context, LockGuard, NeverFree, WHILE_PAUSED, is_paused};
use crate::registration::Owner;
use crate::scope::{self, Scope, SessionInfo};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use std::cell::Cell;
use std::sync::{Arc, Weak};

/// A session as a Python object.
#[pyclass(name = "PyExecutionSession", module = "redisgears", frozen)]
#[derive(Debug)]
pub(super) struct ExecutionSession(Arc<SessionInfo>);

#[pymethods]
impl ExecutionSession {
    /// The name of the session.
    #[getter]
    fn id(&self) -> &str {
        &self.0.id
    }

    /// Only the names that scripts for RedisGears know: a session has none there.
    fn __dir__(slf: &Bound<'_, Self>) -> PyResult<Vec<String>> {
        let object = slf.py().get_type::<PyAny>();
        let mut names: Vec<String> = object.call_method1("__dir__", (slf,))?.extract()?;
        names.retain(|name| name.starts_with("__"));
        Ok(names)
    }

    fn __repr__(&self) -> String {
        format!("<PyExecutionSession {}>", self.0.id)
    }
}

/// Runs `body` with the server's lock. Takes the lock if this thread does not hold it.
///
/// # Errors
/// If the lock will never be free.
pub(super) fn with_lock<R: Send>(
    py: Gil<'_>,
    body: impl FnOnce(&Context) -> R + Send,
) -> PyResult<R> {
    // Lock order: the server's lock before the interpreter.
    if let Some(_kept) = redis::keep() {
        return Ok(redis::locked(body));
    }
    if scope::has_lost_lock() {
        return Err(lost_lock());
    }
    let outcome = detached(py, || {
        let guard = LockGuard::acquire_patiently()?;
        let outcome = redis::locked(body);
        drop(guard);
        Ok(outcome)
    });
    outcome.map_err(|NeverFree| GearsError::new_err(NeverFree::MESSAGE))
}

/// As [`with_lock`], for a body that replicas are told of: waits while the server pauses its clients.
pub(super) fn with_lock_to_write<R: Send>(
    py: Gil<'_>,
    body: impl FnOnce(&Context) -> R + Send,
) -> PyResult<R> {
    if let Some(_kept) = redis::keep() {
        return Ok(redis::locked(body));
    }
    if scope::has_lost_lock() {
        return Err(lost_lock());
    }
    let outcome = detached(py, || {
        loop {
            let guard = LockGuard::acquire_patiently()?;
            if !is_paused() {
                let outcome = redis::locked(body);
                drop(guard);
                return Ok(outcome);
            }
            drop(guard);
            std::thread::sleep(WHILE_PAUSED);
        }
    });
    outcome.map_err(|NeverFree| GearsError::new_err(NeverFree::MESSAGE))
}

/// The session of the code on this thread. Takes the server's lock for sync calls only, which hold it.
pub(super) fn here(py: Gil<'_>) -> Option<Arc<SessionInfo>> {
    if let Some(session) = script_session() {
        return Some(session);
    }
    match Owner::current()? {
        Owner::Session(session) => Some(session),
        Owner::Execution(running) => running.session.as_ref().and_then(Weak::upgrade),
        owner @ Owner::SyncCall(_) => with_lock(py, |context| owner.session(context)).ok()?,
    }
}

/// `getGearsSession()`: the session of the code on this thread, or `None`.
#[pyfunction]
#[pyo3(name = "getGearsSession", signature = (*args, **kwargs))]
pub(super) fn get_gears_session(
    py: Python<'_>,
    args: &Bound<'_, PyTuple>,
    kwargs: Option<&Bound<'_, PyDict>>,
) -> PyResult<Option<ExecutionSession>> {
    no_arguments("getGearsSession", args, kwargs)?;
    let session = script_session().or_else(|| {
        let owner = Owner::current()?;
        with_lock(py, |context| owner.session(context)).ok()?
    });
    Ok(session.map(ExecutionSession))
}

/// `setGearsSession(session)`: gives this thread a session, or with `None` takes it away.
#[pyfunction]
#[pyo3(name = "setGearsSession", signature = (*args, **kwargs))]
pub(super) fn set_gears_session(
    args: &Bound<'_, PyTuple>,
    kwargs: Option<&Bound<'_, PyDict>>,
) -> PyResult<()> {
    let given = Given {
        function: "setGearsSession",
        args,
        kwargs,
    };
    let [session] = given.all(["s"])?;
    let session = if session.is_none() {
        None
    } else if let Ok(session) = session.cast::<ExecutionSession>() {
        Some(Arc::clone(&session.get().0))
    } else {
        return Err(GearsError::new_err(
            "setGearsSession takes what getGearsSession gave, or None",
        ));
    };
    let before = scope::change(Scope::given_session, |given| {
        std::mem::replace(given, session)
    });
    drop(before);
    Ok(())
}

/// The number of the event loop for the coroutines of a session. Without one, that of the code on this thread counts.
#[pyfunction]
pub(super) fn event_loop(py: Python<'_>, session: &Bound<'_, PyAny>) -> usize {
    let session = match session.cast::<ExecutionSession>() {
        Ok(session) => Some(Arc::clone(&session.get().0)),
        Err(_) => here(py),
    };
    session.map_or(0, |session| session.event_loop().number())
}

thread_local! {
    static REGISTERED: Cell<bool> = const { Cell::new(false) };
}

/// `registerGearsThread()`: allows this thread to build chains. To run or register them, it also needs a session.
#[pyfunction]
#[pyo3(name = "registerGearsThread", signature = (*args, **kwargs))]
pub(super) fn register_gears_thread(
    args: &Bound<'_, PyTuple>,
    kwargs: Option<&Bound<'_, PyDict>>,
) -> PyResult<()> {
    no_arguments("registerGearsThread", args, kwargs)?;
    REGISTERED.set(true);
    Ok(())
}

/// `true` if the code on this thread may build chains: a script, a gear, and a thread that was registered or has a session.
pub(super) fn may_build() -> bool {
    runs_here() || REGISTERED.get() || Owner::current().is_some()
}
