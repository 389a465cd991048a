//! Reply of `RG.GETEXECUTION`.

use super::fields::{Fields, text};
use super::result::readable;
use super::serialize;
use crate::error::{DecodeError, Result};
use crate::keyword::ExecutionStatus;
use redis::Value;
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;

/// The details of an execution on one shard.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ExecutionPlan {
    /// State of the execution.
    pub status: ExecutionStatus,
    /// Number of shards that have received the execution.
    pub shards_received: u64,
    /// Number of shards that have completed the execution.
    pub shards_completed: u64,
    /// Number of result records; `None` while the execution is running.
    pub results: Option<u64>,
    /// Errors, as Python tracebacks.
    pub errors: Vec<String>,
    /// Total duration, in whole milliseconds.
    #[serde(serialize_with = "serialize::millis")]
    pub total_duration: Duration,
    /// Duration of the reader, in whole milliseconds.
    #[serde(serialize_with = "serialize::millis")]
    pub read_duration: Duration,
    /// The steps in the order of execution, without the reader.
    pub steps: Vec<ExecutionStep>,
    /// All other fields of the reply.
    #[serde(serialize_with = "serialize::values")]
    pub extra: BTreeMap<String, Value>,
}

/// A step of an execution.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct ExecutionStep {
    /// Kind of the step: `map`, `filter`, `accumulate`, ..
    pub kind: String,
    /// Duration of the step; zero unless the setting `ProfileExecutions` is on.
    #[serde(serialize_with = "serialize::millis")]
    pub duration: Duration,
    /// Name of the server's function that implements the step.
    pub name: String,
    /// Argument of the step as text, usually a Python function.
    pub arg: String,
}

impl ExecutionPlan {
    /// Parses the plans of all shards, by shard id.
    pub(crate) fn read_all(value: Value) -> Result<BTreeMap<String, Self>> {
        super::rows(value, |row| {
            let mut fields = Fields::from_row(row)?;
            let shard = fields.text("shard_id");
            match fields.take("execution_plan") {
                Some(plan) => Ok((shard, Self::read(plan)?)),
                None => Err(DecodeError::new("an unexpected reply", "the plan of a shard").into()),
            }
        })
        .map(|rows| rows.into_iter().collect())
    }

    pub(crate) fn read(row: Value) -> Result<Self> {
        let mut fields = Fields::from_row(row)?;
        let mut steps = Vec::new();
        for step in fields.list("steps") {
            let mut step = Fields::from_row(step)?;
            steps.push(ExecutionStep {
                kind: step.text("type"),
                duration: Duration::from_millis(step.number("duration")),
                name: step.text("name"),
                arg: step.text("arg"),
            });
        }
        // Servers list the last step first.
        steps.reverse();
        Ok(ExecutionPlan {
            status: fields.text("status").as_str().into(),
            shards_received: fields.number("shards_received"),
            shards_completed: fields.number("shards_completed"),
            results: fields.take("results").and_then(|n| text(&n)?.parse().ok()),
            errors: fields.list("errors").iter().filter_map(readable).collect(),
            total_duration: Duration::from_millis(fields.number("total_duration")),
            read_duration: Duration::from_millis(fields.number("read_duration")),
            steps,
            extra: fields.rest(),
        })
    }
}
