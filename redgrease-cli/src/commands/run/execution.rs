//! A script on its way: it is sent, its body runs, its execution runs. Ctrl-C aborts it.
//!
//! A thread waits for the server, because the connection answers nothing else meanwhile. A second connection asks how far it is, and
//! aborts.

use super::super::names::short;
use super::unnamed::Unnamed;
use crate::app::App;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::output::{Source, clean, one_line};
use indicatif::{ProgressBar, ProgressStyle};
use redgrease_core::{
    Con, Error, ExecId, Executed, ExecutionResult, GearsCommands as _, PyExecuteOptions,
};
use redis::Value;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

/// What came of a script.
pub(super) enum Outcome {
    /// It ran no execution.
    Ok,
    /// It runs, and nobody waits for it.
    Started(ExecId),
    Results(Option<ExecId>, ExecutionResult<Value>),
}

/// What is waited for.
pub(super) struct Waiting {
    /// For the results.
    pub(super) waits: bool,
    /// For packages.
    pub(super) installs: bool,
}

enum Event {
    Started(ExecId),
    Ended(Result<Outcome, Error>),
}

/// How often the signal is looked at, and how often the server is asked how far it is.
const STEP: Duration = Duration::from_millis(100);
const POLL: Duration = Duration::from_millis(500);
/// How long the server may take to abort.
const ABORT: Duration = Duration::from_secs(10);

pub(super) fn run(
    app: &App,
    mut con: Con,
    source: &Source,
    session: &str,
    mut options: PyExecuteOptions,
    Waiting { waits, installs }: Waiting,
) -> Result<Outcome, Failure> {
    let interrupt = Interrupt::catch()?;
    let (send, events) = channel();
    let unnamed = if waits {
        Unnamed::before(&mut con)
    } else {
        None
    };
    if unnamed.is_none() {
        options = options.unblocking();
    }
    let text = source.text.clone();
    std::thread::spawn(move || {
        let outcome = execute(con, &text, &options, waits, &send);
        // If nobody listens any longer, the program ends.
        let _ = send.send(Event::Ended(outcome));
    });
    let mut watch = Watch {
        app,
        session,
        interrupt,
        id: None,
        unnamed,
        aborting: None,
        con: None,
        bar: bar(app, installs),
        asked: Instant::now(),
    };
    let outcome = watch.wait(&events);
    watch.bar.finish_and_clear();
    let is_aborted = watch.aborting.is_some();
    match outcome? {
        Ok(outcome) if is_aborted && !is_complete(&outcome) => Err(watch.said()),
        Err(error) if is_aborted && !error.is_connection() => Err(watch.said()),
        outcome => outcome.map_err(|error| super::report::failed(app, source, error)),
    }
}

/// Whether a script came to its end although it was to be aborted.
fn is_complete(outcome: &Outcome) -> bool {
    !matches!(outcome, Outcome::Results(_, results) if !results.errors.is_empty())
}

fn execute(
    mut con: Con,
    text: &str,
    options: &PyExecuteOptions,
    waits: bool,
    events: &Sender<Event>,
) -> Result<Outcome, Error> {
    let id = match con.pyexecute_options::<Value>(text, options)? {
        Executed::Started(id) => id,
        Executed::Results(results) => return Ok(Outcome::Results(None, results)),
        _ => return Ok(Outcome::Ok),
    };
    if !waits {
        return Ok(Outcome::Started(id));
    }
    let _ = events.send(Event::Started(id.clone()));
    let results = con.get_results_blocking(&id)?;
    // A server keeps the results of executions that nobody waited for at first.
    let _ = con.drop_execution(&id);
    Ok(Outcome::Results(Some(id), results))
}

fn bar(app: &App, installs: bool) -> ProgressBar {
    if !app.out.shows_progress() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {msg}") {
        bar.set_style(style);
    }
    bar.set_message(if installs {
        "the server installs what is missing of the packages, and runs the script"
    } else {
        "the script runs"
    });
    bar.enable_steady_tick(STEP);
    bar
}

