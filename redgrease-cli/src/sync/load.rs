//! Makes a server equal to the files: reads both, compares, and sends what differs.

mod moving;

use super::discover::{Found, Roots, Script};
use super::ending;
use super::handover::{Handover, order};
use super::identity::hash;
use super::index;
use super::known;
use super::plan::{Change, Plan, Step, description, plan};
use super::report::{Action, Report, Row};
use super::send::{self, Sending, Sent};
use super::settings::Settings;
use crate::app::App;
use crate::failure::{Failure, Kind};
use crate::output::without_passwords;
use redgrease_core::{Con, GearsCommands as _, PyExecuteOptions, Requirements};
use std::collections::BTreeMap;
use std::time::Instant;

/// What was done and said before, with `--watch`.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// What failed, with the hashes of text and requirements: it is sent again when one of them changes.
    failed: BTreeMap<String, (String, String)>,
    /// The jobs that have run, with the hash of their text: a server that has lost the index does not run them again.
    ran: BTreeMap<String, String>,
    /// The problems with files that were said.
    faults: BTreeMap<String, String>,
    /// Why scripts wait for others, as it was said.
    held: BTreeMap<String, String>,
}

/// Files and server at one moment.
pub(super) struct Compared {
    pub(super) found: Found,
    /// The packages that all scripts need.
    pub(super) requirements: Vec<String>,
    /// Why the files of requirements cannot be used.
    pub(super) requirements_fault: Option<String>,
    pub(super) requirements_hash: String,
    pub(super) plan: Plan,
}

/// Reads the files and the server.
pub(super) fn compare(
    con: &mut Con,
    settings: &Settings,
    roots: &Roots,
    found: Found,
) -> Result<Compared, Failure> {
    let mut all = Requirements::new();
    let read = found
        .requirements
        .iter()
        .try_for_each(|path| all.add_file(path));
    let requirements = all.to_strings();
    let requirements_hash = hash(&requirements.join("\n"));
    let known = known::read(con, &settings.index_prefix, found.scripts.keys())?;
    let plan = plan(
        roots,
        &found,
        &known,
        &settings.index_prefix,
        &requirements_hash,
    );
    Ok(Compared {
        found,
        requirements,
        requirements_fault: read.err().map(|error| error.to_string()),
        requirements_hash,
        plan,
    })
}

/// Sends what differs. What has failed before is left alone.
pub(super) fn load(
    app: &App,
    con: &mut Con,
    settings: &Settings,
    compared: &Compared,
    memory: &mut Memory,
) -> Result<Report, Failure> {
    let handovers = moving::moving(con, compared)?;
    let mut load = Load {
        app,
        con,
        prefix: &settings.index_prefix,
        compared,
        memory,
        report: Report::new(),
        can_send: true,
        outcomes: compared.plan.steps.iter().map(|_| Outcome::Todo).collect(),
        handovers,
        is_engine: None,
    };
    for (name, problem) in &compared.found.faults {
        if load.memory.faults.get(name) != Some(problem) {
            load.row(Row::failed(name, problem));
        }
    }
    load.memory.faults.clone_from(&compared.found.faults);
    let begun = Instant::now();
    load.can_send = load.install()?;
    for at in order(compared.plan.steps.len(), &load.handovers) {
        if matches!(load.outcomes[at], Outcome::Todo) {
            load.step(at)?;
        }
    }
    load.retry()?;
    load.tell_waiting()?;
    load.report.seconds = begun.elapsed().as_secs_f64();
    Ok(load.report)
}

/// What has come of a step so far.
#[derive(Debug)]
enum Outcome {
    Todo,
    Done,
    Failed,
    /// Others have its triggers, with the error.
    Waiting(Failure),
    /// A script that takes over one of its triggers has failed, with the text about it.
    Held(String),
}

