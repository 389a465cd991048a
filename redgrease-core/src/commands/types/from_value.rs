//! `FromRedisValue` for the reply types, for pipelines and `Cmd::query`.

use super::{
    ClusterInfo, ClusterSetting, ExecId, Executed, Execution, ExecutionPlan, ExecutionResult,
    Module, Plugin, PyStats, RegistrationInfo, Requirement, Session,
};
use crate::error::DecodeError;
use redis::{FromRedisValue, ParsingError, Value};

macro_rules! from_value {
    ($($type:ident $(<$generic:ident>)? = $read:expr;)*) => {$(
        impl $(<$generic: FromRedisValue>)? FromRedisValue for $type $(<$generic>)? {
            fn from_redis_value(value: Value) -> Result<Self, ParsingError> {
                $read(value).map_err(|e: crate::Error| ParsingError::from(e.to_string()))
            }

            fn from_redis_value_ref(value: &Value) -> Result<Self, ParsingError> {
                Self::from_redis_value(value.clone())
            }
        }
    )*};
}

from_value! {
    ExecId = exec_id;
    Execution = Execution::read;
    ExecutionPlan = ExecutionPlan::read;
    ExecutionResult<T> = ExecutionResult::read;
    Executed<T> = Executed::read;
    Module = Module::read;
    Plugin = Plugin::read;
    PyStats = PyStats::read;
    RegistrationInfo = RegistrationInfo::read;
    Requirement = Requirement::read;
    Session = session;
    ClusterInfo = cluster;
    ClusterSetting = ClusterSetting::read;
}

#[allow(
    clippy::needless_pass_by_value,
    reason = "same signature as the other parsers"
)]
fn exec_id(value: Value) -> crate::Result<ExecId> {
    super::fields::text(&value)
        .ok_or_else(|| DecodeError::new("an unexpected reply", "an id"))?
        .parse()
}

fn session(value: Value) -> crate::Result<Session> {
    Session::read(value)?.ok_or_else(|| {
        DecodeError::new("the name of a session that does not exist", "a session").into()
    })
}

fn cluster(value: Value) -> crate::Result<ClusterInfo> {
    ClusterInfo::read(value)?
        .ok_or_else(|| DecodeError::new("a server in no cluster", "a cluster").into())
}
