//! Reply of `RG.DUMPEXECUTIONS`.

use super::exec_id::ExecId;
use super::fields::Fields;
use super::serialize;
use crate::error::Result;
use crate::keyword::ExecutionStatus;
use redis::Value;
use serde::Serialize;
use std::collections::BTreeMap;

/// An execution that is queued, running, or finished and not dropped.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Execution {
    /// Id of the execution.
    pub id: ExecId,
    /// State of the execution.
    pub status: ExecutionStatus,
    /// `true` if a registration started the execution.
    pub registered: bool,
    /// All other fields of the reply.
    #[serde(serialize_with = "serialize::values")]
    pub extra: BTreeMap<String, Value>,
}

impl Execution {
    pub(crate) fn read(row: Value) -> Result<Self> {
        let mut fields = Fields::from_row(row)?;
        Ok(Execution {
            id: fields.text("executionId").parse()?,
            status: fields.text("status").as_str().into(),
            registered: fields.flag("registered"),
            extra: fields.rest(),
        })
    }
}