/// A load at work.
struct Load<'a> {
    app: &'a App,
    con: &'a mut Con,
    prefix: &'a str,
    compared: &'a Compared,
    memory: &'a mut Memory,
    report: Report,
    /// Whether the requirements are there.
    can_send: bool,
    /// One for each step.
    outcomes: Vec<Outcome>,
    handovers: Vec<Handover>,
    /// Whether the server has the engine of this project, as soon as that is known.
    is_engine: Option<bool>,
}

impl<'a> Load<'a> {
    /// Installs the requirements. Returns whether scripts can be sent.
    fn install(&mut self) -> Result<bool, Failure> {
        let is_sent = self
            .compared
            .plan
            .steps
            .iter()
            .any(|step| step.change.is_sent());
        let fault = match &self.compared.requirements_fault {
            Some(fault) => Some(fault.clone()),
            None if !is_sent || self.compared.requirements.is_empty() => None,
            None => self.install_missing()?,
        };
        let Some(fault) = fault else {
            return Ok(true);
        };
        let files = self.compared.found.requirements.iter();
        let files: Vec<String> = files.map(|path| path.display().to_string()).collect();
        let name = files.join(", ");
        let tried = (hash(&fault), self.compared.requirements_hash.clone());
        if self.memory.failed.get(&name) != Some(&tried) {
            self.memory.failed.insert(name.clone(), tried);
            self.row(Row::failed(&name, &fault));
            self.app
                .out
                .warn("no script was sent, because the requirements come first: scripts that the server has go on");
        }
        Ok(false)
    }

    fn install_missing(&mut self) -> Result<Option<String>, Failure> {
        let wanted = &self.compared.requirements;
        let installed = self.con.dump_requirements()?;
        let is_there = |name: &&String| {
            installed
                .iter()
                .any(|it| it.is_installed && it.name == **name)
        };
        let missing: Vec<&String> = wanted.iter().filter(|name| !is_there(name)).collect();
        if missing.is_empty() {
            return Ok(None);
        }
        let names: Vec<&str> = missing.iter().map(|name| name.as_str()).collect();
        self.app.out.note(format_args!(
            "installing {} ..",
            without_passwords(&names.join(", "))
        ));
        let options = PyExecuteOptions::new().requirements(wanted.iter().cloned());
        let done: Result<redgrease_core::Executed, _> = self.con.pyexecute_options("", &options);
        match done.map_err(Failure::from) {
            Ok(_) => Ok(None),
            Err(failure) if failure.kind() == Kind::NoServer => Err(failure),
            Err(failure) => Ok(Some(failure.to_string())),
        }
    }

    fn step(&mut self, at: usize) -> Result<(), Failure> {
        let compared = self.compared;
        let step = &compared.plan.steps[at];
        let is_new = step.change.is_sent() && !self.has_failed(step);
        let exchange = if is_new { self.try_exchange(at)? } else { None };
        if let Some(reason) = exchange.or(self.held(at)?) {
            self.outcomes[at] = Outcome::Held(reason);
            return Ok(());
        }
        self.outcomes[at] = match step.change {
            Change::Keep => {
                self.row(Row::of(step, Action::Unchanged, ids(step)));
                Outcome::Done
            }
            Change::Index => {
                self.write_index(step)?;
                self.row(Row::of(step, Action::Unchanged, ids(step)));
                Outcome::Done
            }
            Change::Remove => {
                if let Some(live) = &step.live {
                    send::remove(self.con, live)?;
                }
                self.row(Row::of(step, Action::Removed, Vec::new()));
                Outcome::Done
            }
            Change::Add if self.has_run(step) => {
                self.write_job(step)?;
                Outcome::Done
            }
            _ if !self.can_send => Outcome::Failed,
            _ if self.has_failed(step) => {
                self.report.waiting += 1;
                Outcome::Failed
            }
            _ => self.send_with_triggers(at)?,
        };
        Ok(())
    }

