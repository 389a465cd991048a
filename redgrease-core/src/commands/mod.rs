//! The commands of the server, for use from any redis-rs connection.
//!
//! * [`cmd`]: each command as a `redis::Cmd`, to send by any means.
//! * `traits`: [`GearsCommands`] and [`AsyncGearsCommands`], which send them and read the answers.
//! * `types`: what the answers are.

pub mod cmd;
mod options;
mod reply;
mod traits;
pub(crate) mod types;

pub use options::{PyExecuteOptions, SessionsOptions};
#[cfg(feature = "aio")]
pub use traits::AsyncGearsCommands;
pub use traits::GearsCommands;
pub use types::{
    ConfigValue, ExecId, Executed, Execution, ExecutionResult, ExecutionStatus, PyStats,
    RegistrationInfo, Requirement, Session,
};

#[cfg(test)]
mod tests;
