//! What the Python of an execution, or of the body of a script, and the engine tell each other.

use super::{Scope, look};
use std::sync::atomic::{AtomicBool, Ordering};

/// The signals of one execution, or of one body of a script.
#[derive(Debug, Default)]
pub(crate) struct Signals {
    given_up: AtomicBool,
    denied: AtomicBool,
}

impl Signals {
    /// The execution or the body has ended, although its Python may still run: its commands are refused from now on.
    pub(crate) fn give_up(&self) {
        self.given_up.store(true, Ordering::Relaxed);
    }

    fn deny(&self) {
        self.denied.store(true, Ordering::Relaxed);
    }

    pub(crate) fn was_given_up(&self) -> bool {
        self.given_up.load(Ordering::Relaxed)
    }

    /// `true` if the server refused a command of the execution for want of rights.
    pub(crate) fn was_denied(&self) -> bool {
        self.denied.load(Ordering::Relaxed)
    }
}

/// `true` if this thread runs an execution, or the body of a script, that was given up, or work that it has handed on. Asked
/// under the server's lock, under which others take over the work of the execution.
pub(crate) fn is_given_up() -> bool {
    look(Scope::execution, |running| {
        let running = running.as_ref();
        running.is_some_and(|running| running.signals.was_given_up())
    }) || look(Scope::body, |body| {
        body.as_deref().is_some_and(Signals::was_given_up)
    }) || look(Scope::handed_on, |work| {
        let signals = work.as_ref().and_then(|work| work.signals.as_deref());
        signals.is_some_and(Signals::was_given_up)
    })
}

/// Notes that the server refused a command of the execution on this thread, or of work that it has handed on, because its user has no right to it or is gone.
pub(crate) fn note_denial() {
    look(Scope::execution, |running| {
        if let Some(running) = running {
            running.signals.deny();
        }
    });
    look(Scope::handed_on, |work| {
        if let Some(signals) = work.as_ref().and_then(|work| work.signals.as_ref()) {
            signals.deny();
        }
    });
}
