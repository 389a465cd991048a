//! Lines of a server's log.

use crate::output::{BAD, DIM, WARN, clean};
use serde::Serialize;

/// A line of a log: its parts, if the line has the usual form, and the lines that belong to it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Line {
    pub(crate) time: Option<String>,
    pub(crate) level: Option<&'static str>,
    /// Process id of the server.
    pub(crate) pid: Option<u32>,
    pub(crate) message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) shard: Option<String>,
}

impl Line {
    /// Reads a line: `11476:M 30 Nov 2026 14:51:29.886 * <module> text`. Other lines are messages as a whole.
    pub(crate) fn parse(line: &str) -> Self {
        usual(line).unwrap_or_else(|| Line {
            message: line.to_owned(),
            ..Line::default()
        })
    }

    /// Whether the line goes on with the one before.
    pub(crate) fn is_continued(&self) -> bool {
        self.pid.is_none() && !self.message.starts_with("pid=")
    }

    /// Whether the line is of the engine or of a gear.
    pub(crate) fn is_of_gears(&self) -> bool {
        ["<module> ", "<rg> "].iter().any(|mark| match self.pid {
            Some(_) => self.message.starts_with(mark),
            None => self.message.contains(mark),
        })
    }

    /// The line for people.
    pub(crate) fn styled(&self) -> String {
        let message = clean(&self.message);
        let shard = self
            .shard
            .as_ref()
            .map(|shard| format!("{DIM}{shard}{DIM:#} "))
            .unwrap_or_default();
        let Some(time) = &self.time else {
            return format!("{shard}{message}");
        };
        let message = match self.level {
            Some("warning") => format!("{WARN}{message}{WARN:#}"),
            Some("debug" | "verbose") => format!("{DIM}{message}{DIM:#}"),
            _ if message.contains("Traceback") => format!("{BAD}{message}{BAD:#}"),
            _ => message.into_owned(),
        };
        format!("{shard}{DIM}{time}{DIM:#} {message}")
    }
}

fn usual(line: &str) -> Option<Line> {
    let (process, rest) = line.split_once(' ')?;
    let (pid, role) = process.split_once(':')?;
    if role.len() != 1 {
        return None;
    }
    // The time has four words.
    let mut end = 0;
    for _ in 0..4 {
        end += rest[end..].find(' ')? + 1;
    }
    let (time, rest) = rest.split_at(end);
    let (mark, message) = rest.split_once(' ')?;
    let level = match mark {
        "." => "debug",
        "-" => "verbose",
        "*" => "notice",
        "#" => "warning",
        _ => return None,
    };
    Some(Line {
        time: Some(time.trim_end().to_owned()),
        level: Some(level),
        pid: Some(pid.parse().ok()?),
        message: message.to_owned(),
        shard: None,
    })
}

/// Selects lines. Those that go on with a selected one are selected, too.
#[derive(Debug, Clone, Default)]
pub(crate) struct Selection {
    pub(crate) is_all: bool,
    is_selected: bool,
}

impl Selection {
    pub(crate) fn new(is_all: bool) -> Self {
        Selection {
            is_all,
            is_selected: false,
        }
    }

    pub(crate) fn selects(&mut self, line: &Line) -> bool {
        if !line.is_continued() || line.is_of_gears() {
            self.is_selected = line.is_of_gears();
        }
        self.is_all || self.is_selected
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_lines_are_read() {
        let line = Line::parse("11476:M 30 Nov 2026 14:51:29.886 # <module> GEARS: a: b");
        assert_eq!(
            (line.pid, line.level, line.time.as_deref()),
            (
                Some(11476),
                Some("warning"),
                Some("30 Nov 2026 14:51:29.886")
            )
        );
        assert_eq!(line.message, "<module> GEARS: a: b");
        assert!(line.is_of_gears() && !line.is_continued());
        for other in [
            "",
            "x",
            "12:M",
            "12:M 1 2 3",
            "a:M 30 Nov 2026 14:51:29 * x",
            "12:M 30 Nov 2026 14:51:29 ? x",
        ] {
            assert_eq!(Line::parse(other).message, other);
        }
        let logfmt =
            Line::parse("pid=12 role=master timestamp=\"x\" level=notice message=\"<module> y\"");
        assert!(logfmt.is_of_gears() && !logfmt.is_continued());
    }

    #[test]
    fn continued_lines_go_with_their_first_one() {
        let mut selection = Selection::new(false);
        let selected: Vec<bool> = [
            "12:M 30 Nov 2026 14:51:29.886 * Ready",
            "more",
            "12:M 30 Nov 2026 14:51:29.886 * <rg> text",
            "more",
            "12:M 30 Nov 2026 14:51:29.886 * <bf> of another module",
        ]
        .map(|line| selection.selects(&Line::parse(line)))
        .into();
        assert_eq!(selected, [false, false, true, true, false]);
    }
}
