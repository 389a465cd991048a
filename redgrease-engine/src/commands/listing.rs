//! Listings that may be long.
//!
//! A thread writes a long listing, so that the server goes on meanwhile. It takes the server's lock for a piece of the rows at a
//! time. Inside MULTI and scripts, where no client may be blocked, the command writes all of it.

use crate::redis::{BlockedClient, Context, Level, Reply, log};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, SendError, Sender, channel};
use std::thread;

/// The command itself writes at most so many rows.
const AT_ONCE: usize = 500;

/// The number of rows that are looked up in one hold of the server's lock.
pub(super) const PIECE: usize = 100;

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
        Some(client) => later(Box::new(move || client.answer(write))),
        None => write(&context.reply()),
    }
}

type Job = Box<dyn FnOnce() + Send>;

/// Runs the job on the thread for listings. One thread does all, one after the other: many clients that list at the same time
/// must not take many threads. Without the thread the job runs here.
fn later(job: Job) {
    static LISTER: OnceLock<Option<Sender<Job>>> = OnceLock::new();
    let lister = LISTER.get_or_init(|| {
        let (sender, receiver) = channel();
        let started = thread::Builder::new()
            .name("rg-listings".into())
            .spawn(move || work(&receiver));
        match started {
            Ok(_) => Some(sender),
            Err(failure) => {
                let why = format!(
                    "long listings hold up the server: no thread could be started: {failure}"
                );
                log(Level::Warning, &why);
                None
            }
        }
    });
    let left = match lister {
        Some(lister) => lister.send(job).err().map(|SendError(job)| job),
        None => Some(job),
    };
    if let Some(job) = left {
        job();
    }
}

fn work(jobs: &Receiver<Job>) {
    while let Ok(job) = jobs.recv() {
        if catch_unwind(AssertUnwindSafe(job)).is_err() {
            log(
                Level::Warning,
                "a listing failed inside the engine: please report it",
            );
        }
    }
}
