//! `gearsCtx(reader, desc)`: collects the steps of a chain. The methods `run` and `register` end the chain.

mod arguments;
mod options;

use super::asked;
use super::scope::{PendingRun, is_restoring};
use crate::distribution::has_other_shards;
use crate::id::Id;
use crate::plan::{Mode, Plan, Reader, Source};
use crate::python::{Callback, GearsError, Given, check_picklable};
use crate::registration::{self, Event, NewRegistration};
use crate::steps::{
    Accumulate, BatchGroupBy, Collect, Count, CountBy, Filter, FlatMap, ForEach, GroupBy, Limit,
    Map, Repartition, Step, ToText, ends_by_limit,
};
use arguments::{command_event, keys_event, keys_source, pattern, streams_event};
use options::Options;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A chain with its native operations. `runtime/builder.py` composes other operations of them.
#[pyclass(name = "PyFlatExecution", module = "redisgears", frozen)]
#[derive(Debug)]
pub(super) struct FlatExecution {
    reader: Reader,
    description: Option<String>,
    steps: Mutex<Vec<Step>>,
}

impl FlatExecution {
    pub(super) fn new(reader: &str, description: Option<String>) -> PyResult<FlatExecution> {
        let reader = Reader::parse(reader)
            .ok_or_else(|| GearsError::new_err("The given reader does not exists"))?;
        // Clients see the ids of registrations, and in RedisGears each chain uses one up.
        if !is_restoring() {
            registration::ids().next();
        }
        Ok(FlatExecution {
            reader,
            description,
            steps: Mutex::new(Vec::new()),
        })
    }

    fn steps(&self) -> MutexGuard<'_, Vec<Step>> {
        self.steps.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, step: impl Into<Step>) {
        self.steps().push(step.into());
    }

    /// The name of the last function of the chain.
    fn handler_name(&self, py: Python<'_>) -> String {
        let plan = self.plan(py);
        plan.functions()
            .last()
            .map_or_else(String::new, |function| function.qualified_name(py))
    }

    fn plan(&self, py: Python<'_>) -> Arc<Plan> {
        Arc::new(Plan::copied(py, self.reader, &self.steps()))
    }
}

/// Checks that the functions of a plan can be pickled. A plan has copies of the steps of its chain: pickling may run Python that uses
/// the chain, whose steps must not be locked then.
fn check_callbacks(py: Python<'_>, plan: &Plan, also: Option<&Callback>) -> PyResult<()> {
    let mut all = plan.functions().chain(also);
    all.try_for_each(|callback| check_picklable(py, callback))
}

/// The function of an operation. Only Python functions are allowed, because plans are pickled.
fn callback(name: &str, function: &Bound<'_, PyAny>) -> PyResult<Callback> {
    if is_function(function) {
        Ok(Callback::new(function))
    } else {
        Err(GearsError::new_err(format!(
            "{name} argument must be a function"
        )))
    }
}

/// The positional and the named arguments of a method.
type Args<'py> = Bound<'py, PyTuple>;
type Named<'py> = Bound<'py, PyDict>;

/// Methods that RedisGears makes of others.
const OWN: [&str; 3] = ["_to_text", "count", "countby"];

fn given<'a, 'py>(
    function: &'a str,
    args: &'a Args<'py>,
    kwargs: Option<&'a Named<'py>>,
) -> Given<'a, 'py> {
    Given {
        function,
        args,
        kwargs,
    }
}

/// The function of an operation that takes one.
fn function<'py>(
    operation: &str,
    parameter: &str,
    args: &Args<'py>,
    kwargs: Option<&Named<'py>>,
) -> PyResult<Callback> {
    let [function] = given(operation, args, kwargs).all([parameter])?;
    callback(operation, &function)
}

fn groupby(given: &Given<'_, '_>, local: bool) -> PyResult<GroupBy> {
    let [extractor, reducer] = given.all(["extractor", "reducer"])?;
    Ok(GroupBy {
        extractor: callback("groupby extractor", &extractor)?,
        reducer: callback("groupby reducer", &reducer)?,
        local,
    })
}

fn is_function(value: &Bound<'_, PyAny>) -> bool {
    value.is_instance_of::<pyo3::types::PyFunction>()
}

