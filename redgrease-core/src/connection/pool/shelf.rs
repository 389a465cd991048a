//! The sockets of a pool that one command at a time uses.

use super::places::{Crowd, Place, Places};
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A socket that was idle for longer is checked before it is used.
pub(super) const TRUSTED: Duration = Duration::from_millis(100);

/// A limited number of sockets. Idle ones are kept, the last used one in front.
#[derive(Debug)]
pub(super) struct Shelf<S> {
    places: Arc<Places>,
    counts: Arc<Counts>,
    idle: Mutex<Idle<S>>,
}

#[derive(Debug)]
struct Idle<S> {
    /// The last used one at the end.
    sockets: Vec<Socket<S>>,
    /// Sockets that were used before another one broke are checked, however short they were idle.
    suspect: Instant,
}

/// The sockets that were opened and closed.
#[derive(Debug, Default)]
pub(super) struct Counts {
    opened: AtomicU64,
    closed: AtomicU64,
}

/// An open socket. It is closed when this is dropped.
#[derive(Debug)]
pub(super) struct Socket<S> {
    con: S,
    used: Instant,
    counts: Arc<Counts>,
}

impl Counts {
    pub(super) fn opened(&self) -> u64 {
        self.opened.load(Ordering::Relaxed)
    }

    pub(super) fn closed(&self) -> u64 {
        self.closed.load(Ordering::Relaxed)
    }

    pub(super) fn open(&self) -> usize {
        let closed = self.closed();
        usize::try_from(self.opened().saturating_sub(closed)).unwrap_or(usize::MAX)
    }
}

impl<S> Socket<S> {
    pub(super) fn new(con: S, counts: &Arc<Counts>) -> Self {
        counts.opened.fetch_add(1, Ordering::Relaxed);
        Socket {
            con,
            used: Instant::now(),
            counts: Arc::clone(counts),
        }
    }

    /// When it was used last.
    #[cfg(feature = "aio")]
    pub(super) fn used(&self) -> Instant {
        self.used
    }

    /// Notes a use.
    pub(super) fn touch(&mut self) {
        self.used = Instant::now();
    }
}

impl<S> Drop for Socket<S> {
    fn drop(&mut self) {
        self.counts.closed.fetch_add(1, Ordering::Relaxed);
    }
}

impl<S> Deref for Socket<S> {
    type Target = S;

    fn deref(&self) -> &S {
        &self.con
    }
}

impl<S> DerefMut for Socket<S> {
    fn deref_mut(&mut self) -> &mut S {
        &mut self.con
    }
}

impl<S> Shelf<S> {
    pub(super) fn new(size: usize) -> Arc<Self> {
        Arc::new(Shelf {
            places: Places::new(size),
            counts: Arc::default(),
            idle: Mutex::new(Idle {
                sockets: Vec::new(),
                suspect: Instant::now(),
            }),
        })
    }

    pub(super) fn places(&self) -> &Arc<Places> {
        &self.places
    }

    pub(super) fn counts(&self) -> &Arc<Counts> {
        &self.counts
    }

    pub(super) fn crowd(&self) -> Crowd {
        self.places.crowd()
    }

    pub(super) fn idle(&self) -> usize {
        self.state().sockets.len()
    }

    fn state(&self) -> MutexGuard<'_, Idle<S>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An idle socket for a caller that has a place: the one used last among those that fit. If none fits, one that does
    /// not is closed, so that there are never more sockets than places.
    pub(super) fn idle_socket(&self, fits: impl Fn(&S) -> bool) -> Option<Socket<S>> {
        let mut state = self.state();
        let found = state.sockets.iter().rposition(|socket| fits(socket));
        let socket = found.map(|at| state.sockets.remove(at));
        let misfit = match socket {
            Some(_) => None,
            None => state.sockets.pop(),
        };
        drop(state);
        drop(misfit);
        socket
    }

    /// Whether the server may have closed the socket since it was used.
    pub(super) fn is_doubtful(&self, socket: &Socket<S>) -> bool {
        socket.used.elapsed() > TRUSTED || socket.used <= self.state().suspect
    }

    /// Makes all sockets doubtful that are idle, because one has broken.
    pub(super) fn doubt_idle(&self) {
        self.state().suspect = Instant::now();
    }

    /// Puts a socket back. Its place is given to the next in the line.
    pub(super) fn put_back(&self, mut socket: Socket<S>, place: Place) {
        socket.touch();
        // First the socket, then the place, so that the next in the line finds the socket.
        self.state().sockets.push(socket);
        drop(place);
    }

    /// Closes the idle sockets that were not used since then: the server was silent over another one.
    pub(super) fn close_unused_since(&self, since: Instant) {
        self.close_if(|socket| socket.used <= since);
    }

    /// Closes idle sockets.
    pub(super) fn close_if(&self, mut is_closed: impl FnMut(&Socket<S>) -> bool) {
        let mut state = self.state();
        let closed: Vec<_> = state
            .sockets
            .extract_if(.., |socket| is_closed(socket))
            .collect();
        drop(state);
        drop(closed);
    }

    /// Closes the sockets that were idle for longer than `limit`. Returns when the next one will have been, if there is one.
    pub(super) fn close_idle(&self, limit: Duration) -> Option<Duration> {
        let mut state = self.state();
        let expired = state
            .sockets
            .iter()
            .take_while(|socket| socket.used.elapsed() >= limit)
            .count();
        let closed: Vec<_> = state.sockets.drain(..expired).collect();
        let next = state.sockets.first();
        let left = next.map(|socket| limit.saturating_sub(socket.used.elapsed()));
        drop(state);
        drop(closed);
        left
    }
}
