//! Beginning an execution: the one way into the list and the queue.

use super::abandoned::end_without_client;
use super::list::executions;
use super::pool::{PoolFull, pool};
use super::{Execution, Waiter};
use crate::config;
use crate::redis::BlockedClient;
use std::sync::Arc;

/// The error for a client when too many executions wait for a thread.
pub(super) fn queue_is_full(limit: usize) -> String {
    format!(
        "ERR too many executions wait for a thread (the limit is ExecutionQueueSize, {limit}): try again later, or raise it with RG.CONFIGSET"
    )
}

/// Lists an execution and queues it for a thread, behind those of its order.
///
/// # Errors
/// The text for the client, if too many executions wait. The execution has ended then: it is off the list, its cause knows,
/// and the clients that wait for it were answered.
pub(crate) fn launch(execution: Arc<Execution>) -> Result<(), String> {
    list(&execution);
    launch_listed(execution)
}

/// The same for an execution that is in the list. It may have been given up there.
pub(crate) fn launch_listed(execution: Arc<Execution>) -> Result<(), String> {
    if get_turn(&execution)? {
        pool().push(execution);
    }
    Ok(())
}

/// Lets a listed execution enter its order. Returns `true` if the execution has the turn, or has no order.
///
/// # Errors
/// As [`launch`].
pub(super) fn get_turn(execution: &Arc<Execution>) -> Result<bool, String> {
    let limit = if execution.cause().is_bounded() {
        config::get().queue_size()
    } else {
        usize::MAX
    };
    let enter = || match execution.cause().order() {
        Some(order) => order.enter(execution, limit),
        None if pool().waiting() >= limit => Err(PoolFull),
        None => Ok(true),
    };
    let mut turn = enter();
    if turn.is_err() && pool().forget_ended() {
        turn = enter();
    }
    turn.map_err(|PoolFull| {
        let error = queue_is_full(limit);
        pool().count_refusal();
        executions().remove(execution.id);
        execution.refuse(&error);
        error
    })
}

/// The same for an execution that `client` waits for, as `waiter` says.
pub(crate) fn launch_for_client(
    execution: &Arc<Execution>,
    client: BlockedClient,
    waiter: fn(BlockedClient) -> Waiter,
) {
    let waiter = waiter(client.measured());
    end_without_client(&waiter, execution);
    match execution.wait_for_outcome(waiter) {
        // A launch that fails answers all waiting clients, and this client is one of them.
        Ok(()) => drop(launch(Arc::clone(execution))),
        Err(waiter) => execution.answer(waiter),
    }
}

/// Makes an execution visible to clients.
pub(super) fn list(execution: &Arc<Execution>) {
    executions().insert(Arc::clone(execution));
}
