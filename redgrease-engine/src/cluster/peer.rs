//! Another server: the channel to it, and its place in the agenda.

use super::agenda::Agenda;
use super::bell::Bell;
use super::topology::NodeId;
use super::transport::Channel;
use crate::redis::{Level, log};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// The time between two entries of the log about bytes of one server that are refused.
const QUIET: Duration = Duration::from_mins(1);

/// The agenda of all channels. A thread that holds a channel may lock it, and not the other way round.
#[derive(Debug)]
pub(super) struct Due {
    /// A time before all others: what can be sent at once is due since then.
    start: Instant,
    agenda: Mutex<Agenda>,
    /// Wakes the thread that sends.
    pub(super) bell: Bell,
    main: OnceLock<AskMain>,
}

/// Asks the main thread to send what is due. `false` if it cannot be asked.
pub(super) type AskMain = fn() -> bool;

impl Due {
    pub(super) fn new() -> Due {
        Due {
            start: Instant::now(),
            agenda: Mutex::default(),
            bell: Bell::default(),
            main: OnceLock::new(),
        }
    }

    /// From now on the main thread sends what is due at once.
    pub(super) fn ask_main_with(&self, ask: AskMain) {
        let _ = self.main.set(ask);
    }

    /// What is due may have changed: it is sent in its time. The main thread sends at once, without a wait for another thread
    /// and for the server's lock.
    pub(super) fn tell(&self) {
        let first = self.agenda().first();
        let Some(at) = first else { return };
        let is_asked = at <= self.start && self.main.get().is_some_and(|ask| ask());
        if !is_asked {
            self.bell.ring_by(at);
        }
    }

    /// The same for the main thread, which has sent: the other thread goes on.
    pub(super) fn tell_thread(&self) {
        if let Some(at) = self.agenda().first() {
            self.bell.ring_by(at);
        }
    }

    pub(super) fn agenda(&self) -> MutexGuard<'_, Agenda> {
        self.agenda.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Another server.
#[derive(Debug)]
pub(super) struct Peer {
    id: NodeId,
    /// `None` after the server has left the cluster.
    channel: Mutex<Option<Channel>>,
    due: Arc<Due>,
    /// The time of the last entry of the log about it.
    told: Mutex<Option<Instant>>,
}

impl Peer {
    pub(super) fn new(id: NodeId, channel: Channel, due: Arc<Due>) -> Peer {
        Peer {
            id,
            channel: Mutex::new(Some(channel)),
            due,
            told: Mutex::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Channel>> {
        self.channel.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the channel. `None` if the server has left.
    pub(super) fn look<T>(&self, look: impl FnOnce(&Channel) -> T) -> Option<T> {
        self.lock().as_ref().map(look)
    }

    /// Changes the channel, and with it the agenda. `None` if the server has left.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut Channel) -> T) -> Option<T> {
        let mut channel = self.lock();
        let channel = channel.as_mut()?;
        let done = change(channel);
        let due = channel.due(self.due.start);
        self.due.agenda().set(self.id, due);
        Some(done)
    }

    /// Writes the next frame that is due behind what `bytes` has. `false` if none is.
    pub(super) fn poll(&self, now: Instant, bytes: &mut Vec<u8>) -> bool {
        let mut channel = self.lock();
        let Some(channel) = channel.as_mut() else {
            return false;
        };
        let is_due = channel.poll(now, bytes);
        let due = channel.due(self.due.start);
        self.due.agenda().set_behind(self.id, due);
        is_due
    }

    /// The server has left the cluster.
    pub(super) fn leave(&self) {
        let mut channel = self.lock();
        *channel = None;
        self.due.agenda().remove(self.id);
    }

    /// Tells that bytes were refused, now and then.
    pub(super) fn refuse(&self, from: NodeId, reason: &str, now: Instant) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.is_none_or(|at| now.saturating_duration_since(at) >= QUIET) {
            *told = Some(now);
            let message = format!("a message of the node {from} was refused: {reason}");
            log(Level::Warning, &message);
        }
    }
}
