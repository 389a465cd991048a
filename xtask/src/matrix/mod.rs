//! `cargo xtask test --matrix`: runs the tests that depend on the server or on Python on every
//! available server and Python. The table at the end names the ones that are not available.

mod cells;
mod counts;
mod run;

use crate::setup;
use crate::steps::{Failed, Outcome};
use cells::{Cell, Subject};
use counts::Counts;

/// The result of one row.
#[derive(Debug)]
enum Result {
    Ran(Counts),
    /// Not run, for this reason.
    Skipped(String),
}

pub(crate) fn command(yes: bool, only: Option<&str>) -> Outcome {
    let ready = setup::run(yes)?;
    let mut cells = cells::all(&ready.python, only);
    if let Some(only) = only {
        let names: Vec<String> = cells.iter().map(|cell| cell.name.clone()).collect();
        cells.retain(|cell| cell.name == only);
        if cells.is_empty() {
            return Err(Failed::new(format!(
                "the matrix has no `{only}`: it has {}",
                names.join(", ")
            )));
        }
    }
    if cells
        .iter()
        .any(|cell| !matches!(cell.subject, Subject::Missing(_)))
    {
        run::build_examples()?;
    }
    let results: Vec<(Cell, Result)> = cells
        .into_iter()
        .map(|cell| {
            let result = run::cell(&cell, &ready)
                .unwrap_or_else(|failed| Result::Ran(Counts::of_a_failure(&failed.to_string())));
            (cell, result)
        })
        .collect();
    print(&results);
    let failed = results
        .iter()
        .filter(|(_, result)| matches!(result, Result::Ran(counts) if !counts.failures.is_empty()))
        .count();
    match failed {
        0 => Ok(()),
        count => Err(Failed::new(format!(
            "{count} of {} rows of the matrix failed: see the table above",
            results.len()
        ))),
    }
}

fn print(results: &[(Cell, Result)]) {
    println!(
        "\n{:<12} {:<42} {:>7} {:>7} {:>14} {:>8}",
        "row", "version", "passed", "failed", "not applicable", "ignored"
    );
    for (cell, result) in results {
        match result {
            Result::Skipped(reason) => println!("{:<12} skipped: {reason}", cell.name),
            Result::Ran(counts) => {
                println!(
                    "{:<12} {:<42} {:>7} {:>7} {:>14} {:>8}",
                    cell.name,
                    cell.title,
                    counts.passed,
                    counts.failures.len(),
                    counts.not_applicable.values().sum::<usize>(),
                    counts.ignored
                );
                for (reason, count) in &counts.not_applicable {
                    println!("{:<12}   {count} not applicable: {reason}", "");
                }
                for failure in &counts.failures {
                    println!("{:<12}   failed: {failure}", "");
                }
            }
        }
    }
}
