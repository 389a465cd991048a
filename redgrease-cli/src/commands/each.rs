//! The same change for several things.

use crate::app::App;
use crate::failure::Failure;
use crate::output::{clean, one_line};
use redgrease_core::Error;
use serde::Serialize;

/// What a command has done.
#[derive(Default, Serialize)]
pub(crate) struct Changes {
    done: Vec<String>,
    failed: Vec<Failed>,
}

#[derive(Serialize)]
struct Failed {
    id: String,
    error: String,
}

impl Changes {
    /// Changes one thing and says so, or why not. The change tells what was left out of it: a shard that has failed.
    pub(crate) fn change(
        &mut self,
        app: &App,
        (verb, label): (&str, &str),
        id: &str,
        change: impl FnOnce() -> Result<Option<String>, Error>,
    ) -> Result<(), Failure> {
        let label = one_line(label);
        match change() {
            Ok(left_out) => {
                if !app.out.is_json() {
                    app.out.line(format_args!("{verb} {label}"))?;
                }
                self.done.push(id.to_owned());
                if let Some(left_out) = left_out {
                    let failure = left_out_failure(&format!("{verb} {label}"), &left_out);
                    self.refuse(app, id, &failure);
                }
                Ok(())
            }
            Err(error) => {
                let is_connection = error.is_connection();
                let failure = Failure::from(error).of(&label);
                if !is_connection {
                    self.refuse(app, id, &failure);
                    return Ok(());
                }
                self.note_failed(id, &failure);
                if app.out.is_json() {
                    app.out.json(&self)?;
                }
                Err(failure)
            }
        }
    }

    /// Says that one thing cannot be changed.
    pub(crate) fn refuse(&mut self, app: &App, id: &str, failure: &Failure) {
        if !app.out.is_json() {
            app.out.failure(failure);
        }
        self.note_failed(id, failure);
    }

    /// Something was changed, and it was said.
    pub(crate) fn note_done(&mut self, id: &str) {
        self.done.push(id.to_owned());
    }

    fn note_failed(&mut self, id: &str, failure: &Failure) {
        self.failed.push(Failed {
            id: id.to_owned(),
            error: failure.to_string(),
        });
    }

    /// Prints all changes for `--json`. Fails if one of them failed.
    pub(crate) fn end(self, app: &App) -> Result<(), Failure> {
        if app.out.is_json() {
            app.out.json(&self)?;
        }
        if self.failed.is_empty() {
            Ok(())
        } else {
            Err(Failure::said())
        }
    }
}

/// A change that a part of a cluster has not made.
pub(crate) fn left_out_failure(change: &str, left_out: &str) -> Failure {
    Failure::failed(format!("{change}, but {}", clean(left_out)))
}