#[pymethods]
impl FlatExecution {
    #[pyo3(signature = (*args, **kwargs))]
    fn map(&self, args: &Args<'_>, kwargs: Option<&Named<'_>>) -> PyResult<()> {
        self.push(Map(function("map", "f", args, kwargs)?));
        Ok(())
    }

    #[pyo3(signature = (*args, **kwargs))]
    fn filter(&self, args: &Args<'_>, kwargs: Option<&Named<'_>>) -> PyResult<()> {
        self.push(Filter(function("filter", "f", args, kwargs)?));
        Ok(())
    }

    #[pyo3(signature = (*args, **kwargs))]
    fn flatmap(&self, args: &Args<'_>, kwargs: Option<&Named<'_>>) -> PyResult<()> {
        self.push(FlatMap(function("flatmap", "f", args, kwargs)?));
        Ok(())
    }

    #[pyo3(signature = (*args, **kwargs))]
    fn foreach(&self, args: &Args<'_>, kwargs: Option<&Named<'_>>) -> PyResult<()> {
        self.push(ForEach(function("foreach", "f", args, kwargs)?));
        Ok(())
    }

    #[pyo3(signature = (*args, **kwargs))]
    fn accumulate(&self, args: &Args<'_>, kwargs: Option<&Named<'_>>) -> PyResult<()> {
        self.push(Accumulate(function("accumulate", "f", args, kwargs)?));
        Ok(())
    }

    #[pyo3(signature = (*args, **kwargs))]
    fn countby(&self, args: &Args<'_>, kwargs: Option<&Named<'_>>) -> PyResult<()> {
        self.push(CountBy(function("countby", "extractor", args, kwargs)?));
        Ok(())
    }

    #[pyo3(signature = (*args, **kwargs))]
    fn groupby(&self, args: &Args<'_>, kwargs: Option<&Named<'_>>) -> PyResult<()> {
        self.push(groupby(&given("groupby", args, kwargs), false)?);
        Ok(())
    }

    #[pyo3(signature = (*args, **kwargs))]
    fn localgroupby(&self, args: &Args<'_>, kwargs: Option<&Named<'_>>) -> PyResult<()> {
        self.push(groupby(&given("localgroupby", args, kwargs), true)?);
        Ok(())
    }

    #[pyo3(signature = (*args, **kwargs))]
    fn batchgroupby(&self, args: &Args<'_>, kwargs: Option<&Named<'_>>) -> PyResult<()> {
        let given = given("batchgroupby", args, kwargs);
        let [extractor, reducer] = given.all(["extractor", "reducer"])?;
        self.push(BatchGroupBy {
            extractor: callback("batchgroupby extractor", &extractor)?,
            reducer: callback("batchgroupby reducer", &reducer)?,
        });
        Ok(())
    }

    #[pyo3(signature = (*args, **kwargs))]
    fn repartition(&self, args: &Args<'_>, kwargs: Option<&Named<'_>>) -> PyResult<()> {
        self.push(Repartition(function(
            "repartition",
            "extractor",
            args,
            kwargs,
        )?));
        Ok(())
    }

