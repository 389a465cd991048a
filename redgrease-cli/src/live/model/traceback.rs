//! The frames of an error, with the lines of the source around them.

use redgrease_core::GearError;
use serde::Serialize;
use std::fmt::Write as _;
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
    /// The whole text, as Python writes it.
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
    /// The error of a run.
    pub(super) fn of_run(error: &str) -> Self {
        Traceback::new(error, GearError::from_line(error), Some(error.to_owned()))
    }

    /// `raw` is the error as the server reports it; the others are what it says.
    pub(super) fn new(raw: &str, gear: Option<GearError>, text: Option<String>) -> Self {
        let mut traceback = match gear {
            Some(error) => of_gear(&error),
            None => of_text(text.as_deref().unwrap_or(raw)),
        };
        raw.clone_into(&mut traceback.raw);
        for frame in &mut traceback.frames {
            frame.add_source(Path::new("."));
        }
        traceback
    }
}

fn of_gear(error: &GearError) -> Traceback {
    let summary = match error.message.as_str() {
        "" => error.exception.clone(),
        message => format!("{}: {message}", error.exception),
    };
    let mut text = "Traceback (most recent call last):\n".to_owned();
    let mut frames = Vec::new();
    for frame in &error.frames {
        // Writing to a text cannot fail.
        let _ = writeln!(
            text,
            "  File \"{}\", line {}, in {}",
            frame.file, frame.line, frame.function
        );
        let number = frame.line as usize;
        let source = frame.source.as_deref().map(str::trim_end);
        if let Some(source) = source {
            let _ = writeln!(text, "    {}", source.trim_start());
        }
        frames.push(Frame {
            file: frame.file.clone(),
            line: number,
            function: frame.function.clone(),
            is_own: frame.own,
            source: source
                .map(|text| SourceLine {
                    number,
                    text: text.to_owned(),
                })
                .into_iter()
                .collect(),
        });
    }
    let _ = writeln!(text, "{summary}");
    Traceback {
        summary: one_line(&summary),
        text,
        frames,
        raw: String::new(),
    }
}

/// Reads Python's text: `  File "x.py", line 3, in f`, and the line of the source behind it.
fn of_text(text: &str) -> Traceback {
    let mut frames: Vec<Frame> = Vec::new();
    for line in text.lines() {
        if let Some(frame) = frame(line) {
            frames.push(frame);
        } else if let (Some(frame), Some(source)) = (frames.last_mut(), line.strip_prefix("    ")) {
            let is_mark = source.chars().all(|c| matches!(c, ' ' | '^' | '~'));
            if frame.source.is_empty() && !is_mark {
                frame.source.push(SourceLine {
                    number: frame.line,
                    text: source.to_owned(),
                });
            }
        }
    }
    let lines = text.lines().rev();
    let summary = lines
        .filter(|line| !line.trim().is_empty())
        .find(|line| !line.starts_with("  "));
    Traceback {
        summary: one_line(summary.unwrap_or(text)),
        text: text.to_owned(),
        frames,
        raw: String::new(),
    }
}

fn frame(line: &str) -> Option<Frame> {
    let (file, rest) = line.strip_prefix("  File \"")?.split_once("\", line ")?;
    let (number, function) = rest.split_once(", in ").unwrap_or((rest, ""));
    Some(Frame {
        is_own: !file.contains("/site-packages/") && !file.contains("/lib/python"),
        file: file.to_owned(),
        line: number.trim().parse().ok()?,
        function: function.to_owned(),
        source: Vec::new(),
    })
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Frame {
    /// Adds the lines around, if the file is below a folder, and still has the line that failed.
    fn add_source(&mut self, folder: &Path) {
        let known = self.source.first().map(|it| it.text.trim().to_owned());
        if let Some(lines) = around(folder, &self.file, self.line, known.as_deref()) {
            self.source = lines;
        }
    }
}

/// Lines of a source file. A server names the file, so nothing but sources below the folder is read.
fn around(folder: &Path, file: &str, line: usize, known: Option<&str>) -> Option<Vec<SourceLine>> {
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
    let first = line.saturating_sub(AROUND).max(1);
    let lines = text
        .lines()
        .enumerate()
        .map(|(index, text)| (index + 1, text));
    let lines = lines.skip(first - 1).take(line + AROUND - first + 1);
    Some(
        lines
            .map(|(number, text)| SourceLine {
                number,
                text: text.to_owned(),
            })
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn frames_of_a_script_are_read() {
        let text = "Traceback (most recent call last):\n  File \"<string>\", line 3, in handle\n  \
                    File \"/usr/lib/python3.11/json/__init__.py\", line 346, in loads\n    return decode(s)\n           ^^^^^^^^^\n\
                    ValueError: bad number 5\n";
        let traceback = of_text(text);
        assert_eq!(traceback.summary, "ValueError: bad number 5");
        let frames: Vec<_> = traceback
            .frames
            .iter()
            .map(|it| (&*it.file, it.line, &*it.function, it.is_own))
            .collect();
        assert_eq!(
            frames,
            [
                ("<string>", 3, "handle", true),
                ("/usr/lib/python3.11/json/__init__.py", 346, "loads", false)
            ]
        );
        assert_eq!(traceback.frames[1].source[0].text, "return decode(s)");
        assert_eq!(traceback.frames[1].source.len(), 1);
        assert_eq!(of_text("boom").summary, "boom");
    }

    #[test]
    fn frames_of_a_gear_have_their_source() {
        let line = r#"GEARERROR {"trigger":"price","exception":"KeyError","message":"'tea'","frames":[
            {"file":"src/shop.rs","line":7,"function":"price","source":"    prices[name]","own":true}]}"#;
        let traceback = Traceback::of_run(line);
        assert_eq!(traceback.summary, "KeyError: 'tea'");
        assert!(
            traceback
                .text
                .contains("File \"src/shop.rs\", line 7, in price\n    prices[name]\n")
        );
        assert_eq!(traceback.frames[0].source[0].text, "    prices[name]");
    }

    #[test]
    fn only_sources_below_the_folder_are_read() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("project");
        fs::create_dir_all(folder.join("src")).unwrap();
        let text: String = (1..=9).map(|n| format!("line {n}\n")).collect();
        for file in ["src/a.rs", "src/secret.txt", "../outside.rs"] {
            fs::write(folder.join(file), &text).unwrap();
        }
        symlink(folder.join("../outside.rs"), folder.join("src/link.rs")).unwrap();
        let numbers = |file: &str, line, known| {
            let lines = around(&folder, file, line, known)?;
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
