//! Executions in full, as `RG.GETEXECUTION` gives them.

use super::fields::{Fields, text};
use super::result::readable;
use super::serialize;
use crate::error::{DecodeError, Result};
use crate::keyword::ExecutionStatus;
use redis::Value;
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;

/// What one shard knows about an execution.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ExecutionPlan {
    /// How far it is.
    pub status: ExecutionStatus,
    /// How many shards have received it.
    pub shards_received: u64,
    /// How many shards have done their part.
    pub shards_completed: u64,
    /// How many records there are; `None` as long as it is running.
    pub results: Option<u64>,
    /// Errors, as Python's tracebacks.
    pub errors: Vec<String>,
    /// How long it took, in whole milliseconds.
    #[serde(serialize_with = "serialize::millis")]
    pub total_duration: Duration,
    /// How long reading took.
    #[serde(serialize_with = "serialize::millis")]
    pub read_duration: Duration,
    /// Its steps, the first one first. The reader is not among them.
    pub steps: Vec<ExecutionStep>,
    /// What the server says beyond that.
    #[serde(serialize_with = "serialize::values")]
    pub extra: BTreeMap<String, Value>,
}

/// A step of an execution, as the server runs it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct ExecutionStep {
    /// What kind of step it is: `map`, `filter`, `accumulate`, ..
    pub kind: String,
    /// How long it took; zero unless `ProfileExecutions` is on.
    #[serde(serialize_with = "serialize::millis")]
    pub duration: Duration,
    /// The server's function for it.
    pub name: String,
    /// What it works with, as text: mostly a Python function.
    pub arg: String,
}

impl ExecutionPlan {
    /// The plan of each shard, by the id of the shard.
    pub(crate) fn read_all(value: Value) -> Result<BTreeMap<String, Self>> {
        super::rows(value, |row| {
            let mut fields = Fields::of(row)?;
            let shard = fields.text("shard_id");
            match fields.take("execution_plan") {
                Some(plan) => Ok((shard, Self::read(plan)?)),
                None => Err(DecodeError::new("another reply", "the plan of a shard").into()),
            }
        })
        .map(|rows| rows.into_iter().collect())
    }

    pub(crate) fn read(row: Value) -> Result<Self> {
        let mut fields = Fields::of(row)?;
        let mut steps = Vec::new();
        for step in fields.list("steps") {
            let mut step = Fields::of(step)?;
            steps.push(ExecutionStep {
                kind: step.text("type"),
                duration: Duration::from_millis(step.number("duration")),
                name: step.text("name"),
                arg: step.text("arg"),
            });
        }
        // Servers list the last one first.
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