/// The script is to be aborted.
struct Aborting {
    since: Instant,
    /// When the server was told last.
    told: Option<Instant>,
}

impl Aborting {
    fn new() -> Self {
        Aborting {
            since: Instant::now(),
            told: None,
        }
    }
}

struct Watch<'a> {
    app: &'a App,
    session: &'a str,
    interrupt: Interrupt,
    /// The execution, if it has begun.
    id: Option<ExecId>,
    unnamed: Option<Unnamed>,
    aborting: Option<Aborting>,
    /// The second connection.
    con: Option<Con>,
    bar: ProgressBar,
    asked: Instant,
}

impl Watch<'_> {
    fn wait(&mut self, events: &Receiver<Event>) -> Result<Result<Outcome, Error>, Failure> {
        loop {
            match events.recv_timeout(STEP) {
                Ok(Event::Ended(outcome)) => return Ok(outcome),
                Ok(Event::Started(id)) => {
                    self.app
                        .out
                        .detail(format_args!("the execution {id} has begun"));
                    self.bar.set_message("the execution runs");
                    self.id = Some(id);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(Failure::failed(
                        "the script was not waited for: run it again",
                    ));
                }
            }
            if self.interrupt.is_set() {
                self.abort()?;
            } else if self.asked.elapsed() > POLL && !self.bar.is_hidden() {
                self.asked = Instant::now();
                self.ask();
            }
        }
    }

    /// Tells the server to abort, again and again: the execution may begin in the meantime.
    fn abort(&mut self) -> Result<(), Failure> {
        if self.aborting.is_none() {
            self.bar
                .set_message("aborting; Ctrl-C again leaves it to the server");
        }
        let aborting = self.aborting.get_or_insert_with(Aborting::new);
        if aborting.since.elapsed() > ABORT {
            return Err(Failure::failed(format!(
                "the server has not confirmed within {} s that it aborted {}: `redgrease ps` shows whether it runs",
                ABORT.as_secs(),
                self.what()
            )));
        }
        if aborting.told.is_some_and(|told| told.elapsed() < POLL) {
            return Ok(());
        }
        aborting.told = Some(Instant::now());
        self.find();
        let (id, session) = (self.id.clone(), self.session);
        let told = self.second().map(|con| match &id {
            Some(id) => con.abort_execution(id),
            None => con.abort_execution(session),
        });
        match told {
            Some(Err(error)) if error.is_no_permission() => Err(error.into()),
            Some(Err(error)) => {
                self.app.out.detail(clean(&error.to_string()));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Looks for an execution that the server does not name.
    fn find(&mut self) {
        if let (None, Some(unnamed)) = (&self.id, self.unnamed.take()) {
            self.id = self.second().and_then(|con| unnamed.find(con));
            self.unnamed = Some(unnamed);
        }
    }

    /// Asks how far the execution is.
    fn ask(&mut self) {
        let Some(id) = self.id.clone() else { return };
        let Some(Ok(plans)) = self.second().map(|con| con.get_execution(&id, None)) else {
            return;
        };
        let over = plans.values().filter(|plan| plan.status.is_over()).count();
        let message = match plans.values().next() {
            Some(plan) if plans.len() == 1 => {
                format!("execution {}: {}", short(&id.to_string()), plan.status)
            }
            Some(_) => format!(
                "execution {}: {over} of {} shards have ended",
                short(&id.to_string()),
                plans.len()
            ),
            None => return,
        };
        self.bar.set_message(one_line(&message));
    }

    fn second(&mut self) -> Option<&mut Con> {
        if self.con.is_none() {
            self.con = self.app.connect().ok();
        }
        self.con.as_mut()
    }

    fn what(&self) -> String {
        match &self.id {
            Some(id) => format!("the execution {}", short(&id.to_string())),
            None => "the script".to_owned(),
        }
    }

    fn said(&self) -> Failure {
        Failure::failed(format!(
            "{} was aborted on the server: run it again to get its results",
            self.what()
        ))
    }
}
