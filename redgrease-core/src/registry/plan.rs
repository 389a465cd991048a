//! Compares the gears of the program with the sessions of the server, and decides what has to be sent. Sends nothing.

use super::description::Description;
use super::found::{Found, program};
use super::owned::{Owned, Terms};
use super::owner::Verdict;
use super::placed::{Placed, placed};
use super::report::{Action, Flapping, SessionReport};
use super::script::{Script, hashes};
use super::set::GearSet;
use crate::commands::{PyExecuteOptions, RegistrationInfo, Session, cmd};
use crate::error::{Error, ErrorKind, Result};
use crate::profile::{Policy, Profile};
use redis::Cmd;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// The next step for one set of gears.
#[derive(Debug)]
pub(crate) enum Step {
    /// Send nothing.
    Keep(Box<SessionReport>),
    /// Send a script.
    Send(Box<Sending>),
}

/// A script to send.
#[derive(Debug)]
pub(crate) struct Sending {
    pub(crate) script: Sent,
    /// The script for servers without commands of their own.
    pub(crate) with_redis_py: Option<Sent>,
    options: PyExecuteOptions,
    #[cfg(test)]
    description: String,
    /// The description of the session that is replaced, if there is one.
    expected: Option<String>,
    /// Ids of registrations of other sessions that have to be unregistered first.
    pub(crate) taken: Vec<String>,
    /// The report of a successful registration.
    pub(crate) report: SessionReport,
}

/// A script as it is sent.
#[derive(Debug)]
pub(crate) struct Sent {
    pub(crate) text: String,
    pub(crate) requirements: Vec<String>,
}

impl Sending {
    /// The command that sends a script, with the options of [`Self::options`].
    pub(crate) fn command(&self, script: &Sent, is_guarded: bool) -> Cmd {
        let options = self.options(is_guarded);
        cmd::pyexecute(&script.text, &options.requirements(&script.requirements))
    }

    /// The options of the command. The guarded ones make the server refuse the script if the session was replaced since it
    /// was compared, and take registrations over in the same step.
    pub(crate) fn options(&self, is_guarded: bool) -> PyExecuteOptions {
        let options = self.options.clone();
        let Some(expected) = &self.expected else {
            return if is_guarded {
                self.taking(options)
            } else {
                options
            };
        };
        let options = options.upgrade();
        if is_guarded {
            self.taking(options.if_description(expected))
        } else {
            options
        }
    }

    /// The description that the session gets.
    #[cfg(test)]
    pub(crate) fn description(&self) -> &str {
        &self.description
    }

    fn taking(&self, options: PyExecuteOptions) -> PyExecuteOptions {
        self.taken.iter().fold(options, PyExecuteOptions::take)
    }
}

/// Compares one set of gears with the sessions of the server.
pub(crate) fn plan(
    set: &GearSet,
    profile: &Profile,
    sessions: &[Session],
    terms: Terms<'_>,
) -> Result<Step> {
    let policy = terms.policy;
    let all = placed(set, profile)?;
    let hashes = hashes(&all, &profile.package);
    let found = Found::of(&set.id, sessions);
    let verdict = found.verdict(&set.owner, &hashes);
    let mut foreign = None;
    if verdict != Verdict::Same && !terms.take_over {
        let error = session_owned(set, &found, &hashes, verdict == Verdict::Other);
        if policy != Policy::Never {
            return Err(error);
        }
        // The gears may be those of another program, which this one must not replace. Whether it works with them is for
        // its calls to show.
        log::warn!("{error}");
        foreign = Some(error.to_string());
    }
    let owned = Owned::of(all, &hashes, set, sessions, terms);
    let gears = &owned.ours;
    let script = Script::of(&set.id, gears, &profile.package)?;
    let mut report = compare(set, &script, gears, &found);
    report.left = owned.left;
    report.taken = owned.taken_gears;
    if policy == Policy::Never {
        report.foreign = foreign;
        return Ok(not_sent(report, Action::Skipped));
    }
    if gears.is_empty() {
        // A script that registers nothing replaces nothing.
        let action = owned
            .moved_by
            .map_or(Action::UpToDate, |version| Action::KeptNewer { version });
        return Ok(not_sent(report, action));
    }
    let is_current = verdict == Verdict::Same
        && found.hash() == Some(script.hash.as_str())
        && found.has_all(gears)
        && owned.taken.is_empty();
    // A manifest that names more than before, so that later builds are recognised.
    let is_better_known = found.description.is_some() && set.owner.adds_to(found.owner());
    let is_sent_again = policy == Policy::Always || (is_better_known && policy != Policy::Error);
    if is_current && !is_sent_again {
        return Ok(not_sent(report, Action::UpToDate));
    }
    match (policy, found.newer_than(set.version)) {
        (Policy::Error, _) => {
            return Err(Error::new(ErrorKind::Outdated {
                session: set.id.clone(),
                found: found.summary(),
            }));
        }
        // Another program's version says nothing.
        (Policy::IfNewer, Some(version)) if verdict == Verdict::Same => {
            return Ok(not_sent(report, Action::KeptNewer { version }));
        }
        _ => {}
    }
    if let Some((trigger, owner, program)) = owned.foreign {
        return Err(Error::new(ErrorKind::TriggerOwned {
            trigger,
            owner: Some(owner),
            program,
            session: set.id.clone(),
        }));
    }
    report.flapping = flapping(&found, &script);
    let description = describe(set, &script, gears, &found).to_json();
    let options = PyExecuteOptions::new()
        .id(&set.id)
        .description(&description);
    // The server decides between two programs that start at the same time: a session that did not exist a moment ago, or
    // was another one, is not replaced.
    let expected = found
        .session
        .map(|session| session.description.clone().unwrap_or_default());
    Ok(Step::Send(Box::new(Sending {
        script: Sent {
            text: script.text,
            requirements: script.requirements,
        },
        with_redis_py: script
            .with_redis_py
            .map(|(text, requirements)| Sent { text, requirements }),
        options,
        #[cfg(test)]
        description,
        expected,
        taken: owned.taken,
        report,
    })))
}

