//! Triggers that move between the scripts of a load: who waits for which script, and who takes what.

use super::{Compared, Load, Outcome};
use crate::failure::Failure;
use crate::sync::ending;
use crate::sync::handover::{Handover, handovers};
use crate::sync::plan::{Change, Step};
use crate::sync::report::Row;
use crate::sync::send;
use crate::sync::triggers::Named;
use redgrease_core::{Con, GearsCommands as _, RegistrationInfo, SessionsOptions};
use std::collections::BTreeMap;

/// The triggers that move between the scripts of a load.
pub(super) fn moving(con: &mut Con, compared: &Compared) -> Result<Vec<Handover>, Failure> {
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

impl Load<'_> {
    /// Why a step waits: it would take a trigger away whose new script does not work.
    pub(super) fn held(&mut self, at: usize) -> Result<Option<String>, Failure> {
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

    /// Tries scripts out that exchange triggers with the script of a step, before this one gives its triggers up: all of them work, or
    /// none is loaded. Returns why the step waits.
    pub(super) fn try_exchange(&mut self, at: usize) -> Result<Option<String>, Failure> {
        let compared = self.compared;
        let mut open = vec![at];
        let mut others: Vec<usize> = Vec::new();
        while let Some(step) = open.pop() {
            for it in self.handovers.iter().filter(|it| it.giver == step) {
                let is_next = matches!(self.outcomes[it.receiver], Outcome::Todo);
                if is_next && it.receiver != at && !others.contains(&it.receiver) {
                    others.push(it.receiver);
                    open.push(it.receiver);
                }
            }
        }
        if others.is_empty() || !self.can_send || !self.is_engine()? {
            return Ok(None);
        }
        let mut reason = None;
        for other in others {
            let step = &compared.plan.steps[other];
            let Some(script) = compared.found.scripts.get(&step.path) else {
                continue;
            };
            if self.has_failed(step) {
                self.report.waiting += 1;
                self.outcomes[other] = Outcome::Failed;
            } else {
                let takes = self.moving_to(other, false);
                let takes = takes.into_iter().map(|it| it.registration).collect();
                let sending = self.sending(step, script, takes, None);
                let tried = ending::watched(self.app, &step.name, &step.session, || {
                    send::try_out(self.con, &sending)
                });
                if let Some(error) = tried? {
                    self.outcomes[other] = self.failed(step, script, &error);
                }
            }
            if matches!(self.outcomes[other], Outcome::Failed) {
                reason = Some(format!(
                    "it exchanges triggers with {}, which is not loaded: mend that script first",
                    step.name
                ));
            }
        }
        Ok(reason)
    }

    /// The triggers that others have not yet given to a script.
    fn moving_to(&self, receiver: usize, is_certain: bool) -> Vec<Handover> {
        let is_left = |it: &&Handover| {
            it.receiver == receiver
                && (it.is_certain || !is_certain)
                && !matches!(self.outcomes[it.giver], Outcome::Done)
        };
        self.handovers.iter().filter(is_left).cloned().collect()
    }

    /// Sends a script. Triggers of scripts that give them up in this load are taken over in the moment in which they are
    /// registered. RedisGears cannot do that, but can replace a session as a whole.
    pub(super) fn send_with_triggers(&mut self, at: usize) -> Result<Outcome, Failure> {
        let compared = self.compared;
        let steps = &compared.plan.steps;
        let step = &steps[at];
        let mut outcome = self.send(step, Vec::new(), None)?;
        // What the script names as a trigger comes first, and what it may compute second.
        for is_certain in [true, false] {
            if !matches!(outcome, Outcome::Waiting(_)) {
                break;
            }
            let moving = self.moving_to(at, is_certain);
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
    pub(super) fn retry(&mut self) -> Result<(), Failure> {
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
    pub(super) fn tell_waiting(&mut self) -> Result<(), Failure> {
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
}
