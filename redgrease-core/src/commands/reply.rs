//! From the answer of a command to its type.

use super::types::Execution;
use super::types::{
    ClusterInfo, ConfigValue, Executed, ExecutionPlan, ExecutionResult, ExportedRequirement,
    GearsVersion, Module, Plugin, PyStats, RegistrationInfo, Requirement, Session, rows,
    text as as_text,
};
use crate::error::{DecodeError, Error, Result};
use redis::{FromRedisValue, Value};
use std::collections::BTreeMap;

pub(crate) fn ok(value: Value) -> Result<()> {
    match whole(value)? {
        Value::Okay | Value::SimpleString(_) | Value::BulkString(_) => Ok(()),
        _ => Err(DecodeError::new("another reply", "OK").into()),
    }
}

pub(super) fn executed<T: FromRedisValue>(value: Value) -> Result<Executed<T>> {
    Executed::read(top(value)?)
}

pub(super) fn results<T: FromRedisValue>(value: Value) -> Result<ExecutionResult<T>> {
    ExecutionResult::read(top(value)?)
}

pub(super) fn records<T: FromRedisValue>(value: Value) -> Result<Vec<T>> {
    rows(whole(value)?, |record| {
        redis::from_redis_value(record)
            .map_err(|e| DecodeError::mismatch::<T>(e.to_string()).into())
    })
}

pub(super) fn registrations(value: Value) -> Result<Vec<RegistrationInfo>> {
    rows(whole(value)?, RegistrationInfo::read)
}

pub(crate) fn sessions(value: Value) -> Result<Vec<Session>> {
    Ok(rows(whole(value)?, Session::read)?
        .into_iter()
        .flatten()
        .collect())
}

pub(super) fn requirements(value: Value) -> Result<Vec<Requirement>> {
    rows(whole(value)?, Requirement::read)
}

pub(super) fn executions(value: Value) -> Result<Vec<Execution>> {
    rows(whole(value)?, Execution::read)
}

pub(super) fn config(value: Value) -> Result<Vec<Result<ConfigValue>>> {
    ConfigValue::read_all(value)
}

pub(crate) fn stats(value: Value) -> Result<PyStats> {
    PyStats::read(whole(value)?)
}

pub(super) fn plans(value: Value) -> Result<BTreeMap<String, ExecutionPlan>> {
    ExecutionPlan::read_all(whole(value)?)
}

pub(super) fn cluster(value: Value) -> Result<Option<ClusterInfo>> {
    ClusterInfo::read(whole(value)?)
}

pub(super) fn plugins(value: Value) -> Result<Vec<Plugin>> {
    rows(whole(value)?, Plugin::read)
}

pub(super) fn modules(value: Value) -> Result<Vec<Module>> {
    rows(whole(value)?, Module::read)
}

pub(super) fn version(value: Value) -> Result<GearsVersion> {
    GearsVersion::of(&modules(value)?)
}

pub(super) fn exported(value: Value) -> Result<ExportedRequirement> {
    ExportedRequirement::read(whole(value)?)
}

pub(super) fn text(value: Value) -> Result<String> {
    as_text(&whole(value)?).ok_or_else(|| DecodeError::new("another reply", "a text").into())
}

pub(super) fn python(value: Value) -> Result<String> {
    executed(value)?.into_results()?.into_value()
}

/// An answer without an error anywhere in it.
fn whole(value: Value) -> Result<Value> {
    value.extract_error().map_err(Error::from)
}

/// An answer that is no error itself; those inside it belong to their records.
fn top(value: Value) -> Result<Value> {
    if matches!(value, Value::ServerError(_)) {
        whole(value)
    } else {
        Ok(value)
    }
}
