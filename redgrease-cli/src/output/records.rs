//! Records that gears answer.

use super::value::{bytes, decoded, text};
use super::{Output, Table};
use crate::failure::Failure;
use clap::ValueEnum;
use redis::Value;
use serde_json::Value as Json;
use std::io::{self, IsTerminal as _};

/// How records are printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// One record after the other
    #[default]
    Text,
    /// A column for each field, for records that are JSON or dicts, lists and tuples of Python
    Table,
    /// The same as `--json`
    Json,
    /// The bytes as they are, each record with a line break behind it
    Raw,
}

impl Output {
    /// The format in use: `--json` wins.
    pub(crate) fn format(&self, given: Format) -> Format {
        if self.is_json() { Format::Json } else { given }
    }

    /// Prints records. In JSON they are one array.
    pub(crate) fn records(&self, records: &[Value], format: Format) -> Result<(), Failure> {
        match format {
            Format::Json => self.data_json(&records.iter().map(decoded).collect::<Vec<_>>()),
            Format::Table => self.data_line(table(records.iter().map(decoded).collect())),
            // A file or another program gets the text as it is.
            Format::Text if io::stdout().is_terminal() => records
                .iter()
                .try_for_each(|record| self.data_line(text(record))),
            Format::Text | Format::Raw => {
                let mut out = Vec::new();
                for record in records {
                    out.extend(bytes(record).unwrap_or_else(|| text(record).into_bytes()));
                    out.push(b'\n');
                }
                self.raw(&out)
            }
        }
    }
}

/// A table of records: the fields of objects by their names, the items of lists by their numbers.
fn table(records: Vec<Json>) -> Table {
    let mut headings: Vec<String> = Vec::new();
    for record in &records {
        let names: Vec<String> = match record {
            Json::Object(fields) => fields.keys().cloned().collect(),
            Json::Array(items) => (1..=items.len()).map(|number| number.to_string()).collect(),
            _ => vec![VALUE.to_owned()],
        };
        for name in names {
            if !headings.contains(&name) {
                headings.push(name);
            }
        }
    }
    let names: Vec<&str> = headings.iter().map(String::as_str).collect();
    let mut table = Table::new(&names);
    for record in records {
        table.data_row(names.iter().map(|name| match &record {
            Json::Object(fields) => fields.get(*name).map(cell).unwrap_or_default(),
            Json::Array(items) => {
                let item = name
                    .parse()
                    .ok()
                    .and_then(|number: usize| items.get(number.checked_sub(1)?));
                item.map(cell).unwrap_or_default()
            }
            other if *name == VALUE => cell(other),
            _ => String::new(),
        }));
    }
    table
}

/// The heading of records that have no fields.
const VALUE: &str = "value";

fn cell(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_become_columns() {
        let records = vec![
            json!({"key": "a", "n": 1}),
            json!({"key": "b\nc", "x": null}),
            json!([7, "y"]),
            json!("alone"),
        ];
        assert_eq!(
            table(records).to_string(),
            " KEY  N  X  1  2  VALUE
 a    1
 b c
            7  y
                  alone"
        );
    }
}
