//! The text of a failed execution, taken apart for people who read dead letters.
//!
//! Clients know three forms: a list of lines as Python shows it, the JSON of a gear that was written in Rust, and a plain text.

use std::fmt::Write;

/// A failed execution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    /// The exception and its text.
    pub(super) error: String,
    /// Where it happened. Empty if that is not known.
    pub(super) traceback: String,
    /// The name of the gear, if the error tells it.
    pub(super) gear: Option<String>,
}

/// `true` if a handler asks with its error for a pause of the registration: the text of the exception begins with `PAUSE`.
pub(super) fn asks_for_pause(error: &str) -> bool {
    const WORD: &str = "PAUSE";
    if error.starts_with(WORD) {
        return true;
    }
    // Most errors need no reading.
    error.contains(WORD)
        && Failure::read(error)
            .error
            .split_once(": ")
            .is_some_and(|(exception, text)| {
                !exception.contains(char::is_whitespace) && text.starts_with(WORD)
            })
}

/// The word before the JSON of a gear that was written in Rust.
const GEAR_ERROR: &str = "GEARERROR ";

impl Failure {
    pub(super) fn read(text: &str) -> Failure {
        let text = text.trim();
        of_gear(text)
            .or_else(|| of_python(text))
            .unwrap_or_else(|| Failure {
                error: text.to_owned(),
                traceback: String::new(),
                gear: None,
            })
    }
}

fn of_python(text: &str) -> Option<Failure> {
    let (value, behind) = Parser::begin(text)?;
    let Value::List(lines) = value else {
        return None;
    };
    let lines: Option<Vec<&str>> = lines.iter().map(Value::text).collect();
    let lines = lines?;
    let last = last_line(&lines)?;
    // A word about the error stands behind the list.
    let behind = match behind.as_str() {
        "" => "",
        behind if behind.starts_with(": ") => behind,
        _ => return None,
    };
    Some(Failure {
        error: format!("{last}{behind}"),
        traceback: format!("{}{behind}", lines.concat().trim_end()),
        gear: None,
    })
}

/// The exception and its text. That of a group stands above those of its exceptions, of which the first one is added.
fn last_line(lines: &[&str]) -> Option<String> {
    let last = lines.last()?.trim_end();
    let is_group = last.trim_start().starts_with("+-");
    let text = lines.concat();
    let mut rows = text.lines().map(str::trim_start).peekable();
    let exception = |row: &str| {
        let of = row.strip_prefix("| ")?;
        let is_exception = !of.starts_with(char::is_whitespace) && !of.starts_with("Traceback (");
        is_exception.then(|| of.to_owned())
    };
    let Some(group) = rows.by_ref().find_map(exception).filter(|_| is_group) else {
        return Some(last.to_owned());
    };
    let mut rows = rows.skip_while(|row| !row.starts_with("+-"));
    while let Some(row) = rows.next() {
        let Some(first) = exception(row) else {
            continue;
        };
        // A group in the group goes on with the number of its first exception.
        if rows.next().is_none_or(|next| !next.starts_with("+-+")) {
            return Some(format!("{group}: {first}"));
        }
    }
    Some(group)
}

fn of_gear(text: &str) -> Option<Failure> {
    let value = Parser::read(text.strip_prefix(GEAR_ERROR)?)?;
    let field = |name| value.field(name).and_then(Value::text);
    let error = match (field("exception")?, field("message")?) {
        (exception, "") => exception.to_owned(),
        (exception, message) => format!("{exception}: {message}"),
    };
    let mut traceback = String::from("Traceback (most recent call last):\n");
    if let Some(Value::List(frames)) = value.field("frames") {
        for frame in frames {
            let text = |name| frame.field(name).and_then(Value::text).unwrap_or("?");
            let (file, line, function) = (text("file"), text("line"), text("function"));
            // Writing to a text does not fail.
            let _ = writeln!(traceback, "  File \"{file}\", line {line}, in {function}");
            if let Some(source) = frame.field("source").and_then(Value::text) {
                let _ = writeln!(traceback, "    {}", source.trim());
            }
        }
    }
    traceback.push_str(&error);
    Some(Failure {
        error,
        traceback,
        gear: field("trigger").map(str::to_owned),
    })
}

