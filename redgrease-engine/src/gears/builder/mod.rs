//! `gearsCtx(reader, desc)`: collects the steps of a chain. The methods `run` and `register` end the chain.

mod arguments;
mod options;

use super::asked;
use super::scope::{PendingRun, is_restoring};
use crate::id::Id;
use crate::plan::{Mode, Plan, Reader, Source};
use crate::python::{Callback, GearsError, check_picklable};
use crate::registration::{self, Event, NewRegistration};
use crate::steps::{
    Accumulate, BatchGroupBy, Collect, Count, CountBy, Filter, FlatMap, ForEach, GroupBy, Limit,
    Map, Repartition, Step, ToText, ends_by_limit,
};
use arguments::{command_event, keys_event, keys_source, pattern, streams_event};
use options::Options;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};
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

    /// Checks that the functions of a registration can be pickled.
    fn check_callbacks(&self, py: Python<'_>, also: Option<&Callback>) -> PyResult<()> {
        // Checks copies: pickling may run Python that uses this chain, whose steps must not be locked then.
        let plan = self.plan(py);
        for callback in plan.functions().chain(also) {
            check_picklable(py, callback)?;
        }
        Ok(())
    }

    fn plan(&self, py: Python<'_>) -> Arc<Plan> {
        Arc::new(Plan::copied(py, self.reader, &self.steps()))
    }
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

fn groupby(
    extractor: &Bound<'_, PyAny>,
    reducer: &Bound<'_, PyAny>,
    local: bool,
) -> PyResult<GroupBy> {
    Ok(GroupBy {
        extractor: callback("groupby extractor", extractor)?,
        reducer: callback("groupby reducer", reducer)?,
        local,
    })
}

fn is_function(value: &Bound<'_, PyAny>) -> bool {
    value.is_instance_of::<pyo3::types::PyFunction>()
}

#[pymethods]
impl FlatExecution {
    fn map(&self, f: &Bound<'_, PyAny>) -> PyResult<()> {
        self.push(Map(callback("map", f)?));
        Ok(())
    }

    fn filter(&self, f: &Bound<'_, PyAny>) -> PyResult<()> {
        self.push(Filter(callback("filter", f)?));
        Ok(())
    }

    fn flatmap(&self, f: &Bound<'_, PyAny>) -> PyResult<()> {
        self.push(FlatMap(callback("flatmap", f)?));
        Ok(())
    }

    fn foreach(&self, f: &Bound<'_, PyAny>) -> PyResult<()> {
        self.push(ForEach(callback("foreach", f)?));
        Ok(())
    }

    fn accumulate(&self, f: &Bound<'_, PyAny>) -> PyResult<()> {
        self.push(Accumulate(callback("accumulate", f)?));
        Ok(())
    }

    fn countby(&self, extractor: &Bound<'_, PyAny>) -> PyResult<()> {
        self.push(CountBy(callback("countby", extractor)?));
        Ok(())
    }

    fn groupby(&self, extractor: &Bound<'_, PyAny>, reducer: &Bound<'_, PyAny>) -> PyResult<()> {
        self.push(groupby(extractor, reducer, false)?);
        Ok(())
    }

    fn localgroupby(
        &self,
        extractor: &Bound<'_, PyAny>,
        reducer: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        self.push(groupby(extractor, reducer, true)?);
        Ok(())
    }

    fn batchgroupby(
        &self,
        extractor: &Bound<'_, PyAny>,
        reducer: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        self.push(BatchGroupBy {
            extractor: callback("batchgroupby extractor", extractor)?,
            reducer: callback("batchgroupby reducer", reducer)?,
        });
        Ok(())
    }

    fn repartition(&self, extractor: &Bound<'_, PyAny>) -> PyResult<()> {
        self.push(Repartition(callback("repartition", extractor)?));
        Ok(())
    }

    #[pyo3(signature = (length, start = None))]
    fn limit(&self, length: &Bound<'_, PyAny>, start: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
        let number = |value: &Bound<'_, PyAny>| {
            value
                .extract::<i64>()
                .map_err(|_| GearsError::new_err("argument must be a number"))
        };
        let length = number(length)?;
        let start = start.map_or(Ok(0), number)?;
        self.push(Limit { length, start });
        Ok(())
    }

    fn collect(&self) {
        self.push(Collect);
    }

    fn count(&self) {
        self.push(Count);
    }

    #[pyo3(name = "_to_text")]
    fn to_text(&self) {
        self.push(ToText);
    }

    /// Runs the chain once, when the script has ended. Returns the id of the execution.
    #[pyo3(signature = (arg = None, **kwargs))]
    fn run(
        &self,
        py: Python<'_>,
        arg: Option<Bound<'_, PyAny>>,
        kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<String> {
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
                    return Err(GearsError::new_err(
                        "PythonReader argument must be a function",
                    ));
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
        if options.mode()? == Mode::Sync {
            return Err(GearsError::new_err("unknown execution mode"));
        }
        let plan = self.plan(py);
        asked::add_run(py, PendingRun { plan, source }).map(|id| id.to_string())
    }

    /// Registers the chain, when the script has ended. Returns the id of the registration.
    #[pyo3(signature = (prefix = None, **kwargs))]
    fn register(
        &self,
        py: Python<'_>,
        prefix: Option<&Bound<'_, PyAny>>,
        kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<String> {
        let options = Options(kwargs);
        let mode = options.mode()?;
        let event = match self.reader {
            Reader::Command => command_event(&options)?,
            Reader::Keys => Event::Keys(keys_event(py, prefix, &options)?),
            Reader::Stream => Event::Streams(streams_event(prefix, mode, &options)?),
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
            self.check_callbacks(py, on_registered.as_ref())?;
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
