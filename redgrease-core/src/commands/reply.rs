//! From the answer of a command to its type.

use super::types::Execution;
use super::types::{
    ConfigValue, Executed, ExecutionResult, PyStats, RegistrationInfo, Requirement, Session, rows,
};
use crate::error::{DecodeError, Error, Result};
use redis::{FromRedisValue, Value};

pub(super) fn ok(value: Value) -> Result<()> {
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

pub(super) fn sessions(value: Value) -> Result<Vec<Session>> {
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

pub(super) fn stats(value: Value) -> Result<PyStats> {
    PyStats::read(whole(value)?)
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
