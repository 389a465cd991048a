//! One lane of messages on their way in: pieces are put together, and counted for the acknowledgement.

use super::frame::{Lane, Piece};
use super::{LONGEST, WINDOW};

/// The messages of one lane that this process receives.
#[derive(Debug)]
pub(super) struct Incoming {
    lane: Lane,
    /// The number of pieces that have come.
    received: u64,
    /// The pieces of a message that is not complete.
    message: Vec<u8>,
    /// Bytes that the consumer has used.
    used: u64,
}

/// What became of a piece.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// It was expected. The message that is complete with it, if it is.
    Next(Option<Vec<u8>>),
    /// It came before.
    Again,
    /// Pieces in front of it are missing. They and this one are sent again.
    TooEarly,
    /// No sender cuts a message in this way.
    Wrong,
}

impl Incoming {
    pub(super) fn new(lane: Lane) -> Incoming {
        Incoming {
            lane,
            received: 0,
            message: Vec::new(),
            used: 0,
        }
    }

    /// The number up to which all pieces have come.
    pub(super) fn received(&self) -> u64 {
        self.received
    }

    /// The bytes that this process takes, counted from the first one. A message that is not complete cannot be used, so its bytes
    /// do not count: it may be longer than the window.
    pub(super) fn credit(&self) -> u64 {
        self.used + self.message.len() as u64 + WINDOW
    }

    /// The consumer has used these bytes.
    pub(super) fn use_up(&mut self, bytes: usize) {
        self.used += bytes as u64;
    }

    pub(super) fn take(&mut self, piece: &Piece<'_>) -> Taken {
        debug_assert_eq!(piece.lane, self.lane);
        if piece.number <= self.received {
            return Taken::Again;
        }
        if piece.number != self.received + 1 {
            return Taken::TooEarly;
        }
        let begins = self.message.is_empty();
        if piece.first != begins || self.message.len() + piece.bytes.len() > LONGEST {
            return Taken::Wrong;
        }
        if !piece.last && piece.bytes.is_empty() {
            return Taken::Wrong;
        }
        self.received += 1;
        self.message.extend_from_slice(piece.bytes);
        Taken::Next(piece.last.then(|| std::mem::take(&mut self.message)))
    }
}
