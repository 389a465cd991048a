//! Sends one script, and removes one.

use super::discover::Script;
use super::identity::Description;
use super::index;
use super::known::{self, Live};
use super::plan::{Change, Step};
use crate::failure::{Failure, Kind};
use crate::output::{SCRIPT, Source, Traceback};
use redgrease_core::{
    Con, Error, Executed, ExecutionResult, GearsCommands as _, PyExecuteOptions, SessionsOptions,
};
use redis::Value;

/// What came of a script that was sent.
#[derive(Debug)]
pub(super) enum Sent {
    /// It has registered handlers.
    Registered(Vec<String>),
    /// It is a job, and has run.
    Ran(ExecutionResult<Value>),
    /// It is a job, and its execution goes on.
    Started(String),
    /// The Python of the script has failed. Its old version is as it was.
    Failed(Failure),
    /// Another session has one of its triggers.
    TriggerTaken(Failure),
}

/// What a script needs to be sent.
pub(super) struct Sending<'a> {
    pub(super) script: &'a Script,
    pub(super) step: &'a Step,
    pub(super) description: Description,
    pub(super) requirements: &'a [String],
    /// Registrations of other scripts of this run that this one takes over.
    pub(super) takes: Vec<String>,
    /// The session of a script that is gone, which this one replaces.
    pub(super) replaces: Option<String>,
}

/// Sends a script, and writes its entry of the index.
pub(super) fn send(con: &mut Con, sending: &Sending<'_>) -> Result<Sent, Failure> {
    let Sending {
        script,
        step,
        description,
        ..
    } = sending;
    let executed: Result<Executed<Value>, Error> =
        con.pyexecute_options(&script.text, &sending.options());
    let sent = match executed {
        Ok(Executed::Started(id)) => Some(Sent::Started(id.to_string())),
        Ok(Executed::Results(results)) if !results.errors.is_empty() => {
            let error = results.errors.first().map_or("", String::as_str);
            let failure = Failure::python("its run failed on the server:", Traceback::parse(error));
            return Ok(Sent::Failed(shown(failure, script)));
        }
        Ok(Executed::Results(results)) => Some(Sent::Ran(results)),
        Ok(_) => None,
        Err(error) => return failed(error, script),
    };
    let live = known::session(con, &step.session)?.filter(|live| live.description == *description);
    let registrations = live.map(|live| live.registrations).unwrap_or_default();
    if registrations.is_empty() {
        // A script that registers nothing replaces nothing: what its last version has registered is taken away.
        if let Some(old) = step.live.as_ref().filter(|old| old.id == step.session) {
            unregister(con, old)?;
        }
    }
    index::write(
        con,
        description,
        &step.session,
        &registrations,
        &script.text,
    )?;
    if step.change == Change::Move
        && let Some(old) = &step.live
    {
        index::remove(con, &description.sync, &old.description.path)?;
    }
    Ok(match sent {
        _ if !registrations.is_empty() => Sent::Registered(registrations),
        Some(sent) => sent,
        None => Sent::Ran(ExecutionResult::default()),
    })
}

/// What a script ends with that is tried out.
const TRIED: &str = "tried out by redgrease sync";

/// Runs a script to its end, and takes everything back that it has registered. Returns its error.
pub(super) fn try_out(con: &mut Con, sending: &Sending<'_>) -> Result<Option<Failure>, Failure> {
    let text = format!("{}\nraise RuntimeError({TRIED:?})\n", sending.script.text);
    let tried: Result<Executed<Value>, Error> = con.pyexecute_options(&text, &sending.options());
    match tried {
        Ok(_) => Ok(None),
        Err(error) if error.to_string().contains(TRIED) => Ok(None),
        Err(error) => match failed(error, sending.script)? {
            Sent::Failed(failure) | Sent::TriggerTaken(failure) => Ok(Some(failure)),
            Sent::Registered(_) | Sent::Ran(_) | Sent::Started(_) => Ok(None),
        },
    }
}

impl Sending<'_> {
    fn options(&self) -> PyExecuteOptions {
        let mut options = PyExecuteOptions::new()
            .id(&self.step.session)
            .description(self.description.to_json())
            .requirements(self.requirements);
        options = match &self.replaces {
            Some(old) => options.replace_with(old),
            None => options.upgrade(),
        };
        if self.script.is_unblocking {
            options = options.unblocking();
        }
        self.takes.iter().fold(options, PyExecuteOptions::take)
    }
}

fn failed(error: Error, script: &Script) -> Result<Sent, Failure> {
    let is_taken =
        error.is_duplicate_trigger() || error.to_string().contains("trigger already registered");
    let failure = Failure::from(error);
    if failure.kind() == Kind::NoServer || failure.is_state_of_server() {
        return Err(failure);
    }
    let failure = shown(failure, script);
    Ok(if is_taken {
        Sent::TriggerTaken(failure)
    } else {
        Sent::Failed(failure)
    })
}

/// The failure with the lines of the script.
fn shown(failure: Failure, script: &Script) -> Failure {
    let source = Source {
        name: script.name.clone(),
        text: script.text.clone(),
    };
    match failure.traceback() {
        Some(traceback) => {
            let traceback = traceback.clone().with_source(SCRIPT, &source);
            Failure::python(failure.to_string(), traceback)
        }
        None => failure,
    }
}

/// Takes the registrations of a session away.
pub(super) fn unregister(con: &mut Con, live: &Live) -> Result<(), Failure> {
    for id in &live.registrations {
        if let Err(error) = con.unregister(id) {
            // Another program may have been faster.
            let is_there = con
                .dump_sessions(&SessionsOptions::new().session(&live.id))?
                .iter()
                .any(|session| session.registrations.contains(id));
            if is_there {
                return Err(error.into());
            }
        }
    }
    Ok(())
}

/// Removes a script.
pub(super) fn remove(con: &mut Con, live: &Live) -> Result<(), Failure> {
    unregister(con, live)?;
    index::remove(con, &live.description.sync, &live.description.path)
}
