//! Registrations, sessions and requirements.

use super::node::Node;
use super::report::Report;
use crate::output::{Traceback, text_of};
use redgrease_core::{GearsCommands as _, RegistrationInfo, RegistrationStatus, SessionsOptions};

/// How many names a finding lists.
const LISTED: usize = 5;

pub(super) fn look(node: &mut Node, report: &mut Report) {
    if let Ok(registrations) = node.connection().dump_registrations() {
        look_at_registrations(&registrations, report);
    }
    if let Ok(requirements) = node.connection().dump_requirements() {
        let failed: Vec<&str> = requirements
            .iter()
            .filter(|one| !one.is_installed)
            .map(|one| one.name.as_str())
            .collect();
        if failed.is_empty() {
            report.ok("requirements", format!("{} installed", requirements.len()));
        } else {
            report.error(
                "requirements",
                format!("not installed: {}", listed(&failed)),
                "the log of the server has what pip said; without a package index, `redgrease req import` brings a package from \
                 another server",
            );
        }
    }
    let all = node.connection().dump_sessions(&SessionsOptions::new());
    for session in all.unwrap_or_default() {
        if let Some(reason) = session.extra.get("notRestored") {
            report.error(
                "sessions",
                format!("`{}` was not restored: {}", session.id, text_of(reason)),
                "the engine tries again by itself; bring its packages with `redgrease req import`, or deploy it again",
            );
        }
    }
    // Older modules do not know the option.
    let dead = node
        .connection()
        .dump_sessions(&SessionsOptions::new().dead());
    let dead = dead.unwrap_or_default();
    if !dead.is_empty() {
        let ids: Vec<&str> = dead.iter().map(|session| session.id.as_str()).collect();
        report.warning(
            "sessions",
            format!(
                "{} replaced or without registrations, and still in use: {}",
                ids.len(),
                listed(&ids)
            ),
            "their executions and threads keep them; `redgrease ps` lists the executions, `redgrease abort` ends one, and a \
             restart of the server removes the rest",
        );
    }
}

fn look_at_registrations(registrations: &[RegistrationInfo], report: &mut Report) {
    const CHECK: &str = "registrations";
    let mut well = 0;
    for one in registrations {
        let name = name(one);
        let status = one.stream_status();
        let error = one.last_error.as_deref().unwrap_or_default();
        let error = Traceback::parse(error).error;
        match status {
            Some(RegistrationStatus::Aborted) => report.error(
                CHECK,
                format!("{name} has stopped at a message that fails: {error}"),
                "mend the gear and deploy it again, or resume it with `redgrease resume` after the message was removed",
            ),
            Some(RegistrationStatus::WaitingForRetry) => report.warning(
                CHECK,
                format!("{name} fails and waits for its next try: {error}"),
                "`redgrease show` has the traceback; mend the gear and deploy it again",
            ),
            Some(RegistrationStatus::Paused) => report.warning(
                CHECK,
                format!("{name} is paused, and its streams grow"),
                format!("let it go on with `redgrease resume {}`", one.id),
            ),
            _ if one.failed > 0 && one.failed >= one.succeeded => report.warning(
                CHECK,
                format!(
                    "{name} has failed {} of {} times: {error}",
                    one.failed, one.triggered
                ),
                "`redgrease show` has the traceback; `RG.CLEARREGISTRATIONSSTATS` begins the count again",
            ),
            _ => well += 1,
        }
    }
    if well == registrations.len() {
        report.ok(
            CHECK,
            format!("{well} registered, none of them waits or mostly fails"),
        );
    }
}

fn name(one: &RegistrationInfo) -> String {
    let what = one
        .trigger()
        .map(|it| format!("trigger `{it}`"))
        .or_else(|| one.stream().map(|it| format!("stream `{it}`")))
        .or_else(|| one.prefix().map(|it| format!("keys `{it}`")));
    match what {
        Some(what) => format!("{} ({what})", one.id),
        None => one.id.clone(),
    }
}

fn listed(names: &[&str]) -> String {
    let shown = names[..names.len().min(LISTED)].join(", ");
    match names.len().saturating_sub(LISTED) {
        0 => shown,
        more => format!("{shown}, and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::listed;

    #[test]
    fn long_lists_are_cut() {
        assert_eq!(listed(&["a", "b"]), "a, b");
        assert_eq!(
            listed(&["a", "b", "c", "d", "e", "f", "g"]),
            "a, b, c, d, e, and 2 more"
        );
    }
}
