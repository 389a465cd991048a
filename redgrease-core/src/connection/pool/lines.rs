//! The sockets of an async pool: those that many commands share, one for each runtime, and those of one command each.

use super::Health;
use super::places::Places;
use super::shelf::{Counts, Socket, TRUSTED};
use redis::aio::{ConnectionLike as _, MultiplexedConnection};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::runtime::Id;

/// A socket that one command uses at a time. Its driver runs in a runtime, and ends with it.
#[derive(Debug)]
pub(super) struct Own {
    pub(super) con: MultiplexedConnection,
    pub(super) runtime: Id,
}

/// The sockets for commands that do not block: one for each runtime that uses the pool.
pub(super) struct Lines {
    pub(super) turn: Arc<Places>,
    pub(super) counts: Arc<Counts>,
    open: Mutex<Vec<Line>>,
}

struct Line {
    socket: Socket<Own>,
    number: u64,
    /// Another socket has broken since this one was used.
    is_suspect: bool,
}

/// Programs have a few runtimes. The lines of ended ones are closed.
const MAX_LINES: usize = 8;

impl Lines {
    pub(super) fn new() -> Self {
        Lines {
            turn: Places::new(1),
            counts: Arc::default(),
            open: Mutex::default(),
        }
    }

    fn open(&self) -> MutexGuard<'_, Vec<Line>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The line of a runtime, and whether it has been used lately.
    pub(super) fn of(&self, runtime: Id) -> Option<(u64, MultiplexedConnection, bool)> {
        let mut open = self.open();
        let line = open
            .iter_mut()
            .find(|line| line.socket.runtime == runtime)?;
        let is_trusted = !line.is_suspect && line.socket.used().elapsed() <= TRUSTED;
        if is_trusted {
            line.socket.touch();
        }
        Some((line.number, line.socket.con.clone(), is_trusted))
    }

    pub(super) fn touch(&self, number: u64) {
        if let Some(line) = self.open().iter_mut().find(|line| line.number == number) {
            line.socket.touch();
            line.is_suspect = false;
        }
    }

    pub(super) fn doubt(&self) {
        for line in self.open().iter_mut() {
            line.is_suspect = true;
        }
    }

    pub(super) fn close(&self, number: u64) {
        self.open().retain(|line| line.number != number);
    }

    /// Closes the line of a runtime.
    pub(super) fn close_of(&self, runtime: Id) {
        self.open().retain(|line| line.socket.runtime != runtime);
    }

    pub(super) fn add(&self, own: Own) -> u64 {
        let socket = Socket::new(own, &self.counts);
        let number = self.counts.opened();
        let mut open = self.open();
        if open.len() >= MAX_LINES {
            let oldest = open
                .iter()
                .enumerate()
                .min_by_key(|(_, line)| line.socket.used());
            if let Some(at) = oldest.map(|(at, _)| at) {
                open.remove(at);
            }
        }
        open.push(Line {
            socket,
            number,
            is_suspect: false,
        });
        number
    }
}

/// Whether the server answers over a socket within the limit.
pub(super) async fn health(con: &mut MultiplexedConnection, limit: Duration) -> Health {
    let ping = redis::cmd("PING");
    match tokio::time::timeout(limit, con.req_packed_command(&ping)).await {
        Ok(answer) => Health::of(&answer),
        Err(_) => Health::Silent,
    }
}
