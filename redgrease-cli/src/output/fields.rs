//! Names and values below each other.

use super::clean::clean;
use super::{BOLD, DIM};
use std::fmt;

/// A heading and lines of a name and a value. Values of several lines stand below their name.
#[derive(Default)]
pub(crate) struct Fields {
    heading: String,
    lines: Vec<(String, String)>,
}

impl Fields {
    pub(crate) fn new(heading: impl Into<String>) -> Self {
        Fields {
            heading: heading.into(),
            lines: Vec::new(),
        }
    }

    /// Adds a text of a server.
    pub(crate) fn add(&mut self, name: &str, value: impl fmt::Display) {
        self.lines.push((
            clean(name).into_owned(),
            clean(&value.to_string()).into_owned(),
        ));
    }

    pub(crate) fn add_some(&mut self, name: &str, value: Option<impl fmt::Display>) {
        if let Some(value) = value {
            self.add(name, value);
        }
    }

    /// Adds a text of this program, which may have colours.
    pub(crate) fn add_styled(&mut self, name: &str, value: impl Into<String>) {
        self.lines.push((name.to_owned(), value.into()));
    }
}

impl fmt::Display for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{BOLD}{}{BOLD:#}", clean(&self.heading))?;
        let one_line = self.lines.iter().filter(|(_, value)| !value.contains('\n'));
        let width = one_line
            .map(|(name, _)| name.chars().count())
            .max()
            .unwrap_or(0);
        for (name, value) in &self.lines {
            if value.contains('\n') {
                write!(f, "\n  {DIM}{name}{DIM:#}")?;
                for line in value.lines() {
                    write!(f, "\n    {line}")?;
                }
            } else {
                write!(f, "\n  {DIM}{name:width$}{DIM:#}  {value}")?;
            }
        }
        Ok(())
    }
}
