//! Reply types of the commands.
//!
//! A client must not fail because a server is newer or older: unknown fields are kept in `extra`, missing fields get
//! their default.

mod cluster;
mod config;
mod exec_id;
mod execution;
mod exported;
mod fields;
mod from_value;
mod module;
mod plan;
mod registration;
mod requirement;
mod result;
mod serialize;
mod session;
mod stats;

pub use cluster::{ClusterInfo, ShardInfo};
pub use config::{ClusterSetting, ConfigValue};
pub use exec_id::ExecId;
pub use execution::Execution;
pub use exported::ExportedRequirement;
pub(crate) use fields::{Fields, rows, text};
pub use module::{GearsVersion, Module, Plugin};
pub use plan::{ExecutionPlan, ExecutionStep};
pub use registration::RegistrationInfo;
pub use requirement::Requirement;
pub use result::{Executed, ExecutionResult};
pub use session::Session;
pub use stats::PyStats;
