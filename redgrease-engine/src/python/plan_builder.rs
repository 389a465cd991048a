//! `gearsCtx(reader, desc)`: the steps of a gear function while a script puts them together, and
//! its two ends, `run` and `register`.

use super::errors::GearsError;
use super::script::{self, PendingRegistration, PendingRun};
use super::{Callback, Object};
use crate::execution::Id;
use crate::plan::{KeysSource, Mode, Plan, Reader, Source, Step};
use crate::redis::{self, KeyType};
use crate::registration::Event;
use crate::registration::hooks::Hook;
use crate::registration::keys::KeysFilter;
use crate::registration::streams::{OnFailed, StreamsFilter};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyString};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

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
        crate::engine().registration_ids.next();
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
                Step::GroupBy { extractor, reducer } => Step::GroupBy {
                    extractor: copy(extractor),
                    reducer: copy(reducer),
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
        let extractor = callback("groupby extractor", extractor)?;
        let reducer = callback("groupby reducer", reducer)?;
        self.steps().push(Step::GroupBy { extractor, reducer });
        Ok(())
    }

    fn localgroupby(
        &self,
        extractor: &Bound<'_, PyAny>,
        reducer: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        self.groupby(extractor, reducer)
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
        script::add_run(PendingRun {
            plan: self.plan(py),
            source,
        })
        .map(|id| id.to_string())
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
        let pending = PendingRegistration {
            id: crate::engine().registration_ids.next(),
            description: self.description.clone(),
            plan: self.plan(py),
            mode,
            event,
            on_registered,
        };
        script::add_registration(pending).map(|id: Id| id.to_string())
    }
}

fn command_event(options: &Options<'_, '_>) -> PyResult<Event> {
    let hook = options.get("hook")?;
    let key_prefix = options.get("keyprefix")?;
    let in_order = options
        .flag("inorder", "inorder argument is be boolean")?
        .unwrap_or(false);
    match (options.get("trigger")?, hook) {
        (Some(_), hook) if hook.is_some() || key_prefix.is_some() => Err(GearsError::new_err(
            "trigger argument can not be given with keyprefix or hook",
        )),
        (Some(trigger), _) => {
            let trigger = text(&trigger, "trigger argument is not string")?;
            Ok(Event::Command {
                trigger: trigger.into_bytes(),
                in_order,
            })
        }
        (None, Some(hook)) => {
            let command = text(&hook, "hook argument is not string")?;
            let prefix = key_prefix
                .map(|prefix| text(&prefix, "keyprefix argument is not string"))
                .transpose()?
                .map(String::into_bytes);
            redis::locked(|context| Hook::new(context, &command, prefix, in_order))
                .map(Event::Hook)
                .map_err(GearsError::new_err)
        }
        (None, None) => Err(GearsError::new_err("no trigger or hook argument was given")),
    }
}

fn text(value: &Object<'_>, error: &'static str) -> PyResult<String> {
    match value.cast::<PyString>() {
        Ok(text) => Ok(text.to_str()?.to_owned()),
        Err(_) => Err(GearsError::new_err(error)),
    }
}

fn keys_event(prefix: Option<&Object<'_>>, options: &Options<'_, '_>) -> PyResult<KeysFilter> {
    let prefix = prefix_of(prefix, options)?;
    let events = options.texts(
        "eventTypes",
        "given eventTypes is not iterable",
        "given event type is not string",
    )?;
    let types = options
        .texts(
            "keyTypes",
            "given keyTypes is not iterable",
            "given key type is not string",
        )?
        .map(|names| {
            names
                .iter()
                .map(|name| {
                    KeyType::named(name).ok_or_else(|| GearsError::new_err("unknown key type"))
                })
                .collect::<PyResult<Vec<KeyType>>>()
        })
        .transpose()?;
    if options.get("commands")?.is_some() {
        return Err(GearsError::new_err(
            "commands can not be hooked on this version of the engine yet: leave out commands",
        ));
    }
    let read_value = options
        .flag("readValue", "readValue is not boolean")?
        .unwrap_or(true);
    Ok(KeysFilter {
        prefix,
        events,
        types,
        read_value,
    })
}

/// The first argument of `register`; `regex` is an older name of it.
fn prefix_of(prefix: Option<&Object<'_>>, options: &Options<'_, '_>) -> PyResult<Vec<u8>> {
    let given = options.get("regex")?;
    pattern(given.as_ref().or(prefix))
}

