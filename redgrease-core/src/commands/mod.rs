//! The commands of the server, for use from any redis-rs connection.
//!
//! * [`cmd`]: each command as a `redis::Cmd`, to send by any means.
//! * `traits`: [`GearsCommands`] and [`AsyncGearsCommands`], which send them and read the answers; [`GearsPipeline`].
//! * `id`, `options`, `filter`: what they take. `types`: what the answers are.
//! * `settings`: the configuration of the server.

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
    ClusterInfo, ConfigValue, ExecId, Executed, Execution, ExecutionPlan, ExecutionResult,
    ExecutionStep, ExportedRequirement, GearsVersion, Module, Plugin, PyStats, RegistrationInfo,
    Requirement, Session, ShardInfo,
};

#[cfg(test)]
mod tests;