/// A value as JSON and as Python show it.
#[derive(Debug)]
enum Value {
    /// A text, or a number or word as it is written.
    Text(String),
    List(Vec<Value>),
    Map(Vec<(String, Value)>),
}

impl Value {
    fn text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    fn field(&self, name: &str) -> Option<&Value> {
        match self {
            Value::Map(fields) => fields
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value),
            _ => None,
        }
    }
}

/// The depth of nested values. Errors have three levels.
const MAX_DEPTH: usize = 8;

/// Reads a value. Errors are shortened in the middle if they are long, so that any text may come.
struct Parser<'a>(std::iter::Peekable<std::str::Chars<'a>>);

impl Parser<'_> {
    fn read(text: &str) -> Option<Value> {
        let (value, behind) = Parser::begin(text)?;
        behind.trim().is_empty().then_some(value)
    }

    /// The value at the beginning of a text, and the text behind it.
    fn begin(text: &str) -> Option<(Value, String)> {
        let mut parser = Parser(text.chars().peekable());
        let value = parser.value(0)?;
        Some((value, parser.0.collect()))
    }

    fn skip(&mut self) {
        while self.0.next_if(|one| one.is_whitespace()).is_some() {}
    }

    fn take(&mut self, wanted: char) -> bool {
        self.skip();
        self.0.next_if_eq(&wanted).is_some()
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        if depth > MAX_DEPTH {
            return None;
        }
        self.skip();
        match *self.0.peek()? {
            '[' => self.list(depth).map(Value::List),
            '{' => self.map(depth).map(Value::Map),
            '"' | '\'' => self.quoted().map(Value::Text),
            _ => {
                let mut word = String::new();
                while let Some(one) = self
                    .0
                    .next_if(|one| one.is_ascii_alphanumeric() || "+-.".contains(*one))
                {
                    word.push(one);
                }
                (!word.is_empty()).then_some(Value::Text(word))
            }
        }
    }

    fn list(&mut self, depth: usize) -> Option<Vec<Value>> {
        self.0.next();
        let mut items = Vec::new();
        while !self.take(']') {
            if !items.is_empty() && !self.take(',') {
                return None;
            }
            items.push(self.value(depth + 1)?);
        }
        Some(items)
    }

    fn map(&mut self, depth: usize) -> Option<Vec<(String, Value)>> {
        self.0.next();
        let mut fields = Vec::new();
        while !self.take('}') {
            if !fields.is_empty() && !self.take(',') {
                return None;
            }
            self.skip();
            let name = self.quoted()?;
            if !self.take(':') {
                return None;
            }
            fields.push((name, self.value(depth + 1)?));
        }
        Some(fields)
    }

    fn quoted(&mut self) -> Option<String> {
        let quote = self.0.next_if(|one| matches!(one, '"' | '\''))?;
        let mut text = String::new();
        loop {
            match self.0.next()? {
                one if one == quote => return Some(text),
                '\\' => text.push(self.escaped()?),
                one => text.push(one),
            }
        }
    }

    fn escaped(&mut self) -> Option<char> {
        Some(match self.0.next()? {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'x' => self.numbered(2)?,
            'u' => self.numbered(4)?,
            'U' => self.numbered(8)?,
            one => one,
        })
    }

    /// A character by its number in hexadecimal digits. JSON has two numbers for a character beyond the first 65536.
    fn numbered(&mut self, digits: usize) -> Option<char> {
        let first = self.number(digits)?;
        if (0xd800..0xdc00).contains(&first) && digits == 4 {
            let mut ahead = self.0.clone();
            if ahead.next() == Some('\\') && ahead.next() == Some('u') {
                let mut second = Parser(ahead);
                if let Some(low @ 0xdc00..0xe000) = second.number(4) {
                    self.0 = second.0;
                    return char::from_u32(0x10000 + ((first - 0xd800) << 10) + (low - 0xdc00));
                }
            }
        }
        // Half a character has no text.
        Some(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn number(&mut self, digits: usize) -> Option<u32> {
        (0..digits).try_fold(0_u32, |number, _| {
            Some((number << 4) | self.0.next()?.to_digit(16)?)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_python() {
        let text = r#"['Traceback (most recent call last):\n', '  File "<string>", line 3, in handle\n', "ValueError: it's \x00 \u1234 \\ bad\n"]"#;
        let failure = Failure::read(text);
        assert_eq!(failure.error, "ValueError: it's \0 \u{1234} \\ bad");
        assert_eq!(
            failure.traceback,
            "Traceback (most recent call last):\n  File \"<string>\", line 3, in handle\nValueError: it's \0 \u{1234} \\ bad"
        );
    }

    #[test]
    fn a_group_of_exceptions() {
        let of = |inner: &str| {
            let text = format!(
                r#"['  + Exception Group Traceback (most recent call last):\n', '  |   File "<string>", line 1, in handle\n', '  | ExceptionGroup: g (1 sub-exception)\n', '  +-+---------------- 1 ----------------\n', {inner}]"#
            );
            Failure::read(&text).error
        };
        let group = "ExceptionGroup: g (1 sub-exception): ";
        assert_eq!(
            of(r"'    | ValueError: 1\n', '    +------------------------------------\n'"),
            format!("{group}ValueError: 1")
        );
        let traced = r#"'    | Traceback (most recent call last):\n', '    |   File "<string>", line 2, in bad\n', '    | KeyError: 2\n', '    +---------------- 2 ----------------\n', '    | OSError: 3\n', '    +------------------------------------\n'"#;
        assert_eq!(of(traced), format!("{group}KeyError: 2"));
        let nested = r"'    | ExceptionGroup: h (1 sub-exception)\n', '    +-+---------------- 1 ----------------\n', '      | ValueError: 4\n', '      +------------------------------------\n'";
        assert_eq!(of(nested), format!("{group}ValueError: 4"));
        // The handler may write such a line itself.
        let plain = r"['Traceback (most recent call last):\n', 'ValueError: x\n', '+----\n']";
        assert_eq!(Failure::read(plain).error, "+----");
    }

    #[test]
    fn the_json_of_a_gear() {
        let text = r#"GEARERROR {"trigger": "store", "exception": "ValueError", "message": "b\u00e4d \ud83d\ude00 \ud83d", "frames": [{"file": "src/a.rs", "line": 12, "function": "store", "own": true, "source": "    raise ValueError()", "columns": [1, 2]}, {}]}"#;
        let failure = Failure::read(text);
        assert_eq!(failure.error, "ValueError: bäd 😀 \u{fffd}");
        assert_eq!(failure.gear.as_deref(), Some("store"));
        let expected = "Traceback (most recent call last):\n  File \"src/a.rs\", line 12, in store\n    raise ValueError()\n  File \"?\", line ?, in ?\nValueError: bäd 😀 \u{fffd}";
        assert_eq!(failure.traceback, expected);
    }

    #[test]
    fn a_word_behind_the_list_belongs_to_the_error() {
        let failure = Failure::read("['Traceback\\n', 'MemoryError\\n']: take less: 5");
        assert_eq!(failure.error, "MemoryError: take less: 5");
        assert_eq!(failure.traceback, "Traceback\nMemoryError: take less: 5");
    }

    #[test]
    fn every_kind_of_gear_can_ask_for_a_pause() {
        for text in [
            "PAUSE",
            "PAUSE until tomorrow",
            "['Traceback\\n', 'Exception: PAUSE it\\n']",
            r#"GEARERROR {"trigger": "t", "exception": "ValueError", "message": "PAUSE it", "frames": []}"#,
        ] {
            assert!(asks_for_pause(text), "{text}");
        }
        for text in [
            "",
            "no PAUSE",
            "pause",
            "['PAUSE = 1\\n', 'ValueError: bad\\n']",
            "['Traceback\\n', 'ValueError: no PAUSE\\n']",
            "['Traceback\\n', 'ValueError: the state: PAUSE\\n']",
            "the state is: PAUSE",
        ] {
            assert!(!asks_for_pause(text), "{text}");
        }
    }

    #[test]
    fn any_other_text_is_the_error() {
        for text in [
            "",
            "too slow",
            "[",
            "[]",
            "['a', ]b",
            "['a' 'b']",
            "['cut [.. 9 bytes",
            "[1, [2]]",
            "GEARERROR",
            "GEARERROR {",
            "GEARERROR {\"message\": \"m\"}",
            "GEARERROR [1]",
            "['\\u12']",
            &"[".repeat(100_000),
        ] {
            let failure = Failure::read(text);
            assert_eq!((&*failure.error, &*failure.traceback), (text, ""));
        }
    }
}
