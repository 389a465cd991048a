//! Compares the gears of the program with the sessions of the server, and decides what has to be sent. Sends nothing.

use super::description::Description;
use super::placed::{Placed, placed};
use super::report::{Action, SessionReport};
use super::script::Script;
use super::set::GearSet;
use crate::commands::{PyExecuteOptions, RegistrationInfo, Session, cmd};
use crate::error::{Error, ErrorKind, Result};
use crate::profile::{Policy, Profile};
use redis::Cmd;
use semver::Version;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// The next step for one set of gears.
#[derive(Debug)]
pub(crate) enum Step {
    /// Send nothing.
    Keep(SessionReport),
    /// Send a script.
    Send(Box<Sending>),
}

/// A script to send.
#[derive(Debug)]
pub(crate) struct Sending {
    pub(crate) command: Cmd,
    pub(crate) requirements: Vec<String>,
    /// Ids of registrations of other sessions that have to be unregistered first.
    pub(crate) taken: Vec<String>,
    /// The report of a successful registration.
    pub(crate) report: SessionReport,
}

/// Compares one set of gears with the sessions of the server.
pub(crate) fn plan(
    set: &GearSet,
    profile: &Profile,
    sessions: &[Session],
    policy: Policy,
) -> Result<Step> {
    let owned = Owned::of(placed(set, profile)?, &set.id, sessions);
    let gears = &owned.ours;
    let script = Script::of(&set.id, gears, &profile.package)?;
    let found = Found::of(&set.id, sessions);
    let mut report = compare(set, &script, gears, &found);
    report.left = owned.left;
    let newer = found.newer_than(set.version);
    if policy == Policy::Never {
        report.action = Action::Skipped;
        return Ok(Step::Keep(report));
    }
    let up_to_date = found.hash() == Some(script.hash.as_str()) && found.has_all(gears);
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
    if let Some((trigger, owner)) = owned.foreign {
        return Err(Error::new(ErrorKind::TriggerOwned {
            trigger,
            owner: Some(owner),
            session: set.id.clone(),
        }));
    }
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
        taken: owned.taken,
        report,
    })))
}

/// The gears of a set, sorted by the owners of their triggers.
#[derive(Debug, Default)]
struct Owned {
    /// Gears that are registered.
    ours: Vec<Placed>,
    /// Ids of registrations of other sessions that are replaced.
    taken: Vec<String>,
    /// Labels of gears whose trigger is left to another session.
    left: Vec<String>,
    /// A trigger of another session for a gear without `replace`, and that session. The server would refuse the script
    /// too, but its error names neither the trigger nor the session.
    foreign: Option<(String, String)>,
}

impl Owned {
    fn of(gears: Vec<Placed>, session: &str, sessions: &[Session]) -> Self {
        let mut sorted = Owned::default();
        for placed in gears {
            let owner = placed
                .is_trigger
                .then(|| owner(&placed.key, session, sessions))
                .flatten();
            match (owner, placed.gear.spec().replace) {
                (Some(_), Some(false)) => {
                    sorted.left.push(placed.label);
                    continue;
                }
                (Some((_, id)), Some(true)) => sorted.taken.push(id.to_owned()),
                (Some((owner, _)), None) if sorted.foreign.is_none() => {
                    sorted.foreign = Some((placed.key.clone(), owner.to_owned()));
                }
                _ => {}
            }
            sorted.ours.push(placed);
        }
        sorted
    }
}

/// The session of a set on the server.
struct Found<'a> {
    description: Option<Description>,
    /// The actual registrations. They may differ from the description.
    rows: &'a [RegistrationInfo],
    exists: bool,
}

impl<'a> Found<'a> {
    fn of(id: &str, sessions: &'a [Session]) -> Self {
        let session = sessions.iter().find(|s| s.id == id && !s.dead);
        Found {
            description: session.and_then(|s| Description::parse(s.description.as_deref()?)),
            rows: session.map_or(&[], |s| &s.registration_rows),
            exists: session.is_some(),
        }
    }

