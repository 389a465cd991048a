//! Executions, as `RG.DUMPEXECUTIONS` lists them.

use super::exec_id::ExecId;
use super::fields::Fields;
use crate::error::Result;
use redis::Value;
use std::collections::BTreeMap;

/// An execution that is running, or has run and was not dropped.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Execution {
    /// Its id.
    pub id: ExecId,
    /// How far it is.
    pub status: ExecutionStatus,
    /// `true` if a registration caused it.
    pub registered: bool,
    /// What the server says beyond that.
    pub extra: BTreeMap<String, Value>,
}

impl Execution {
    pub(crate) fn read(row: Value) -> Result<Self> {
        let mut fields = Fields::of(row)?;
        Ok(Execution {
            id: fields.text("executionId").parse()?,
            status: ExecutionStatus::of(&fields.text("status")),
            registered: fields.flag("registered"),
            extra: fields.rest(),
        })
    }
}

/// How far an execution is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ExecutionStatus {
    /// Waiting for a thread.
    Created,
    /// Running.
    Running,
    /// Waiting for the plan to reach this shard.
    PendingReceive,
    /// Waiting for its turn.
    PendingRun,
    /// Waiting for other shards.
    PendingCluster,
    /// Waiting for other shards to end.
    PendingTermination,
    /// Over.
    Done,
    /// Stopped.
    Aborted,
    /// Something this version does not know.
    Other(String),
}

impl ExecutionStatus {
    fn of(word: &str) -> Self {
        match word {
            "created" => ExecutionStatus::Created,
            "running" => ExecutionStatus::Running,
            "pending_receive" => ExecutionStatus::PendingReceive,
            "pending_run" => ExecutionStatus::PendingRun,
            "pending_cluster" => ExecutionStatus::PendingCluster,
            "pending_termination" => ExecutionStatus::PendingTermination,
            "done" => ExecutionStatus::Done,
            "aborted" => ExecutionStatus::Aborted,
            other => ExecutionStatus::Other(other.to_owned()),
        }
    }

    /// Whether nothing will change any more.
    pub fn is_over(&self) -> bool {
        matches!(self, ExecutionStatus::Done | ExecutionStatus::Aborted)
    }
}
