//! The trait through which streams are read: a server, or in unit tests a list of messages.

use super::batch::Batch;
use super::far_letters::FarLetter;
use crate::distribution::{Reads, on_all_shards};
use crate::execution::{self, Cause, Execution, launch};
use crate::plan::{Message, Mode, Source};
use crate::redis::{Context, User, after};
use crate::registration::Registration;
use std::sync::Arc;
use std::time::Duration;

/// Work that is done later, on the main thread.
pub(super) type Later = Box<dyn FnOnce(&Context, &dyn StreamServer) + Send>;

/// The commands of the consumer group, timers, and the launch of batches.
pub(super) trait StreamServer {
    /// Makes the group, from the first message of the stream on, and returns the id of the last message that was delivered to
    /// it. `None` if there is no such stream.
    fn join(&self, stream: &[u8]) -> Option<Vec<u8>>;

    /// The number of messages after the id `after`, counted up to `limit`.
    fn count_after(&self, stream: &[u8], after: &[u8], limit: usize) -> usize;

    /// Delivers new messages.
    fn read_new(&self, stream: &[u8], count: usize) -> Vec<Message>;

    /// Delivers messages again that were delivered and not acknowledged, without those that `skip` names.
    fn read_pending(
        &self,
        stream: &[u8],
        count: usize,
        skip: &dyn Fn(&[u8]) -> bool,
    ) -> Vec<Message>;

    /// `true` if the stream has this message, and it was delivered and not acknowledged.
    fn is_pending(&self, stream: &[u8], message: &Message) -> bool;

    /// How often a message was delivered.
    fn deliveries(&self, stream: &[u8], id: &[u8]) -> u32;

    /// Sets how often messages were delivered.
    fn set_deliveries(&self, stream: &[u8], ids: &[&[u8]], count: u32);

    /// `false` if the server does not serve the stream any more.
    fn acknowledge(&self, stream: &[u8], ids: &[&[u8]]) -> bool;

    /// `true` if the server runs commands on the stream: a server of a cluster may not have its slot.
    fn serves(&self, stream: &[u8]) -> bool;

    /// `true` if the stream moves to another server of the cluster, or has moved.
    fn moves(&self, stream: &[u8]) -> bool;

    /// Adds a message with the rights of the owner of a registration. The error is that of the server.
    fn add_for_owner(
        &self,
        registration: &Registration,
        stream: &[u8],
        fields: &[Vec<u8>],
    ) -> Result<(), String>;

    /// `true` if another server of the cluster serves the stream.
    fn is_far(&self, stream: &[u8]) -> bool;

    /// Sends a dead letter to the server that serves its stream.
    fn send_far(&self, letter: FarLetter);

    /// Removes messages from the stream.
    fn remove(&self, stream: &[u8], ids: &[&[u8]]);

    fn later(&self, delay: Duration, job: Later);

    /// Checks that a registration can read the stream and act for its owner. The error is the reason, and what to do.
    fn check_owner(&self, registration: &Registration, stream: &[u8]) -> Result<(), String>;

    /// Runs a batch: on this thread if its registration is sync, else on a worker thread.
    fn launch(&self, batch: Batch);
}

impl StreamServer for Context {
    fn join(&self, stream: &[u8]) -> Option<Vec<u8>> {
        super::group::join(self, stream)
    }

    fn count_after(&self, stream: &[u8], after: &[u8], limit: usize) -> usize {
        super::group::count_after(self, stream, after, limit)
    }

    fn read_new(&self, stream: &[u8], count: usize) -> Vec<Message> {
        super::group::read_new(self, stream, count)
    }

    fn read_pending(
        &self,
        stream: &[u8],
        count: usize,
        skip: &dyn Fn(&[u8]) -> bool,
    ) -> Vec<Message> {
        super::group::read_pending(self, stream, count, skip)
    }

    fn is_pending(&self, stream: &[u8], message: &Message) -> bool {
        super::group::is_pending(self, stream, message)
    }

    fn deliveries(&self, stream: &[u8], id: &[u8]) -> u32 {
        super::group::deliveries(self, stream, id)
    }

    fn set_deliveries(&self, stream: &[u8], ids: &[&[u8]], count: u32) {
        super::group::set_deliveries(self, stream, ids, count);
    }

    fn add_for_owner(
        &self,
        registration: &Registration,
        stream: &[u8],
        fields: &[Vec<u8>],
    ) -> Result<(), String> {
        let owner = User::or_default(registration.user.clone());
        super::group::add_as(self, &owner, stream, fields)
    }

    fn acknowledge(&self, stream: &[u8], ids: &[&[u8]]) -> bool {
        super::group::acknowledge(self, stream, ids)
    }

    fn serves(&self, stream: &[u8]) -> bool {
        super::moving::is_served(self, stream)
    }

    fn moves(&self, stream: &[u8]) -> bool {
        super::moving::moves(self, stream)
    }

    fn is_far(&self, stream: &[u8]) -> bool {
        super::far_letters::is_far(self, stream)
    }

    fn send_far(&self, letter: FarLetter) {
        super::far_letters::send(self, letter);
    }

    fn remove(&self, stream: &[u8], ids: &[&[u8]]) {
        super::group::remove(self, stream, ids);
    }

    fn later(&self, delay: Duration, job: Later) {
        after(self, delay, move |context| job(context, context));
    }

    fn check_owner(&self, registration: &Registration, stream: &[u8]) -> Result<(), String> {
        super::owner::check(self, registration, stream)
    }

    fn launch(&self, batch: Batch) {
        let plan = Arc::clone(&batch.registration.plan);
        let mode = batch.registration.mode;
        let source = Source::Messages(Arc::clone(&batch.messages));
        let batch = Arc::new(batch);
        let cause: Arc<dyn Cause> = Arc::<Batch>::clone(&batch);
        let execution = Execution::new(execution::ids().next(), plan, source, cause);
        if mode == Mode::Async {
            on_all_shards(&execution, Reads::Here);
        }
        if mode == Mode::Sync {
            execution.run_here();
            // No other thread can have settled it meanwhile: this one has the server's lock.
            batch.leave();
        } else {
            // Never refused: there is one batch per stream.
            let _ = launch(execution);
        }
    }
}