    fn hash(&self) -> Option<&str> {
        Some(self.description.as_ref()?.hash.as_str())
    }

    fn has_all(&self, gears: &[Placed]) -> bool {
        gears.iter().all(|placed| self.has(placed, gears))
    }

    /// Whether the server has a gear: for its signature, the server has at least as many registrations as the program.
    fn has(&self, placed: &Placed, gears: &[Placed]) -> bool {
        let wanted = gears
            .iter()
            .filter(|other| other.signature() == placed.signature());
        self.rows.iter().filter(|row| placed.is(row)).count() >= wanted.count()
    }

    /// The version on the server, if it is higher.
    fn newer_than(&self, version: &str) -> Option<String> {
        let there = &self.description.as_ref()?.version;
        let (found, ours) = (Version::parse(there).ok()?, Version::parse(version).ok()?);
        (found.cmp_precedence(&ours).is_gt()).then(|| there.clone())
    }

    fn summary(&self) -> String {
        match (&self.description, self.exists) {
            (Some(description), _) => {
                format!("version {}, {} gears", description.version, self.rows.len())
            }
            (None, true) => "not registered by this library".to_owned(),
            (None, false) => "none at all".to_owned(),
        }
    }
}

/// The report of a sent script. The caller changes the action if the script is not sent.
fn compare(set: &GearSet, script: &Script, gears: &[Placed], found: &Found<'_>) -> SessionReport {
    let empty = BTreeMap::new();
    let before = found.description.as_ref().map_or(&empty, |d| &d.gears);
    let mut report = SessionReport {
        session: set.id.clone(),
        action: Action::Sent,
        registered: Vec::new(),
        replaced: Vec::new(),
        unchanged: Vec::new(),
        removed: Vec::new(),
        left: Vec::new(),
        took: Duration::ZERO,
    };
    for placed in gears {
        let known = before.get(&placed.label);
        let is_same = known == script.gears.get(&placed.label);
        let list = match (found.has(placed, gears), known) {
            (true, Some(_)) if is_same => &mut report.unchanged,
            (true, None) if !placed.is_trigger => &mut report.registered,
            (true, _) => &mut report.replaced,
            // The gear was registered for another key before.
            (false, Some(_)) if !is_same && !placed.is_trigger => &mut report.replaced,
            (false, _) => &mut report.registered,
        };
        list.push(placed.label.clone());
    }
    for list in [
        &mut report.registered,
        &mut report.replaced,
        &mut report.unchanged,
    ] {
        list.sort();
    }
    let mut removed: BTreeSet<String> = before.keys().cloned().collect();
    removed.extend(
        found
            .rows
            .iter()
            .filter(|row| !gears.iter().any(|placed| placed.is(row)))
            .filter_map(RegistrationInfo::trigger),
    );
    removed.retain(|label| !script.gears.contains_key(label));
    report.removed = removed.into_iter().collect();
    report
}

/// Another session that owns a trigger, and the id of its registration.
fn owner<'a>(trigger: &str, session: &str, sessions: &'a [Session]) -> Option<(&'a str, &'a str)> {
    sessions
        .iter()
        .filter(|s| s.id != session && !s.dead)
        .find_map(|s| {
            let row = s
                .registration_rows
                .iter()
                .find(|r| r.trigger().as_deref() == Some(trigger))?;
            Some((s.id.as_str(), row.id.as_str()))
        })
}

/// The first trigger of a set that another session owns, and that session.
pub(crate) fn foreign_trigger(
    set: &GearSet,
    profile: &Profile,
    sessions: &[Session],
) -> Option<(String, String)> {
    placed(set, profile).ok()?.into_iter().find_map(|placed| {
        let (owner, _) = owner(&placed.key, &set.id, sessions).filter(|_| placed.is_trigger)?;
        Some((placed.key, owner.to_owned()))
    })
}
