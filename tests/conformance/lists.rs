//! The lists of accepted differences, open differences and groups that are not replayed.

use crate::recorded::directory;
use crate::replay::Outcome;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// The lists, by group and step.
pub(crate) struct Lists {
    /// Intended differences, with the reasons.
    pub(crate) accepted: BTreeMap<String, BTreeMap<String, String>>,
    /// Steps that still differ from the recording.
    pub(crate) open: BTreeMap<String, BTreeSet<String>>,
    /// Groups that are not replayed yet, with the missing feature.
    pub(crate) not_yet: BTreeMap<String, String>,
}

impl Lists {
    pub(crate) fn read() -> Self {
        Self {
            accepted: serde_json::from_value(file("accepted.json")).unwrap(),
            open: serde_json::from_value(file("open.json")).unwrap(),
            not_yet: serde_json::from_value(file("not_yet.json")).unwrap(),
        }
    }

    pub(crate) fn is_accepted(&self, group: &str, step: &str) -> bool {
        self.accepted
            .get(group)
            .is_some_and(|steps| steps.contains_key(step))
    }

    pub(crate) fn is_open(&self, group: &str, step: &str) -> bool {
        self.open
            .get(group)
            .is_some_and(|steps| steps.contains(step))
    }

    /// Every listed step, as group and step.
    pub(crate) fn named_steps(&self) -> Vec<(String, String)> {
        let accepted = self
            .accepted
            .iter()
            .flat_map(|(group, steps)| steps.keys().map(move |step| (group.clone(), step.clone())));
        let open = self
            .open
            .iter()
            .flat_map(|(group, steps)| steps.iter().map(move |step| (group.clone(), step.clone())));
        accepted.chain(open).collect()
    }

    /// Writes the current differences to `open.json`. Groups that were not replayed keep their entries.
    pub(crate) fn update_open(&self, outcomes: &[Outcome]) {
        let mut open = self.open.clone();
        for outcome in outcomes {
            let steps: BTreeSet<String> = outcome
                .different
                .iter()
                .map(|(step, _)| step.clone())
                .filter(|step| !self.is_accepted(&outcome.group, step))
                .collect();
            if steps.is_empty() {
                open.remove(&outcome.group);
            } else {
                open.insert(outcome.group.clone(), steps);
            }
        }
        let text = serde_json::to_string_pretty(&open).unwrap();
        fs::write(directory().join("open.json"), text + "\n").unwrap();
    }
}

fn file(name: &str) -> Value {
    let text = fs::read_to_string(directory().join(name)).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
}
