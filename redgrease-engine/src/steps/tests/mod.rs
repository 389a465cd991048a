//! Every operation, alone and in a chain.

mod chains;
mod cluster;
mod coroutines;
mod crossing;
mod errors;
mod folds;
mod growth;
mod limits;
mod listing;
mod measuring;
mod movers;
mod random_chains;
mod records;
mod short_cuts;
mod stored;
mod waiting;

use super::{
    Accumulate, Advance, BatchGroupBy, CountBy, Filter, FlatMap, ForEach, GroupBy, Limit, Map,
    Pipeline, Read, Repartition, Step, Ticket,
};
use crate::python::{Callback, Gil, List, Object, Raised};
use crate::testing::{eval, function, repr, run, with_python};
use pyo3::prelude::*;
use std::sync::Arc;

/// The outcome of a pipeline, as texts.
#[derive(Debug, Default, PartialEq, Eq)]
struct Ran {
    /// The `repr` of each result.
    results: Vec<String>,
    /// Type and text of each error.
    errors: Vec<String>,
    /// The number of records that the pipeline asked for.
    read: usize,
    /// The number of coroutines that were awaited.
    awaited: usize,
}

/// Passes the elements of a Python list through a pipeline, one at a time, and drives its coroutines.
fn ran(steps: impl IntoIterator<Item = Step>, records: &str) -> Ran {
    let steps: Arc<[Step]> = steps.into_iter().collect();
    with_python(|py| {
        let mut pipeline = Pipeline::new(py, &steps);
        let records = List::new(&eval(py, records)).unwrap();
        let mut ran = Ran::default();
        loop {
            let advance = pipeline.advance(py, |pipeline| {
                if !pipeline.wants_more() {
                    return Read::End;
                }
                let Some(record) = records.get(ran.read) else {
                    return Read::End;
                };
                ran.read += 1;
                pipeline.push(record);
                Read::More
            });
            match advance {
                Advance::Await(ticket, coroutine) => {
                    ran.awaited += 1;
                    pipeline.resume(py, ticket, driven(&coroutine));
                }
                Advance::Wait => panic!("the pipeline waits for a coroutine that has ended"),
                Advance::End => break,
            }
        }
        (ran.results, ran.errors) = outcome(py, pipeline);
        ran
    })
}

/// The results alone, of a pipeline without errors.
fn results(steps: impl IntoIterator<Item = Step>, records: &str) -> Vec<String> {
    let ran = ran(steps, records);
    assert_eq!(ran.errors, [""; 0]);
    ran.results
}

/// The results in the order of their texts.
fn sorted(mut results: Vec<String>) -> Vec<String> {
    results.sort();
    results
}

/// The results and errors of a pipeline that has ended, as texts.
fn outcome(py: Gil<'_>, pipeline: Pipeline) -> (Vec<String>, Vec<String>) {
    let (results, errors) = pipeline.into_outcome(py);
    let results = results.iter().map(repr).collect();
    let errors = errors.iter().map(|raised| error_text(py, raised)).collect();
    (results, errors)
}

/// `true` if a pipeline comes to its end without another record.
fn ended(py: Gil<'_>, pipeline: &mut Pipeline) -> bool {
    matches!(pipeline.advance(py, |_| Read::End), Advance::End)
}

/// Type and text of an exception.
fn error_text(py: Gil<'_>, raised: &Raised) -> String {
    let kind = raised.get_type(py).name().unwrap().to_string();
    format!("{kind}: {}", raised.value(py))
}

/// Runs a coroutine that never waits to its end.
fn driven<'py>(coroutine: &Object<'py>) -> Result<Object<'py>, Raised> {
    let py = coroutine.py();
    let drive = "
def drive(coroutine):
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError('the coroutine waits')
";
    run(py, drive, "drive").call1((coroutine,))
}

/// An `async` function that takes any arguments as `args`, from the lines of its body.
fn coroutine(body: &str) -> Callback {
    let source = format!("async def f(*args):\n    {}", body.replace('\n', "\n    "));
    with_python(|py| Callback::new(&run(py, &source, "f")))
}

/// A function from its Python expression.
fn plain(expression: &str) -> Callback {
    with_python(|py| function(py, expression))
}

fn map(expression: &str) -> Step {
    Map(plain(expression)).into()
}

fn filter(expression: &str) -> Step {
    Filter(plain(expression)).into()
}

fn flatmap(expression: &str) -> Step {
    FlatMap(plain(expression)).into()
}

fn foreach(expression: &str) -> Step {
    ForEach(plain(expression)).into()
}

fn accumulate(expression: &str) -> Step {
    Accumulate(plain(expression)).into()
}

fn countby(expression: &str) -> Step {
    CountBy(plain(expression)).into()
}

fn repartition(expression: &str) -> Step {
    Repartition(plain(expression)).into()
}

fn groupby(extractor: &str, reducer: &str) -> Step {
    GroupBy {
        extractor: plain(extractor),
        reducer: plain(reducer),
        local: false,
    }
    .into()
}

fn localgroupby(extractor: &str, reducer: &str) -> Step {
    GroupBy {
        extractor: plain(extractor),
        reducer: plain(reducer),
        local: true,
    }
    .into()
}

fn batchgroupby(extractor: &str, reducer: &str) -> Step {
    BatchGroupBy {
        extractor: plain(extractor),
        reducer: plain(reducer),
    }
    .into()
}

fn limit(length: i64, start: i64) -> Step {
    Limit { length, start }.into()
}
