//! What the client gets, now or when the execution has ended.

use crate::execution::{Execution, Waiter, launch, launch_for_client};
use crate::redis::{BlockedClient, Context, Reply};
use std::sync::Arc;

/// What the client gets.
pub(super) enum Answer {
    Error(String),
    Ok,
    /// The script's registrations count; its run goes on in the background.
    OkAndStart(Arc<Execution>),
    /// The id; the client asks for the outcome when it likes.
    Started(Arc<Execution>),
    /// The outcome, when it is there.
    Wait(Arc<Execution>),
}

/// The client of this command: not blocked yet, or blocked while packages were installed.
pub(super) enum Client<'a> {
    Current(&'a Context),
    Blocked(BlockedClient),
}

impl Client<'_> {
    fn answer(self, write: impl FnOnce(&Reply<'_>)) {
        match self {
            Client::Current(context) => write(&context.reply()),
            Client::Blocked(client) => client.answer(write),
        }
    }
}

impl Answer {
    pub(super) fn tell(self, client: Client<'_>) {
        match self {
            Answer::Error(message) => client.answer(|reply| reply.error(&message)),
            Answer::Ok => client.answer(|reply| reply.ok()),
            Answer::OkAndStart(execution) => match launch(execution) {
                Ok(()) => client.answer(|reply| reply.ok()),
                Err(message) => client.answer(|reply| reply.error(&message)),
            },
            Answer::Started(execution) => {
                let id = execution.id.to_string();
                match launch(execution) {
                    Ok(()) => client.answer(|reply| reply.bulk(id.as_bytes())),
                    Err(message) => client.answer(|reply| reply.error(&message)),
                }
            }
            Answer::Wait(execution) => wait(&execution, client),
        }
    }
}

fn wait(execution: &Arc<Execution>, client: Client<'_>) {
    let blocked = match client {
        Client::Blocked(client) => client,
        Client::Current(context) => match BlockedClient::block(context) {
            Some(client) => client,
            None => return context.reply().error("ERR the client could not be blocked"),
        },
    };
    execution.forget_when_answered();
    launch_for_client(execution, blocked, Waiter::Outcome);
}
