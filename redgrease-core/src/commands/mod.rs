//! The `RG.*` commands, for every redis-rs connection.
//!
//! * [`cmd`]: builders of `redis::Cmd`.
//! * `traits`: the methods that send commands and parse replies: [`GearsCommands`], [`AsyncGearsCommands`] and
//!   [`GearsPipeline`].
//! * `id`, `options`, `filter`: argument types. `types`: reply types.
//! * `settings`: typed access to the configuration of the server.

pub mod cmd;
mod filter;
mod id;
mod options;
mod pipeline;
pub(crate) mod reply;
mod settings;
mod traits;
pub(crate) mod types;

pub use filter::{ExecutionFilter, RegistrationFilter, RequirementFilter};
pub use id::AsId;
pub use options::{PyExecuteOptions, SessionsOptions};
#[cfg(feature = "aio")]
pub use settings::AsyncConfig;
pub use settings::Config;
#[cfg(feature = "aio")]
pub use traits::AsyncGearsCommands;
pub use traits::{GearsCommands, GearsPipeline};
pub use types::{
    ClusterInfo, ClusterSetting, ConfigValue, ExecId, Executed, Execution, ExecutionPlan,
    ExecutionResult, ExecutionStep, ExportedRequirement, GearsVersion, Module, Plugin, PyStats,
    RegistrationInfo, Requirement, Session, ShardInfo,
};

#[cfg(test)]
mod tests;
