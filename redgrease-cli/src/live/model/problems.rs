//! The last errors.

use super::sample::Sample;
use super::traceback::Traceback;
use super::view::View;
use serde::Serialize;
use std::collections::{HashMap, HashSet};

/// Errors that are kept.
const KEPT: usize = 100;

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Problem {
    /// Tells apart the errors of one registration.
    pub(crate) key: String,
    /// When it was seen, in milliseconds since 1970.
    pub(crate) at: u64,
    /// Id of the registration or execution.
    pub(crate) id: String,
    /// Trigger, pattern or stream of the registration.
    pub(crate) name: String,
    pub(crate) session: Option<String>,
    /// The path of the script, if `redgrease sync` has sent it.
    pub(crate) script: Option<String>,
    /// Failed runs of the registration since the last other error.
    pub(crate) count: u64,
    /// The last run has failed like this.
    pub(crate) is_current: bool,
    /// It happened before the program looked for the first time.
    pub(crate) is_old: bool,
    pub(crate) traceback: Traceback,
}

#[derive(Default)]
pub(super) struct Problems {
    is_started: bool,
    failed: HashMap<String, u64>,
    /// Executions whose errors are known.
    told: HashSet<String>,
    rows: Vec<Problem>,
    /// Errors that were seen.
    seen: u64,
}

impl Problems {
    pub(super) fn look(&mut self, view: &View, sample: &Sample) {
        for row in &mut self.rows {
            row.is_current = false;
        }
        let mut failed = HashMap::with_capacity(view.registrations.len());
        for (row, raw) in view.registrations.iter().zip(&sample.registrations) {
            failed.insert(row.id.clone(), row.failed);
            let Some(error) = &raw.last_error else {
                continue;
            };
            let before = self.failed.get(&row.id).copied().unwrap_or_default();
            let new = row.failed.saturating_sub(before);
            let known = self
                .rows
                .iter_mut()
                .find(|it| it.id == row.id && it.traceback.raw == *error);
            if let Some(known) = known {
                known.is_current = true;
                known.count += new;
                if new > 0 {
                    known.at = view.at;
                    known.is_old = false;
                }
                continue;
            }
            self.seen += 1;
            self.rows.push(Problem {
                key: self.seen.to_string(),
                at: view.at,
                id: row.id.clone(),
                name: row.name.clone(),
                session: row.session.clone(),
                script: row.script.clone(),
                count: new.max(1),
                is_current: true,
                is_old: !self.is_started,
                traceback: Traceback::new(
                    error,
                    row.session.as_ref().and_then(|it| sample.scripts.get(it)),
                ),
            });
        }
        self.failed = failed;
        self.look_at_executions(view);
        self.rows
            .sort_by(|a, b| b.at.cmp(&a.at).then_with(|| a.id.cmp(&b.id)));
        self.rows.truncate(KEPT);
        self.is_started = true;
    }

    fn look_at_executions(&mut self, view: &View) {
        self.told
            .retain(|id| view.executions.iter().any(|it| it.id == *id));
        for execution in view.executions.iter().filter(|it| !it.registered) {
            let Some(error) = execution.errors.first() else {
                continue;
            };
            if self.told.insert(execution.id.clone()) {
                self.seen += 1;
                self.rows.push(Problem {
                    key: self.seen.to_string(),
                    at: view.at,
                    id: execution.id.clone(),
                    name: "execution of a script".to_owned(),
                    session: None,
                    script: None,
                    count: execution.errors.len() as u64,
                    is_current: true,
                    is_old: !self.is_started,
                    traceback: Traceback::new(error, None),
                });
            }
        }
    }

    pub(super) fn rows(&self) -> Vec<Problem> {
        self.rows.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use redgrease_core::RegistrationInfo;

    fn look(problems: &mut Problems, at: u64, failed: u64, error: Option<&str>) {
        let mut row = RegistrationInfo::default();
        row.id = "a".to_owned();
        row.failed = failed;
        row.last_error = error.map(str::to_owned);
        let sample = Sample::of(vec![row]);
        let mut view = View::of(&sample);
        view.at = at;
        problems.look(&view, &sample);
    }

    fn rows(problems: &Problems) -> Vec<(String, u64, u64, bool, bool)> {
        let rows = problems.rows();
        let row = |it: &Problem| {
            (
                it.traceback.summary.clone(),
                it.at,
                it.count,
                it.is_current,
                it.is_old,
            )
        };
        rows.iter().map(row).collect()
    }

    #[test]
    fn errors_are_counted_and_kept() {
        let mut problems = Problems::default();
        look(&mut problems, 1, 3, Some("boom"));
        assert_eq!(rows(&problems), [("boom".to_owned(), 1, 3, true, true)]);
        // Nothing has happened since.
        look(&mut problems, 2, 3, Some("boom"));
        assert_eq!(rows(&problems), [("boom".to_owned(), 1, 3, true, true)]);
        look(&mut problems, 3, 5, Some("boom"));
        assert_eq!(rows(&problems), [("boom".to_owned(), 3, 5, true, false)]);
        look(&mut problems, 4, 6, Some("crash"));
        let both = |is_failing| {
            [
                ("crash".to_owned(), 4, 1, is_failing, false),
                ("boom".to_owned(), 3, 5, false, false),
            ]
        };
        assert_eq!(rows(&problems), both(true));
        // A run has succeeded.
        look(&mut problems, 5, 6, None);
        assert_eq!(rows(&problems), both(false));
    }

    #[test]
    fn the_oldest_errors_leave() {
        let mut problems = Problems::default();
        for number in 1..=KEPT as u64 + 5 {
            look(
                &mut problems,
                number,
                number,
                Some(&format!("error {number}")),
            );
        }
        let rows = rows(&problems);
        assert_eq!((rows.len(), &*rows[0].0), (KEPT, "error 105"));
    }
}
