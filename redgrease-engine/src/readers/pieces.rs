//! The pieces of a reading of keys. A thread copies the next piece while the reader makes records from the last one.
//!
//! Locks are taken in this order: the server's lock, then that of the pieces. So a reader that holds the server's lock,
//! for example inside `atomic()`, can always copy the next piece itself: the thread waits for the server's lock
//! meanwhile.

use crate::python::{Gil, detached};
use crate::redis::{self, Batch, Context, KeyScan, Level};
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// The number of keys in a piece. Larger pieces make the lock cheaper per key; smaller ones delay clients less. Copying
/// a piece of this size holds the server's lock for one or two milliseconds.
const PIECE: usize = 2000;
/// The number of pieces that may wait for the reader.
const AHEAD: usize = 2;
/// The pause of the thread between two pieces. The server's lock is not fair: without a pause the main thread would
/// starve.
const PAUSE: Duration = Duration::from_micros(50);

/// Copies keys, while the server's lock is held.
pub(super) trait Filler: Send + fmt::Debug {
    /// Copies the next keys. The memory of `room` is used again.
    fn fill(&mut self, context: &Context, room: Batch) -> Filled;
}

/// The outcome of filling a piece.
#[derive(Debug)]
pub(super) struct Filled {
    /// `None` if there is no key.
    pub(super) piece: Option<Batch>,
    /// Filling again may find other keys.
    pub(super) more: bool,
}

impl Filler for KeyScan {
    fn fill(&mut self, context: &Context, room: Batch) -> Filled {
        let filled = KeyScan::fill(self, context, PIECE);
        Filled {
            piece: filled.then(|| self.take(room)),
            more: self.has_more(),
        }
    }
}

/// A piece, with the place of its reader.
#[derive(Debug, Default)]
pub(super) struct Piece {
    pub(super) batch: Batch,
    /// The index of the next key.
    pub(super) next: usize,
}

impl Piece {
    /// `true` if no key is left in the piece.
    pub(super) fn is_read(&self) -> bool {
        self.next >= self.batch.keys().len()
    }

    /// Hands the value of the next key to `take`, if that is a text which was copied. `true` if `take` has taken it.
    pub(super) fn take_text(&mut self, take: impl FnOnce(&[u8]) -> bool) -> bool {
        let is_taken = self.batch.text(self.next).is_some_and(take);
        self.next += usize::from(is_taken);
        is_taken
    }
}

/// The pieces of a reading, as its reader sees them.
#[derive(Debug)]
pub(super) struct Pieces {
    shared: Arc<Shared>,
    /// A thread copies the pieces.
    ahead: bool,
}

/// The state that the reader and the thread share.
#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    /// Signals the reader: a piece waits, or the walk has ended.
    ready: Condvar,
    /// Signals the thread: a piece was taken, or the reader was dropped.
    taken: Condvar,
}

#[derive(Debug)]
struct State {
    /// `None` while a piece is copied.
    filler: Option<Box<dyn Filler>>,
    /// The pieces that wait for the reader.
    pieces: VecDeque<Batch>,
    /// Pieces that were read, whose memory is used again.
    spare: Vec<Batch>,
    /// There is no other piece now, or the reader was dropped.
    ended: bool,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Copies the next piece, if there is one. `false` if there is no other one behind it.
    fn fill(&self, context: &Context) -> bool {
        let (mut filler, room) = {
            let mut state = self.state();
            if state.ended {
                return false;
            }
            (state.filler.take(), state.spare.pop().unwrap_or_default())
        };
        let copied = filler.as_mut().map(|filler| filler.fill(context, room));
        let mut state = self.state();
        state.filler = filler;
        let more = copied.is_some_and(|copied| {
            state.pieces.extend(copied.piece);
            copied.more
        });
        state.ended |= !more;
        drop(state);
        self.ready.notify_one();
        more
    }

    /// Copies pieces until there is no other one, or until the reader is dropped.
    fn take_ahead(&self) {
        loop {
            {
                let mut state = self.state();
                while !state.ended && state.pieces.len() >= AHEAD {
                    state = self
                        .taken
                        .wait(state)
                        .unwrap_or_else(PoisonError::into_inner);
                }
                if state.ended {
                    return;
                }
            }
            if !redis::locked(|context| self.fill(context)) {
                return;
            }
            thread::sleep(PAUSE);
        }
    }

    /// Waits for the next piece from the thread. `None` without another piece.
    fn wait(&self) -> Option<Batch> {
        let mut state = self.state();
        while !state.ended && state.pieces.is_empty() {
            state = self
                .ready
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        state.pieces.pop_front()
    }
}

impl Pieces {
    pub(super) fn new(filler: impl Filler + 'static) -> Pieces {
        let state = State {
            filler: Some(Box::new(filler)),
            pieces: VecDeque::new(),
            spare: Vec::new(),
            ended: false,
        };
        let shared = Shared {
            state: Mutex::new(state),
            ready: Condvar::new(),
            taken: Condvar::new(),
        };
        Pieces {
            shared: Arc::new(shared),
            ahead: false,
        }
    }

    /// Replaces `piece`, which was read, by the next one. `false` without another piece.
    pub(super) fn next(&mut self, py: Gil<'_>, piece: &mut Piece) -> bool {
        let last = std::mem::take(piece).batch;
        let next = match redis::keep() {
            Some(_kept) => self.take_now(last),
            None => detached(py, || self.take(last)),
        };
        match next {
            Some(next) => {
                piece.batch = next;
                true
            }
            None => false,
        }
    }

    /// Begins anew after [`Pieces::next`] found no piece: there may be other keys now.
    pub(super) fn again(&mut self) {
        // The thread has ended, or ends without another look at the state.
        self.ahead = false;
        self.shared.state().ended = false;
    }

    /// The next piece, for a reader that does not hold the server's lock.
    fn take(&mut self, last: Batch) -> Option<Batch> {
        if self.ahead {
            self.shared.state().spare.push(last);
            let piece = self.shared.wait();
            self.shared.taken.notify_one();
            return piece;
        }
        let piece = redis::locked(|_| self.take_now(last));
        // A reading that has ended with its first piece needs no thread.
        if piece.is_some() && !self.shared.state().ended {
            self.start();
        }
        piece
    }

    /// The next piece, for a reader that holds the server's lock.
    fn take_now(&self, last: Batch) -> Option<Batch> {
        let waits = {
            let mut state = self.shared.state();
            state.spare.push(last);
            state.pieces.pop_front()
        };
        self.shared.taken.notify_one();
        waits.or_else(|| {
            redis::locked(|context| self.shared.fill(context));
            self.shared.state().pieces.pop_front()
        })
    }

    /// Starts the thread. If the system refuses it, the reader copies the pieces itself.
    fn start(&mut self) {
        let shared = Arc::clone(&self.shared);
        let started = thread::Builder::new()
            .name("rg-scan".into())
            .spawn(move || {
                shared.take_ahead();
            });
        match started {
            Ok(_) => self.ahead = true,
            Err(failure) => redis::log(
                Level::Warning,
                &format!("keys are read without a thread of their own: {failure}"),
            ),
        }
    }
}

impl Drop for Pieces {
    fn drop(&mut self) {
        self.shared.state().ended = true;
        self.shared.taken.notify_one();
    }
}
