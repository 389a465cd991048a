//! Scripts that run without a server: commands and timers, which need one, are not reached.

mod activation;
mod chains;
mod errors;
mod races;
mod restored;
mod runtime;
mod scripts;
mod threads;

use super::scope::{Collected, Restored};
use super::script::{Script, restore_script, run_script};
use crate::redis::locked;
use crate::scope::SessionInfo;
use crate::testing::with_python;
use std::sync::{Arc, OnceLock};

/// A session with this name and script.
fn session(id: &str, script: &str) -> Arc<SessionInfo> {
    Arc::new(SessionInfo {
        id: id.to_owned(),
        description: None,
        requirements: Vec::new(),
        script: script.as_bytes().into(),
        user: None,
        replies: OnceLock::new(),
        event_loop: OnceLock::new(),
        memory: Arc::default(),
    })
}

/// Runs the script of a session, which will replace the session `replaces`.
fn run_session(session: &Arc<SessionInfo>, replaces: Option<&str>) -> Result<Collected, String> {
    let script = Script {
        text: &session.script,
        replaces,
        takes: &[],
        session,
    };
    with_python(|py| run_script(py, script))
}

/// Runs a script in a session of its own.
fn run(text: &str) -> Result<Collected, String> {
    run_session(&session("script", text), None)
}

/// Runs a script of a stored session again.
fn run_again(text: &str, restored: Restored) -> Result<Collected, String> {
    with_python(|_| ());
    let session = session("restored", text);
    let script = Script {
        text: &session.script,
        replaces: None,
        takes: &[],
        session: &session,
    };
    locked(|context| restore_script(context, script, restored))
}

/// The `repr` of the value of an expression in a script.
fn value(expression: &str) -> String {
    run(&format!("flat_error(repr({expression}))")).unwrap_err()
}

/// The text of the exception that a statement of a script raises.
fn exception(statement: &str) -> String {
    let script = format!("try:\n {statement}\nexcept Exception as e:\n flat_error(str(e))");
    match run(&script) {
        Err(text) => text,
        Ok(_) => panic!("no exception: {statement}"),
    }
}
