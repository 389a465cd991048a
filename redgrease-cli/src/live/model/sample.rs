//! What a server said at one moment.

use super::info::Info;
use crate::output::Source;
use redgrease_core::{
    ClusterInfo, Execution, ExecutionPlan, PyStats, RegistrationInfo, Requirement, Session,
};
use std::collections::BTreeMap;
use std::time::{Instant, SystemTime};

pub(crate) struct Sample {
    pub(super) at: SystemTime,
    /// When the registrations were listed.
    pub(super) taken: Instant,
    /// The time that the server and the network needed for it.
    pub(super) cost_ms: f64,
    pub(super) address: String,
    /// The registrations of all shards.
    pub(super) registrations: Vec<RegistrationInfo>,
    /// Sessions of the shard that was asked.
    pub(super) sessions: Vec<Session>,
    pub(super) executions: Vec<ShardExecution>,
    /// Details of executions that run, and of some that have ended.
    pub(super) plans: BTreeMap<String, ExecutionPlan>,
    pub(super) requirements: Vec<Requirement>,
    pub(super) memory: BTreeMap<String, PyStats>,
    pub(super) info: Info,
    pub(super) cluster: Option<ClusterInfo>,
    /// Scripts of sessions with errors, if `redgrease sync` has sent them.
    pub(super) scripts: BTreeMap<String, Source>,
    /// Shards that have not answered, with the reason.
    pub(super) silent: BTreeMap<String, String>,
    /// Questions that the server refused, with its reason.
    pub(super) refusals: Vec<String>,
}

pub(super) struct ShardExecution {
    /// `None` outside of a cluster.
    pub(super) shard: Option<String>,
    pub(super) execution: Execution,
}

#[cfg(test)]
impl Sample {
    /// A server that has nothing but these registrations.
    pub(super) fn of(registrations: Vec<RegistrationInfo>) -> Self {
        Sample {
            at: SystemTime::UNIX_EPOCH,
            taken: Instant::now(),
            cost_ms: 0.0,
            address: String::new(),
            registrations,
            sessions: Vec::new(),
            executions: Vec::new(),
            plans: BTreeMap::new(),
            requirements: Vec::new(),
            memory: BTreeMap::new(),
            info: Info::default(),
            cluster: None,
            scripts: BTreeMap::new(),
            silent: BTreeMap::new(),
            refusals: Vec::new(),
        }
    }
}
