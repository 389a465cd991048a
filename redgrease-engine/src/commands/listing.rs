//! Listings that may be long.
//!
//! A thread writes a long listing, so that the server goes on meanwhile. It takes the server's lock for a piece of the rows at a
//! time. Inside MULTI and scripts, where no client may be blocked, the command writes all of it.

use crate::redis::{BlockedClient, Context, Reply, Worker};

/// The command itself writes at most so many rows.
const AT_ONCE: usize = 500;

/// The number of rows that are looked up in one hold of the server's lock.
pub(super) const PIECE: usize = 100;

/// One thread writes all long listings, one after the other: many clients that list at the same time must not take many threads.
static LISTER: Worker = Worker::new("rg-listings", "long listings");

/// Writes a listing of about so many rows.
pub(super) fn write(
    context: &Context,
    rows: usize,
    write: impl FnOnce(&Reply<'_>) + Send + 'static,
) {
    let client = (rows > AT_ONCE && context.may_block())
        .then(|| BlockedClient::block(context))
        .flatten();
    match client {
        Some(client) => LISTER.run(Box::new(move || client.answer(write))),
        None => write(&context.reply()),
    }
}
