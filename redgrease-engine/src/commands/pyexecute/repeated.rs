//! Requests that a client sends again while the first one is still at work.
//!
//! Clients give up after a timeout and send the same command again. A script that names its session (`ID`) runs once then: the
//! second sender gets what the first one gets.

use super::answer::{Answer, Client};
use super::request::Request;
use crate::execution::{Execution, Waiter};
use crate::redis::{BlockedClient, Context, Guarded};
use std::sync::{Arc, Weak};

/// The requests at work that name their session.
static AT_WORK: Guarded<Vec<AtWork>> = Guarded::new(Vec::new());

struct AtWork {
    request: Arc<Request>,
    stage: Stage,
}

enum Stage {
    /// Packages are being installed, or the body of the script runs or waits for a thread. These clients have sent the request
    /// again.
    Body(Vec<BlockedClient>),
    /// The run of the script has been launched. `is_registered` if the first sender was answered, because the script has
    /// registered something.
    Running {
        execution: Weak<Execution>,
        is_registered: bool,
    },
}

impl AtWork {
    fn is_over(&self) -> bool {
        match &self.stage {
            Stage::Body(_) => false,
            Stage::Running { execution, .. } => execution
                .upgrade()
                .is_none_or(|execution| execution.status().is_final()),
        }
    }
}

/// Answers the client if the same request is at work. Gives `false` if it is not.
pub(super) fn joins(context: &Context, request: &Request) -> bool {
    if !request.names_session {
        return false;
    }
    AT_WORK.write(context, |all| {
        all.retain(|one| !one.is_over());
        let Some(same) = all.iter_mut().find(|one| *one.request == *request) else {
            return false;
        };
        match &mut same.stage {
            Stage::Body(clients) => match BlockedClient::block(context) {
                Some(client) => clients.push(client),
                None => context.reply().error("ERR the client could not be blocked"),
            },
            Stage::Running {
                execution,
                is_registered,
            } => match execution.upgrade() {
                Some(execution) if !*is_registered => {
                    join(&execution, request.unblocking, Client::Current(context));
                }
                _ => Client::Current(context).ok(),
            },
        }
        true
    })
}

/// `true` if other clients wait for the body of a request, too.
pub(super) fn is_joined(context: &Context, request: &Arc<Request>) -> bool {
    AT_WORK.read(context, |all| {
        let mut all = all.iter();
        let same = all.find(|one| Arc::ptr_eq(&one.request, request));
        same.is_some_and(|one| matches!(&one.stage, Stage::Body(clients) if !clients.is_empty()))
    })
}

/// Notes that a request is at work.
pub(super) fn begins(context: &Context, request: &Arc<Request>) {
    note(context, request, Stage::Body(Vec::new()));
}

/// Notes the answer of a request, and gives the clients that sent it again what the first one gets.
pub(super) fn answered(context: &Context, request: &Arc<Request>, answer: &Answer) {
    let joined = AT_WORK.write(context, |all| {
        let place = all
            .iter()
            .position(|one| Arc::ptr_eq(&one.request, request))?;
        match all.swap_remove(place).stage {
            Stage::Body(clients) => Some(clients),
            Stage::Running { .. } => None,
        }
    });
    let (execution, is_registered) = match answer {
        Answer::Error(_) | Answer::Ok => (None, false),
        Answer::OkAndStart(execution) => (Some(execution), true),
        Answer::Started(execution) | Answer::Wait(execution) => (Some(execution), false),
    };
    if let Some(execution) = execution {
        let stage = Stage::Running {
            execution: Arc::downgrade(execution),
            is_registered,
        };
        note(context, request, stage);
    }
    for client in joined.into_iter().flatten() {
        let client = Client::Blocked(client);
        match answer {
            Answer::Error(message) => client.error(message),
            Answer::Ok | Answer::OkAndStart(_) => client.ok(),
            Answer::Started(execution) => join(execution, true, client),
            Answer::Wait(execution) => join(execution, false, client),
        }
    }
}

fn note(context: &Context, request: &Arc<Request>, stage: Stage) {
    if request.names_session {
        let request = Arc::clone(request);
        AT_WORK.write(context, |all| {
            all.retain(|one| !one.is_over());
            all.push(AtWork { request, stage });
        });
    }
}

/// Gives a client what the first sender gets: the outcome of the execution, or its id.
fn join(execution: &Arc<Execution>, unblocking: bool, client: Client<'_>) {
    if unblocking {
        return client.answer(|reply| reply.bulk(execution.id.to_string().as_bytes()));
    }
    if let Some(client) = client.blocked()
        && let Err(waiter) = execution.wait_for_outcome(Waiter::Outcome(client))
    {
        execution.answer(waiter);
    }
}
