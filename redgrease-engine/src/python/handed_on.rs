//! Work that a gear hands on: threads, tasks of pools, coroutines and callbacks. It goes on when the gear has ended, often on
//! a thread that works for others, too.
//!
//! [`Captured`] is what such work takes along: the budget of memory of the gear, and its [`Surroundings`], which are a matter
//! of the folders above. Two things carry it:
//!
//! - a function that is handed on ([`HandedOn`]): the target of a thread, the task of a pool, a step of a coroutine,
//! - a context variable of Python, which the tasks and callbacks of `asyncio` inherit without further action. It counts where
//!   no gear runs on the thread: see [`carried`].

use super::budget::{shared, without_budget};
use super::threads::{Entered, may_start};
use super::{Gil, Ledger, MemoryBudget, Object};
use pyo3::exceptions::PyMemoryError;
use pyo3::ffi;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple};
use std::cell::{Cell, RefCell};
use std::fmt;
use std::sync::{Arc, OnceLock};

/// The surroundings of a gear, as far as the work takes them along that the gear hands on.
pub(crate) trait Surroundings: fmt::Debug + Send + Sync {
    /// Runs `body`, which is a part of the work, on this thread. Calls it once.
    fn enter(self: Arc<Self>, body: &mut dyn FnMut());

    /// `false` for the work of nobody.
    fn are_of_gear(&self) -> bool {
        true
    }
}

/// The surroundings of the gear that runs on this thread. `None` if none runs.
pub(crate) type Capture = fn() -> Option<Arc<dyn Surroundings>>;

static CAPTURE: OnceLock<Capture> = OnceLock::new();
static OF_NOBODY: OnceLock<Arc<dyn Surroundings>> = OnceLock::new();

/// Makes the work that gears hand on take these surroundings along. Work that belongs to nobody runs in `of_nobody`.
pub(crate) fn hand_on_with(capture: Capture, of_nobody: Arc<dyn Surroundings>) {
    let _ = CAPTURE.set(capture);
    let _ = OF_NOBODY.set(of_nobody);
}

/// What work takes along from the gear that hands it on.
#[pyclass(frozen, module = "redgrease_engine")]
#[derive(Debug, Clone)]
struct Captured {
    budget: Option<Arc<MemoryBudget>>,
    surroundings: Option<Arc<dyn Surroundings>>,
    /// Python has copied the context. Its author knows that, so the mark counts where the context is run, and not for the
    /// callbacks of event loops: to those, everyone can give any context.
    is_copy: bool,
}

thread_local! {
    /// The thread does something for all gears.
    static FOR_ALL: Cell<bool> = const { Cell::new(false) };
    /// The session whose code has asked for that: the threads of a pool count for it.
    static ASKED_BY: RefCell<Option<Arc<Ledger>>> = const { RefCell::new(None) };
    /// What the gear handed on that has started the thread. Of nobody while the thread runs an event loop.
    static OF_THREAD: RefCell<Option<Captured>> = const { RefCell::new(None) };
}

impl Captured {
    /// What the code of this moment hands on. `None` if it belongs to no gear.
    fn here(py: Gil<'_>) -> Option<Captured> {
        if FOR_ALL.get() {
            return None;
        }
        let surroundings = CAPTURE.get().and_then(|capture| capture());
        let budget = shared();
        match carried(py) {
            Some(carried) if surroundings.is_none() => Some(Captured {
                budget: budget.or(carried.budget),
                surroundings: carried.surroundings,
                is_copy: false,
            }),
            _ if surroundings.is_none() && budget.is_none() => None,
            _ => Some(Captured {
                budget,
                surroundings,
                is_copy: false,
            }),
        }
    }

    /// What a callback has that no gear handed on.
    fn of_nobody() -> Captured {
        Captured {
            budget: None,
            surroundings: OF_NOBODY.get().cloned(),
            is_copy: false,
        }
    }

    fn is_of_nobody(&self) -> bool {
        let surroundings = self.surroundings.as_ref();
        surroundings.is_some_and(|surroundings| !surroundings.are_of_gear())
    }

    fn session(&self) -> Option<Arc<Ledger>> {
        self.budget.as_ref().and_then(|budget| budget.ledger())
    }

