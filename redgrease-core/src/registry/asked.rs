//! Questions of the program `redgrease`: what would this program register, and on which server shall it register and end?
//!
//! `redgrease diff PROGRAM` and `redgrease deploy PROGRAM` start a program with these variables. At its registration it then writes
//! a file and ends. Without them nothing here has an effect.
//!
//! | variable | value |
//! |---|---|
//! | `REDGREASE_QUESTION` | `plan`: compare, and send nothing; `register`: register |
//! | `REDGREASE_ANSWER` | the file for the answer |
//! | `REDGREASE_QUESTION_URL` | the address to use in place of that of `start` |

use super::report::{Action, Report, SessionReport};
use crate::connection::{Addresses, IntoAddresses};
use crate::error::Result;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// The words by which `redgrease` recognises, in the file of a program, that the program answers. They are a part of the answer, so that
/// the linker keeps them.
const MARK: &str = "redgrease-program interface=1;";

/// Whether the program has used the address of the question.
static IS_REDIRECTED: AtomicBool = AtomicBool::new(false);

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Whether nothing shall be sent.
pub(super) fn is_plan() -> bool {
    variable("REDGREASE_QUESTION").is_some_and(|question| question == "plan")
}

/// The address of a start: that of the question, if one was asked.
pub(super) fn address(given: impl IntoAddresses) -> Result<Addresses> {
    let asked = variable("REDGREASE_QUESTION").and_then(|_| variable("REDGREASE_QUESTION_URL"));
    match asked {
        Some(url) => {
            IS_REDIRECTED.store(true, Ordering::SeqCst);
            url.into_addresses()
        }
        None => given.into_addresses(),
    }
}

/// Answers the question and ends the program, if one was asked.
pub(super) fn answer(result: &Result<Report>) {
    let (Some(_), Some(file)) = (variable("REDGREASE_QUESTION"), variable("REDGREASE_ANSWER"))
    else {
        return;
    };
    let is_redirected = IS_REDIRECTED.load(Ordering::SeqCst);
    let written = write(Path::new(&file), &text(result, is_redirected));
    if let Err(error) = &written {
        log::error!("the answer to `redgrease` cannot be written to {file}: {error}");
    }
    std::process::exit(i32::from(written.is_err() || result.is_err()));
}

/// Writes the answer as a whole: its reader looks for the file.
fn write(file: &Path, text: &str) -> std::io::Result<()> {
    let begun = file.with_extension("begun");
    std::fs::write(&begun, text)?;
    std::fs::rename(begun, file)
}

fn text(result: &Result<Report>, is_redirected: bool) -> String {
    let outcome = match result {
        Ok(report) => {
            let sessions: Vec<Value> = report.sessions.iter().map(session).collect();
            json!({ "sessions": sessions, "is_redirected": is_redirected })
        }
        Err(error) => json!({ "error": error.to_string(), "is_redirected": is_redirected }),
    };
    format!("{MARK}\n{outcome}\n")
}

fn session(report: &SessionReport) -> Value {
    let (action, version) = match &report.action {
        Action::Sent => ("sent", None),
        Action::UpToDate => ("up-to-date", None),
        Action::KeptNewer { version } => ("kept-newer", Some(version)),
        Action::Skipped => ("skipped", None),
    };
    json!({
        "session": report.session,
        "action": action,
        "version": version,
        "registered": report.registered,
        "replaced": report.replaced,
        "unchanged": report.unchanged,
        "removed": report.removed,
        "taken": report.taken,
        "left": report.left,
        "missing": report.missing,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    #[test]
    fn an_answer_has_the_mark_and_the_gears() {
        let report = Report {
            sessions: vec![SessionReport {
                session: "shop".to_owned(),
                action: Action::KeptNewer {
                    version: "2.0.0".to_owned(),
                },
                registered: vec!["a".to_owned()],
                replaced: Vec::new(),
                unchanged: vec!["b".to_owned()],
                removed: Vec::new(),
                taken: Vec::new(),
                left: Vec::new(),
                missing: Vec::new(),
                foreign: None,
                flapping: None,
                took: std::time::Duration::ZERO,
            }],
            took: std::time::Duration::ZERO,
        };
        let text = text(&Ok(report), true);
        let (mark, json) = text.split_once('\n').unwrap();
        assert_eq!(mark, MARK);
        let answer: Value = serde_json::from_str(json).unwrap();
        assert_eq!(answer["is_redirected"], true);
        assert_eq!(answer["sessions"][0]["registered"], json!(["a"]));
        assert_eq!(answer["sessions"][0]["version"], "2.0.0");
    }

    #[test]
    fn an_error_is_an_answer() {
        let text = text(&Err(Error::config("no")), false);
        assert!(text.contains("\"error\":\"no\""), "{text}");
    }

    #[test]
    fn without_a_question_the_address_is_that_of_the_program() {
        assert!(!is_plan());
        assert!(address("redis://127.0.0.1/").is_ok());
        assert!(!IS_REDIRECTED.load(Ordering::SeqCst));
        // It does not end the program.
        answer(&Err(Error::config("no")));
    }
}
