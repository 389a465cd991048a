//! The reply of `RG.PYEXECUTE`, which is sent at once or when the execution has ended.

use crate::execution::{Execution, Waiter, launch, launch_for_client};
use crate::redis::{BlockedClient, Context, Reply};
use std::sync::Arc;

/// The reply of the command.
pub(super) enum Answer {
    Error(String),
    Ok,
    /// The script has registered something, so its run goes on in the background.
    OkAndStart(Arc<Execution>),
    /// The id of the execution. The client asks for the outcome later.
    Started(Arc<Execution>),
    /// The outcome of the execution, when it has ended.
    Wait(Arc<Execution>),
}

/// The client of the command.
pub(super) enum Client<'a> {
    /// The command still runs.
    Current(&'a Context),
    /// The client was blocked while its script ran.
    Blocked(BlockedClient),
}

impl Client<'_> {
    pub(super) fn answer(self, write: impl FnOnce(&Reply<'_>)) {
        match self {
            Client::Current(context) => write(&context.reply()),
            Client::Blocked(client) => client.answer(write),
        }
    }

    pub(super) fn ok(self) {
        self.answer(|reply| {
            reply.ok();
        });
    }

    pub(super) fn error(self, message: &str) {
        self.answer(|reply| reply.error(message));
    }

    /// The client, blocked. One that cannot be blocked is told so.
    pub(super) fn blocked(self) -> Option<BlockedClient> {
        match self {
            Client::Blocked(client) => Some(client),
            Client::Current(context) => {
                let blocked = BlockedClient::block(context);
                if blocked.is_none() {
                    context.reply().error("ERR the client could not be blocked");
                }
                blocked
            }
        }
    }
}

impl Answer {
    pub(super) fn tell(self, client: Client<'_>) {
        match self {
            Answer::Error(message) => client.error(&message),
            Answer::Ok => client.ok(),
            Answer::OkAndStart(execution) => match launch(execution) {
                Ok(()) => client.ok(),
                Err(message) => client.error(&message),
            },
            Answer::Started(execution) => {
                let id = execution.id.to_string();
                match launch(execution) {
                    Ok(()) => client.answer(|reply| reply.bulk(id.as_bytes())),
                    Err(message) => client.error(&message),
                }
            }
            Answer::Wait(execution) => wait(&execution, client),
        }
    }
}

fn wait(execution: &Arc<Execution>, client: Client<'_>) {
    if let Some(blocked) = client.blocked() {
        execution.forget_when_answered();
        launch_for_client(execution, blocked, Waiter::Outcome);
    }
}
