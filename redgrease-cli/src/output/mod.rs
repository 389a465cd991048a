//! Texts, tables and JSON.
//!
//! Results go to the standard output, everything else to the standard error, so that a result can be piped. The passwords in addresses
//! are left out of everything but the records of gears, which are data.

mod clean;
mod fields;
mod literal;
mod records;
mod secret;
mod shell;
mod table;
mod traceback;
mod value;
mod wrap;

pub(crate) use clean::{clean, one_line};
pub(crate) use fields::Fields;
pub(crate) use records::Format;
pub(crate) use secret::without_passwords;
pub(crate) use shell::shell_word;
pub(crate) use table::Table;
pub(crate) use traceback::{Frame, SCRIPT, Source, Traceback};
pub(crate) use value::{decoded, json as json_of, text as text_of};
pub(crate) use wrap::behind_margin;

use crate::args::{ColorChoice, Options};
use crate::failure::{Failure, Kind};
use anstyle::{AnsiColor, Style};
use serde::Serialize;
use std::fmt;
use std::io::{self, IsTerminal as _, Write as _};

pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const DIM: Style = Style::new().dimmed();
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(crate) const WARN: Style = AnsiColor::Yellow.on_default();

pub(crate) struct Output {
    is_json: bool,
    is_quiet: bool,
    verbosity: u8,
}

#[allow(
    clippy::unused_self,
    reason = "commands need not know which outputs depend on the options"
)]
impl Output {
    pub(crate) fn new(options: &Options) -> Self {
        let choice = match options.color {
            ColorChoice::Auto => anstream::ColorChoice::Auto,
            ColorChoice::Always => anstream::ColorChoice::Always,
            ColorChoice::Never => anstream::ColorChoice::Never,
        };
        choice.write_global();
        Output {
            is_json: options.json,
            is_quiet: options.quiet,
            verbosity: options.verbose,
        }
    }

    pub(crate) fn is_json(&self) -> bool {
        self.is_json
    }

    pub(crate) fn is_verbose(&self) -> bool {
        self.verbosity > 0
    }

    /// Whether progress can be shown: a person sees the standard error, and wants more than results.
    pub(crate) fn shows_progress(&self) -> bool {
        !self.is_quiet && !self.is_json && io::stderr().is_terminal()
    }

    /// Prints a line of the result.
    pub(crate) fn line(&self, text: impl fmt::Display) -> Result<(), Failure> {
        self.data_line(without_passwords(&text.to_string()))
    }

    /// Prints a line of data as it is.
    pub(crate) fn data_line(&self, text: impl fmt::Display) -> Result<(), Failure> {
        let mut out = anstream::stdout().lock();
        writeln!(out, "{text}")?;
        Ok(())
    }

    /// Prints text of the result as it is, without a line break.
    pub(crate) fn raw(&self, bytes: &[u8]) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        out.write_all(bytes)?;
        out.flush()?;
        Ok(())
    }

    /// Prints a JSON value in one line.
    pub(crate) fn json(&self, value: &impl Serialize) -> Result<(), Failure> {
        let text = json_text(value)?;
        // Only then can there be an address.
        if !text.contains("://") {
            return self.data_line(text);
        }
        let mut value = serde_json::to_value(value).map_err(|e| no_json(&e))?;
        secret::hide_in_json(&mut value);
        self.data_line(json_text(&value)?)
    }

    /// Prints a JSON value of data as it is, in one line.
    pub(crate) fn data_json(&self, value: &impl Serialize) -> Result<(), Failure> {
        self.data_line(json_text(value)?)
    }

    /// Prints rows: a table for people, an array for `--json`.
    pub(crate) fn rows<T: Serialize>(
        &self,
        rows: &[T],
        table: impl FnOnce() -> Table,
    ) -> Result<(), Failure> {
        if self.is_json {
            return self.json(&rows);
        }
        let table = table();
        if table.is_empty() {
            Ok(())
        } else {
            self.line(table)
        }
    }

    /// Tells a person what happens. `--quiet` leaves it out.
    pub(crate) fn note(&self, text: impl fmt::Display) {
        if !self.is_quiet {
            say(text);
        }
    }

    /// Tells a person more, with `--verbose`.
    pub(crate) fn detail(&self, text: impl fmt::Display) {
        if self.is_verbose() {
            say(format_args!("{DIM}{text}{DIM:#}"));
        }
    }

    pub(crate) fn warn(&self, text: impl fmt::Display) {
        say(format_args!("{WARN}warning:{WARN:#} {text}"));
    }

    /// Reports one of several things that failed, also with `--quiet`.
    pub(crate) fn part_failed(&self, text: impl fmt::Display) {
        say(text);
    }

    /// Reports a failure. With `--json`, it is an object on the standard error.
    pub(crate) fn failure(&self, failure: &Failure) {
        match failure.kind() {
            Kind::Said | Kind::NoReader => {}
            _ if self.is_json => say(failure.to_json()),
            _ => {
                say(format_args!("{BAD}error:{BAD:#} {failure}"));
                if let Some(traceback) = failure.traceback() {
                    say(traceback.styled());
                }
            }
        }
    }

    /// Asks a person. Without a terminal nothing is asked: the error names the option that answers.
    pub(crate) fn confirm(
        &self,
        question: impl fmt::Display,
        is_agreed: bool,
    ) -> Result<bool, Failure> {
        if is_agreed {
            return Ok(true);
        }
        let question = without_passwords(&question.to_string());
        if self.is_json || !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            return Err(Failure::usage(format!(
                "{question} Nothing was changed: agree with --yes"
            )));
        }
        let mut err = anstream::stderr().lock();
        write!(err, "{question} [y/N] ")?;
        err.flush()?;
        let mut answer = String::new();
        io::stdin().read_line(&mut answer)?;
        Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
    }
}

/// Writes a line to the standard error. If that is closed, nobody reads it.
fn say(text: impl fmt::Display) {
    let text = without_passwords(&text.to_string());
    let _ = writeln!(anstream::stderr().lock(), "{text}");
}

fn json_text(value: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string(value).map_err(|e| no_json(&e))
}

fn no_json(error: &serde_json::Error) -> Failure {
    Failure::failed(format!(
        "the result cannot be written as JSON ({error}): leave --json out"
    ))
}
