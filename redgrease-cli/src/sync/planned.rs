//! What would be done, for people and as JSON.

use super::load::Compared;
use super::plan::{Change, Step};
use super::report::Action;
use crate::app::App;
use crate::failure::Failure;
use crate::output::{clean, without_passwords};
use serde::Serialize;

/// What would be done about one script.
#[derive(Debug, Serialize)]
pub(super) struct Planned<'a> {
    pub(super) path: &'a str,
    pub(super) action: Action,
    /// Why, if that is not plain from the action.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<String>,
    pub(super) session: &'a str,
}

impl<'a> Planned<'a> {
    pub(super) fn new(step: &'a Step, compared: &Compared) -> Self {
        let (action, reason) = match step.change {
            Change::Add => (Action::Added, None),
            Change::Restore => (
                Action::Added,
                Some("the server has lost it or a part of it".to_owned()),
            ),
            Change::Text => (Action::Changed, None),
            Change::Requirements => (Action::Changed, Some(packages(step, compared))),
            Change::Move => {
                let from = step.live.as_ref().map_or("", |live| &live.description.path);
                (Action::Moved, Some(format!("from {from}")))
            }
            Change::Remove => (Action::Removed, None),
            Change::Keep | Change::Index => (Action::Unchanged, None),
        };
        Planned {
            path: &step.name,
            action,
            reason,
            session: &step.session,
        }
    }

    pub(super) fn line(&self) -> String {
        let (style, word) = (self.action.style(), self.action.word());
        let reason = self.reason.as_ref().map(|reason| format!("  ({reason})"));
        let reason = reason.unwrap_or_default();
        format!(
            "{style}{word:9}{style:#} {}{}",
            clean(self.path),
            clean(&reason)
        )
    }
}

/// Shows what would be done.
pub(super) fn show(app: &App, compared: &Compared) -> Result<(), Failure> {
    let rows: Vec<Planned<'_>> = compared
        .plan
        .steps
        .iter()
        .map(|step| Planned::new(step, compared))
        .collect();
    if app.out.is_json() {
        app.out.json(&rows)?;
    } else {
        for row in &rows {
            app.out.line(row.line())?;
        }
    }
    faults(app, compared)
}

/// Reports what cannot be read: an error, because the plan is not whole.
pub(super) fn faults(app: &App, compared: &Compared) -> Result<(), Failure> {
    for (name, problem) in &compared.found.faults {
        app.out.part_failed(format_args!("{name}: {problem}"));
    }
    if let Some(problem) = &compared.requirements_fault {
        app.out.part_failed(problem);
    }
    if compared.found.faults.is_empty() && compared.requirements_fault.is_none() {
        Ok(())
    } else {
        Err(Failure::said())
    }
}

/// How the requirements differ: `requirements: +six==1.16.0 -requests`
fn packages(step: &Step, compared: &Compared) -> String {
    let old = step.live.as_ref().map_or(&[][..], |live| &live.packages);
    let new = &compared.requirements;
    let added = new.iter().filter(|name| !old.contains(name));
    let removed = old.iter().filter(|name| !new.contains(name));
    let names: Vec<String> = added
        .map(|name| format!("+{name}"))
        .chain(removed.map(|name| format!("-{name}")))
        .collect();
    format!("requirements: {}", without_passwords(&names.join(" ")))
}
