//! Makes a server equal to the files: reads both, compares, and sends what differs.

use super::discover::{Found, Roots};
use super::handover::{Handover, handovers, order};
use super::identity::hash;
use super::index;
use super::known;
use super::plan::{Change, Plan, Step, description, plan};
use super::report::{Action, Report, Row};
use super::send::{self, Sending, Sent};
use super::settings::Settings;
use super::triggers::Named;
use crate::app::App;
use crate::failure::{Failure, Kind};
use crate::output::without_passwords;
use redgrease_core::{
    Con, GearsCommands as _, PyExecuteOptions, RegistrationInfo, Requirements, SessionsOptions,
};
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
    let handovers = moving(con, compared)?;
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
        load.step(at)?;
    }
    load.retry()?;
    load.tell_waiting()?;
    load.report.seconds = begun.elapsed().as_secs_f64();
    Ok(load.report)
}

/// The triggers that move between the scripts of a load.
fn moving(con: &mut Con, compared: &Compared) -> Result<Vec<Handover>, Failure> {
    let steps = &compared.plan.steps;
    let gives = |step: &Step| step.live.is_some() && !step.change.is_none();
    if !steps.iter().any(|step| step.change.is_sent()) || !steps.iter().any(gives) {
        return Ok(Vec::new());
    }
    Ok(handovers(compared, &registrations(con)?))
}

fn registrations(con: &mut Con) -> Result<Vec<RegistrationInfo>, Failure> {
    let sessions = con.dump_sessions(&SessionsOptions::new().verbose())?;
    let rows = sessions
        .into_iter()
        .flat_map(|session| session.registration_rows);
    Ok(rows.collect())
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

impl Load<'_> {
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
        if let Some(reason) = self.held(at)? {
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

    /// Why a step waits: it would take a trigger away whose new script does not work.
    fn held(&mut self, at: usize) -> Result<Option<String>, Failure> {
        let compared = self.compared;
        let steps = &compared.plan.steps;
        for n in 0..self.handovers.len() {
            let Handover {
                giver, receiver, ..
            } = self.handovers[n];
            if giver != at {
                continue;
            }
            let is_held = match self.outcomes[receiver] {
                Outcome::Todo | Outcome::Done => false,
                Outcome::Failed | Outcome::Held(_) => true,
                // RedisGears cannot give a trigger to another session: it has to be free.
                Outcome::Waiting(_) => self.is_engine()?,
            };
            if is_held {
                return Ok(Some(format!(
                    "it waits for {}, which takes over its trigger `{}` and is not loaded: mend that script first",
                    steps[receiver].name, self.handovers[n].trigger
                )));
            }
        }
        Ok(None)
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
            Sent::TriggerTaken(error) => return Ok(Outcome::Waiting(error)),
            Sent::Failed(error) => {
                let tried = (script.hash.clone(), self.compared.requirements_hash.clone());
                self.memory.failed.insert(step.path.clone(), tried);
                self.row(Row::failed_script(step, &error, None));
                return Ok(Outcome::Failed);
            }
        };
        self.memory.failed.remove(&step.path);
        self.row(row);
        Ok(Outcome::Done)
    }

    /// Sends a script. Triggers of scripts that give them up in this load are taken over in the moment in which they are
    /// registered. RedisGears cannot do that, but can replace a session as a whole.
    fn send_with_triggers(&mut self, at: usize) -> Result<Outcome, Failure> {
        let compared = self.compared;
        let steps = &compared.plan.steps;
        let step = &steps[at];
        let mut outcome = self.send(step, Vec::new(), None)?;
        // What the script names as a trigger comes first, and what it may compute second.
        for is_certain in [true, false] {
            if !matches!(outcome, Outcome::Waiting(_)) {
                break;
            }
            let is_left = |it: &&Handover| {
                it.receiver == at
                    && (it.is_certain || !is_certain)
                    && !matches!(self.outcomes[it.giver], Outcome::Done)
            };
            let moving: Vec<Handover> = self.handovers.iter().filter(is_left).cloned().collect();
            if !moving.iter().any(|it| it.is_certain == is_certain) {
                continue;
            }
            let gone = moving
                .iter()
                .map(|it| &steps[it.giver])
                .find(|giver| giver.change == Change::Remove && step.live.is_none())
                .map(|giver| giver.session.clone());
            if self.is_engine()? {
                let takes = moving.into_iter().map(|it| it.registration).collect();
                outcome = self.send(step, takes, None)?;
            } else if gone.is_some() {
                outcome = self.send(step, Vec::new(), gone)?;
            }
        }
        Ok(outcome)
    }

    /// Whether the server has the engine of this project, whose `RG.PYEXECUTE` has `TAKE`.
    fn is_engine(&mut self) -> Result<bool, Failure> {
        if let Some(known) = self.is_engine {
            return Ok(known);
        }
        // RedisGears answers an error for an unknown setting, and has no setting of this name.
        let answers = self.con.config_get(&["MaxCallDepth"])?;
        Ok(*self.is_engine.insert(answers.iter().all(Result::is_ok)))
    }

    /// Sends the scripts again whose triggers others had, and those that waited for others, as long as that frees triggers.
    fn retry(&mut self) -> Result<(), Failure> {
        let mut is_better = true;
        while std::mem::take(&mut is_better) {
            for at in 0..self.outcomes.len() {
                match &self.outcomes[at] {
                    Outcome::Waiting(_) => self.outcomes[at] = self.send_with_triggers(at)?,
                    Outcome::Held(_) => self.step(at)?,
                    _ => continue,
                }
                is_better |= matches!(self.outcomes[at], Outcome::Done);
            }
        }
        Ok(())
    }

    /// Tells which scripts wait for triggers, or for other scripts.
    fn tell_waiting(&mut self) -> Result<(), Failure> {
        let compared = self.compared;
        let mut held = BTreeMap::new();
        for (step, outcome) in compared
            .plan
            .steps
            .iter()
            .zip(std::mem::take(&mut self.outcomes))
        {
            match outcome {
                Outcome::Waiting(error) => {
                    let remedy = format!(
                        "{}: use another name, or remove that session",
                        self.owners(step)?
                    );
                    self.row(Row::failed_script(step, &error, Some(remedy)));
                }
                Outcome::Held(reason) => {
                    if self.memory.held.get(&step.path) == Some(&reason) {
                        self.report.waiting += 1;
                    } else {
                        let failure = Failure::failed(reason.clone());
                        self.row(Row::failed_script(step, &failure, None));
                    }
                    held.insert(step.path.clone(), reason);
                }
                Outcome::Todo | Outcome::Done | Outcome::Failed => {}
            }
        }
        self.memory.held = held;
        Ok(())
    }

    /// The sessions that have the triggers that a script names.
    fn owners(&mut self, step: &Step) -> Result<String, Failure> {
        let script = self.compared.found.scripts.get(&step.path);
        let named = Named::in_text(script.map_or("", |script| &script.text));
        let owners: Vec<String> = registrations(self.con)?
            .iter()
            .filter(|row| row.session.as_ref() != Some(&step.session))
            .filter_map(|row| Some((row.trigger()?, row.session.as_deref()?)))
            .filter(|(trigger, _)| named.has(trigger))
            .map(|(trigger, session)| format!("`{trigger}` belongs to the session {session}"))
            .collect();
        Ok(if owners.is_empty() {
            "another session has a trigger of this script".to_owned()
        } else {
            owners.join(", ")
        })
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