    fn check(&self) -> PyResult<()> {
        match self.budget.as_ref().and_then(|budget| budget.exceeded()) {
            None => Ok(()),
            Some(limit) => Err(PyMemoryError::new_err(format!(
                "the gear has taken more memory than ExecutionMaxMemory, {limit} bytes: it cannot start other work"
            ))),
        }
    }

    /// Runs a part of the work.
    fn enter<R>(&self, body: impl FnOnce() -> R) -> Option<R> {
        match &self.surroundings {
            None => Some(body()),
            Some(surroundings) if self.is_of_nobody() => {
                // What the code starts belongs to nobody, too.
                of_thread(self, || entered(surroundings, body))
            }
            Some(surroundings) => entered(surroundings, body),
        }
    }

    /// Runs a part of the work, which pays for its memory.
    fn pay<R>(&self, py: Gil<'_>, body: impl FnOnce() -> R) -> R {
        match &self.budget {
            None => body(),
            Some(budget) => {
                let _entered = Entered::enter(py, budget);
                budget.pay(body)
            }
        }
    }
}

/// Runs `body` in surroundings that work has taken along. `None` if they did not run it.
fn entered<R>(surroundings: &Arc<dyn Surroundings>, body: impl FnOnce() -> R) -> Option<R> {
    let (mut body, mut outcome) = (Some(body), None);
    Arc::clone(surroundings).enter(&mut || outcome = body.take().map(|body| body()));
    outcome
}

/// What was handed on to the code of this moment, apart from the gear that runs on the thread: the context that it runs in
/// has it, or the gear that has started the thread.
fn carried(py: Gil<'_>) -> Option<Captured> {
    let of_thread = || OF_THREAD.with(|one| one.borrow().clone());
    match of_context(py) {
        None => of_thread(),
        Some(copied) if copied.is_copy => match of_thread() {
            Some(of_thread) if of_thread.is_of_nobody() => Some(of_thread),
            _ => Some(copied),
        },
        marked => marked,
    }
}

/// Why [`with_carried`] did not run a body.
pub(crate) enum NotRun<F> {
    /// Nothing was handed on to the code.
    NothingCarried(F),
    /// The code belongs to nobody, whatever its thread has.
    OfNobody(F),
}

/// Runs `body` in the surroundings that were handed on to the code of this moment. Gives it back if there are none.
pub(crate) fn with_carried<R, F: FnOnce() -> R>(py: Gil<'_>, body: F) -> Result<R, NotRun<F>> {
    let Some(surroundings) = carried(py).and_then(|carried| carried.surroundings) else {
        return Err(NotRun::NothingCarried(body));
    };
    if !surroundings.are_of_gear() {
        return Err(NotRun::OfNobody(body));
    }
    let mut body = Some(body);
    let outcome = entered(&surroundings, || body.take().map(|body| body()));
    match (outcome.flatten(), body) {
        (None, Some(body)) => Err(NotRun::OfNobody(body)),
        (Some(outcome), _) => Ok(outcome),
        // Not reached: a body that was taken has an outcome.
        (None, None) => std::process::abort(),
    }
}

/// The context variable, which holds a [`Captured`].
fn variable(py: Gil<'_>) -> PyResult<&Py<PyAny>> {
    static VARIABLE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    VARIABLE.get_or_try_init(py, || {
        // SAFETY: the interpreter's lock is held, the name ends with a NUL, and null is no default.
        unsafe {
            let variable =
                ffi::PyContextVar_New(c"redgrease_engine".as_ptr(), std::ptr::null_mut());
            Bound::from_owned_ptr_or_err(py, variable).map(Bound::unbind)
        }
    })
}

/// What the context of Python has that this thread runs in.
fn of_context(py: Gil<'_>) -> Option<Captured> {
    let variable = variable(py).ok()?;
    let mut value = std::ptr::null_mut();
    // SAFETY: the interpreter's lock is held, and the variable is live. The function gives a new reference, or null.
    let value = unsafe {
        if ffi::PyContextVar_Get(variable.as_ptr(), std::ptr::null_mut(), &raw mut value) < 0 {
            drop(PyErr::take(py));
        }
        Bound::from_owned_ptr_or_opt(py, value)?
    };
    value.cast::<Captured>().ok().map(|one| one.get().clone())
}

