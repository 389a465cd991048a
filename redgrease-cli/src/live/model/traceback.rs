//! The frames of an error, with the lines of the source around them.

use crate::output::{self, SCRIPT, Source, without_passwords};
use serde::Serialize;
use std::fs;
use std::path::{Component, Path};

/// Lines that are shown before and behind the line of a frame.
const AROUND: usize = 3;
/// The greatest source file that is read.
const GREATEST: u64 = 1 << 20;

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Traceback {
    /// The exception with its message, in one line.
    pub(crate) summary: String,
    /// All of it, for people.
    pub(crate) text: String,
    pub(crate) frames: Vec<Frame>,
    /// The error as the server reports it.
    #[serde(skip)]
    pub(crate) raw: String,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Frame {
    pub(crate) file: String,
    pub(crate) line: usize,
    pub(crate) function: String,
    /// The frame is in the gear, not in a library.
    pub(crate) is_own: bool,
    pub(crate) source: Vec<SourceLine>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct SourceLine {
    pub(crate) number: usize,
    pub(crate) text: String,
}

impl Traceback {
    /// `raw` is the error as the server reports it, `script` the script of its session.
    pub(super) fn new(raw: &str, script: Option<&Source>) -> Self {
        let parsed = output::Traceback::parse(&without_passwords(raw));
        let names: Vec<String> = parsed.frames.iter().map(|it| it.file.clone()).collect();
        let parsed = match script {
            Some(script) => parsed.with_source(SCRIPT, script),
            None => parsed,
        };
        let frames = parsed.frames.iter().zip(&names).map(|(frame, name)| {
            let script = script.filter(|_| name == SCRIPT);
            Frame::new(frame, script, Path::new("."))
        });
        Traceback {
            summary: parsed
                .error
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" "),
            frames: frames.collect(),
            text: parsed.to_string(),
            raw: raw.to_owned(),
        }
    }
}

impl Frame {
    /// Takes the lines around from the script, or from a file below the folder that still has the line.
    fn new(frame: &output::Frame, script: Option<&Source>, folder: &Path) -> Self {
        let known = frame.source.as_deref();
        let lines = match script {
            Some(script) => around(&script.text, frame.line),
            None => around_in_file(folder, &frame.file, frame.line, known.map(str::trim)),
        };
        let line = |text: &str| SourceLine {
            number: frame.line,
            text: text.to_owned(),
        };
        Frame {
            file: local(&frame.file),
            line: frame.line,
            function: frame.function.clone().unwrap_or_default(),
            is_own: !frame.file.contains("/site-packages/") && !frame.file.contains("/lib/python"),
            source: lines.unwrap_or_else(|| known.map(line).into_iter().collect()),
        }
    }
}

/// A path as a person in the current folder writes it.
pub(super) fn local(path: &str) -> String {
    let folder = std::env::current_dir().unwrap_or_default();
    let below = Path::new(path)
        .strip_prefix(&folder)
        .ok()
        .and_then(Path::to_str);
    below.unwrap_or(path).to_owned()
}

/// Lines of a source file. A server names the file, so nothing but sources below the folder is read.
fn around_in_file(
    folder: &Path,
    file: &str,
    line: usize,
    known: Option<&str>,
) -> Option<Vec<SourceLine>> {
    let path = Path::new(file);
    let is_source = path.extension().is_some_and(|it| it == "rs" || it == "py");
    let is_below = path
        .components()
        .all(|it| matches!(it, Component::Normal(_) | Component::CurDir));
    if !is_source || !is_below || line == 0 {
        return None;
    }
    let folder = folder.canonicalize().ok()?;
    let path = folder.join(path).canonicalize().ok()?;
    if !path.starts_with(&folder) {
        return None;
    }
    let found = fs::metadata(&path).ok()?;
    if !found.is_file() || found.len() > GREATEST {
        return None;
    }
    let text = fs::read_to_string(&path).ok()?;
    let failing = text.lines().nth(line - 1)?;
    if known.is_some_and(|known| failing.trim() != known) {
        return None;
    }
    around(&text, line)
}

/// The lines around a line of a text.
fn around(text: &str, line: usize) -> Option<Vec<SourceLine>> {
    text.lines().nth(line.checked_sub(1)?)?;
    let first = line.saturating_sub(AROUND).max(1);
    let lines = text.lines().enumerate().map(|(index, text)| SourceLine {
        number: index + 1,
        text: text.to_owned(),
    });
    Some(
        lines
            .skip(first - 1)
            .take(line + AROUND - first + 1)
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    const TEXT: &str = "Traceback (most recent call last):\n  File \"<string>\", line 3, in handle\n  \
                        File \"/usr/lib/python3.11/json/__init__.py\", line 346, in loads\n    return decode(s)\n           ^^^\n\
                        ValueError: see redis://:secret@a\n";

    #[test]
    fn frames_of_a_script_have_its_source() {
        let text = "import json\ndef handle(r):\n    json.loads(r)\nGB().map(handle)\n".to_owned();
        let name = "jobs/a.py".to_owned();
        let traceback = Traceback::new(TEXT, Some(&Source { name, text }));
        assert_eq!(traceback.summary, "ValueError: see redis://***@a");
        assert!(!traceback.text.contains("secret"));
        let places = traceback
            .frames
            .iter()
            .map(|it| (&*it.file, it.line, &*it.function, it.is_own));
        assert_eq!(
            places.collect::<Vec<_>>(),
            [
                ("jobs/a.py", 3, "handle", true),
                ("/usr/lib/python3.11/json/__init__.py", 346, "loads", false)
            ]
        );
        let lines = |frame: &Frame| {
            frame
                .source
                .iter()
                .map(|it| (it.number, it.text.clone()))
                .collect::<Vec<_>>()
        };
        assert_eq!(lines(&traceback.frames[0]).len(), 4);
        assert_eq!(
            lines(&traceback.frames[0])[2],
            (3, "    json.loads(r)".to_owned())
        );
        assert_eq!(
            lines(&traceback.frames[1]),
            [(346, "return decode(s)".to_owned())]
        );
        let without = Traceback::new(TEXT, None);
        assert_eq!(
            (&*without.frames[0].file, without.frames[0].source.len()),
            ("<string>", 0)
        );
    }

    #[test]
    fn paths_below_the_folder_are_short() {
        let folder = std::env::current_dir().unwrap();
        let path = folder.join("jobs/a.py");
        assert_eq!(local(path.to_str().unwrap()), "jobs/a.py");
        for path in ["/elsewhere/a.py", "a.py", "<string>", ""] {
            assert_eq!(local(path), path);
        }
    }

    #[test]
    fn frames_of_a_gear_have_their_source() {
        let line = r#"GEARERROR {"trigger":"price","exception":"KeyError","message":"'tea'","frames":[
            {"file":"src/nowhere.rs","line":7,"function":"price","source":"    prices[name]","own":true}]}"#;
        let traceback = Traceback::new(line, None);
        assert_eq!(traceback.summary, "KeyError: 'tea'");
        assert_eq!(traceback.frames[0].source[0].text, "    prices[name]");
    }

    #[test]
    fn only_sources_below_the_folder_are_read() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("project");
        fs::create_dir_all(folder.join("src")).unwrap();
        let text: String = [
            "line 1", "line 2", "line 3", "line 4", "line 5", "line 6", "line 7", "line 8",
            "line 9",
        ]
        .join("\n");
        for file in ["src/a.rs", "src/secret.txt", "../outside.rs"] {
            fs::write(folder.join(file), &text).unwrap();
        }
        symlink(folder.join("../outside.rs"), folder.join("src/link.rs")).unwrap();
        let numbers = |file: &str, line, known| {
            let lines = around_in_file(&folder, file, line, known)?;
            Some((lines[0].number, lines.len()))
        };
        assert_eq!(numbers("src/a.rs", 5, Some("line 5")), Some((2, 7)));
        assert_eq!(numbers("src/a.rs", 1, None), Some((1, 4)));
        assert_eq!(numbers("src/a.rs", 9, None), Some((6, 4)));
        // The file was changed meanwhile.
        assert_eq!(numbers("src/a.rs", 5, Some("another line")), None);
        for file in [
            "src/secret.txt",
            "../outside.rs",
            "src/link.rs",
            "src",
            "nowhere.rs",
        ] {
            assert_eq!(numbers(file, 5, None), None, "{file}");
        }
        let absolute = folder.join("src/a.rs");
        assert_eq!(numbers(absolute.to_str().unwrap(), 5, None), None);
        assert_eq!(numbers("src/a.rs", 0, None), None);
        assert_eq!(numbers("src/a.rs", 99, None), None);
    }
}
