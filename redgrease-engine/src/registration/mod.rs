//! Registrations: plans that wait for a command, and the sessions they belong to.
//!
//! | file | what |
//! |---|---|
//! | `registry.rs` | all sessions and registrations, and how they replace each other |
//! | `session.rs` | the registrations and requirements of one script |
//! | `stats.rs` | how often a registration ran, how long and how well |

mod registry;
mod session;
mod stats;

pub(crate) use registry::Registry;
pub(crate) use session::{Session, SessionId};
pub(crate) use stats::Stats;

use crate::execution::{Id, InOrder};
use crate::plan::{Mode, Plan};
use std::sync::Arc;

/// A plan that runs whenever its trigger is called.
#[derive(Debug)]
pub(crate) struct Registration {
    pub(crate) id: Id,
    pub(crate) description: Option<String>,
    pub(crate) plan: Arc<Plan>,
    /// Its steps only replace records: see `steps::straight`.
    pub(crate) straight: bool,
    pub(crate) mode: Mode,
    pub(crate) trigger: Vec<u8>,
    /// Its executions run one after the other.
    pub(crate) order: Option<Arc<InOrder>>,
    pub(crate) stats: Stats,
}