    #[pyo3(signature = (*args, **kwargs))]
    fn limit(&self, args: &Args<'_>, kwargs: Option<&Named<'_>>) -> PyResult<()> {
        let [length, start] = given("limit", args, kwargs).placed(["length", "start"], 1)?;
        let number = |value: Option<Bound<'_, PyAny>>| {
            value.map_or(Ok(0), |value| {
                value
                    .extract::<i64>()
                    .map_err(|_| GearsError::new_err("limit argument must be a number"))
            })
        };
        let (length, start) = (number(length)?, number(start)?);
        self.push(Limit { length, start });
        Ok(())
    }

    #[pyo3(signature = (*args, **kwargs))]
    fn collect(&self, args: &Args<'_>, kwargs: Option<&Named<'_>>) -> PyResult<()> {
        given("collect", args, kwargs).all([])?;
        self.push(Collect);
        Ok(())
    }

    #[pyo3(signature = (*args, **kwargs))]
    fn count(&self, args: &Args<'_>, kwargs: Option<&Named<'_>>) -> PyResult<()> {
        given("count", args, kwargs).all([])?;
        self.push(Count);
        Ok(())
    }

    /// Tells Python's garbage collector of the functions. A script that keeps the chain in a variable is a circle: the chain has a
    /// function, that has the variables of the script, and one of those is the chain.
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        // Each step has its functions for itself: a plan has copies. A chain that is being changed is not garbage.
        let Ok(steps) = self.steps.try_lock() else {
            return Ok(());
        };
        let mut functions = steps.iter().flat_map(|step| step.operation().functions());
        functions.try_for_each(|function| function.visit(&visit))
    }

    /// The names that scripts for RedisGears know. The other methods are for the runtime's own chains.
    fn __dir__(slf: &Bound<'_, Self>) -> PyResult<Vec<String>> {
        let object = slf.py().get_type::<PyAny>();
        let mut names: Vec<String> = object.call_method1("__dir__", (slf,))?.extract()?;
        names.retain(|name| !OWN.contains(&name.as_str()));
        Ok(names)
    }

    #[pyo3(name = "_to_text")]
    fn to_text(&self) {
        self.push(ToText);
    }

    /// Runs the chain once, when the script has ended. Returns the id of the execution.
    #[pyo3(signature = (*args, **kwargs))]
    fn run(&self, py: Python<'_>, args: &Args<'_>, kwargs: Option<&Named<'_>>) -> PyResult<String> {
        let arg = given("run", args, kwargs).first("arg")?;
        let options = Options(kwargs);
        let source = match self.reader {
            Reader::Keys => Source::Keys(keys_source(arg.as_ref(), &options)?),
            Reader::Python => match arg {
                Some(function) if is_function(&function) => {
                    let function = Callback::new(&function);
                    if ends_by_limit(&self.plan(py).steps) {
                        Source::Repeated(function)
                    } else {
                        Source::Python(function)
                    }
                }
                _ => {
                    return Err(GearsError::new_err("pyreader argument must be a function"));
                }
            },
            Reader::Stream => Source::Stream {
                stream: pattern(arg.as_ref())?,
                from: match options.get("fromId")? {
                    None => b"0-0".to_vec(),
                    Some(from) => match from.cast::<PyString>() {
                        Ok(from) => from.to_str()?.as_bytes().to_vec(),
                        Err(_) => {
                            return Err(GearsError::new_err("fromId argument must be a string"));
                        }
                    },
                },
            },
            Reader::Command | Reader::ShardId => {
                return Err(GearsError::new_err(
                    "Given reader do not support run or not exists",
                ));
            }
        };
        let mode = options.mode()?;
        if mode == Mode::Sync {
            return Err(GearsError::new_err("unknown execution mode"));
        }
        let plan = self.plan(py);
        if mode == Mode::Async && has_other_shards() {
            check_callbacks(py, &plan, source.function())?;
        }
        asked::add_run(py, PendingRun { mode, plan, source }).map(|id| id.to_string())
    }

    /// Registers the chain, when the script has ended. Returns the id of the registration.
    #[pyo3(signature = (*args, **kwargs))]
    fn register(
        &self,
        py: Python<'_>,
        args: &Args<'_>,
        kwargs: Option<&Named<'_>>,
    ) -> PyResult<String> {
        let prefix = given("register", args, kwargs).first("prefix")?;
        let prefix = prefix.as_ref();
        let options = Options(kwargs);
        let mode = options.mode()?;
        let event = match self.reader {
            Reader::Command => command_event(&options)?,
            Reader::Keys => Event::Keys(keys_event(py, prefix, &options)?),
            Reader::Stream => {
                let handler = self.handler_name(py);
                Event::Streams(streams_event(prefix, mode, &options, handler)?)
            }
            Reader::Python | Reader::ShardId => {
                return Err(GearsError::new_err(
                    "given reader does not exists or does not support register",
                ));
            }
        };
        let on_registered = match options.get("onRegistered")? {
            None => None,
            Some(function) if is_function(&function) => Some(Callback::new(&function)),
            Some(_) => {
                return Err(GearsError::new_err(
                    "OnRegistered argument must be a function",
                ));
            }
        };
        if !is_restoring() {
            check_callbacks(py, &self.plan(py), on_registered.as_ref())?;
        }
        let pending = NewRegistration {
            id: asked::registration_id(),
            description: self.description.clone(),
            plan: self.plan(py),
            mode,
            event,
            on_registered,
        };
        asked::add_registration(py, pending).map(|id: Id| id.to_string())
    }
}
