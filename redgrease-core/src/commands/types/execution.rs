//! Executions, as `RG.DUMPEXECUTIONS` lists them.

use super::exec_id::ExecId;
use super::fields::Fields;
use super::serialize;
use crate::error::Result;
use crate::keyword::ExecutionStatus;
use redis::Value;
use serde::Serialize;
use std::collections::BTreeMap;

/// An execution that is running, or has run and was not dropped.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Execution {
    /// Its id.
    pub id: ExecId,
    /// How far it is.
    pub status: ExecutionStatus,
    /// `true` if a registration caused it.
    pub registered: bool,
    /// What the server says beyond that.
    #[serde(serialize_with = "serialize::values")]
    pub extra: BTreeMap<String, Value>,
}

impl Execution {
    pub(crate) fn read(row: Value) -> Result<Self> {
        let mut fields = Fields::of(row)?;
        Ok(Execution {
            id: fields.text("executionId").parse()?,
            status: fields.text("status").as_str().into(),
            registered: fields.flag("registered"),
            extra: fields.rest(),
        })
    }
}
