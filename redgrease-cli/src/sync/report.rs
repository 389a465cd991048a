//! Results: lines for people, JSON for programs.

use super::plan::{Change, Step};
use crate::app::App;
use crate::failure::Failure;
use crate::output::{BAD, DIM, GOOD, Traceback, WARN, clean, json_of};
use anstyle::Style;
use redis::Value;
use serde::Serialize;
use std::fmt::Write as _;
use std::time::Duration;

/// What came of all scripts.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    scripts: Vec<Row>,
    /// Scripts that have failed before, and that have not changed since.
    #[serde(skip)]
    pub(super) waiting: usize,
    pub(super) seconds: f64,
}

/// What came of one script.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    path: String,
    action: Action,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<String>,
    /// The path that a moved script had.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    registrations: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    execution: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    results: Option<Vec<serde_json::Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    traceback: Option<Traceback>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Action {
    Added,
    Changed,
    Moved,
    Removed,
    Unchanged,
    Ran,
    Started,
    Failed,
}

impl Action {
    pub(super) fn word(self) -> &'static str {
        match self {
            Action::Added => "added",
            Action::Changed => "changed",
            Action::Moved => "moved",
            Action::Removed => "removed",
            Action::Unchanged => "unchanged",
            Action::Ran => "ran",
            Action::Started => "started",
            Action::Failed => "failed",
        }
    }

    pub(super) fn style(self) -> Style {
        match self {
            Action::Added | Action::Ran | Action::Started => GOOD,
            Action::Changed | Action::Moved => WARN,
            Action::Removed | Action::Failed => BAD,
            Action::Unchanged => DIM,
        }
    }
}

impl Row {
    pub(super) fn of(step: &Step, action: Action, registrations: Vec<String>) -> Self {
        let from = step.live.as_ref().filter(|_| step.change == Change::Move);
        Row {
            path: step.name.clone(),
            action,
            session: Some(step.session.clone()),
            from: from.map(|live| live.description.path.clone()),
            registrations,
            execution: None,
            results: None,
            error: None,
            traceback: None,
            remedy: None,
        }
    }

    pub(super) fn failed(name: &str, error: &str) -> Self {
        Row {
            path: name.to_owned(),
            action: Action::Failed,
            session: None,
            from: None,
            registrations: Vec::new(),
            execution: None,
            results: None,
            error: Some(error.to_owned()),
            traceback: None,
            remedy: None,
        }
    }

    /// A script that failed. What the server has of it goes on.
    pub(super) fn failed_script(step: &Step, failure: &Failure, remedy: Option<String>) -> Self {
        let old = step.live.as_ref().filter(|live| live.id == step.session);
        Row {
            traceback: failure.traceback().cloned(),
            remedy,
            session: Some(step.session.clone()),
            registrations: old.map_or_else(Vec::new, |live| live.registrations.clone()),
            ..Row::failed(&step.name, &failure.to_string())
        }
    }

    pub(super) fn with_results(mut self, results: &[Value]) -> Self {
        self.results = Some(results.iter().map(json_of).collect());
        self
    }

    pub(super) fn with_execution(mut self, id: String) -> Self {
        self.execution = Some(id);
        self
    }
}

impl Report {
    pub(super) fn new() -> Self {
        Report {
            scripts: Vec::new(),
            waiting: 0,
            seconds: 0.0,
        }
    }

    /// Adds a result, and shows it at once.
    pub(super) fn add(&mut self, app: &App, row: Row) {
        let word = row.action.word();
        match (&row.error, row.action) {
            (Some(error), _) => {
                let why = row.traceback.as_ref().map_or(error, |it| &it.error);
                log::error!("{word} {}: {why}", row.path);
            }
            (None, Action::Unchanged) => log::debug!("{word} {}", row.path),
            (None, _) => log::info!("{word} {}", row.path),
        }
        if !app.out.is_json() {
            row.show(app);
        }
        self.scripts.push(row);
    }

    pub(super) fn has_failures(&self) -> bool {
        self.scripts.iter().any(|row| row.action == Action::Failed)
    }

    /// Whether something was done or has failed.
    pub(super) fn is_worth_telling(&self) -> bool {
        self.scripts
            .iter()
            .any(|row| row.action != Action::Unchanged)
    }

    /// Ends the lines with a summary, or prints everything as JSON.
    pub(super) fn finish(&self, app: &App) -> Result<(), Failure> {
        if app.out.is_json() {
            return app.out.json(self);
        }
        let mut counts: Vec<String> = Vec::new();
        for action in [
            Action::Added,
            Action::Changed,
            Action::Moved,
            Action::Removed,
            Action::Ran,
            Action::Started,
            Action::Unchanged,
            Action::Failed,
        ] {
            let count = self
                .scripts
                .iter()
                .filter(|row| row.action == action)
                .count();
            if count > 0 {
                counts.push(format!("{count} {}", action.word()));
            }
        }
        if self.waiting > 0 {
            counts.push(format!("{} still failing", self.waiting));
        }
        let counts = if counts.is_empty() {
            "no scripts".to_owned()
        } else {
            counts.join(", ")
        };
        let time = Duration::from_secs_f64(self.seconds);
        app.out
            .note(format_args!("{counts} in {} ms", time.as_millis()));
        Ok(())
    }
}

impl Row {
    fn show(&self, app: &App) {
        let (style, word) = (self.action.style(), self.action.word());
        let mut line = format!("{style}{word:9}{style:#} {}", clean(&self.path));
        if let Some(from) = &self.from {
            let _ = write!(line, " (was {})", clean(from));
        }
        if let Some(execution) = &self.execution {
            let _ = write!(line, " (execution {execution})");
        }
        match self.registrations.len() {
            _ if self.error.is_some() => {}
            0 => {}
            1 => line.push_str("  1 registration"),
            count => {
                let _ = write!(line, "  {count} registrations");
            }
        }
        for result in self.results.iter().flatten() {
            let text = match result {
                serde_json::Value::String(text) => clean(text).replace('\n', "\n    "),
                other => clean(&other.to_string()).into_owned(),
            };
            let _ = write!(line, "\n    {text}");
        }
        match &self.error {
            Some(error) => {
                let mut lines: Vec<String> = clean(error).lines().map(str::to_owned).collect();
                if let Some(traceback) = &self.traceback {
                    lines.extend(traceback.styled().lines().map(str::to_owned));
                }
                lines.extend(
                    self.remedy
                        .as_ref()
                        .map(|remedy| clean(remedy).into_owned()),
                );
                if !self.registrations.is_empty() {
                    lines.push("the version before goes on".to_owned());
                }
                app.out
                    .part_failed(format_args!("{line}\n    {}", lines.join("\n    ")));
            }
            // With `--verbose`, because the summary counts them.
            None if self.action == Action::Unchanged => app.out.detail(line),
            // A reader that has gone ends the program at the summary.
            None => drop(app.out.line(line)),
        }
    }
}
