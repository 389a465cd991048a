//! The jobs by redis-py.

use super::{Counted, Job};
use crate::Outcome;
use std::process::Command;
use std::time::Duration;

/// Runs `redis_py.py`, which prints its seconds and result. The start of Python is not measured. `way` is one of the script.
///
/// # Errors
/// If the script fails.
pub fn redis_py(job: Job, way: &str, url: &str, python: &str) -> Outcome<(Duration, Counted)> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/src/batch/redis_py.py");
    let name = match job {
        // SCAN returns the names.
        Job::Count | Job::Names => "count",
        Job::WordCount => "word_count",
    };
    let output = Command::new(python)
        .args([script, url, way, name])
        .output()
        .map_err(|error| format!("{python}: {error}"))?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let read = || {
        let mut numbers = printed.split_whitespace();
        let seconds = numbers.next()?.parse().ok()?;
        let counted = (numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?);
        Some((Duration::from_secs_f64(seconds), counted))
    };
    read().ok_or_else(|| {
        let complaint = String::from_utf8_lossy(&output.stderr);
        format!("{script} printed {printed:?} and:\n{complaint}")
    })
}
