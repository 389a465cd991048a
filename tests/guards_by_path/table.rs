//! The table of the documentation.

use std::sync::LazyLock;

const PAGE: &str = include_str!("../../book/src/engine.md");

/// The first line of the table.
const HEAD: &str = "| guard | client | called gear | running gear | `atomic()` |";

/// What three commands get: `runs`, `waits`, or the code of an error.
pub(crate) type Answers = [String; 3];

#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) guard: String,
    pub(crate) client: Answers,
    /// A sync gear, called under the guard. `None` if it gets what a client gets.
    pub(crate) called: Option<Answers>,
    /// A gear that runs when the guard begins.
    pub(crate) running: Option<Answers>,
    /// The same, inside of an `atomic()` block that begins under the guard.
    pub(crate) block: Option<Answers>,
}

pub(crate) static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let lines = PAGE.lines().skip_while(|line| *line != HEAD).skip(2);
    lines
        .take_while(|line| line.starts_with('|'))
        .map(row)
        .collect()
});

fn row(line: &str) -> Row {
    let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
    let [guard, client, called, running, block] = cells[..] else {
        panic!("five cells are needed: {line}");
    };
    Row {
        guard: guard.replace('`', ""),
        client: answers(client).unwrap(),
        called: answers(called),
        running: answers(running),
        block: answers(block),
    }
}

fn answers(cell: &str) -> Option<Answers> {
    if cell == "same" {
        return None;
    }
    let parts: Vec<String> = cell
        .split(',')
        .map(|part| part.trim().replace('`', ""))
        .collect();
    Some(
        parts
            .try_into()
            .unwrap_or_else(|_| panic!("three answers are needed: {cell}")),
    )
}
