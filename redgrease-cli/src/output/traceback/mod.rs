//! Errors of Python, with the lines of the source.

mod parse;
#[cfg(test)]
mod tests;

use super::clean::clean;
use super::{BAD, BOLD, DIM, without_passwords};
use anstyle::Style;
use parse::{frame_of, gear, joined, place_of, type_and_value};
use redgrease_core::GearError;
use serde::Serialize;
use std::fmt;

/// The file name that servers give to the text of a script.
pub(crate) const SCRIPT: &str = "<string>";

/// A source that frames of a traceback are in.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    /// The name that people know: a path.
    pub(crate) name: String,
    pub(crate) text: String,
}

/// An error of Python: the way to it, outermost call first, and the error.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Traceback {
    /// The last line: class and message of the error.
    pub(crate) error: String,
    pub(crate) frames: Vec<Frame>,
    /// Everything in its order, for people.
    #[serde(skip)]
    parts: Vec<Part>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Frame {
    pub(crate) file: String,
    pub(crate) line: usize,
    pub(crate) function: Option<String>,
    /// The text of the line, if it is known.
    pub(crate) source: Option<String>,
    /// The line before.
    #[serde(skip)]
    before: Option<String>,
    /// The place of the error in the line: characters counted from 0, the end exclusive.
    pub(crate) columns: Option<(usize, usize)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// The frame with this number.
    Frame(usize),
    Text(String),
}

/// The head of a traceback, which people need not read.
const HEAD: &str = "Traceback (most recent call last):";

impl Traceback {
    /// Reads an error as servers report it: a traceback, a traceback as a list of lines, the line of a gear in Rust, or a message.
    pub(crate) fn parse(text: &str) -> Self {
        if let Some(gear) = gear(text) {
            return Traceback::of_gear(&gear);
        }
        let text = without_passwords(&joined(text));
        let mut it = Traceback::default();
        for line in text.trim_end().lines() {
            it.add_line(line);
        }
        it.ended()
    }

    /// The error of a gear in Rust, which knows its source.
    pub(crate) fn of_gear(gear: &GearError) -> Self {
        let mut it = Traceback::default();
        for frame in &gear.frames {
            let source = frame.source.as_deref().map(without_passwords);
            // The columns are those of the whole line.
            let columns = frame.columns.filter(|_| source == frame.source);
            it.add_frame(Frame {
                file: frame.file.clone(),
                line: frame.line as usize,
                function: Some(frame.function.clone()),
                source,
                before: None,
                columns: columns.map(|(start, end)| (start as usize, end as usize)),
            });
        }
        let text = match &*gear.message {
            "" => gear.exception.clone(),
            message => format!("{}: {}", gear.exception, without_passwords(message)),
        };
        it.parts
            .extend(text.lines().map(|line| Part::Text(line.to_owned())));
        it.error = text;
        it
    }

    /// Leaves out the frames inside of the engine, which stand below those of the script.
    pub(crate) fn without_engine(mut self) -> Self {
        let is_engine = |frame: &Frame| frame.file.starts_with("redgrease_engine/");
        let end = self
            .frames
            .iter()
            .rposition(|frame| !is_engine(frame))
            .map_or(self.frames.len(), |last| last + 1);
        self.frames.truncate(end);
        self.parts
            .retain(|part| !matches!(part, Part::Frame(number) if *number >= end));
        self
    }

    /// Gives the frames of a script their source.
    pub(crate) fn with_source(mut self, file: &str, source: &Source) -> Self {
        let lines: Vec<&str> = source.text.lines().collect();
        for frame in &mut self.frames {
            if frame.file != file {
                continue;
            }
            frame.file.clone_from(&source.name);
            let line = |number: usize| {
                let line = lines.get(number.checked_sub(1)?);
                line.map(|line| without_passwords(line))
            };
            if let Some(text) = line(frame.line) {
                frame.before = frame
                    .line
                    .checked_sub(1)
                    .and_then(line)
                    .filter(|line| !line.trim().is_empty());
                frame.source = Some(text);
            }
        }
        self
    }

