//! Tables that fit the terminal.

use super::{Fields, one_line};
use comfy_table::{Cell, ColumnConstraint, ContentArrangement, Width, presets};
use std::fmt;

/// Rows under headings.
///
/// On a terminal cells are wrapped between words; if that is not enough, the rows stand below each other, with a line for each cell.
/// Elsewhere each row is one line.
pub(crate) struct Table {
    headings: Vec<String>,
    rows: Vec<Vec<String>>,
    /// `None`: as wide as the terminal, if there is one.
    width: Option<u16>,
}

/// The space around each cell.
const PADDING: usize = 2;

impl Table {
    pub(crate) fn new(headings: &[&str]) -> Self {
        Table {
            headings: headings.iter().map(|it| it.to_uppercase()).collect(),
            rows: Vec::new(),
            width: None,
        }
    }

    pub(crate) fn row<T: fmt::Display>(&mut self, cells: impl IntoIterator<Item = T>) {
        let cells = cells.into_iter().map(|cell| one_line(&cell.to_string()));
        self.rows.push(cells.collect());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The longest words of the columns.
    fn words(&self) -> Vec<usize> {
        let longest = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            let words = cells
                .chain(self.headings.get(column))
                .flat_map(|cell| cell.split_whitespace());
            words.map(|word| word.chars().count()).max().unwrap_or(0)
        };
        (0..self.headings.len()).map(longest).collect()
    }

    /// The rows below each other. The first cell is the heading.
    fn stacked(&self) -> String {
        let blocks = self.rows.iter().map(|row| {
            let mut fields = Fields::new(row.first().cloned().unwrap_or_default());
            for (heading, cell) in self.headings.iter().zip(row).skip(1) {
                if !cell.is_empty() {
                    fields.add(&heading.to_lowercase(), cell);
                }
            }
            fields.to_string()
        });
        blocks.collect::<Vec<_>>().join("\n")
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = comfy_table::Table::new();
        table
            .load_style(presets::NOTHING)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_header(self.headings.iter().map(Cell::new));
        for row in &self.rows {
            table.add_row(row.iter().map(Cell::new));
        }
        if let Some(width) = self.width {
            table.set_width(width);
        }
        if let Some(width) = table.width() {
            let words = self.words();
            if words.iter().map(|word| word + PADDING).sum::<usize>() > usize::from(width) {
                return f.write_str(&self.stacked());
            }
            let least = words.iter().map(|word| {
                let least = u16::try_from(word + PADDING).unwrap_or(u16::MAX);
                ColumnConstraint::LowerBoundary(Width::Fixed(least))
            });
            table.set_constraints(least);
        }
        let lines = table.lines().map(|line| line.trim_end().to_owned());
        let text: Vec<String> = lines.collect();
        f.write_str(&text.join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(width: Option<u16>) -> String {
        let mut table = Table::new(&["id", "reader", "description"]);
        table.row(["0-1", "command", "the price of an order\x1b"]);
        table.row(["0-3", "keys", ""]);
        table.width = width;
        table.to_string()
    }

    #[test]
    fn a_wide_terminal_and_a_file_have_one_line_for_each_row() {
        let text =
            " ID   READER   DESCRIPTION\n 0-1  command  the price of an order\\x1b\n 0-3  keys";
        assert_eq!(table(None), text);
        assert_eq!(table(Some(80)), text);
    }

    #[test]
    fn words_stay_whole_in_a_narrow_terminal() {
        let text = table(Some(32));
        assert!(
            text.lines().all(|line| line.chars().count() <= 32),
            "{text}"
        );
        for word in ["command", "price", "order\\x1b"] {
            assert!(text.contains(word), "{text}");
        }
    }

    #[test]
    fn rows_stand_below_each_other_in_a_very_narrow_one() {
        let text = anstream::adapter::strip_str(&table(Some(20))).to_string();
        assert_eq!(
            text,
            "0-1\n  reader       command\n  description  the price of an order\\x1b\n0-3\n  reader  keys"
        );
    }
}
