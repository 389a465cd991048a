//! What differs between RedisGears 1.2 and the engine, for what a server has. The book has the whole list.

use super::server::Gears;
use crate::commands::names::{short_session, subject};
use crate::output::{Traceback, one_line, without_passwords};
use redgrease_core::{RegistrationInfo, normalized_name};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    pub(super) kind: Kind,
    /// The registration, session, package or setting; empty for all.
    pub(super) about: String,
    pub(super) what: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    /// A person has to do it.
    Do,
    /// It will be another way.
    Differs,
    /// It has nothing to do with the move, and may be taken for an effect of it.
    Same,
}

impl Finding {
    pub(super) fn text(&self) -> String {
        match self.about.as_str() {
            "" => self.what.clone(),
            about => format!("{about}: {}", self.what),
        }
    }
}

/// Everything that is worth a line.
pub(super) fn findings(old: &Gears) -> Vec<Finding> {
    let mut all = Findings(Vec::new());
    if old.is_engine {
        all.add(
            Kind::Same,
            "",
            "the server has this engine already: nothing differs",
        );
        all.failures(old);
        return all.0;
    }
    all.scripts(old);
    all.packages(old);
    all.settings(old);
    for row in &old.registrations {
        all.registration(row);
    }
    all.all_scripts(old);
    all.failures(old);
    all.0
}

/// Events that no server sends to modules.
const NO_EVENTS: [&str; 4] = ["get", "flushall", "flushdb", "swapdb"];

/// The settings that have no effect on the engine.
const NO_EFFECT: [&str; 5] = [
    "CreateVenv",
    "DownloadDeps",
    "OverridePythonAllocators",
    "DependenciesUrl",
    "DependenciesSha256",
];

/// The defaults that both have.
const DEFAULTS: [(&str, &str); 7] = [
    ("MaxExecutions", "1000"),
    ("MaxExecutionsPerRegistration", "100"),
    ("ProfileExecutions", "0"),
    ("ExecutionThreads", "3"),
    ("ExecutionMaxIdleTime", "5000"),
    ("PythonAttemptTraceback", "1"),
    ("PythonInstallReqMaxIdleTime", "30000"),
];

struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, kind: Kind, about: impl Into<String>, what: impl Into<String>) {
        self.0.push(Finding {
            kind,
            about: about.into(),
            what: what.into(),
        });
    }

    /// Which scripts have to be sent again.
    fn scripts(&mut self, old: &Gears) {
        let mut by_session: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for row in &old.registrations {
            let session = row.session.as_deref().unwrap_or_default();
            by_session.entry(session).or_default().push(name(row));
        }
        for (session, names) in by_session {
            let description = old.sessions.iter().find(|it| it.id == session);
            let description = description.and_then(|it| it.description.as_deref());
            let description = description.filter(|text| !text.is_empty());
            let mut about = format!("session {}", short_session(session));
            if session.is_empty() {
                "scripts without a session".clone_into(&mut about);
            }
            if let Some(description) = description {
                about = format!("{about} ({})", one_line(description));
            }
            let what = format!("send the script again that registers {}", names.join(", "));
            self.add(Kind::Do, about, what);
        }
        let generated = |id: &str| short_session(id) != id;
        if old.sessions.iter().any(|session| generated(&session.id)) {
            self.add(
                Kind::Do,
                "",
                "some sessions have ids that the server made: `redgrease sync` gives each script an id of its own, so that the next version replaces it",
            );
        }
        if !old.has_sessions {
            self.add(
                Kind::Differs,
                "",
                "this RedisGears has no sessions; on the engine, a script is replaced as a whole and without a gap: `redgrease sync`",
            );
        }
    }

    fn packages(&mut self, old: &Gears) {
        if old.requirements.is_empty() {
            return;
        }
        self.add(
            Kind::Do,
            "packages",
            "RedisGears runs Python 3.7, and its files of packages are for that: the engine installs the packages for its own Python. Look whether the versions exist for it, or give a newer one in the file of requirements",
        );
        for row in &old.requirements {
            let about = format!("package {}", without_passwords(&row.name));
            match normalized_name(&row.name).as_str() {
                "redgrease" => self.add(
                    Kind::Differs,
                    about,
                    "`import redgrease` needs no package on the engine; with it, the session uses the package as before",
                ),
                "redis" => self.add(
                    Kind::Differs,
                    about,
                    "the engine has `cmd` with the methods of redis-py; with the package, the session uses redis-py as before",
                ),
                "gearsclient" | "cloudpickle" => self.add(
                    Kind::Do,
                    about,
                    "functions that clients pickle need the same minor version of Python as the engine, and from Python 3.11 on cloudpickle 2",
                ),
                _ => {}
            }
            if !row.is_installed {
                let about = format!("package {}", without_passwords(&row.name));
                self.add(
                    Kind::Same,
                    about,
                    "it is not installed on this server either",
                );
            }
        }
    }

    fn settings(&mut self, old: &Gears) {
        let mut arguments = Vec::new();
        for (name, default) in DEFAULTS {
            if let Some(value) = old.settings.get(name).filter(|value| *value != default) {
                arguments.push(format!("{name} {value}"));
            }
        }
        if !arguments.is_empty() {
            let arguments = arguments.join(" ");
            self.add(
                Kind::Do,
                "settings",
                format!(
                    "give them to the new server: loadmodule /path/to/redgrease.so {arguments}"
                ),
            );
        }
        let is_set = |name: &&str| {
            let value = old.settings.get(*name).map_or("", String::as_str);
            !matches!(value, "" | "0" | "None")
        };
        // On by default, and of no use to a person.
        let shown = NO_EFFECT
            .iter()
            .filter(|name| **name != "OverridePythonAllocators");
        let shown: Vec<&str> = shown.copied().filter(|name| is_set(name)).collect();
        if !shown.is_empty() {
            self.add(
                Kind::Differs,
                "settings",
                format!(
                    "{} have no effect: the engine uses a Python of the machine",
                    shown.join(", ")
                ),
            );
        }
        let idle = old.settings.get("ExecutionMaxIdleTime");
        if idle
            .and_then(|it| it.parse::<u32>().ok())
            .is_some_and(|it| it < 3000)
        {
            self.add(
                Kind::Differs,
                "ExecutionMaxIdleTime",
                "less than 3000 counts as 3000 for runs and registrations",
            );
        }
    }

    fn registration(&mut self, row: &RegistrationInfo) {
        let about = || name(row);
        match row.reader.as_str() {
            "KeysReader" => {
                if row.mode == "sync" {
                    self.add(
                        Kind::Differs,
                        about(),
                        "a sync handler runs after the command that caused the event, not inside it: if the command removes the key, there is no value to read",
                    );
                }
                let events = texts(row, "eventTypes");
                for event in events.iter().filter(|it| NO_EVENTS.contains(&it.as_str())) {
                    self.add(
                        Kind::Same,
                        about(),
                        format!("no server tells modules the event `{event}`, so that the handler does not run for it"),
                    );
                }
                let pattern = row.prefix().unwrap_or_default();
                if pattern.trim_end_matches('*').contains('*') {
                    self.add(
                        Kind::Same,
                        about(),
                        "a `*` that is not at the end of a pattern stands for itself: the handler runs for no other key",
                    );
                }
            }
            "StreamReader" => {
                self.add(
                    Kind::Differs,
                    about(),
                    "the batches of a stream are handled one after the other, also if a handler waits for a coroutine",
                );
                match row.status.as_deref() {
                    None | Some("OK") => {}
                    Some(status) => self.add(
                        Kind::Same,
                        about(),
                        format!("it reads nothing at the moment ({status}); a new registration begins with the pending messages"),
                    ),
                }
            }
            _ => {}
        }
    }

    /// What holds for scripts, whose text RedisGears does not tell.
    fn all_scripts(&mut self, old: &Gears) {
        if old.registrations.is_empty() {
            return;
        }
        for what in [
            "the body of a script does not hold up the server: put what has to be one step into `with atomic():`",
            "`execute` refuses commands that need the connection of a client, such as MULTI, SELECT and SUBSCRIBE, and its errors are the server's own words",
            "an aborted execution has the status `aborted`, and its client gets an error",
            "from Redis 7.0.6 on, a gear has the rights of the user who calls it; those of the user who registered it with ExecuteAsOwner 1",
        ] {
            self.add(Kind::Differs, "", what);
        }
        let readers: BTreeSet<&str> = old
            .registrations
            .iter()
            .map(|row| row.reader.as_str())
            .collect();
        if readers.contains("StreamReader") {
            self.add(
                Kind::Do,
                "",
                "messages that wait are in the streams: copy the keys with RESTORE or by replication, with their consumer group `__gears_consumer_group__`, before the scripts are sent",
            );
        }
    }

    fn failures(&mut self, old: &Gears) {
        for row in old.registrations.iter().filter(|row| row.failed > 0) {
            let error = row.last_error.as_deref().map(Traceback::parse);
            let error = error.map_or_else(String::new, |it| {
                format!("; the last error: {}", one_line(&it.error))
            });
            self.add(
                Kind::Same,
                name(row),
                format!(
                    "{} of {} runs have failed here{error}",
                    row.failed, row.triggered
                ),
            );
        }
    }
}

/// A registration, for people.
pub(super) fn name(row: &RegistrationInfo) -> String {
    let reader = row.reader.trim_end_matches("Reader");
    format!("{} `{}`", reader.to_lowercase(), subject(row))
}

fn texts(row: &RegistrationInfo, argument: &str) -> Vec<String> {
    let value = row.args.get(argument).cloned().unwrap_or(redis::Value::Nil);
    redis::from_redis_value(value).unwrap_or_default()
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
