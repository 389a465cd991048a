//! Decides what has to be sent: compares the gears of the program with the sessions of the server. Sends nothing.

use super::description::Description;
use super::options::Policy;
use super::report::{Action, SessionReport};
use super::script::Script;
use super::set::GearSet;
use crate::commands::{PyExecuteOptions, Session, cmd};
use crate::error::{Error, ErrorKind, Result};
use redis::Cmd;
use semver::Version;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What is to be done about one set of gears.
#[derive(Debug)]
pub(crate) enum Step {
    /// Nothing.
    Keep(SessionReport),
    /// Send a script.
    Send(Box<Sending>),
}

/// A script that is to be sent.
#[derive(Debug)]
pub(crate) struct Sending {
    pub(crate) command: Cmd,
    pub(crate) requirements: Vec<String>,
    /// The report, for when it has worked.
    pub(crate) report: SessionReport,
}

/// Compares one set of gears with what the server has.
pub(crate) fn plan(
    set: &GearSet,
    namespace: Option<&str>,
    sessions: &[Session],
    policy: Policy,
) -> Result<Step> {
    let script = Script::of(set, namespace);
    let found = Found::of(&set.id, sessions);
    let mut report = compare(set, &script, &found);
    let newer = found.newer_than(set.version);
    if policy == Policy::Never {
        report.action = Action::Skipped;
        return Ok(Step::Keep(report));
    }
    let up_to_date = found.hash() == Some(script.hash.as_str()) && found.has_all(&script);
    if up_to_date && policy != Policy::Always {
        report.action = Action::UpToDate;
        return Ok(Step::Keep(report));
    }
    match (policy, newer) {
        (Policy::Error, _) => {
            return Err(Error::new(ErrorKind::Outdated {
                session: set.id.clone(),
                found: found.summary(),
            }));
        }
        (Policy::IfNewer, Some(version)) => {
            report.action = Action::KeptNewer { version };
            return Ok(Step::Keep(report));
        }
        _ => {}
    }
    refuse_foreign_triggers(set, &script, sessions)?;
    let description = Description {
        version: set.version.to_owned(),
        hash: script.hash.clone(),
        gears: script.gears.clone(),
    };
    let options = PyExecuteOptions::new()
        .id(&set.id)
        .description(description.to_json())
        .upgrade()
        .requirements(&script.requirements);
    Ok(Step::Send(Box::new(Sending {
        command: cmd::pyexecute(&script.text, &options),
        requirements: script.requirements,
        report,
    })))
}

/// What the server has under the id of a set.
struct Found {
    description: Option<Description>,
    /// Triggers that really are registered, whatever the description says.
    triggers: BTreeSet<String>,
    exists: bool,
}

impl Found {
    fn of(id: &str, sessions: &[Session]) -> Self {
        let session = sessions.iter().find(|s| s.id == id && !s.dead);
        Found {
            description: session.and_then(|s| Description::parse(s.description.as_deref()?)),
            triggers: session.map(triggers).unwrap_or_default(),
            exists: session.is_some(),
        }
    }

    fn hash(&self) -> Option<&str> {
        Some(self.description.as_ref()?.hash.as_str())
    }

    fn has_all(&self, script: &Script) -> bool {
        script
            .gears
            .keys()
            .all(|trigger| self.triggers.contains(trigger))
    }

    /// The version the server has, if it is a higher one.
    fn newer_than(&self, version: &str) -> Option<String> {
        let there = &self.description.as_ref()?.version;
        let (found, ours) = (Version::parse(there).ok()?, Version::parse(version).ok()?);
        (found.cmp_precedence(&ours).is_gt()).then(|| there.clone())
    }

    fn summary(&self) -> String {
        match (&self.description, self.exists) {
            (Some(description), _) => {
                format!(
                    "version {}, {} gears",
                    description.version,
                    self.triggers.len()
                )
            }
            (None, true) => "not registered by this library".to_owned(),
            (None, false) => "none at all".to_owned(),
        }
    }
}

fn triggers(session: &Session) -> BTreeSet<String> {
    session
        .registration_rows
        .iter()
        .filter_map(crate::RegistrationInfo::trigger)
        .collect()
}

/// A report as if the script had been sent; the caller sets another action where it is not.
fn compare(set: &GearSet, script: &Script, found: &Found) -> SessionReport {
    let empty = BTreeMap::new();
    let before = found.description.as_ref().map_or(&empty, |d| &d.gears);
    let mut report = SessionReport {
        session: set.id.clone(),
        action: Action::Sent,
        registered: Vec::new(),
        replaced: Vec::new(),
        unchanged: Vec::new(),
        removed: Vec::new(),
        took: Duration::ZERO,
    };
    for (trigger, hash) in &script.gears {
        let list = match (found.triggers.contains(trigger), before.get(trigger)) {
            (false, _) => &mut report.registered,
            (true, Some(old)) if old == hash => &mut report.unchanged,
            (true, _) => &mut report.replaced,
        };
        list.push(trigger.clone());
    }
    report.removed = found
        .triggers
        .iter()
        .filter(|t| !script.gears.contains_key(*t))
        .cloned()
        .collect();
    report
}

/// The session that owns a trigger, other than `session`.
pub(crate) fn owner<'a>(trigger: &str, session: &str, sessions: &'a [Session]) -> Option<&'a str> {
    sessions
        .iter()
        .filter(|s| s.id != session && !s.dead)
        .find(|s| {
            s.registration_rows
                .iter()
                .any(|r| r.trigger().as_deref() == Some(trigger))
        })
        .map(|s| s.id.as_str())
}

/// The server refuses such a script too, but only says that there is a trigger, not which and whose.
pub(crate) fn refuse_foreign_triggers(
    set: &GearSet,
    script: &Script,
    sessions: &[Session],
) -> Result<()> {
    for trigger in script.gears.keys() {
        if let Some(owner) = owner(trigger, &set.id, sessions) {
            return Err(Error::new(ErrorKind::TriggerOwned {
                trigger: trigger.clone(),
                owner: Some(owner.to_owned()),
                session: set.id.clone(),
            }));
        }
    }
    Ok(())
}
