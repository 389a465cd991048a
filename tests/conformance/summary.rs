//! Prints the results and finds unexpected differences.

use crate::lists::Lists;
use crate::replay::Outcome;

/// Prints the results of every group, and the differences if `REDGREASE_CONFORMANCE_SHOW` is set.
pub(crate) fn print(outcomes: &[Outcome], waiting: &[&str], lists: &Lists) {
    let show = std::env::var("REDGREASE_CONFORMANCE_SHOW").ok();
    let (mut passed, mut total, mut accepted) = (0, 0, 0);
    println!("{:<44} passed/total  accepted  open", "group");
    for outcome in outcomes {
        let differing = outcome.different.len();
        let on_purpose = outcome
            .different
            .iter()
            .filter(|(step, _)| lists.is_accepted(&outcome.group, step));
        let on_purpose = on_purpose.count();
        passed += outcome.total - differing;
        total += outcome.total;
        accepted += on_purpose;
        println!(
            "{:<44} {:>6}/{:<6} {on_purpose:>8} {:>5}",
            outcome.group,
            outcome.total - differing,
            outcome.total,
            differing - on_purpose,
        );
        if let Some(which) = &show {
            for (step, difference) in &outcome.different {
                if which == "all" || !lists.is_accepted(&outcome.group, step) {
                    println!("  {step}: {difference}");
                }
            }
        }
        for step in closed(outcome, lists) {
            println!("  {step}: no longer differs: remove it from its list");
        }
    }
    println!("{:<44} {passed:>6}/{total:<6} {accepted:>8}", "total");
    for group in waiting {
        println!("{group:<44} not yet: {}", lists.not_yet[*group]);
    }
}

/// Differing steps that are in none of the lists.
pub(crate) fn surprises(outcomes: &[Outcome], lists: &Lists) -> Vec<String> {
    let mut surprises = Vec::new();
    for outcome in outcomes {
        for (step, difference) in &outcome.different {
            if !lists.is_accepted(&outcome.group, step) && !lists.is_open(&outcome.group, step) {
                surprises.push(format!("{} {step}: {difference}", outcome.group));
            }
        }
    }
    surprises
}

/// Listed steps that no longer differ.
fn closed<'a>(outcome: &'a Outcome, lists: &'a Lists) -> Vec<&'a str> {
    let accepted = lists
        .accepted
        .get(&outcome.group)
        .into_iter()
        .flat_map(|steps| steps.keys());
    let open = lists.open.get(&outcome.group).into_iter().flatten();
    accepted
        .chain(open)
        .map(String::as_str)
        .filter(|step| outcome.different.iter().all(|(other, _)| other != step))
        .collect()
}
