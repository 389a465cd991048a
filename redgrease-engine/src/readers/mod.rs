//! Where the records of a batch run come from: one file per reader.

pub(crate) mod glob;
mod keys;
mod python;
mod stream;

use crate::execution::Execution;
use crate::plan::Source;
use crate::python::{Gil, list_of};
use crate::steps::Pipeline;

/// Reads all there is into the pipeline, until it is full, has failed or the execution is aborted.
pub(crate) fn read<'py>(
    py: Gil<'py>,
    source: &Source,
    execution: &Execution,
    pipeline: &mut Pipeline<'_, 'py>,
) {
    match source {
        Source::Keys(keys) => keys::read(py, keys, execution, pipeline),
        Source::Python(function) => python::read(py, function, execution, pipeline),
        Source::Key(happened) => {
            let event = Some(happened.event.as_str());
            match keys::record(py, event, &happened.key, happened.read_value) {
                Ok(record) => pipeline.push(record),
                Err(raised) => pipeline.fail(raised),
            }
        }
        Source::Stream { stream, from } => stream::read(py, stream, from, execution, pipeline),
        Source::Messages(batch) => stream::push_all(py, &batch.stream, &batch.messages, pipeline),
        Source::Timer(event) => {
            if let Err(raised) = event.function.call0(py) {
                pipeline.fail(raised);
            }
        }
        Source::Command(words) => match list_of(py, words.iter()) {
            Ok(record) => pipeline.push(record),
            Err(raised) => pipeline.fail(raised),
        },
    }
}
