//! Reaching the interpreter from a thread that holds the server's lock.

use super::bodies;
use super::starving::running;
use crate::config;
use crate::python::{Reach, reach, stopped_in_a_row};
use crate::redis::{Level, log};

/// So many gears may be stopped before the server looks at its clients again. Each of them may hold up the server for half as long as
/// the one before, so that all of them take hardly more than twice `LockMaxTime`.
const STOPPED_AT_MOST: u32 = 6;

/// Waits until this thread, which holds the server's lock, can have the interpreter: for half of `LockMaxTime`, because the gear
/// that needs it may take as long again. On a machine that is too busy it waits longer. The error is the text for the client.
#[inline]
pub(crate) fn reach_python() -> Result<(), String> {
    let Some(limit) = config::get().lock_max_time() else {
        return Ok(());
    };
    if stopped_in_a_row() >= STOPPED_AT_MOST {
        return Err(TOO_OFTEN.to_owned());
    }
    match reach(limit / 2) {
        Reach::Free => Ok(()),
        Reach::TooLate => {
            let error = is_taken();
            log(Level::Warning, &error);
            Err(error)
        }
        Reach::StillTaken => Err(is_taken()),
    }
}

const TOO_OFTEN: &str = "ERR the gear did not run: the gears before it in the same pipeline, transaction, script or event held up the server for longer than LockMaxTime: call again later, and use the mode async_local for them";

#[cold]
fn is_taken() -> String {
    let running = running();
    let executions = running.iter().map(|one| {
        let session = one.session_name().unwrap_or_default();
        format!("execution {} of session {session}", one.id)
    });
    let bodies = bodies().running();
    let scripts = bodies
        .iter()
        .map(|one| format!("the script of session {}", one.session));
    let holders: Vec<String> = executions.chain(scripts).take(5).collect();
    let holders = if holders.is_empty() {
        "a thread of a gear that was stopped, or that it has started".to_owned()
    } else {
        holders.join(", ")
    };
    format!(
        "ERR Python is busy: C code that cannot be interrupted keeps the interpreter ({holders}): call again later, and let that gear do its work in smaller pieces"
    )
}
