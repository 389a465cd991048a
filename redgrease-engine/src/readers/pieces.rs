//! Pieces of a walk over the keys, taken ahead by a thread of its own: while one piece is made into
//! records, the next one is copied.
//!
//! Locks are taken in this order: the server's, then that of the pieces. So a reader that holds the
//! server's lock (in `atomic()`, say) can always take the next piece itself: whoever else would
//! be at it waits for the server's lock.

use crate::python::{Gil, detached};
use crate::redis::{self, Batch, Context, KeyScan, Level};
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// Keys per piece: enough to make taking the lock cheap, few enough not to be felt by clients (it
/// is held for one or two milliseconds).
const PIECE: usize = 2000;
/// How many pieces may wait to be read.
const AHEAD: usize = 2;
/// The server's lock is not fair. Without a pause the main thread would starve between two pieces.
const PAUSE: Duration = Duration::from_micros(50);

#[derive(Debug)]
pub(super) struct Pieces {
    shared: Arc<Shared>,
    /// A thread takes pieces ahead.
    ahead: bool,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    /// There is a piece, or the end was reached.
    ready: Condvar,
    /// A piece was taken, or the reader is gone.
    taken: Condvar,
}

#[derive(Debug)]
struct State {
    /// Away while a piece is being filled.
    scan: Option<KeyScan>,
    pieces: VecDeque<Batch>,
    /// Pieces that were read, for their memory.
    spare: Vec<Batch>,
    ended: bool,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Copies the next piece, if there is one.
    fn fill(&self, context: &Context) {
        let (scan, room) = {
            let mut state = self.state();
            if state.ended {
                return;
            }
            (state.scan.take(), state.spare.pop().unwrap_or_default())
        };
        let filled = scan.and_then(|mut scan| {
            let filled = scan.fill(context, PIECE);
            filled.then(|| (scan.take(room), scan))
        });
        let mut state = self.state();
        match filled {
            Some((piece, scan)) => {
                state.pieces.push_back(piece);
                state.ended |= !scan.has_more();
                state.scan = Some(scan);
            }
            None => state.ended = true,
        }
        drop(state);
        self.ready.notify_one();
    }

    /// Takes pieces until the end, or until nobody wants them.
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
            redis::locked(|context| self.fill(context));
            thread::sleep(PAUSE);
        }
    }

    /// The next piece, from the thread that takes them.
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
    pub(super) fn new(scan: KeyScan) -> Pieces {
        let state = State {
            scan: Some(scan),
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

    /// The next piece in place of the last one. `false`: there was none.
    pub(super) fn next(&mut self, py: Gil<'_>, piece: &mut Batch) -> bool {
        let last = std::mem::take(piece);
        let next = if redis::is_locked() {
            self.take_now(last)
        } else {
            detached(py, || self.take(last))
        };
        match next {
            Some(next) => {
                *piece = next;
                true
            }
            None => false,
        }
    }

    fn take(&mut self, last: Batch) -> Option<Batch> {
        if self.ahead {
            self.shared.state().spare.push(last);
            let piece = self.shared.wait();
            self.shared.taken.notify_one();
            return piece;
        }
        let piece = redis::locked(|_| self.take_now(last));
        // Few keys need no thread.
        if piece.is_some() && !self.shared.state().ended {
            self.start();
        }
        piece
    }

    /// With the server's lock held.
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
