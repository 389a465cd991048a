//! `PythonReader`: the records a Python function makes. A generator function's items, or a plain
//! function's result again and again.

use crate::execution::Execution;
use crate::python::{Callback, Gil, items};
use crate::steps::Pipeline;

pub(super) fn read<'py>(
    py: Gil<'py>,
    function: &Callback,
    execution: &Execution,
    pipeline: &mut Pipeline<'_, 'py>,
) {
    let mut items = match items(py, function) {
        Ok(items) => items,
        Err(raised) => return pipeline.fail(raised),
    };
    while pipeline.wants_more() && !execution.is_aborting() {
        match items.next() {
            Some(Ok(record)) => pipeline.push(record),
            Some(Err(raised)) => pipeline.fail(raised),
            None => break,
        }
    }
}