/// Makes the context of Python that this thread runs in have what the code of this moment hands on. For the context of one
/// coroutine.
pub(super) fn mark_context(py: Gil<'_>) -> PyResult<()> {
    let Some(captured) = Captured::here(py) else {
        return Ok(());
    };
    let captured = Bound::new(py, captured)?;
    let variable = variable(py)?;
    // SAFETY: the interpreter's lock is held, and both are live. The function gives a new reference, or null.
    let token = unsafe { ffi::PyContextVar_Set(variable.as_ptr(), captured.as_ptr()) };
    // SAFETY: as above. The token is not needed: the context ends with its coroutine.
    unsafe { Bound::from_owned_ptr_or_err(py, token) }.map(drop)
}

/// What a function is to the thread that calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// All that the thread does. Callbacks of others may run in it.
    Thread,
    /// A part of what the thread does.
    Task,
}

/// A function that belongs to the gear that handed it on, whatever thread calls it.
#[pyclass(frozen, module = "redgrease_engine")]
#[derive(Debug)]
struct HandedOn {
    function: Py<PyAny>,
    captured: Captured,
    part: Part,
}

#[pymethods]
impl HandedOn {
    #[pyo3(signature = (*args, **kwargs))]
    fn __call__<'py>(
        &self,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Object<'py>> {
        let py = args.py();
        self.captured.check()?;
        let call = || {
            self.captured
                .pay(py, || self.function.bind(py).call(args, kwargs))
        };
        match self.part {
            Part::Task => self.captured.enter(call),
            Part::Thread => Some(of_thread(&self.captured, call)),
        }
        .unwrap_or_else(|| Ok(py.None().into_bound(py)))
    }

    /// Tells Python's garbage collector of the function, which may have the object in one of its variables.
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.function)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(self.function.bind(py).repr()?.to_string())
    }
}

/// Runs `body`, which is all that this thread does for a gear.
fn of_thread<R>(captured: &Captured, body: impl FnOnce() -> R) -> R {
    struct Restore(Option<Captured>);
    impl Drop for Restore {
        fn drop(&mut self) {
            let before = self.0.take();
            let ended = OF_THREAD.with(|one| one.replace(before));
            drop(ended);
        }
    }
    let before = OF_THREAD.with(|one| one.replace(Some(captured.clone())));
    let _restore = Restore(before);
    body()
}

fn with_captured<'py>(
    function: &Object<'py>,
    captured: Option<Captured>,
    part: Part,
) -> PyResult<Object<'py>> {
    let Some(captured) = captured else {
        return Ok(function.clone());
    };
    if !function.is_callable() || function.is_instance_of::<HandedOn>() {
        return Ok(function.clone());
    }
    captured.check()?;
    let handed_on = HandedOn {
        function: function.clone().unbind(),
        captured,
        part,
    };
    Ok(Bound::new(function.py(), handed_on)?.into_any())
}

/// `handed_on(function)`: the function, which belongs to the gear that calls this.
#[pyfunction]
#[pyo3(name = "handed_on")]
pub(crate) fn hand_on<'py>(function: &Object<'py>) -> PyResult<Object<'py>> {
    with_captured(function, Captured::here(function.py()), Part::Task)
}

/// `handed_on_free(function)`: the same, and the function pays for no memory. For what must run in any case.
#[pyfunction]
fn handed_on_free<'py>(function: &Object<'py>) -> PyResult<Object<'py>> {
    let captured = Captured::here(function.py()).map(|captured| Captured {
        budget: None,
        ..captured
    });
    with_captured(function, captured, Part::Task)
}

/// `of_thread(function)`: the function that a new thread calls. The thread belongs to the gear that calls this.
#[pyfunction]
#[pyo3(name = "of_thread")]
fn for_thread<'py>(function: &Object<'py>) -> PyResult<Object<'py>> {
    let captured = Captured::here(function.py());
    let session = captured
        .as_ref()
        .and_then(Captured::session)
        .or_else(|| ASKED_BY.with(|session| session.borrow().clone()));
    may_start(session.as_ref())?;
    with_captured(function, captured, Part::Thread)
}

