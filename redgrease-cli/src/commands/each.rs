//! The same change for several things.

use crate::app::App;
use crate::failure::Failure;
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
    /// Changes one thing and says so, or why not.
    pub(crate) fn change(
        &mut self,
        app: &App,
        (verb, label): (&str, &str),
        id: &str,
        change: impl FnOnce() -> Result<(), Error>,
    ) -> Result<(), Failure> {
        match change() {
            Ok(()) => {
                if !app.out.is_json() {
                    app.out
                        .line(format_args!("{verb} {}", crate::output::one_line(label)))?;
                }
                self.done.push(id.to_owned());
                Ok(())
            }
            Err(error) if error.is_connection() => Err(error.into()),
            Err(error) => {
                let failure = Failure::failed(format!("{label}: {error}"));
                self.refuse(app, id, &failure);
                Ok(())
            }
        }
    }

    /// Says that one thing cannot be changed.
    pub(crate) fn refuse(&mut self, app: &App, id: &str, failure: &Failure) {
        if !app.out.is_json() {
            app.out.failure(failure);
        }
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
