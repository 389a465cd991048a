//! Triggers that move from one script to another in a load.
//!
//! The receiver is sent first, and takes the trigger in the moment in which it registers it. The giver waits for it: a trigger
//! whose new script fails stays with its old one.

use super::load::Compared;
use super::plan::Step;
use super::triggers::Named;
use redgrease_core::RegistrationInfo;
use std::collections::BTreeMap;

/// A trigger that moves. Steps have their place in the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Handover {
    pub(super) trigger: String,
    /// The registration of the giver.
    pub(super) registration: String,
    pub(super) giver: usize,
    pub(super) receiver: usize,
    /// Whether the receiver names it as a trigger. If not, it computes names, and has this one as a string.
    pub(super) is_certain: bool,
}

/// The triggers that scripts of a plan give up, and that others name. `rows` are the registrations of the server.
pub(super) fn handovers(compared: &Compared, rows: &[RegistrationInfo]) -> Vec<Handover> {
    let steps = &compared.plan.steps;
    let of_step = |step: &Step| {
        let script = compared.found.scripts.get(&step.path);
        script.map_or_else(Named::default, |script| Named::in_text(&script.text))
    };
    let named: Vec<Option<Named>> = steps
        .iter()
        .map(|step| (!step.change.is_none()).then(|| of_step(step)))
        .collect();
    let givers: BTreeMap<&str, usize> = steps
        .iter()
        .enumerate()
        .filter(|(_, step)| !step.change.is_none())
        .filter_map(|(at, step)| Some((step.live.as_ref()?.id.as_str(), at)))
        .collect();
    let mut found = Vec::new();
    for row in rows {
        let giver = row.session.as_deref().and_then(|id| givers.get(id));
        let (Some(&giver), Some(trigger)) = (giver, row.trigger()) else {
            continue;
        };
        let has = |at: usize| named[at].as_ref().filter(|names| names.has(&trigger));
        if has(giver).is_some() {
            continue;
        }
        found.extend((0..steps.len()).filter(|at| *at != giver).filter_map(|at| {
            Some(Handover {
                trigger: trigger.clone(),
                registration: row.id.clone(),
                giver,
                receiver: at,
                is_certain: has(at)?.is_certain(&trigger),
            })
        }));
    }
    found
}

/// The order in which steps are done: receivers before givers, and else that of the plan. Of scripts that exchange triggers, the
/// first one comes first.
pub(super) fn order(steps: usize, handovers: &[Handover]) -> Vec<usize> {
    let mut receivers: Vec<Vec<usize>> = vec![Vec::new(); steps];
    for handover in handovers {
        receivers[handover.giver].push(handover.receiver);
    }
    let mut order = Vec::new();
    let mut is_seen = vec![false; steps];
    // The steps on the way, and how many receivers of each were looked at: a chain may be as long as the plan.
    let mut way: Vec<(usize, usize)> = Vec::new();
    for first in 0..steps {
        if !std::mem::replace(&mut is_seen[first], true) {
            way.push((first, 0));
        }
        while let Some((step, looked)) = way.last_mut() {
            if let Some(&next) = receivers[*step].get(*looked) {
                *looked += 1;
                if !std::mem::replace(&mut is_seen[next], true) {
                    way.push((next, 0));
                }
            } else {
                order.push(*step);
                way.pop();
            }
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::{Handover, order};

    fn moves(all: &[(usize, usize)]) -> Vec<Handover> {
        all.iter()
            .map(|&(giver, receiver)| Handover {
                trigger: "t".to_owned(),
                registration: "0-1".to_owned(),
                giver,
                receiver,
                is_certain: true,
            })
            .collect()
    }

    #[test]
    fn receivers_come_before_givers() {
        assert_eq!(order(3, &[]), [0, 1, 2]);
        assert_eq!(order(3, &moves(&[(0, 1)])), [1, 0, 2]);
        assert_eq!(order(4, &moves(&[(0, 3), (3, 2), (1, 2)])), [2, 3, 0, 1]);
        // Two that exchange triggers.
        assert_eq!(order(3, &moves(&[(0, 1), (1, 0)])), [1, 0, 2]);
        let long: Vec<(usize, usize)> = (0..50_000).map(|n| (n, n + 1)).collect();
        assert_eq!(order(50_001, &moves(&long))[0], 50_000);
    }
}