    /// Whether this text with these requirements has failed before.
    fn has_failed(&self, step: &Step) -> bool {
        let script = self.compared.found.scripts.get(&step.path);
        script.is_some_and(|script| {
            self.memory
                .failed
                .get(&step.path)
                .is_some_and(|(text, requirements)| {
                    *text == script.hash && *requirements == self.compared.requirements_hash
                })
        })
    }

    /// Sends the script of a step.
    fn send(
        &mut self,
        step: &Step,
        takes: Vec<String>,
        replaces: Option<String>,
    ) -> Result<Outcome, Failure> {
        let Some(script) = self.compared.found.scripts.get(&step.path) else {
            return Ok(Outcome::Done);
        };
        let sending = self.sending(step, script, takes, replaces);
        self.app.out.detail(format_args!("sending {}", step.name));
        let action = match step.change {
            Change::Add | Change::Restore => Action::Added,
            Change::Move => Action::Moved,
            _ => Action::Changed,
        };
        let sent = ending::watched(self.app, &step.name, &step.session, || {
            send::send(self.con, &sending)
        })?;
        if matches!(sent, Sent::Ran(_) | Sent::Started(_)) {
            self.memory
                .ran
                .insert(step.path.clone(), script.hash.clone());
        }
        let row = match sent {
            Sent::Registered(ids) => Row::of(step, action, ids),
            Sent::Ran(results) => {
                Row::of(step, Action::Ran, Vec::new()).with_results(&results.values)
            }
            Sent::Started(id) => Row::of(step, Action::Started, Vec::new()).with_execution(id),
            Sent::TriggerTaken(error) => return Ok(Outcome::Waiting(error)),
            Sent::Failed(error) => return Ok(self.failed(step, script, &error)),
        };
        self.memory.failed.remove(&step.path);
        self.row(row);
        Ok(Outcome::Done)
    }

    fn sending<'b>(
        &self,
        step: &'b Step,
        script: &'b Script,
        takes: Vec<String>,
        replaces: Option<String>,
    ) -> Sending<'b>
    where
        'a: 'b,
    {
        let compared = self.compared;
        let moved = step.live.as_ref().filter(|_| step.change == Change::Move);
        Sending {
            script,
            step,
            description: description(self.prefix, &step.path, script, &compared.requirements_hash),
            requirements: &compared.requirements,
            takes,
            replaces: replaces.or_else(|| moved.map(|old| old.id.clone())),
        }
    }

    /// Tells that a script has failed, and remembers it.
    fn failed(&mut self, step: &Step, script: &Script, error: &Failure) -> Outcome {
        let tried = (script.hash.clone(), self.compared.requirements_hash.clone());
        self.memory.failed.insert(step.path.clone(), tried);
        self.row(Row::failed_script(step, error, None));
        Outcome::Failed
    }

    fn write_index(&mut self, step: &Step) -> Result<(), Failure> {
        let (Some(script), Some(live)) = (self.compared.found.scripts.get(&step.path), &step.live)
        else {
            return Ok(());
        };
        index::write(
            self.con,
            &live.description,
            &live.id,
            &live.registrations,
            &script.text,
        )
    }

    /// Whether this is a job that this process has run. The server has lost its index since, as with `FLUSHALL`.
    fn has_run(&self, step: &Step) -> bool {
        let script = self.compared.found.scripts.get(&step.path);
        script.is_some_and(|script| self.memory.ran.get(&step.path) == Some(&script.hash))
    }

    fn write_job(&mut self, step: &Step) -> Result<(), Failure> {
        let Some(script) = self.compared.found.scripts.get(&step.path) else {
            return Ok(());
        };
        let description = description(
            self.prefix,
            &step.path,
            script,
            &self.compared.requirements_hash,
        );
        index::write(self.con, &description, &step.session, &[], &script.text)
    }

    fn row(&mut self, row: Row) {
        self.report.add(self.app, row);
    }
}

fn ids(step: &Step) -> Vec<String> {
    step.live
        .as_ref()
        .map_or_else(Vec::new, |live| live.registrations.clone())
}
