//! Programs with gears, written in Rust: what they would register, and that they register.
//!
//! Nobody but the program knows its gears. It is started with variables that its library knows: it then writes what it would register
//! into a file and ends, at the moment in which it registers. What it does before that happens, too. A file without the mark of the
//! library is never started.

use super::report::Action;
use crate::app::App;
use crate::failure::Failure;
use crate::output::{clean, one_line};
use serde::{Deserialize, Serialize};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// What the library writes in front of its answer, and what is therefore in the file of the program.
const MARK: &str = "redgrease-program interface=1;";

/// How long a program may take to come to its registration.
const PATIENCE: Duration = Duration::from_mins(1);
const PAUSE: Duration = Duration::from_millis(10);

/// The beginnings of programs: ELF, and Mach-O of both orders.
const PROGRAMS: [&[u8]; 3] = [b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe"];

/// What the program shall do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Question {
    /// Say what it would register.
    Plan,
    Register,
}

#[derive(Debug, Deserialize)]
pub(super) struct Answer {
    #[serde(default)]
    sessions: Vec<Session>,
    #[serde(default)]
    error: Option<String>,
    /// Whether the program has used the server that was asked about.
    is_redirected: bool,
}

#[derive(Debug, Deserialize)]
struct Session {
    #[serde(rename = "session")]
    id: String,
    action: String,
    version: Option<String>,
    registered: Vec<String>,
    replaced: Vec<String>,
    unchanged: Vec<String>,
    removed: Vec<String>,
    taken: Vec<String>,
    left: Vec<String>,
    missing: Vec<String>,
}

/// What happens to one gear.
#[derive(Debug, Serialize)]
pub(super) struct Gear<'a> {
    #[serde(rename = "gear")]
    name: &'a str,
    session: &'a str,
    action: Action,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// The program among the paths, if it is one.
pub(super) fn among(paths: &[PathBuf]) -> Result<Option<&Path>, Failure> {
    let is_program = |path: &&PathBuf| {
        let mut begin = [0; 4];
        let read = std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut begin));
        read.is_ok() && PROGRAMS.iter().any(|mark| begin == **mark)
    };
    match (paths.iter().find(is_program), paths) {
        (None, _) => Ok(None),
        (Some(program), [_]) => Ok(Some(program)),
        (Some(program), _) => Err(Failure::usage(format!(
            "{} is a program: give it alone",
            program.display()
        ))),
    }
}

