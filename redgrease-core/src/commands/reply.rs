//! Parsers from replies to typed values, one per command.

use super::types::Execution;
use super::types::{
    ClusterInfo, ClusterSetting, ConfigValue, Executed, ExecutionPlan, ExecutionResult,
    ExportedRequirement, Fields, GearsVersion, Module, Plugin, PyStats, RegistrationInfo,
    Requirement, Session, rows, text as as_text,
};
use crate::error::{DecodeError, Error, Result};
use redis::{FromRedisValue, Value};
use std::collections::BTreeMap;

pub(crate) fn ok(value: Value) -> Result<()> {
    match extract_errors(value)? {
        Value::Okay | Value::SimpleString(_) | Value::BulkString(_) => Ok(()),
        _ => Err(DecodeError::new("an unexpected reply", "OK").into()),
    }
}

pub(super) fn executed<T: FromRedisValue>(value: Value) -> Result<Executed<T>> {
    Executed::read(extract_top_error(value)?)
}

pub(super) fn results<T: FromRedisValue>(value: Value) -> Result<ExecutionResult<T>> {
    ExecutionResult::read(extract_top_error(value)?)
}

pub(super) fn records<T: FromRedisValue>(value: Value) -> Result<Vec<T>> {
    rows(extract_errors(value)?, |record| {
        redis::from_redis_value(record)
            .map_err(|e| DecodeError::mismatch::<T>(e.to_string()).into())
    })
}

pub(crate) fn registrations(value: Value) -> Result<Vec<RegistrationInfo>> {
    rows(extract_errors(value)?, RegistrationInfo::read)
}

pub(crate) fn sessions(value: Value) -> Result<Vec<Session>> {
    Ok(rows(extract_errors(value)?, Session::read)?
        .into_iter()
        .flatten()
        .collect())
}

pub(super) fn requirements(value: Value) -> Result<Vec<Requirement>> {
    rows(extract_errors(value)?, Requirement::read)
}

pub(super) fn executions(value: Value) -> Result<Vec<Execution>> {
    rows(extract_errors(value)?, Execution::read)
}

pub(super) fn config(value: Value) -> Result<Vec<Result<ConfigValue>>> {
    ConfigValue::read_all(value)
}

pub(crate) fn stats(value: Value) -> Result<PyStats> {
    PyStats::read(extract_errors(value)?)
}

pub(super) fn stats_by_shard(value: Value) -> Result<BTreeMap<String, PyStats>> {
    let of_shard = |row| -> Result<Option<(String, PyStats)>> {
        let mut fields = Fields::from_row(row)?;
        match fields.take("reply").unwrap_or(Value::Nil) {
            Value::Nil => Ok(None),
            stats => Ok(Some((fields.text("shard_id"), PyStats::read(stats)?))),
        }
    };
    let rows = rows(extract_errors(value)?, of_shard)?;
    Ok(rows.into_iter().flatten().collect())
}

pub(super) fn cluster_settings(value: Value) -> Result<Vec<ClusterSetting>> {
    rows(extract_errors(value)?, ClusterSetting::read)
}

/// Settings were changed.
pub(super) fn changed(value: Value) -> Result<()> {
    extract_errors(value).map(drop)
}

pub(super) fn plans(value: Value) -> Result<BTreeMap<String, ExecutionPlan>> {
    ExecutionPlan::read_all(extract_errors(value)?)
}

pub(super) fn cluster(value: Value) -> Result<Option<ClusterInfo>> {
    ClusterInfo::read(extract_errors(value)?)
}

pub(super) fn plugins(value: Value) -> Result<Vec<Plugin>> {
    rows(extract_errors(value)?, Plugin::read)
}

pub(super) fn modules(value: Value) -> Result<Vec<Module>> {
    rows(extract_errors(value)?, Module::read)
}

pub(super) fn version(value: Value) -> Result<GearsVersion> {
    GearsVersion::from_modules(&modules(value)?)
}

pub(super) fn exported(value: Value) -> Result<ExportedRequirement> {
    ExportedRequirement::read(extract_errors(value)?)
}

pub(super) fn text(value: Value) -> Result<String> {
    as_text(&extract_errors(value)?)
        .ok_or_else(|| DecodeError::new("an unexpected reply", "text").into())
}

pub(super) fn python(value: Value) -> Result<String> {
    executed(value)?.into_results()?.into_value()
}

/// Fails if the reply is an error or contains one.
fn extract_errors(value: Value) -> Result<Value> {
    value.extract_error().map_err(Error::from)
}

/// Fails if the reply itself is an error. Errors inside the reply belong to single records and stay there.
fn extract_top_error(value: Value) -> Result<Value> {
    if matches!(value, Value::ServerError(_)) {
        extract_errors(value)
    } else {
        Ok(value)
    }
}
