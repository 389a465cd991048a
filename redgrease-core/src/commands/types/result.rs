//! Replies of `RG.PYEXECUTE`, `RG.GETRESULTS` and `RG.GETRESULTSBLOCKING`.

use super::exec_id::ExecId;
use super::fields::text;
use crate::error::{DecodeError, Error, ErrorKind, Result, traceback};
use redis::{FromRedisValue, Value};

/// The records and the errors of a run. Records produced before an error are kept.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct ExecutionResult<T = Value> {
    /// The records.
    pub values: Vec<T>,
    /// The errors, as Python tracebacks.
    pub errors: Vec<String>,
}

impl<T> Default for ExecutionResult<T> {
    fn default() -> Self {
        ExecutionResult {
            values: Vec::new(),
            errors: Vec::new(),
        }
    }
}

impl<T> ExecutionResult<T> {
    /// The records.
    ///
    /// # Errors
    ///
    /// The first error of the run, if it has errors.
    pub fn into_values(mut self) -> Result<Vec<T>> {
        if self.errors.is_empty() {
            return Ok(self.values);
        }
        Err(Error::new(ErrorKind::Script {
            traceback: self.errors.swap_remove(0),
        }))
    }

    /// The only record.
    ///
    /// # Errors
    ///
    /// The first error of the run, or a conversion error if the number of records is not one.
    pub fn into_value(self) -> Result<T> {
        let mut values = self.into_values()?;
        match (values.len(), values.pop()) {
            (1, Some(value)) => Ok(value),
            (count, _) => Err(DecodeError::new(format!("{count} records"), "one record").into()),
        }
    }
}

/// Iterates over the records and ignores the errors.
impl<T> IntoIterator for ExecutionResult<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.values.into_iter()
    }
}

impl<T: FromRedisValue> ExecutionResult<T> {
    pub(crate) fn read(value: Value) -> Result<Self> {
        let (records, errors) = match value {
            Value::Array(mut parts) if parts.len() == 2 => {
                let errors = parts.pop();
                (parts.pop(), errors)
            }
            _ => {
                return Err(DecodeError::new(
                    "an unexpected reply",
                    "a list of records and a list of errors",
                )
                .into());
            }
        };
        let (Some(Value::Array(records)), Some(Value::Array(errors))) = (records, errors) else {
            return Err(DecodeError::new(
                "an unexpected reply",
                "a list of records and a list of errors",
            )
            .into());
        };
        let values = records
            .into_iter()
            .map(|record| {
                // A string record that begins with a minus sign arrives as an error. A caller that asks for `Value`
                // receives it as such; for other types the conversion fails with its text.
                let refused = readable(&record).filter(|_| matches!(record, Value::ServerError(_)));
                redis::from_redis_value(record).map_err(|e| {
                    DecodeError::mismatch::<T>(refused.unwrap_or_else(|| e.to_string())).into()
                })
            })
            .collect::<Result<_>>()?;
        Ok(ExecutionResult {
            values,
            errors: errors.iter().filter_map(readable).collect(),
        })
    }
}

/// The text of an error of a run. Servers send a traceback as `str()` of a Python list of lines.
pub(super) fn readable(error: &Value) -> Option<String> {
    let text = match error {
        Value::ServerError(e) => e
            .details()
            .map_or_else(|| e.code().to_owned(), |d| format!("{} {d}", e.code())),
        other => text(other)?,
    };
    Some(traceback(&text).unwrap_or(text))
}

/// Reply of `RG.PYEXECUTE`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Executed<T = Value> {
    /// The script ran an execution to its end.
    Results(ExecutionResult<T>),
    /// The script started an execution with [`unblocking`](crate::PyExecuteOptions::unblocking).
    Started(ExecId),
    /// The script ran no execution; it may have made registrations.
    Ok,
}

impl<T: FromRedisValue> Executed<T> {
    pub(crate) fn read(value: Value) -> Result<Self> {
        match value {
            Value::Okay => Ok(Executed::Ok),
            Value::SimpleString(text) if text == "OK" => Ok(Executed::Ok),
            Value::BulkString(_) => {
                Ok(Executed::Started(text(&value).unwrap_or_default().parse()?))
            }
            other => ExecutionResult::read(other).map(Executed::Results),
        }
    }
}

impl<T> Executed<T> {
    /// The results; empty if the script ran no execution.
    ///
    /// # Errors
    ///
    /// If the execution was started with `unblocking`: fetch its results by its id.
    pub fn into_results(self) -> Result<ExecutionResult<T>> {
        match self {
            Executed::Results(results) => Ok(results),
            Executed::Ok => Ok(ExecutionResult::default()),
            Executed::Started(id) => Err(Error::config(format!(
                "the execution {id} was started with `unblocking`: fetch its results with `get_results_blocking`"
            ))),
        }
    }

    /// The id of an execution that was started with `unblocking`.
    pub fn id(&self) -> Option<&ExecId> {
        match self {
            Executed::Started(id) => Some(id),
            _ => None,
        }
    }
}
