//! Compares the files with what the server has. Sends nothing.

use super::discover::{Found, Roots, Script};
use super::identity::{Description, session};
use super::known::{Known, Live};
use std::collections::BTreeMap;

/// What has to be done, in the order in which it is done.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) steps: Vec<Step>,
}

/// What has to be done about one script.
#[derive(Debug, Clone)]
pub(super) struct Step {
    /// The path in the index.
    pub(super) path: String,
    /// The path for people.
    pub(super) name: String,
    pub(super) session: String,
    pub(super) change: Change,
    /// What the session has at the moment.
    pub(super) live: Option<Live>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// The server does not have it.
    Add,
    /// The server had it, and has lost it or a part of it.
    Restore,
    /// The text differs.
    Text,
    /// The text is the same, and the requirements differ.
    Requirements,
    /// The file has another path.
    Move,
    /// The file is gone.
    Remove,
    /// Nothing to do.
    Keep,
    /// Nothing to do but to write the index.
    Index,
}

impl Change {
    pub(super) fn is_sent(self) -> bool {
        !matches!(self, Change::Remove | Change::Keep | Change::Index)
    }

    pub(super) fn is_none(self) -> bool {
        matches!(self, Change::Keep | Change::Index)
    }
}

/// The description that a script's session gets.
pub(super) fn description(
    prefix: &str,
    path: &str,
    script: &Script,
    requirements: &str,
) -> Description {
    Description {
        sync: prefix.to_owned(),
        path: path.to_owned(),
        hash: script.hash.clone(),
        requirements: requirements.to_owned(),
    }
}

/// The steps that make the server equal to the files. `requirements` is the hash of the requirements.
pub(super) fn plan(
    roots: &Roots,
    found: &Found,
    known: &Known,
    prefix: &str,
    requirements: &str,
) -> Plan {
    let is_gone = |live: &&Live| {
        let path = &live.description.path;
        !found.scripts.contains_key(path) && roots.contain(path, found)
    };
    let mut gone: BTreeMap<&str, &Live> = known
        .sessions
        .values()
        .filter(is_gone)
        .map(|live| (live.description.path.as_str(), live))
        .collect();
    let mut plan = Plan::default();
    for (path, script) in &found.scripts {
        let live = known.sessions.get(path);
        let mut step = Step {
            path: path.clone(),
            name: script.name.clone(),
            session: session(prefix, path),
            change: change(script, live, known.entries.get(path), requirements),
            live: live.cloned(),
        };
        if step.change == Change::Add {
            // A script with the same text whose file is gone: the session is replaced, and its handlers stay.
            let old = gone
                .iter()
                .find(|(_, live)| {
                    live.description.hash == script.hash && live.not_restored.is_none()
                })
                .map(|(path, _)| *path);
            if let Some(old) = old.and_then(|old| gone.remove(old)) {
                step.change = Change::Move;
                step.live = Some(old.clone());
            }
        }
        plan.steps.push(step);
    }
    // New scripts come first: what they take over is still there.
    plan.steps.sort_by_key(|step| match step.change {
        Change::Add | Change::Restore | Change::Move => 0,
        Change::Text | Change::Requirements => 1,
        Change::Remove | Change::Keep | Change::Index => 2,
    });
    // At the end, because a script may have taken over what they have.
    plan.steps.extend(gone.into_values().map(|live| Step {
        path: live.description.path.clone(),
        name: live.description.path.clone(),
        session: live.id.clone(),
        change: Change::Remove,
        live: Some(live.clone()),
    }));
    plan
}

fn change(
    script: &Script,
    live: Option<&Live>,
    entry: Option<&super::index::Entry>,
    requirements: &str,
) -> Change {
    let Some(live) = live.filter(|live| !live.registrations.is_empty()) else {
        return match entry {
            // A job has run, and leaves no session.
            Some(entry) if entry.registrations.is_empty() => {
                if entry.hash.as_ref() == Some(&script.hash) {
                    Change::Keep
                } else {
                    Change::Text
                }
            }
            Some(_) => Change::Restore,
            None => Change::Add,
        };
    };
    if live.description.hash != script.hash {
        return Change::Text;
    }
    if live.description.requirements != requirements {
        return Change::Requirements;
    }
    match entry {
        _ if live.not_restored.is_some() => Change::Restore,
        None => Change::Index,
        Some(entry) if entry.registrations.is_empty() => Change::Index,
        // The server refused to write it after the script was sent.
        Some(entry) if entry.hash.as_ref().is_some_and(|hash| *hash != script.hash) => {
            Change::Index
        }
        Some(entry) => {
            let has = |id: &String| live.registrations.contains(id);
            if entry.registrations.iter().all(has) {
                Change::Keep
            } else {
                Change::Restore
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::index::Entry;
    use super::*;

    fn script(text: &str) -> Script {
        Script {
            name: "a.py".to_owned(),
            text: text.to_owned(),
            hash: super::super::identity::hash(text),
            is_unblocking: false,
        }
    }

    fn live(text: &str, registrations: &[&str]) -> Live {
        Live {
            id: "s".to_owned(),
            description: description("/p", "/a.py", &script(text), "r"),
            registrations: registrations.iter().map(ToString::to_string).collect(),
            packages: Vec::new(),
            not_restored: None,
        }
    }

    fn entry(text: &str, registrations: &[&str]) -> Entry {
        Entry {
            registrations: registrations.iter().map(ToString::to_string).collect(),
            hash: Some(script(text).hash),
            requirements: Some("r".to_owned()),
        }
    }

    #[test]
    fn text_requirements_and_registrations_decide() {
        let of =
            |live: Option<&Live>, entry: Option<&Entry>| change(&script("x"), live, entry, "r");
        let (one, two) = (live("x", &["1"]), live("x", &["1", "2"]));
        assert_eq!(of(None, None), Change::Add);
        assert_eq!(of(Some(&one), Some(&entry("x", &["1"]))), Change::Keep);
        // A registration that a gear has made later.
        assert_eq!(of(Some(&two), Some(&entry("x", &["1"]))), Change::Keep);
        // One that was taken away by hand.
        assert_eq!(
            of(Some(&one), Some(&entry("x", &["1", "2"]))),
            Change::Restore
        );
        assert_eq!(of(None, Some(&entry("x", &["1"]))), Change::Restore);
        assert_eq!(of(Some(&one), None), Change::Index);
        // One of the version before.
        assert_eq!(of(Some(&one), Some(&entry("y", &["0"]))), Change::Index);
        assert_eq!(
            of(Some(&live("y", &["1"])), Some(&entry("y", &["1"]))),
            Change::Text
        );
        assert_eq!(
            change(&script("x"), Some(&one), Some(&entry("x", &["1"])), "q"),
            Change::Requirements
        );
        let lost = Live {
            not_restored: Some("no package".to_owned()),
            ..one
        };
        assert_eq!(of(Some(&lost), Some(&entry("x", &["1"]))), Change::Restore);
    }

    #[test]
    fn a_job_runs_again_when_its_text_changes() {
        let of = |entry: Entry| change(&script("x"), None, Some(&entry), "r");
        assert_eq!(of(entry("x", &[])), Change::Keep);
        assert_eq!(of(entry("y", &[])), Change::Text);
    }
}
