//! Executions whose clients have left.
//!
//! By default (`AbortOnDisconnect pending`) an execution that a client has called for is dropped when it has not begun and no client
//! waits for it any longer. So clients that give up and call again do not fill the queue with work that nobody wants.
//!
//! A program may also send a call and leave at once, without a wish for the answer. On a server that keeps up, its execution begins
//! within [`PATIENCE`]. The execution is not dropped before that time is over.

use super::abort::{OnStuckThread, abort};
use super::cause::How;
use super::{Execution, Status, Waiter};
use crate::config::{self, OnDisconnect};
use crate::redis::{BlockedClient, CoarseInstant, Level, after, locked, log};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

/// An execution that began so soon after its call is not dropped, even if its client has left before.
const PATIENCE: Duration = Duration::from_secs(1);

/// Runs `job` when [`PATIENCE`] is over since `since`. Called with the server's lock.
pub(crate) fn after_patience(since: CoarseInstant, job: impl FnOnce() + Send + 'static) {
    match PATIENCE.checked_sub(since.elapsed()) {
        None | Some(Duration::ZERO) => job(),
        Some(left) => locked(|context| after(context, left, move |_| job())),
    }
}

/// The number of executions that were dropped since the start.
static DROPPED: AtomicUsize = AtomicUsize::new(0);

/// The number of executions and bodies of scripts that were dropped because their clients had left.
pub(crate) fn abandoned() -> usize {
    DROPPED.load(Ordering::Relaxed)
}

/// Counts what was dropped. The log tells of the first one.
pub(crate) fn note_abandoned(what: &str) {
    if DROPPED.fetch_add(1, Ordering::Relaxed) == 0 {
        log(
            Level::Notice,
            &format!(
                "{what} was dropped: its client has left before it began. INFO counts them (abandoned_executions). To run such executions, set AbortOnDisconnect to 0 with RG.CONFIGSET"
            ),
        );
    }
}

/// The setting `AbortOnDisconnect` decides about an execution when the client of its first waiter disconnects.
pub(crate) fn end_without_client(waiter: &Waiter, execution: &Arc<Execution>) {
    // A hooked command is one of the server, which runs whatever a client has sent.
    let (client, may_drop) = match waiter {
        Waiter::Outcome(client) | Waiter::Command(client) => (client, true),
        Waiter::Hook(client) => (client, false),
        Waiter::Function(_) | Waiter::Job(_) => return,
    };
    match config::get().on_disconnect() {
        OnDisconnect::Abort => {
            let execution = Arc::downgrade(execution);
            client.when_disconnected(move || {
                if let Some(execution) = execution.upgrade() {
                    abort(execution, None);
                }
            });
        }
        OnDisconnect::AbortPending if may_drop => {
            execution.may_be_abandoned.store(true, Ordering::Relaxed);
            watch(client, execution);
        }
        OnDisconnect::AbortPending | OnDisconnect::GoOn => {}
    }
}

/// Another client waits for an execution: it counts as the first one does.
pub(crate) fn also_waits(client: &BlockedClient, execution: &Arc<Execution>) {
    if execution.may_be_abandoned.load(Ordering::Relaxed) {
        watch(client, execution);
    }
}

fn watch(client: &BlockedClient, execution: &Arc<Execution>) {
    let execution = Arc::downgrade(execution);
    let since = CoarseInstant::now();
    client.when_disconnected(move || {
        let left = execution
            .upgrade()
            .is_some_and(|execution| execution.client_has_left());
        if left {
            after_patience(since, move || drop_abandoned(&execution));
        }
    });
}

fn drop_abandoned(execution: &Weak<Execution>) {
    let Some(execution) = execution.upgrade() else {
        return;
    };
    if execution.is_abandoned()
        && execution.end_as_aborted(Status::Created, How::Withdrawn, OnStuckThread::Keep)
    {
        note_abandoned(&format!("execution {}", execution.id));
    }
}

impl Execution {
    /// One of the clients that wait has left. Returns `true` if the execution has not begun, and no other client waits.
    fn client_has_left(&self) -> bool {
        self.state().clients_left += 1;
        self.is_abandoned()
    }

    fn is_abandoned(&self) -> bool {
        let state = self.state();
        state.status == Status::Created && state.clients_left >= state.waiters.len()
    }
}