/// Starts the program with a question.
pub(super) fn ask(
    app: &App,
    program: &Path,
    question: Question,
    url: &str,
) -> Result<Answer, Failure> {
    has_mark(program)?;
    let about = |what: &str, error: &dyn std::fmt::Display| {
        Failure::failed(format!("{} {what}: {error}", program.display()))
    };
    let directory = tempfile::tempdir().map_err(|error| {
        about(
            "needs a directory for its answer: free the disk, or set TMPDIR",
            &error,
        )
    })?;
    let file = directory.path().join("answer");
    let said = std::fs::File::create(directory.path().join("said"))
        .map_err(|error| about("needs a file for its messages", &error))?;
    // A name without a directory is looked for on PATH.
    let absolute = std::path::absolute(program).map_err(|error| about("has no path", &error))?;
    app.out
        .detail(format_args!("starting {}", program.display()));
    let mut child = Command::new(absolute)
        .env(
            "REDGREASE_QUESTION",
            match question {
                Question::Plan => "plan",
                Question::Register => "register",
            },
        )
        .env("REDGREASE_ANSWER", &file)
        .env("REDGREASE_QUESTION_URL", url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(said)
        .spawn()
        .map_err(|error| about("cannot be started", &error))?;
    let has_ended = wait(&mut child, &file);
    let Ok(text) = std::fs::read_to_string(&file) else {
        let said = std::fs::read_to_string(directory.path().join("said")).unwrap_or_default();
        let said: Vec<&str> = said.lines().rev().take(5).collect();
        let said: Vec<&str> = said.into_iter().rev().collect();
        let why = if has_ended {
            "ended before it registered gears: look at what it says below, and whether it calls `redgrease::start` or `register_all` without arguments of its own"
                .to_owned()
        } else {
            format!(
                "did not come to its registration within {} s, and was ended: does it wait for something before `redgrease::start`?",
                PATIENCE.as_secs()
            )
        };
        return Err(Failure::failed(format!(
            "{} {why}\n{}",
            program.display(),
            clean(&said.join("\n"))
        )));
    };
    let json = text.strip_prefix(MARK).unwrap_or(&text);
    let answer: Answer = serde_json::from_str(json).map_err(|error| {
        about(
            "gave an answer that cannot be read: build it with the library of this version",
            &error,
        )
    })?;
    if !answer.is_redirected {
        app.out.warn(format_args!(
            "{} opened its connection itself: this is about the server of its own settings, not about that of --url",
            program.display()
        ));
    }
    match &answer.error {
        Some(error) => Err(Failure::failed(format!(
            "{} cannot register its gears: {}",
            program.display(),
            clean(error)
        ))),
        None => Ok(answer),
    }
}

/// Waits for the end of a program, and ends one that takes too long. Returns whether it has ended by itself.
fn wait(child: &mut Child, answer: &Path) -> bool {
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end {
        match child.try_wait() {
            Ok(None) => std::thread::sleep(PAUSE),
            _ => return true,
        }
    }
    // The program, and not its answer, is late.
    let _ = child.kill();
    let _ = child.wait();
    answer.exists()
}

/// Whether the library of a program answers. Any other program would begin its work.
fn has_mark(program: &Path) -> Result<(), Failure> {
    let bytes = std::fs::read(program).map_err(|error| {
        Failure::usage(format!(
            "{} cannot be read: {error}: check the path",
            program.display()
        ))
    })?;
    let mark = regex::bytes::Regex::new(&regex::escape(MARK));
    if mark.is_ok_and(|mark| mark.is_match(&bytes)) {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "{} does not register gears at its start, or was built with an older version of the crate `redgrease`, and is not started: build it again, or give directories of scripts",
        program.display()
    )))
}

impl Answer {
    pub(super) fn gears(&self) -> Vec<Gear<'_>> {
        self.sessions.iter().flat_map(Session::gears).collect()
    }
}

impl Session {
    fn gears(&self) -> Vec<Gear<'_>> {
        // A session that stays as it is.
        let stays = match (&*self.action, &self.version) {
            ("kept-newer", Some(version)) => Some(format!(
                "the server has it from the newer version {version}"
            )),
            ("skipped", _) => Some("the program never registers".to_owned()),
            _ => None,
        };
        let lists: [(&[String], Action, Option<&str>); 7] = [
            (&self.registered, Action::Added, None),
            (&self.replaced, Action::Changed, None),
            (&self.removed, Action::Removed, None),
            (&self.taken, Action::Moved, Some("from another session")),
            (&self.unchanged, Action::Unchanged, None),
            (
                &self.left,
                Action::Unchanged,
                Some("another session has it"),
            ),
            (
                &self.missing,
                Action::Unchanged,
                Some("the server does not have it"),
            ),
        ];
        let mut gears: Vec<Gear<'_>> = Vec::new();
        for (names, action, reason) in lists {
            for gear in names {
                // A gear that was taken over is in the list of what was registered, too.
                gears.retain(|other| other.name != gear);
                gears.push(Gear {
                    name: gear,
                    session: &self.id,
                    action: if stays.is_some() {
                        Action::Unchanged
                    } else {
                        action
                    },
                    reason: stays.clone().or_else(|| reason.map(str::to_owned)),
                });
            }
        }
        gears
    }
}

impl Gear<'_> {
    pub(super) fn is_change(&self) -> bool {
        self.action != Action::Unchanged
    }

    pub(super) fn line(&self) -> String {
        let (style, word) = (self.action.style(), self.action.word());
        let reason = self.reason.as_ref().map(|reason| format!("; {reason}"));
        let reason = reason.unwrap_or_default();
        format!(
            "{style}{word:9}{style:#} {}  (session {}{})",
            one_line(self.name),
            one_line(self.session),
            one_line(&reason)
        )
    }
}
