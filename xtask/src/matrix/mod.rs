//! `cargo xtask test --matrix`: runs the tests that depend on the server or on Python on every
//! available server and Python. The table at the end names the ones that are not available.

mod cells;
mod counts;
mod run;

use crate::say::say;
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
    if let Some(only) = only {
        check_name(only, &cells::names())?;
    }
    let ready = setup::run(yes)?;
    let mut cells = cells::all(&ready.python, only);
    if let Some(only) = only {
        cells.retain(|cell| cell.name == only);
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
    let results: Vec<Result> = results.into_iter().map(|(_, result)| result).collect();
    judge(&results)
}

/// Refuses a name that is not a row, before minutes are spent on building.
fn check_name(only: &str, names: &[String]) -> Outcome {
    if names.iter().any(|name| name == only) {
        return Ok(());
    }
    Err(Failed::new(format!(
        "the matrix has no `{only}`: give `--only` one of {}",
        names.join(", ")
    )))
}

/// Fails if a row failed, and if no row ran at all: the one that was asked for is then the skipped one.
fn judge(results: &[Result]) -> Outcome {
    let rows = results.len();
    let ran = |result: &&Result| matches!(result, Result::Ran(_));
    if results.iter().filter(ran).count() == 0 {
        return Err(Failed::new(format!(
            "nothing was tested, {rows} of {rows} rows were skipped: mend the reasons in the table above, then run \
             this command again"
        )));
    }
    let failed = results
        .iter()
        .filter(|result| matches!(result, Result::Ran(counts) if !counts.failures.is_empty()))
        .count();
    match failed {
        0 => Ok(()),
        count => Err(Failed::new(format!(
            "{count} of {rows} rows of the matrix failed: see the table above"
        ))),
    }
}

fn print(results: &[(Cell, Result)]) {
    say!(
        "\n{:<12} {:<42} {:>7} {:>7} {:>14} {:>8}",
        "row",
        "version",
        "passed",
        "failed",
        "not applicable",
        "ignored"
    );
    for (cell, result) in results {
        match result {
            Result::Skipped(reason) => say!("{:<12} skipped: {reason}", cell.name),
            Result::Ran(counts) => {
                say!(
                    "{:<12} {:<42} {:>7} {:>7} {:>14} {:>8}",
                    cell.name,
                    cell.title,
                    counts.passed,
                    counts.failures.len(),
                    counts.not_applicable.values().sum::<usize>(),
                    counts.ignored
                );
                for (reason, count) in &counts.not_applicable {
                    say!("{:<12}   {count} not applicable: {reason}", "");
                }
                for failure in &counts.failures {
                    say!("{:<12}   failed: {failure}", "");
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_no_row_is_refused() {
        let names = cells::names();
        for name in ["redis-6.2", "valkey-9.1", "python-3.9", "python-3.13"] {
            check_name(name, &names).unwrap();
        }
        for name in ["nope", "", "redis", "python-3.8"] {
            let said = check_name(name, &names).unwrap_err().to_string();
            assert!(said.contains(&format!("no `{name}`")), "{said}");
            assert!(said.ends_with("python-3.13"), "{said}");
        }
    }

    #[test]
    fn rows_that_were_skipped_are_no_success() {
        let skipped = || Result::Skipped("no network".to_owned());
        let passed = || Result::Ran(Counts::default());
        let failed = || Result::Ran(Counts::of_a_failure("a_test"));
        judge(&[passed()]).unwrap();
        judge(&[skipped(), passed()]).unwrap();
        for (results, part) in [
            (vec![], "nothing was tested"),
            (vec![skipped()], "1 of 1 rows were skipped"),
            (vec![skipped(), skipped()], "2 of 2 rows were skipped"),
            (
                vec![passed(), failed(), skipped()],
                "1 of 3 rows of the matrix failed",
            ),
        ] {
            let said = judge(&results).unwrap_err().to_string();
            assert!(said.contains(part), "{said}");
        }
    }
}