/// The description that the session gets.
fn describe(set: &GearSet, script: &Script, gears: &[Placed], found: &Found<'_>) -> Description {
    let has_another_label = |placed: &&Placed| !placed.is_trigger || placed.is_timer();
    let event = |placed: &Placed| {
        let (reader, key) = placed.signature();
        (placed.label.clone(), (reader.to_owned(), key.to_owned()))
    };
    Description {
        version: set.version.to_owned(),
        hash: script.hash.clone(),
        gears: script.gears.clone(),
        events: gears.iter().filter(has_another_label).map(event).collect(),
        owner: Some(set.owner.clone()),
        namespace: set.namespace.clone(),
        earlier: match &found.description {
            Some(description) => description.earlier_for(&script.hash),
            None => Vec::new(),
        },
    }
}

fn flapping(found: &Found<'_>, script: &Script) -> Option<Flapping> {
    let description = found.description.as_ref()?;
    Some(Flapping {
        times: description.flaps_with(&script.hash)?,
        other_version: description.version.clone(),
    })
}

/// The error that the session of this set belongs to another program.
fn session_owned(
    set: &GearSet,
    found: &Found<'_>,
    hashes: &BTreeMap<String, String>,
    is_other: bool,
) -> Error {
    Error::new(ErrorKind::SessionOwned {
        session: set.id.clone(),
        theirs: found.program(),
        ours: program(&set.owner, set.version, hashes.keys()),
        is_other,
    })
}

/// Nothing is sent, so nothing is registered, replaced, removed or taken over.
fn not_sent(mut report: SessionReport, action: Action) -> Step {
    report.action = action;
    report.missing = std::mem::take(&mut report.registered);
    for list in [&mut report.replaced, &mut report.removed, &mut report.taken] {
        list.clear();
    }
    Step::Keep(Box::new(report))
}

/// The report of a sent script. The caller changes the action if the script is not sent.
fn compare(set: &GearSet, script: &Script, gears: &[Placed], found: &Found<'_>) -> SessionReport {
    let before = found.gears();
    let mut report = SessionReport {
        session: set.id.clone(),
        action: Action::Sent,
        registered: Vec::new(),
        replaced: Vec::new(),
        unchanged: Vec::new(),
        removed: removed(script, gears, found),
        taken: Vec::new(),
        left: Vec::new(),
        missing: Vec::new(),
        foreign: None,
        flapping: None,
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
    report
}

/// The gears that a script removes, by the names they were registered under, and what running gears have registered in the
/// session.
fn removed(script: &Script, gears: &[Placed], found: &Found<'_>) -> Vec<String> {
    let mut removed: BTreeSet<String> = found.gears().keys().cloned().collect();
    let events = found
        .description
        .as_ref()
        .map(|description| &description.events);
    let is_described = |row: &&RegistrationInfo| {
        let (reader, key) = row.signature();
        events
            .into_iter()
            .flatten()
            .any(|(_, event)| event.0 == reader && event.1.eq_ignore_ascii_case(&key))
    };
    let others = found.rows.iter();
    let others = others.filter(|row| !is_described(row) && !gears.iter().any(|one| one.is(row)));
    removed.extend(others.map(RegistrationInfo::name));
    removed.retain(|label| !script.gears.contains_key(label));
    removed.into_iter().collect()
}
