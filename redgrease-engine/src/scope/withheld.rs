//! A command whose reply waits for executions.

use crate::python::{Handle, attached, reply_with};
use crate::redis::{BlockedClient, OwnedReply, Reply};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A command that was run, and whose reply waits until the handlers of its key events have ended. A handler reads the
/// command with `get_command` and may replace the reply with `override_reply`.
#[derive(Debug)]
pub(crate) struct WithheldReply {
    words: Vec<Vec<u8>>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The reply of a handler, which replaces that of the command.
    replacement: Option<Handle>,
    /// The number of executions that have not ended.
    executions: usize,
    /// The client and the command's reply, once the command has ended.
    client: Option<(BlockedClient, OwnedReply)>,
}

impl WithheldReply {
    /// The reply of the command with these words: its name and its arguments.
    pub(crate) fn new(words: Vec<Vec<u8>>) -> WithheldReply {
        WithheldReply {
            words,
            state: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn words(&self) -> &[Vec<u8>] {
        &self.words
    }

    /// Replaces the reply of the command. `false` if a handler did so before.
    pub(crate) fn replace(&self, value: Handle) -> bool {
        let mut state = self.state();
        if state.replacement.is_some() {
            return false;
        }
        state.replacement = Some(value);
        true
    }

    /// Makes the reply wait for another execution.
    pub(crate) fn wait_for_one(&self) {
        self.state().executions += 1;
    }

    /// `true` while an execution runs that the reply waits for.
    pub(crate) fn is_waiting(&self) -> bool {
        self.state().executions > 0
    }

    /// An execution has ended. The last one answers the client.
    pub(crate) fn one_has_ended(&self) {
        let last = {
            let mut state = self.state();
            state.executions = state.executions.saturating_sub(1);
            state.executions == 0
        };
        if last {
            self.answer_client();
        }
    }

    /// Answers `client` when all executions have ended, or at once if they have ended already.
    pub(crate) fn answer_later(&self, client: BlockedClient, reply: OwnedReply) {
        let now = {
            let mut state = self.state();
            state.client = Some((client, reply));
            state.executions == 0
        };
        if now {
            self.answer_client();
        }
    }

    fn answer_client(&self) {
        let waiting = self.state().client.take();
        if let Some((client, reply)) = waiting {
            client.answer(|to| self.write(to, &reply));
        }
    }

    /// Writes the reply of a handler if there is one, or else `reply`, which is that of the command.
    pub(crate) fn write(&self, to: &Reply<'_>, reply: &OwnedReply) {
        let replacement = self.state().replacement.take();
        match replacement {
            None => reply.write(to),
            Some(value) => attached(|py| reply_with(to, &value.into_bound(py))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_waits_for_every_execution() {
        let withheld = WithheldReply::new(vec![b"set".to_vec()]);
        assert!(!withheld.is_waiting());
        withheld.wait_for_one();
        withheld.wait_for_one();
        withheld.one_has_ended();
        assert!(withheld.is_waiting());
        withheld.one_has_ended();
        assert!(!withheld.is_waiting());
        withheld.one_has_ended();
        assert!(!withheld.is_waiting());
    }

    #[test]
    fn only_the_first_replacement_counts() {
        let withheld = WithheldReply::new(Vec::new());
        crate::testing::with_python(|py| {
            assert!(withheld.replace(crate::python::integer(py, 1).unbind().into()));
            assert!(!withheld.replace(crate::python::integer(py, 2).unbind().into()));
        });
    }
}