fn pattern(given: Option<&Object<'_>>) -> PyResult<Vec<u8>> {
    match given.map(|text| text.cast::<PyString>()) {
        Some(Ok(text)) => Ok(text.to_str()?.as_bytes().to_vec()),
        Some(Err(_)) => Err(GearsError::new_err("regex argument must be a string")),
        None => Ok(b"*".to_vec()),
    }
}

fn streams_event(
    prefix: Option<&Object<'_>>,
    mode: Mode,
    options: &Options<'_, '_>,
) -> PyResult<StreamsFilter> {
    let prefix = prefix_of(prefix, options)?;
    let batch = options
        .number("batch", "batch argument must be a number")?
        .unwrap_or(1);
    let duration = options
        .number("duration", "duration argument must be a number")?
        .unwrap_or(0);
    let on_failed = match options.get("onFailedPolicy")? {
        None => OnFailed::Continue,
        Some(policy) => match policy.cast::<PyString>() {
            Err(_) => {
                return Err(GearsError::new_err(
                    "onFailedPolicy must be a string (Continue/Abort/Retry)",
                ));
            }
            Ok(word) => OnFailed::parse(&word.to_string_lossy()).ok_or_else(|| {
                GearsError::new_err("onFailedPolicy must be Continue/Abort/Retry")
            })?,
        },
    };
    let retry = options
        .number(
            "onFailedRetryInterval",
            "retryInterval argument must be a number",
        )?
        .unwrap_or(1);
    let trim = options
        .flag("trimStream", "pyTrimmStream argument must be a boolean")?
        .unwrap_or(true);
    if mode == Mode::Sync && on_failed != OnFailed::Continue {
        return Err(GearsError::new_err(
            "ExecutionMode sync can only be combined with OnFailedPolicy Continue",
        ));
    }
    Ok(StreamsFilter::new(
        prefix,
        usize::try_from(batch).unwrap_or(1).max(1),
        Duration::from_millis(u64::try_from(duration).unwrap_or(0)),
        on_failed,
        Duration::from_secs(u64::try_from(retry).unwrap_or(0)),
        trim,
    ))
}

fn keys_source(arg: Option<&Object<'_>>, options: &Options<'_, '_>) -> PyResult<KeysSource> {
    let pattern = pattern(arg)?;
    Ok(KeysSource {
        pattern,
        exact: options
            .flag("noScan", "exactMatch value is not boolean")?
            .unwrap_or(false),
        read_value: options
            .flag("readValue", "readValue value is not boolean")?
            .unwrap_or(true),
    })
}

/// Keyword arguments; unknown ones are ignored, as clients of Gears rely on.
struct Options<'a, 'py>(Option<&'a Bound<'py, PyDict>>);

impl<'py> Options<'_, 'py> {
    /// An option that was given, and not as `None`.
    fn get(&self, name: &str) -> PyResult<Option<Object<'py>>> {
        let Some(given) = self.0 else { return Ok(None) };
        Ok(given.get_item(name)?.filter(|value| !value.is_none()))
    }

    fn flag(&self, name: &str, error: &str) -> PyResult<Option<bool>> {
        match self.get(name)? {
            None => Ok(None),
            Some(value) => match value.cast::<PyBool>() {
                Ok(flag) => Ok(Some(flag.is_true())),
                Err(_) => Err(GearsError::new_err(error)),
            },
        }
    }

    fn number(&self, name: &str, error: &'static str) -> PyResult<Option<i64>> {
        self.get(name)?
            .map(|value| {
                value
                    .extract::<i64>()
                    .map_err(|_| GearsError::new_err(error))
            })
            .transpose()
    }

    fn texts(
        &self,
        name: &str,
        not_iterable: &str,
        not_text: &str,
    ) -> PyResult<Option<Vec<String>>> {
        let Some(value) = self.get(name)? else {
            return Ok(None);
        };
        let items = value
            .try_iter()
            .map_err(|_| GearsError::new_err(not_iterable.to_owned()))?;
        items
            .map(|item| {
                item?
                    .extract::<String>()
                    .map_err(|_| GearsError::new_err(not_text.to_owned()))
            })
            .collect::<PyResult<Vec<String>>>()
            .map(Some)
    }

    fn mode(&self) -> PyResult<Mode> {
        match self.get("mode")? {
            None => Ok(Mode::Async),
            Some(value) => match value.cast::<PyString>() {
                Err(_) => Err(GearsError::new_err("execution mode must be a string")),
                Ok(word) => Mode::parse(&word.to_string_lossy())
                    .ok_or_else(|| GearsError::new_err("unknown execution mode")),
            },
        }
    }
}
