//! The messages between this process and another one, in both directions.
//!
//! A process has an incarnation: a number that grows with each start of a server. A frame names the incarnations of both ends, so a
//! server that was started again does not take frames for the server that was there before. Before the incarnation of the other
//! end is known, no message is sent.

use super::frame::{Frame, Lane};
use super::incoming::{Incoming, Taken};
use super::outgoing::Outgoing;
use super::{ACK_DELAY, ACK_FRAMES, PATIENCE, WINDOW};
use std::sync::Arc;
use std::time::Instant;

/// Something that a frame has brought.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// A whole message.
    Message(Lane, Vec<u8>),
    /// The other process is another one than before. All messages for the one before are lost, and so is what it had sent in part.
    Restarted,
    /// The other process sends what no engine sends. The frame was dropped.
    Wrong,
}

/// Both directions between this process and another one.
#[derive(Debug)]
pub(crate) struct Channel {
    mine: u64,
    theirs: Option<u64>,
    out: [Outgoing; 2],
    incoming: [Incoming; 2],
    /// Pieces that came since the last frame that acknowledged them.
    unacknowledged: u32,
    /// The time at which a frame has to be sent, also if it has no piece.
    answer_at: Option<Instant>,
    /// The time at which the other process is asked for an answer.
    ask_at: Option<Instant>,
    /// The credit that the other process was told last.
    told_credit: u64,
    /// The time of the last frame of the other process.
    heard: Option<Instant>,
}

impl Channel {
    /// A channel of the incarnation `mine` of this process.
    pub(crate) fn new(mine: u64) -> Channel {
        Channel {
            mine,
            theirs: None,
            out: Lane::ALL.map(Outgoing::new),
            incoming: Lane::ALL.map(Incoming::new),
            unacknowledged: 0,
            answer_at: None,
            ask_at: None,
            told_credit: 0,
            heard: None,
        }
    }

    /// Adds a message to a lane. It must be at most [`LONGEST`](super::LONGEST) bytes long.
    pub(crate) fn send(&mut self, lane: Lane, message: &Arc<[u8]>) {
        self.out[lane.index()].push(message);
    }

    /// The bytes of a lane that the other process has not acknowledged.
    pub(crate) fn waiting_bytes(&self, lane: Lane) -> usize {
        self.out[lane.index()].bytes()
    }

    /// The number of frames that the other process has not acknowledged.
    pub(crate) fn waiting_frames(&self) -> usize {
        self.out.iter().map(Outgoing::pieces).sum()
    }

    /// The incarnation of the other process, once a frame of it has come.
    pub(crate) fn partner(&self) -> Option<u64> {
        self.theirs
    }

    /// The time of the last frame of the other process.
    pub(crate) fn heard(&self) -> Option<Instant> {
        self.heard
    }

    /// The consumer has used the bytes of messages of the bulk lane: the other process may send as many again.
    pub(crate) fn use_up(&mut self, bytes: usize, now: Instant) {
        let lane = &mut self.incoming[Lane::Bulk.index()];
        lane.use_up(bytes);
        // Telling it with each record would double the frames.
        if lane.credit() >= self.told_credit + WINDOW / 4 {
            self.answer_at = Some(now);
        }
    }

    /// Takes a frame of the other process.
    pub(crate) fn receive(&mut self, frame: &Frame<'_>, now: Instant) -> Vec<Event> {
        let mut events = Vec::new();
        match self.theirs {
            // A frame of a process that has ended.
            Some(known) if frame.sender < known => return events,
            Some(known) if frame.sender > known => {
                self.begin_anew();
                events.push(Event::Restarted);
            }
            _ => {}
        }
        self.theirs = Some(frame.sender);
        self.heard = Some(now);
        if frame.receiver > self.mine {
            // The clock of this server went back before its start. The other process takes nothing of a smaller number.
            self.mine = frame.receiver.saturating_add(1);
        }
        if frame.receiver != self.mine {
            // For a process that was here before, or from one that does not know this one: the answer tells it.
            if frame.asks || frame.piece.is_some() || frame.receiver != 0 {
                self.answer_at = Some(now);
            }
            return events;
        }
        for lane in Lane::ALL {
            let number = frame.acknowledged[lane.index()];
            self.out[lane.index()].acknowledge(number, frame.credit, now);
        }
        if frame.asks {
            self.answer_at = Some(now);
        }
        let Some(piece) = &frame.piece else {
            return events;
        };
        match self.incoming[piece.lane.index()].take(piece) {
            Taken::Next(message) => {
                self.unacknowledged += 1;
                // Most messages have an answer, whose frame acknowledges them.
                let at_once = self.unacknowledged >= ACK_FRAMES;
                self.answer_by(if at_once { now } else { now + ACK_DELAY });
                events.extend(message.map(|message| Event::Message(piece.lane, message)));
            }
            Taken::Again | Taken::TooEarly => self.answer_by(now),
            Taken::Wrong => events.push(Event::Wrong),
        }
        events
    }

    fn answer_by(&mut self, at: Instant) {
        self.answer_at = Some(self.answer_at.map_or(at, |known| known.min(at)));
    }

    /// Forgets all that belonged to the process that was at the other end.
    fn begin_anew(&mut self) {
        self.out = Lane::ALL.map(Outgoing::new);
        self.incoming = Lane::ALL.map(Incoming::new);
        self.unacknowledged = 0;
        self.ask_at = None;
        self.told_credit = 0;
    }

    /// Writes the next frame that is due behind what `out` has. `false` if none is.
    pub(crate) fn poll(&mut self, now: Instant, out: &mut Vec<u8>) -> bool {
        let acknowledged = [0, 1].map(|lane| self.incoming[lane].received());
        let credit = self.incoming[Lane::Bulk.index()].credit();
        let wants = self.wants_answer();
        let mut frame = Frame {
            sender: self.mine,
            receiver: self.theirs.unwrap_or(0),
            acknowledged,
            credit,
            asks: false,
            piece: None,
        };
        if self.theirs.is_some() {
            let [control, bulk] = &mut self.out;
            frame.piece = control.next(now).or_else(|| bulk.next(now));
        }
        if frame.piece.is_none() {
            let is_asked = wants && self.ask_at.is_none_or(|at| at <= now);
            if !is_asked && self.answer_at.is_none_or(|at| at > now) {
                return false;
            }
            frame.asks = is_asked;
            if is_asked {
                self.ask_at = Some(now + PATIENCE);
            }
        }
        if !wants {
            self.ask_at = None;
        }
        frame.write(out);
        self.unacknowledged = 0;
        self.answer_at = None;
        self.told_credit = credit;
        true
    }

    /// `true` if messages wait for something that only the other process can say, and that may have been lost.
    fn wants_answer(&self) -> bool {
        let waits = self.out.iter().any(|lane| lane.pieces() > 0);
        waits && (self.theirs.is_none() || self.out.iter().any(Outgoing::wants_credit))
    }

    /// The time at which [`Channel::poll`] has a frame. `None` if only a frame or a message changes that.
    pub(crate) fn due(&self, now: Instant) -> Option<Instant> {
        let ask = self
            .wants_answer()
            .then(|| self.ask_at.unwrap_or(now))
            .into_iter();
        let send = self.out.iter().filter(|_| self.theirs.is_some());
        let send = send.filter_map(|lane| lane.due(now));
        ask.chain(send).chain(self.answer_at).min()
    }
}
