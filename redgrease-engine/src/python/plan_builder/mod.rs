//! `gearsCtx(reader, desc)`: the steps of a gear function while a script puts them together, and
//! its two ends, `run` and `register`.

mod arguments;
mod options;

use super::Callback;
use super::errors::GearsError;
use super::pickling;
use super::script::{self, PendingRegistration, PendingRun};
use crate::execution::Id;
use crate::plan::{Mode, Plan, Reader, Source, Step};
use crate::registration::Event;
use arguments::{command_event, keys_event, keys_source, pattern, streams_event};
use options::Options;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The primitive operations, without those that are made of others.
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
        // Clients see ids of registrations: each chain uses one up.
        if !script::is_restoring() {
            crate::engine().registration_ids.next();
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

    fn add(
        &self,
        name: &str,
        function: &Bound<'_, PyAny>,
        step: fn(Callback) -> Step,
    ) -> PyResult<()> {
        let callback = callback(name, function)?;
        self.steps().push(step(callback));
        Ok(())
    }

    fn add_groupby(
        &self,
        extractor: &Bound<'_, PyAny>,
        reducer: &Bound<'_, PyAny>,
        local: bool,
    ) -> PyResult<()> {
        let extractor = callback("groupby extractor", extractor)?;
        let reducer = callback("groupby reducer", reducer)?;
        self.steps().push(Step::GroupBy {
            extractor,
            reducer,
            local,
        });
        Ok(())
    }

    /// What is registered must be able to leave its process.
    fn check_callbacks(&self, py: Python<'_>, also: Option<&Callback>) -> PyResult<()> {
        // Copies: a function may have Python in it that comes back here.
        let plan = self.plan(py);
        let all = plan.steps.iter().flat_map(Step::callbacks).chain(also);
        for callback in all {
            pickling::check(py, callback)?;
        }
        Ok(())
    }

    fn plan(&self, py: Python<'_>) -> Arc<Plan> {
        let copy = |callback: &Callback| callback.clone_ref(py);
        let steps = self
            .steps()
            .iter()
            .map(|step| match step {
                Step::Map(f) => Step::Map(copy(f)),
                Step::Filter(f) => Step::Filter(copy(f)),
                Step::FlatMap(f) => Step::FlatMap(copy(f)),
                Step::ForEach(f) => Step::ForEach(copy(f)),
                Step::Accumulate(f) => Step::Accumulate(copy(f)),
                Step::CountBy(f) => Step::CountBy(copy(f)),
                Step::GroupBy {
                    extractor,
                    reducer,
                    local,
                } => Step::GroupBy {
                    extractor: copy(extractor),
                    reducer: copy(reducer),
                    local: *local,
                },
                Step::BatchGroupBy { extractor, reducer } => Step::BatchGroupBy {
                    extractor: copy(extractor),
                    reducer: copy(reducer),
                },
                Step::Repartition(f) => Step::Repartition(copy(f)),
                Step::Limit { length, start } => Step::Limit {
                    length: *length,
                    start: *start,
                },
                Step::Collect => Step::Collect,
                Step::Count => Step::Count,
                Step::ToText => Step::ToText,
            })
            .collect();
        Arc::new(Plan {
            reader: self.reader,
            steps,
        })
    }
}

/// Only Python functions can be operands: what a plan holds must be able to leave its process.
fn callback(name: &str, function: &Bound<'_, PyAny>) -> PyResult<Callback> {
    if is_function(function) {
        Ok(Callback::new(function))
    } else {
        Err(GearsError::new_err(format!(
            "{name} argument must be a function"
        )))
    }
}

fn is_function(value: &Bound<'_, PyAny>) -> bool {
    value.is_instance_of::<pyo3::types::PyFunction>()
}

#[pymethods]
impl FlatExecution {
    fn map(&self, f: &Bound<'_, PyAny>) -> PyResult<()> {
        self.add("map", f, Step::Map)
    }

    fn filter(&self, f: &Bound<'_, PyAny>) -> PyResult<()> {
        self.add("filter", f, Step::Filter)
    }

    fn flatmap(&self, f: &Bound<'_, PyAny>) -> PyResult<()> {
        self.add("flatmap", f, Step::FlatMap)
    }

    fn foreach(&self, f: &Bound<'_, PyAny>) -> PyResult<()> {
        self.add("foreach", f, Step::ForEach)
    }

    fn accumulate(&self, f: &Bound<'_, PyAny>) -> PyResult<()> {
        self.add("accumulate", f, Step::Accumulate)
    }

    fn countby(&self, extractor: &Bound<'_, PyAny>) -> PyResult<()> {
        self.add("countby", extractor, Step::CountBy)
    }

    fn groupby(&self, extractor: &Bound<'_, PyAny>, reducer: &Bound<'_, PyAny>) -> PyResult<()> {
        self.add_groupby(extractor, reducer, false)
    }

    fn localgroupby(
        &self,
        extractor: &Bound<'_, PyAny>,
        reducer: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        self.add_groupby(extractor, reducer, true)
    }

    fn batchgroupby(
        &self,
        extractor: &Bound<'_, PyAny>,
        reducer: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let extractor = callback("batchgroupby extractor", extractor)?;
        let reducer = callback("batchgroupby reducer", reducer)?;
        self.steps().push(Step::BatchGroupBy { extractor, reducer });
        Ok(())
    }

    fn repartition(&self, extractor: &Bound<'_, PyAny>) -> PyResult<()> {
        self.add("repartition", extractor, Step::Repartition)
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
        self.steps().push(Step::Limit { length, start });
        Ok(())
    }

    fn collect(&self) {
        self.steps().push(Step::Collect);
    }

    fn count(&self) {
        self.steps().push(Step::Count);
    }

    #[pyo3(name = "_to_text")]
    fn to_text(&self) {
        self.steps().push(Step::ToText);
    }

    /// Runs the chain once, when the script has ended. Gives the id of the execution.
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
                    Source::Python(Callback::new(&function))
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
        script::add_run(py, PendingRun { plan, source }).map(|id| id.to_string())
    }

    /// Registers the chain, when the script has ended. Gives the id of the registration.
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
            Reader::Keys => Event::Keys(keys_event(prefix, &options)?),
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
        if !script::is_restoring() {
            self.check_callbacks(py, on_registered.as_ref())?;
        }
        let pending = PendingRegistration {
            id: script::registration_id(),
            description: self.description.clone(),
            plan: self.plan(py),
            mode,
            event,
            on_registered,
        };
        script::add_registration(py, pending).map(|id: Id| id.to_string())
    }
}
