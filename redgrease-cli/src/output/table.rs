//! Tables that fit the terminal.

use super::{Fields, one_line, without_passwords};
use comfy_table::{Cell, ColumnConstraint, ContentArrangement, Width, presets};
use std::fmt;

/// Rows under headings.
///
/// On a terminal that is too narrow, empty columns are left out and cells are wrapped, as far as possible between words; if that is
/// not enough, the rows stand below each other, with a line for each cell. Elsewhere each row is one line.
pub(crate) struct Table {
    headings: Vec<String>,
    rows: Vec<Vec<String>>,
    /// `None`: as wide as the terminal, if there is one.
    width: Option<u16>,
}

/// The space around each cell.
const PADDING: usize = 2;
/// Longer words, such as paths, are broken.
const WORD: usize = 24;

impl Table {
    pub(crate) fn new(headings: &[&str]) -> Self {
        Table {
            headings: headings.iter().map(|it| it.to_uppercase()).collect(),
            rows: Vec::new(),
            width: None,
        }
    }

    /// Adds a row. The passwords in its addresses are left out.
    pub(crate) fn row<T: fmt::Display>(&mut self, cells: impl IntoIterator<Item = T>) {
        let cells = cells.into_iter();
        self.data_row(cells.map(|cell| without_passwords(&cell.to_string())));
    }

    /// Adds a row of data.
    pub(crate) fn data_row<T: fmt::Display>(&mut self, cells: impl IntoIterator<Item = T>) {
        let cells = cells.into_iter().map(|cell| one_line(&cell.to_string()));
        self.rows.push(cells.collect());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn laid_out(&self) -> comfy_table::Table {
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
        table
    }

    /// The table without the columns that no row has a value in.
    fn without_empty(&self) -> Table {
        let has_value = |column: usize| {
            self.rows
                .iter()
                .any(|row| row.get(column).is_some_and(|cell| !cell.is_empty()))
        };
        let kept: Vec<usize> = (0..self.headings.len())
            .filter(|it| has_value(*it))
            .collect();
        let cells = |row: &Vec<String>| -> Vec<String> {
            kept.iter()
                .map(|it| row.get(*it).cloned().unwrap_or_default())
                .collect()
        };
        Table {
            headings: cells(&self.headings),
            rows: self.rows.iter().map(cells).collect(),
            width: self.width,
        }
    }

    /// The widths that the longest words of the columns need.
    fn least(&self) -> Vec<usize> {
        let longest = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            let words = cells
                .chain(self.headings.get(column))
                .flat_map(|cell| cell.split_whitespace());
            let longest = words.map(|word| word.chars().count().min(WORD)).max();
            longest.unwrap_or(0) + PADDING
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
        let mut table = self.laid_out();
        let width = self.width.or_else(|| table.width()).map(usize::from);
        if let Some(width) = width {
            let natural = table.column_max_content_widths();
            if natural
                .iter()
                .map(|it| usize::from(*it) + PADDING)
                .sum::<usize>()
                > width
            {
                let shown = self.without_empty();
                let least = shown.least();
                if least.iter().sum::<usize>() > width {
                    return f.write_str(&self.stacked());
                }
                table = shown.laid_out();
                table.set_constraints(least.iter().map(|least| {
                    let least = u16::try_from(*least).unwrap_or(u16::MAX);
                    ColumnConstraint::LowerBoundary(Width::Fixed(least))
                }));
            }
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
    fn a_narrow_terminal_leaves_out_empty_columns_and_breaks_long_words() {
        let mut table = Table::new(&["id", "status", "path"]);
        table.row(["0-1", "", "/a/very/long/path/to/a/directory/of/packages"]);
        table.width = Some(34);
        let text = table.to_string();
        assert!(
            !text.contains("STATUS") && text.contains(" ID   PATH"),
            "{text}"
        );
        assert!(
            text.lines().all(|line| line.chars().count() <= 34),
            "{text}"
        );
        table.width = Some(80);
        assert!(table.to_string().contains("STATUS"));
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
