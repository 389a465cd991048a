//! The tasks of an async pool: one closes idle sockets, and one in each runtime notices the end of that runtime.
//!
//! A socket is served by a task of the runtime that opened it. When the runtime ends, that task is dropped without a
//! word, and the socket looks open until it is used.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::runtime::Id;
use tokio::task::AbortHandle;

/// The tasks. All end when this is dropped.
#[derive(Default)]
pub(super) struct Watches(Mutex<Tasks>);

#[derive(Default)]
struct Tasks {
    /// `None` while the task is started.
    of_runtimes: HashMap<Id, Option<AbortHandle>>,
    tending: Option<AbortHandle>,
}

impl Watches {
    fn tasks(&self) -> MutexGuard<'_, Tasks> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls `ended` when the runtime of the caller ends, unless that is arranged.
    pub(super) fn begin(&self, runtime: Id, ended: impl FnOnce() + Send + 'static) {
        match self.tasks().of_runtimes.entry(runtime) {
            Entry::Occupied(_) => return,
            Entry::Vacant(entry) => entry.insert(None),
        };
        let guard = Guard(Some(ended));
        // Without the lock: a runtime that ends drops the task at once, and the guard calls `forget`.
        let task = tokio::spawn(async move {
            let _guard = guard;
            std::future::pending::<()>().await;
        });
        if let Some(slot) = self.tasks().of_runtimes.get_mut(&runtime) {
            *slot = Some(task.abort_handle());
        }
    }

    /// Forgets a runtime that has ended.
    pub(super) fn forget(&self, runtime: Id) {
        self.tasks().of_runtimes.remove(&runtime);
    }

    /// Remembers the task that closes idle sockets.
    pub(super) fn tends(&self, task: AbortHandle) {
        self.tasks().tending = Some(task);
    }
}

impl Drop for Watches {
    fn drop(&mut self) {
        let tasks = std::mem::take(&mut *self.tasks());
        for task in tasks
            .of_runtimes
            .into_values()
            .flatten()
            .chain(tasks.tending)
        {
            task.abort();
        }
    }
}

impl fmt::Debug for Watches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Watches({})", self.tasks().of_runtimes.len())
    }
}

/// Calls a function when it is dropped.
struct Guard<F: FnOnce()>(Option<F>);

impl<F: FnOnce()> Drop for Guard<F> {
    fn drop(&mut self) {
        if let Some(ended) = self.0.take() {
            ended();
        }
    }
}
