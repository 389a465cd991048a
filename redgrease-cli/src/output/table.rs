//! Tables that fit the terminal.

use super::one_line;
use comfy_table::{Cell, ContentArrangement, presets};
use std::fmt;

/// Rows under headings. On a terminal long cells are wrapped; elsewhere each row is one line.
pub(crate) struct Table(comfy_table::Table);

impl Table {
    pub(crate) fn new(headings: &[&str]) -> Self {
        let mut table = comfy_table::Table::new();
        table
            .load_style(presets::NOTHING)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_header(headings.iter().map(|it| Cell::new(it.to_uppercase())));
        Table(table)
    }

    pub(crate) fn row<T: fmt::Display>(&mut self, cells: impl IntoIterator<Item = T>) {
        self.0.add_row(
            cells
                .into_iter()
                .map(|cell| Cell::new(one_line(&cell.to_string()))),
        );
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = self.0.lines().map(|line| line.trim_end().to_owned());
        let text: Vec<String> = lines.collect();
        f.write_str(&text.join("\n"))
    }
}
