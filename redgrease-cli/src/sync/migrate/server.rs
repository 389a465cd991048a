//! What a server has: registrations, sessions, packages and settings. Nothing is run on it.

use crate::failure::Failure;
use redgrease_core::{
    Con, ConfigValue, ErrorKind, GearsCommands as _, GearsVersion, RegistrationInfo, Requirement,
    Session, SessionsOptions,
};
use serde::Serialize;
use std::collections::BTreeMap;

/// The settings that RedisGears and the engine have.
const SETTINGS: [&str; 14] = [
    "MaxExecutions",
    "MaxExecutionsPerRegistration",
    "ProfileExecutions",
    "ExecutionThreads",
    "ExecutionMaxIdleTime",
    "SendMsgRetries",
    "PythonAttemptTraceback",
    "PythonInstallReqMaxIdleTime",
    "CreateVenv",
    "DownloadDeps",
    "OverridePythonAllocators",
    "DependenciesUrl",
    "DependenciesSha256",
    "PythonInstallationDir",
];

/// A setting that the engine has and RedisGears has not.
const OF_ENGINE: &str = "MaxCallDepth";

#[derive(Debug, Default, Serialize)]
pub(super) struct Gears {
    pub(super) version: String,
    /// Whether the server has the engine of this project.
    pub(super) is_engine: bool,
    /// The number of shards, in a cluster.
    pub(super) shards: Option<usize>,
    /// Whether the server has sessions: RedisGears before 1.2.2 has none.
    pub(super) has_sessions: bool,
    pub(super) sessions: Vec<Session>,
    pub(super) registrations: Vec<RegistrationInfo>,
    pub(super) requirements: Vec<Requirement>,
    pub(super) settings: BTreeMap<String, String>,
}

impl Gears {
    pub(super) fn read(con: &mut Con) -> Result<Self, Failure> {
        let version = con
            .gears_version()
            .unwrap_or_else(|_| GearsVersion::new(1, 2, 0));
        let is_engine = con.config_get(&[OF_ENGINE])?.iter().all(Result::is_ok);
        let sessions = match con.dump_sessions(&SessionsOptions::new()) {
            Ok(sessions) => Some(sessions),
            Err(error) if matches!(error.kind(), ErrorKind::NoGears) => None,
            Err(error) => return Err(error.into()),
        };
        let settings = con.config_get(&SETTINGS)?;
        let settings = SETTINGS.iter().zip(settings).filter_map(|(name, value)| {
            let value = match value.ok()? {
                ConfigValue::Int(number) => number.to_string(),
                ConfigValue::Text(text) => text,
                _ => return None,
            };
            Some(((*name).to_owned(), value))
        });
        let mut registrations = con.dump_registrations()?;
        registrations.sort_by(|a, b| (&a.session, &a.id).cmp(&(&b.session, &b.id)));
        Ok(Gears {
            version: version.to_string(),
            is_engine,
            shards: con.info_cluster()?.map(|cluster| cluster.shards.len()),
            has_sessions: sessions.is_some(),
            sessions: sessions.unwrap_or_default(),
            registrations,
            requirements: con.dump_requirements()?,
            settings: settings.collect(),
        })
    }

    pub(super) fn name(&self) -> String {
        let name = if self.is_engine {
            "this engine"
        } else {
            "RedisGears"
        };
        match (self.is_engine, self.shards) {
            (true, None) => name.to_owned(),
            (true, Some(shards)) => format!("{name} on {shards} shards"),
            (false, None) => format!("{name} {}", self.version),
            (false, Some(shards)) => format!("{name} {} on {shards} shards", self.version),
        }
    }
}
