//! Errors of Python, with the lines of the source.

use super::clean::clean;
use super::{BAD, BOLD, DIM, literal, without_passwords};
use anstyle::Style;
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
        if let Some(frame) = frame_of(line) {
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

/// The error of a gear in Rust, which its Python sends as JSON.
fn gear(text: &str) -> Option<GearError> {
    let json = text.trim_start().strip_prefix("GEARERROR ")?;
    serde_json::Deserializer::from_str(json)
        .into_iter()
        .next()?
        .ok()
}

/// The lines of a list of lines as one text. A listing of all shards has the shard behind it.
fn joined(text: &str) -> String {
    let (list, shard) = match text.rsplit_once(" (on the shard ") {
        Some((list, shard)) if text.ends_with(')') => (list, shard.trim_end_matches(')')),
        _ => (text, ""),
    };
    let Some(serde_json::Value::Array(lines)) = literal::parse(list) else {
        return text.to_owned();
    };
    let mut out: String = lines.iter().filter_map(serde_json::Value::as_str).collect();
    if out.is_empty() {
        return text.to_owned();
    }
    if !shard.is_empty() {
        out = format!("on the shard {shard}:\n{out}");
    }
    out
}

/// `  File "a.py", line 3, in f`
fn frame_of(line: &str) -> Option<Frame> {
    let rest = line.trim_start().strip_prefix("File \"")?;
    let (file, rest) = rest.split_once("\", line ")?;
    let (number, function) = match rest.split_once(", in ") {
        Some((number, function)) => (number, Some(function.to_owned())),
        None => (rest, None),
    };
    Some(Frame {
        file: file.to_owned(),
        line: number.trim().parse().ok()?,
        function,
        ..Frame::default()
    })
}

/// `Error type: <class 'ValueError'>, Value: spam`, which servers say in place of a traceback.
fn type_and_value(line: &str) -> Option<String> {
    let rest = line.strip_prefix("Error type: <class '")?;
    let (class, value) = rest.split_once("'>, Value: ")?;
    Some(format!("{class}: {value}"))
}

/// The place in a message of the parser: `'(' was never closed (<string>, line 1)`
fn place_of(line: &str) -> Option<Frame> {
    let rest = line.trim_end().strip_suffix(')')?;
    let (rest, number) = rest.rsplit_once(", line ")?;
    let (_, file) = rest.rsplit_once('(')?;
    Some(Frame {
        file: file.to_owned(),
        line: number.parse().ok()?,
        ..Frame::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "Traceback (most recent call last):\n  File \"<string>\", line 6, in <lambda>\n  File \"<string>\", line 3, in f\nZeroDivisionError: integer division or modulo by zero\n";

    fn script() -> Source {
        Source {
            name: "jobs/a.py".to_owned(),
            text: "def f(x):\n    y = 1\n    return x // 0\n\n\nGB().map(lambda _: f(1)).run()\n"
                .to_owned(),
        }
    }

    #[test]
    fn frames_of_a_script_show_its_lines() {
        let it = Traceback::parse(TEXT).with_source(SCRIPT, &script());
        assert_eq!(
            it.to_string(),
            "  jobs/a.py:6 in <lambda>
    6 | GB().map(lambda _: f(1)).run()
  jobs/a.py:3 in f
    2 |     y = 1
    3 |     return x // 0
ZeroDivisionError: integer division or modulo by zero"
        );
        assert_eq!(
            it.error,
            "ZeroDivisionError: integer division or modulo by zero"
        );
        assert!(it.styled().contains('\x1b'));
    }

    #[test]
    fn a_list_of_lines_is_a_traceback() {
        let list = "['Traceback (most recent call last):\\n', '  File \"<string>\", line 3, in g\\n', \"ValueError: it's bad\\n\"]";
        let it = Traceback::parse(list);
        assert_eq!(
            (it.frames.len(), it.error.as_str()),
            (1, "ValueError: it's bad")
        );
        let on_a_shard = Traceback::parse(&format!("{list} (on the shard abc)"));
        assert!(
            on_a_shard
                .to_string()
                .starts_with("on the shard abc:\n  <string>:3 in g\n")
        );
    }

    #[test]
    fn sources_and_marks_of_python_are_kept() {
        let it = Traceback::parse(
            "Traceback (most recent call last):\n  File \"/usr/lib/x.py\", line 10, in g\n    return h(y)\n           ~~^\nspam.Error: a\nb\n",
        );
        assert_eq!(it.frames[0].source.as_deref(), Some("return h(y)"));
        assert_eq!(
            it.to_string(),
            "  /usr/lib/x.py:10 in g\n    10 | return h(y)\n       |        ^^^\nspam.Error: a\nb"
        );
        assert_eq!(it.error, "spam.Error: a\nb");
    }

    #[test]
    fn errors_of_the_parser_have_their_line() {
        let it = Traceback::parse(
            "Error type: <class 'SyntaxError'>, Value: '(' was never closed (<string>, line 1)",
        )
        .with_source(
            SCRIPT,
            &Source {
                name: "-c".to_owned(),
                text: "x = (".to_owned(),
            },
        );
        assert_eq!(
            it.to_string(),
            "  -c:1\n    1 | x = (\nSyntaxError: '(' was never closed (<string>, line 1)"
        );
    }

    #[test]
    fn a_gear_in_rust_has_its_own_lines() {
        let line = r#"GEARERROR {"trigger":"t","exception":"KeyError","message":"'x'","frames":[{"file":"src/a.rs","line":7,"function":"t","source":"    d['x']","columns":[4,10],"own":true}]}"#;
        let it = Traceback::parse(line);
        assert_eq!(
            it.to_string(),
            "  src/a.rs:7 in t\n    7 |     d['x']\n      |     ^^^^^^\nKeyError: 'x'"
        );
    }

    #[test]
    fn passwords_in_addresses_are_not_shown() {
        let source = Source {
            name: "a.py".to_owned(),
            text: "get('http://me:pw@host/')\n".to_owned(),
        };
        let it = Traceback::parse(
            "Traceback (most recent call last):\n  File \"<string>\", line 1, in f\nOSError: no http://me:pw@host/\n",
        )
        .with_source(SCRIPT, &source);
        let json = serde_json::to_string(&it).unwrap();
        for shown in [it.to_string(), json] {
            assert!(
                shown.contains("***@host") && !shown.contains("pw"),
                "{shown}"
            );
        }
    }

    #[test]
    fn a_message_alone_and_chained_errors_stay() {
        assert_eq!(Traceback::parse("ERR spam").to_string(), "ERR spam");
        let chained = format!(
            "{TEXT}\nDuring handling of the above exception, another exception occurred:\n\n{TEXT}"
        );
        let it = Traceback::parse(&chained);
        assert_eq!(it.frames.len(), 4);
        assert!(it.to_string().contains("\nDuring handling of"), "{it}");
        assert_eq!(Traceback::parse("a\x1b[2Jb").to_string(), "a\\x1b[2Jb");
        // A list that is no list of lines.
        assert_eq!(Traceback::parse("[1, 2]").to_string(), "[1, 2]");
    }
}
