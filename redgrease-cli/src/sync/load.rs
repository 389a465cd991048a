//! Makes a server equal to the files: reads both, compares, and sends what differs.

use super::discover::{Found, Roots};
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
use redgrease_core::{
    Con, GearsCommands as _, PyExecuteOptions, RegistrationInfo, Requirements, SessionsOptions,
};
use std::collections::{BTreeMap, BTreeSet};
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
    let mut load = Load {
        app,
        con,
        prefix: &settings.index_prefix,
        compared,
        memory,
        report: Report::new(),
        waiting: Vec::new(),
        done: BTreeSet::new(),
    };
    for (name, problem) in &compared.found.faults {
        if load.memory.faults.get(name) != Some(problem) {
            load.row(Row::failed(name, problem));
        }
    }
    load.memory.faults.clone_from(&compared.found.faults);
    let begun = Instant::now();
    let can_send = load.install()?;
    for step in &compared.plan.steps {
        load.step(step, can_send)?;
    }
    load.retry()?;
    load.report.seconds = begun.elapsed().as_secs_f64();
    Ok(load.report)
}

/// A load at work.
struct Load<'a> {
    app: &'a App,
    con: &'a mut Con,
    prefix: &'a str,
    compared: &'a Compared,
    memory: &'a mut Memory,
    report: Report,
    /// Scripts whose triggers others had, with the errors.
    waiting: Vec<(&'a Step, Failure)>,
    /// The sessions of steps that are done.
    done: BTreeSet<String>,
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

    fn step(&mut self, step: &'a Step, can_send: bool) -> Result<(), Failure> {
        match step.change {
            Change::Keep => self.row(Row::of(step, Action::Unchanged, ids(step))),
            Change::Index => {
                self.write_index(step)?;
                self.row(Row::of(step, Action::Unchanged, ids(step)));
            }
            Change::Remove => {
                if let Some(live) = &step.live {
                    send::remove(self.con, live)?;
                }
                self.row(Row::of(step, Action::Removed, Vec::new()));
            }
            Change::Add if self.has_run(step) => self.write_job(step)?,
            _ if !can_send => {}
            _ if self.has_failed(step) => self.report.waiting += 1,
            _ => {
                if let Some(error) = self.send(step, Vec::new(), None)? {
                    self.take_over(step, error)?;
                }
            }
        }
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

    /// Sends the script of a step. Returns the error if others have its triggers.
    fn send(
        &mut self,
        step: &Step,
        takes: Vec<String>,
        replaces: Option<String>,
    ) -> Result<Option<Failure>, Failure> {
        let Some(script) = self.compared.found.scripts.get(&step.path) else {
            return Ok(None);
        };
        let moved = step.live.as_ref().filter(|_| step.change == Change::Move);
        let sending = Sending {
            script,
            step,
            description: description(
                self.prefix,
                &step.path,
                script,
                &self.compared.requirements_hash,
            ),
            requirements: &self.compared.requirements,
            takes,
            replaces: replaces.or_else(|| moved.map(|old| old.id.clone())),
        };
        self.app.out.detail(format_args!("sending {}", step.name));
        let action = match step.change {
            Change::Add | Change::Restore => Action::Added,
            Change::Move => Action::Moved,
            _ => Action::Changed,
        };
        let sent = send::send(self.con, &sending)?;
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
            Sent::TriggerTaken(error) => return Ok(Some(error)),
            Sent::Failed(error) => {
                let tried = (script.hash.clone(), self.compared.requirements_hash.clone());
                self.memory.failed.insert(step.path.clone(), tried);
                self.row(Row::failed_script(step, &error, None));
                return Ok(None);
            }
        };
        self.memory.failed.remove(&step.path);
        self.done.insert(step.session.clone());
        self.row(row);
        Ok(None)
    }

    /// Sends a script again that needs triggers of others. Those of scripts that will change or go in this run are taken over
    /// in the moment in which they are registered. RedisGears cannot do that, but can replace a session as a whole.
    fn take_over(&mut self, step: &'a Step, error: Failure) -> Result<(), Failure> {
        let owners = self.owners(step)?;
        let plan = &self.compared.plan;
        let pending = |session: &str| {
            let is_it = |it: &&Step| it.live.as_ref().is_some_and(|live| live.id == session);
            let owner = plan.steps.iter().find(is_it)?;
            let is_pending = !owner.change.is_none() && !self.done.contains(&owner.session);
            is_pending.then_some(owner)
        };
        let owners: Vec<(&RegistrationInfo, &Step)> = owners
            .iter()
            .filter_map(|row| Some((row, pending(row.session.as_deref()?)?)))
            .collect();
        if owners.is_empty() {
            self.waiting.push((step, error));
            return Ok(());
        }
        let gone = owners
            .iter()
            .find(|(_, owner)| owner.change == Change::Remove && step.live.is_none())
            .map(|(_, owner)| owner.session.clone());
        let takes = owners.iter().map(|(row, _)| row.id.clone()).collect();
        let left = match self.is_engine()? {
            true => self.send(step, takes, None)?,
            false if gone.is_some() => self.send(step, Vec::new(), gone)?,
            false => Some(error),
        };
        self.waiting.extend(left.map(|error| (step, error)));
        Ok(())
    }

    /// Whether the server has the engine of this project, whose `RG.PYEXECUTE` has `TAKE`.
    fn is_engine(&mut self) -> Result<bool, Failure> {
        // RedisGears answers an error for an unknown setting, and has no setting of this name.
        let answers = self.con.config_get(&["MaxCallDepth"])?;
        Ok(answers.iter().all(Result::is_ok))
    }

    /// The registrations of other sessions whose triggers the script names.
    fn owners(&mut self, step: &Step) -> Result<Vec<RegistrationInfo>, Failure> {
        let script = self.compared.found.scripts.get(&step.path);
        let text = script.map_or("", |script| script.text.as_str());
        let sessions = self.con.dump_sessions(&SessionsOptions::new().verbose())?;
        let rows = sessions
            .into_iter()
            .flat_map(|session| session.registration_rows);
        Ok(rows
            .filter(|row| row.session.as_ref() != Some(&step.session))
            .filter(|row| row.trigger().is_some_and(|trigger| text.contains(&trigger)))
            .collect())
    }

    /// Sends the scripts again whose triggers others had, as long as that frees triggers.
    fn retry(&mut self) -> Result<(), Failure> {
        loop {
            let waiting = std::mem::take(&mut self.waiting);
            let before = waiting.len();
            for (step, _) in waiting {
                let left = self.send(step, Vec::new(), None)?;
                self.waiting.extend(left.map(|error| (step, error)));
            }
            if self.waiting.is_empty() || self.waiting.len() == before {
                break;
            }
        }
        for (step, error) in std::mem::take(&mut self.waiting) {
            let owners = self.owners(step)?;
            let owners: Vec<String> = owners
                .iter()
                .filter_map(|row| {
                    let session = row.session.as_deref()?;
                    Some(format!(
                        "`{}` belongs to the session {session}",
                        row.trigger()?
                    ))
                })
                .collect();
            let owners = if owners.is_empty() {
                "another session has a trigger of this script".to_owned()
            } else {
                owners.join(", ")
            };
            let remedy = format!("{owners}: use another name, or remove that session");
            self.row(Row::failed_script(step, &error, Some(remedy)));
        }
        Ok(())
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
