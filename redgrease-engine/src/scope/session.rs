//! The session that code belongs to.

use crate::python::{EventLoop, Ledger};
use crate::redis::{OwnedReply, User};
use std::sync::{Arc, OnceLock};

/// The name of a session: given by the client, or 40 random hexadecimal digits.
pub(crate) type SessionId = String;

/// A session without its registrations: the script and its options.
///
/// Everything that belongs to the session holds a reference: its registrations, the executions of its script, threads
/// of its gears. The number of references is what clients see as `refCount`.
#[derive(Debug)]
pub(crate) struct SessionInfo {
    pub(crate) id: SessionId,
    pub(crate) description: Option<String>,
    pub(crate) requirements: Vec<String>,
    pub(crate) script: Arc<[u8]>,
    /// The user that ran the script. The registrations of the script run with the rights of this user.
    pub(crate) user: Option<User>,
    /// The answers of the server to the script, in order. Set when the script has ended.
    pub(crate) replies: OnceLock<Vec<OwnedReply>>,
    /// The loop of the coroutines of the session. Set when the first one begins.
    pub(crate) event_loop: OnceLock<Arc<EventLoop>>,
    /// The memory that the code of the session has taken and still uses.
    pub(crate) memory: Arc<Ledger>,
}

impl SessionInfo {
    /// The loop of the coroutines of the session.
    pub(crate) fn event_loop(&self) -> Arc<EventLoop> {
        Arc::clone(self.event_loop.get_or_init(EventLoop::of_new_session))
    }
}
