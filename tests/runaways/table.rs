//! The table of the documentation and the cases are the same.

use super::all;
use super::case::{Case, End};

const PAGE: &str = include_str!("../../book/src/runaways.md");

/// A row of the table: the cells of its columns.
struct Row {
    code: &'static str,
    place: &'static str,
    stopped_by: &'static str,
}

/// The rows of the table, without those that say that they are not tested.
fn rows() -> Vec<Row> {
    let table = PAGE
        .split("\n## ")
        .find(|part| part.starts_with("The table"));
    let lines = table.unwrap().lines();
    lines
        .filter(|line| line.starts_with("| "))
        .map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
            assert_eq!(cells.len(), 5, "{line}");
            Row {
                code: cells[0],
                place: cells[1],
                stopped_by: cells[2],
            }
        })
        .filter(|row| row.code != "code" && !row.stopped_by.contains("(not tested)"))
        .collect()
}

fn belongs_to(row: &Row, case: &Case) -> bool {
    row.code == case.code && row.place == case.place
}

#[test]
fn every_row_is_a_case_and_every_case_a_row() {
    let rows = rows();
    for row in &rows {
        let cases: Vec<&Case> = all().filter(|case| belongs_to(row, case)).collect();
        let name = format!("{} | {}", row.code, row.place);
        assert_eq!(cases.len(), 1, "cases of the row: {name}");
        let says = row.stopped_by.contains(cases[0].stopped_by);
        assert!(says, "{name}: {} in the case", cases[0].stopped_by);
    }
    for case in all() {
        let found = rows.iter().filter(|row| belongs_to(row, case)).count();
        assert_eq!(found, 1, "rows of the case: {} | {}", case.code, case.place);
    }
}

#[test]
fn a_case_that_is_stopped_is_stopped_by_something() {
    for case in all() {
        let is_stopped = matches!(case.end, End::Answer(_) | End::Log(_));
        let name = format!("{} | {}", case.code, case.place);
        assert_eq!(is_stopped, case.stopped_by != "nothing", "{name}");
    }
}
