//! The tables of the terminal: columns with their texts, colours and orders.
//!
//! One file for each kind of row.

mod execution;
mod problem;
mod registration;
mod requirement;
mod session;
mod shard;

use crate::output::Table;
use std::cmp::Ordering;

/// How a text is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Tone {
    #[default]
    Plain,
    Dim,
    Good,
    Warn,
    Bad,
    /// The name of the row.
    Name,
}

/// A text in a table.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Text {
    pub(super) text: String,
    pub(super) tone: Tone,
}

impl Text {
    fn new(text: impl Into<String>, tone: Tone) -> Self {
        Text {
            text: text.into(),
            tone,
        }
    }

    fn plain(text: impl Into<String>) -> Self {
        Text::new(text, Tone::Plain)
    }

    fn dim(text: impl Into<String>) -> Self {
        Text::new(text, Tone::Dim)
    }

    /// Plain, or dim if there is nothing to see.
    fn figure(text: String, is_something: bool) -> Self {
        Text::new(text, if is_something { Tone::Plain } else { Tone::Dim })
    }
}

pub(super) struct Column<T> {
    pub(super) title: &'static str,
    /// Columns with a greater rank leave first when the window is narrow.
    pub(super) rank: u8,
    pub(super) width: Width,
    pub(super) cell: fn(&T) -> Text,
    /// The order of the rows, the most interesting ones first.
    pub(super) order: fn(&T, &T) -> Ordering,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Width {
    /// A number at the right of so many characters.
    Number(u16),
    /// A text of so many characters.
    Text(u16),
    /// A text of at least so many characters, that takes what is left.
    Rest(u16),
}

impl Width {
    pub(super) fn least(self) -> u16 {
        match self {
            Width::Number(width) | Width::Text(width) | Width::Rest(width) => width,
        }
    }
}

/// A row of a table.
pub(super) trait Row: Sized + 'static {
    fn id(&self) -> &str;
    /// The texts that are searched.
    fn words(&self) -> Vec<&str>;
    fn columns() -> &'static [Column<Self>];

    /// Whether the row has all words of a search, in any case of letters.
    fn has(&self, search: &str) -> bool {
        let words: Vec<String> = self.words().iter().map(|it| it.to_lowercase()).collect();
        let mut wanted = search.split_whitespace().map(str::to_lowercase);
        wanted.all(|wanted| words.iter().any(|it| it.contains(&wanted)))
    }
}

/// Orders numbers, the greatest first.
fn greatest(a: f64, b: f64) -> Ordering {
    b.total_cmp(&a)
}

/// Rows as a table of plain text. Columns of low rank are left out.
pub(super) fn table<T: Row>(rows: &[T]) -> Table {
    const GREATEST_RANK: u8 = 4;
    let columns = T::columns().iter().filter(|it| it.rank <= GREATEST_RANK);
    let columns: Vec<_> = columns.collect();
    let titles: Vec<&str> = columns.iter().map(|it| it.title).collect();
    let mut table = Table::new(&titles);
    for row in rows {
        table.row(columns.iter().map(|it| (it.cell)(row).text));
    }
    table
}
