//! The table of paths in `SECURITY.md`.

use std::collections::BTreeSet;

const SECURITY: &str = include_str!("../../SECURITY.md");
const BEGIN: &str = "| path by which a gear runs | rights of | with `ExecuteAsOwner 1` |";

/// Whose rights count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rights {
    Caller,
    Owner,
    Sender,
}

#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) path: &'static str,
    pub(crate) rights: Rights,
    pub(crate) as_owner: Rights,
}

pub(crate) fn rows() -> Vec<Row> {
    let (_, table) = SECURITY.split_once(BEGIN).unwrap();
    let lines = table.lines().skip(2);
    let rows = lines.take_while(|line| line.starts_with('|')).map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [path, rights, as_owner] = cells[..] else {
            panic!("a row has three cells: {line}");
        };
        Row {
            path,
            rights: parse(rights),
            as_owner: parse(as_owner),
        }
    });
    rows.collect()
}

fn parse(cell: &str) -> Rights {
    match cell {
        "caller" => Rights::Caller,
        "owner" => Rights::Owner,
        "sender" => Rights::Sender,
        other => panic!("rights of the caller, the owner or the sender, not of {other}"),
    }
}

/// The rows that are tested by other files than `cases.rs`.
pub(crate) const ELSEWHERE: &[&str] = &[crate::restored::ROW, crate::restored::UPGRADED];

#[test]
fn every_row_is_tested_and_every_test_has_a_row() {
    let rows: Vec<&str> = rows().iter().map(|row| row.path).collect();
    let named: BTreeSet<&str> = rows.iter().copied().collect();
    assert_eq!(named.len(), rows.len(), "a path has one row");
    let tested = crate::cases::CASES.iter().map(|case| case.row);
    let tested: BTreeSet<&str> = tested.chain(ELSEWHERE.iter().copied()).collect();
    assert_eq!(named, tested);
}