/// `for_loop(function, context)`: the callback of an event loop that gets this context. With `None`, it belongs to the gear
/// that calls this. With a context, to the gear that the context was handed on from: the code that calls this may be that which
/// settles a future, and not that which waits for it. All other callbacks belong to nobody.
#[pyfunction]
fn for_loop<'py>(function: &Object<'py>, context: &Object<'py>) -> PyResult<Object<'py>> {
    let py = function.py();
    let captured = if context.is_none() {
        Captured::here(py)
    } else {
        let value = context.call_method1("get", (variable(py)?,))?;
        let marked = value.cast::<Captured>().ok().map(|one| one.get().clone());
        marked.filter(|marked| !marked.is_copy)
    };
    let captured = captured
        .filter(|captured| captured.surroundings.is_some())
        .unwrap_or_else(Captured::of_nobody);
    with_captured(function, Some(captured), Part::Task)
}

/// `in_loop(function)`: calls a function that runs an event loop. Callbacks of all gears run in it, and none of them gets the
/// rights of the gear that has started the thread, unless that gear has handed it on.
#[pyfunction]
fn in_loop<'py>(function: &Object<'py>) -> PyResult<Object<'py>> {
    of_thread(&Captured::of_nobody(), || function.call0())
}

/// A copy of the context of this moment that has this mark.
fn marked_context(py: Gil<'_>, mark: Option<Captured>) -> PyResult<Object<'_>> {
    // SAFETY: the interpreter's lock is held. The function gives a new reference, or null.
    let context = unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyContext_CopyCurrent())? };
    if let Some(mark) = mark {
        let set = variable(py)?.bind(py).getattr("set")?;
        context.call_method1("run", (set, Bound::new(py, mark)?))?;
    }
    Ok(context)
}

/// `context_here()`: a copy of the context of this moment that has what the code hands on. `None` if it belongs to no gear.
#[pyfunction]
fn context_here(py: Python<'_>) -> PyResult<Option<Object<'_>>> {
    match Captured::here(py) {
        Some(here) if here.surroundings.is_some() => marked_context(py, Some(here)).map(Some),
        _ => Ok(None),
    }
}

/// `copied_context()`: a copy of the context of this moment, for `contextvars.copy_context()`.
#[pyfunction]
fn copied_context(py: Python<'_>) -> PyResult<Object<'_>> {
    let is_marked = of_context(py).is_some_and(|marked| !marked.is_copy);
    let mark = if is_marked { None } else { Captured::here(py) };
    let mark = mark.map(|here| Captured {
        is_copy: true,
        ..here
    });
    marked_context(py, mark)
}

/// `for_all(function, *args)`: calls a function that works for all gears, such as one that starts the threads of a pool.
#[pyfunction]
#[pyo3(signature = (function, *args, **kwargs))]
fn for_all<'py>(
    function: &Object<'py>,
    args: &Bound<'py, PyTuple>,
    kwargs: Option<&Bound<'py, PyDict>>,
) -> PyResult<Object<'py>> {
    struct Restore(bool, Option<Arc<Ledger>>);
    impl Drop for Restore {
        fn drop(&mut self) {
            FOR_ALL.set(self.0);
            let session = self.1.take();
            drop(ASKED_BY.with(|asked| asked.replace(session)));
        }
    }
    let captured = Captured::here(function.py());
    let session = captured.as_ref().and_then(Captured::session);
    let before = ASKED_BY.with(|asked| asked.borrow().clone());
    if session.is_some() {
        ASKED_BY.with(|asked| asked.replace(session));
    }
    let _restore = Restore(FOR_ALL.replace(true), before);
    without_budget(|| function.call(args, kwargs))
}

/// Adds the functions that hand work on.
pub(super) fn add_to(native: &Bound<'_, PyModule>) -> PyResult<()> {
    native.add_function(wrap_pyfunction!(hand_on, native)?)?;
    native.add_function(wrap_pyfunction!(handed_on_free, native)?)?;
    native.add_function(wrap_pyfunction!(for_thread, native)?)?;
    native.add_function(wrap_pyfunction!(for_loop, native)?)?;
    native.add_function(wrap_pyfunction!(in_loop, native)?)?;
    native.add_function(wrap_pyfunction!(copied_context, native)?)?;
    native.add_function(wrap_pyfunction!(context_here, native)?)?;
    native.add_function(wrap_pyfunction!(for_all, native)?)
}