    /// The lines for people, each with its style.
    pub(crate) fn lines(&self) -> Vec<(Style, String)> {
        let mut lines = Vec::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => {
                    let is_error = self.error.lines().any(|line| line == text);
                    lines.push((
                        if is_error { BAD } else { Style::new() },
                        clean(text).into_owned(),
                    ));
                }
                Part::Frame(number) => self.frames[*number].add_to(&mut lines),
            }
        }
        lines
    }

    /// The text with colours.
    pub(crate) fn styled(&self) -> String {
        let lines = self.lines().into_iter();
        let lines: Vec<String> = lines
            .map(|(style, line)| format!("{style}{line}{style:#}"))
            .collect();
        lines.join("\n")
    }

    fn add_frame(&mut self, frame: Frame) {
        self.parts.push(Part::Frame(self.frames.len()));
        self.frames.push(frame);
    }

    fn add_line(&mut self, line: &str) {
        if line == HEAD {
            return;
        }
        // The lines of a group of exceptions have a margin.
        if let Some(frame) = frame_of(line.trim_start_matches([' ', '|'])) {
            return self.add_frame(frame);
        }
        // The source and the marks below it belong to the frame before.
        if line.starts_with("    ")
            && let Some(Part::Frame(number)) = self.parts.last()
        {
            return self.frames[*number].add_source(line.trim_end());
        }
        let line = type_and_value(line).unwrap_or_else(|| line.to_owned());
        if self.parts.is_empty() && line.is_empty() {
            return;
        }
        if let Some(place) = place_of(&line) {
            self.add_frame(place);
        }
        self.parts.push(Part::Text(line));
    }

    /// The error is the text behind the last frame.
    fn ended(mut self) -> Self {
        let last = self
            .parts
            .iter()
            .rposition(|part| matches!(part, Part::Frame(_)));
        let behind = self.parts[last.map_or(0, |at| at + 1)..].iter();
        let texts: Vec<&str> = behind
            .filter_map(|part| match part {
                Part::Text(text) => Some(text.as_str()),
                Part::Frame(_) => None,
            })
            .collect();
        self.error = texts.join("\n");
        self
    }
}

impl Frame {
    /// A line below the frame: the source, or marks for the place in it.
    fn add_source(&mut self, line: &str) {
        match &self.source {
            None => self.source = Some(line[4..].to_owned()),
            Some(_) if self.columns.is_none() && line.trim().chars().all(|c| "^~".contains(c)) => {
                let start = line.chars().take_while(|c| *c == ' ').count();
                self.columns = Some((start.saturating_sub(4), line.chars().count() - 4));
            }
            Some(_) => {}
        }
    }

    fn add_to(&self, lines: &mut Vec<(Style, String)>) {
        let place = match &self.function {
            Some(function) => format!("  {}:{} in {function}", self.file, self.line),
            None => format!("  {}:{}", self.file, self.line),
        };
        lines.push((BOLD, clean(&place).into_owned()));
        let Some(source) = &self.source else { return };
        let width = self.line.to_string().len();
        if let Some(before) = &self.before {
            let number = self.line - 1;
            lines.push((DIM, format!("    {number:>width$} | {}", clean(before))));
        }
        lines.push((
            Style::new(),
            format!("    {} | {}", self.line, clean(source)),
        ));
        if let Some((start, end)) = self.columns {
            // The columns come from the server and may exceed the line.
            let indent: String = source
                .chars()
                .take(start)
                .map(|c| if c == '\t' { '\t' } else { ' ' })
                .collect();
            let length = source.chars().count().saturating_sub(start).max(1);
            let marks = "^".repeat(end.saturating_sub(start).clamp(1, length));
            lines.push((BAD, format!("    {:width$} | {indent}{marks}", "")));
        }
    }
}

impl fmt::Display for Traceback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, (_, line)) in self.lines().iter().enumerate() {
            if number > 0 {
                writeln!(f)?;
            }
            f.write_str(line)?;
        }
        Ok(())
    }
}
