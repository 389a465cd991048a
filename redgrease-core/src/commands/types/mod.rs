//! What the commands answer. Fields a server adds are kept in `extra`, fields it lacks have their default: a client
//! must not fail because a server is newer or older.

mod config;
mod exec_id;
mod execution;
mod fields;
mod registration;
mod requirement;
mod result;
mod session;
mod stats;

pub use config::ConfigValue;
pub use exec_id::ExecId;
pub use execution::{Execution, ExecutionStatus};
pub(crate) use fields::rows;
pub use registration::RegistrationInfo;
pub use requirement::Requirement;
pub use result::{Executed, ExecutionResult};
pub use session::Session;
pub use stats::PyStats;
