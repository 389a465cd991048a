//! One lane of messages on their way out: cut into pieces, kept until they are acknowledged, sent again after a while.

use super::frame::{Lane, Piece};
use super::{BULK_PIECE, CONTROL_FRAMES, CONTROL_PIECE, MOST_PATIENCE, PATIENCE};
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A piece of a message that is not acknowledged.
#[derive(Debug)]
struct Waiting {
    message: Arc<[u8]>,
    range: Range<usize>,
}

/// The messages of one lane that the other process has not got yet.
#[derive(Debug)]
pub(super) struct Outgoing {
    lane: Lane,
    /// Pieces that are not acknowledged, the oldest first.
    waiting: VecDeque<Waiting>,
    /// The number of pieces that were acknowledged.
    acknowledged: u64,
    /// The number of the pieces in `waiting` that were sent, and were not lost as far as is known.
    sent: usize,
    /// Bytes of the pieces that were acknowledged or sent.
    offset: u64,
    /// Bytes that the receiver takes, counted like `offset`.
    credit: u64,
    /// Bytes in `waiting`.
    bytes: usize,
    /// The time at which pieces are sent again.
    again_at: Option<Instant>,
    patience: Duration,
}

impl Outgoing {
    pub(super) fn new(lane: Lane) -> Outgoing {
        Outgoing {
            lane,
            waiting: VecDeque::new(),
            acknowledged: 0,
            sent: 0,
            offset: 0,
            credit: match lane {
                Lane::Control => u64::MAX,
                // The receiver tells with its first frame.
                Lane::Bulk => 0,
            },
            bytes: 0,
            again_at: None,
            patience: PATIENCE,
        }
    }

    /// Adds a message.
    pub(super) fn push(&mut self, message: &Arc<[u8]>) {
        let most = match self.lane {
            Lane::Control => CONTROL_PIECE,
            Lane::Bulk => BULK_PIECE,
        };
        let mut start = 0;
        loop {
            let end = message.len().min(start + most);
            self.waiting.push_back(Waiting {
                message: Arc::clone(message),
                range: start..end,
            });
            if end == message.len() {
                break;
            }
            start = end;
        }
        self.bytes += message.len();
    }

    /// The bytes of all messages that were not acknowledged.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The number of pieces that were not acknowledged.
    pub(super) fn pieces(&self) -> usize {
        self.waiting.len()
    }

    /// The receiver has all pieces up to this number, and takes `credit` bytes.
    pub(super) fn acknowledge(&mut self, number: u64, credit: u64, now: Instant) {
        if self.lane == Lane::Bulk {
            self.credit = self.credit.max(credit);
        }
        // A receiver cannot have more than was ever sent.
        let most = self.acknowledged + self.waiting.len() as u64;
        let mut is_progress = false;
        while self.acknowledged < number.min(most) {
            let Some(piece) = self.waiting.pop_front() else {
                break;
            };
            self.acknowledged += 1;
            self.bytes = self.bytes.saturating_sub(piece.range.len());
            match self.sent.checked_sub(1) {
                Some(left) => self.sent = left,
                // It was counted as lost, and came through.
                None => self.offset += piece.range.len() as u64,
            }
            is_progress = true;
        }
        if is_progress {
            self.patience = PATIENCE;
            self.again_at = (self.sent > 0).then(|| now + self.patience);
        }
    }

    /// The next piece that may be sent.
    pub(super) fn next(&mut self, now: Instant) -> Option<Piece<'_>> {
        if self.again_at.is_some_and(|at| at <= now) {
            self.send_again(now);
        }
        let place = self.sent;
        let length = self.waiting.get(place)?.range.len() as u64;
        if self.is_held_up(length) {
            return None;
        }
        self.sent += 1;
        self.offset += length;
        self.again_at.get_or_insert(now + self.patience);
        let piece = self.waiting.get(place)?;
        Some(Piece {
            lane: self.lane,
            number: self.acknowledged + place as u64 + 1,
            first: piece.range.start == 0,
            last: piece.range.end == piece.message.len(),
            bytes: piece.message.get(piece.range.clone()).unwrap_or_default(),
        })
    }

    /// Counts all pieces as lost that were not acknowledged. The next try waits longer.
    fn send_again(&mut self, now: Instant) {
        let lost = self.waiting.iter().take(self.sent);
        self.offset -= lost.map(|piece| piece.range.len() as u64).sum::<u64>();
        self.sent = 0;
        self.patience = (self.patience * 2).min(MOST_PATIENCE);
        self.again_at = (!self.waiting.is_empty()).then(|| now + self.patience);
    }

    fn is_held_up(&self, length: u64) -> bool {
        match self.lane {
            Lane::Control => self.sent >= CONTROL_FRAMES,
            Lane::Bulk => self.offset + length > self.credit,
        }
    }

    /// `true` if pieces wait for credit alone, and nothing is on its way whose acknowledgement could bring it.
    pub(super) fn wants_credit(&self) -> bool {
        let next = self.waiting.front().map(|piece| piece.range.len() as u64);
        self.sent == 0 && next.is_some_and(|length| self.is_held_up(length))
    }

    /// The time at which [`Outgoing::next`] has something to send. `None` if only a frame of the receiver changes that.
    pub(super) fn due(&self, now: Instant) -> Option<Instant> {
        let next = self.waiting.get(self.sent);
        match next {
            Some(piece) if !self.is_held_up(piece.range.len() as u64) => Some(now),
            _ => self.again_at,
        }
    }
}
