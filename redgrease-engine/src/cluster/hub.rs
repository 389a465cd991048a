//! The channels to all other servers of the cluster.

use super::mailbox::{Mailbox, Message, Receipt, Tag};
use super::peer::{AskMain, Due, Peer};
use super::topology::NodeId;
use super::transport::{Channel, Event, Frame, LONGEST, Lane};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Instant;

/// The way of frames to another server.
pub(crate) trait Wire {
    /// Sends frames, one behind the other. `false` if they are known to be lost: the server has no connection to that node.
    fn send(&self, to: NodeId, frames: &[u8]) -> bool;
}

/// Frames for one server are sent together until they have so many bytes: each message of the bus has a large header.
const TOGETHER: usize = 16 << 10;

/// The reason why a message is not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unsent {
    /// The node is not in the cluster, or is this one.
    Unknown,
    /// The message is longer than any may be.
    TooLong,
}

/// What has become of bytes of another server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Received {
    Taken,
    /// No peer has this id: the picture of the cluster is old.
    UnknownSender,
}

/// A function that hears that a server was started again or has left the cluster: messages for it and of it are lost.
type OnLost = Arc<dyn Fn(NodeId) + Send + Sync>;

/// All channels of this process. The locks of channels are held for moments only, and never while the server's lock is taken.
pub(crate) struct Hub {
    incarnation: u64,
    /// The number of channels that were opened.
    opened: AtomicU64,
    peers: RwLock<BTreeMap<NodeId, Arc<Peer>>>,
    due: Arc<Due>,
    mailbox: Mailbox,
    on_lost: Mutex<Vec<OnLost>>,
}

impl Hub {
    /// The hub of the incarnation of this process: a number that is greater than those of the processes before it.
    pub(crate) fn new(incarnation: u64) -> Hub {
        Hub {
            incarnation: incarnation.max(1),
            opened: AtomicU64::new(0),
            peers: RwLock::default(),
            due: Arc::new(Due::new()),
            mailbox: Mailbox::default(),
            on_lost: Mutex::default(),
        }
    }

    /// From now on the main thread sends what is due at once.
    pub(super) fn ask_main_with(&self, ask: AskMain) {
        self.due.ask_main_with(ask);
    }

    /// Wakes the thread that sends.
    pub(super) fn wake(&self) {
        self.due.bell.ring();
    }

    /// Lets the thread that sends wait until there is something to send, or until `until`.
    pub(super) fn wait(&self, until: Instant) {
        self.due.bell.wait(until);
    }

    /// The main thread has sent: the thread that sends learns what is due now.
    pub(super) fn has_sent(&self) {
        self.due.tell_thread();
    }

    /// The number of this process, which grows with each start of the server.
    pub(crate) fn incarnation(&self) -> u64 {
        self.incarnation
    }

    /// Calls the function for each message of this kind. There is one function for each kind.
    pub(crate) fn on(&self, tag: Tag, handler: impl Fn(Message) + Send + Sync + 'static) {
        self.mailbox.on(tag, handler);
    }

    /// Calls the function when a server was started again or has left the cluster. It must not wait.
    pub(crate) fn on_lost(&self, handler: impl Fn(NodeId) + Send + Sync + 'static) {
        let mut all = self.on_lost.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(Arc::new(handler));
    }

    fn peer(&self, id: NodeId) -> Option<Arc<Peer>> {
        let peers = self.peers.read().unwrap_or_else(PoisonError::into_inner);
        peers.get(&id).cloned()
    }

    /// The other servers of the cluster, sorted by id.
    pub(crate) fn peers(&self) -> Vec<NodeId> {
        let peers = self.peers.read().unwrap_or_else(PoisonError::into_inner);
        peers.keys().copied().collect()
    }

    /// Sends a message, at most [`LONGEST`] bytes with its kind. It arrives once and in the order of its lane, unless the other
    /// server is started again or leaves the cluster.
    pub(crate) fn send(
        &self,
        to: NodeId,
        lane: Lane,
        tag: Tag,
        content: &[u8],
    ) -> Result<(), Unsent> {
        let strangers = self.send_to_all(&[to], lane, tag, content)?;
        if strangers.is_empty() {
            Ok(())
        } else {
            Err(Unsent::Unknown)
        }
    }

    /// Sends a message to each of these servers that is in the cluster. Returns those that are not.
    ///
    /// # Errors
    /// If the message is too long. Then none of them gets it.
    pub(crate) fn send_to_all(
        &self,
        to: &[NodeId],
        lane: Lane,
        tag: Tag,
        content: &[u8],
    ) -> Result<Vec<NodeId>, Unsent> {
        let strangers = self.send_with_next(to, lane, tag, content)?;
        self.due.tell();
        Ok(strangers)
    }

    /// The same for a message that another one follows at once: they are sent together. Without another one, the message is sent
    /// with the next heartbeat at the latest.
    pub(crate) fn send_with_next(
        &self,
        to: &[NodeId],
        lane: Lane,
        tag: Tag,
        content: &[u8],
    ) -> Result<Vec<NodeId>, Unsent> {
        if content.len() >= LONGEST {
            return Err(Unsent::TooLong);
        }
        let message = with_tag(tag, content);
        let mut strangers = Vec::new();
        for id in to {
            match self.peer(*id) {
                Some(peer) => {
                    peer.change(|channel| channel.send(lane, &message));
                }
                None => strangers.push(*id),
            }
        }
        Ok(strangers)
    }

    /// The time of the last frame of a server.
    pub(crate) fn last_heard(&self, id: NodeId) -> Option<Instant> {
        self.peer(id)?.look(Channel::heard)?
    }

    /// The bytes of a lane that a server has not acknowledged. A sender of much data waits while there are many.
    pub(crate) fn waiting_bytes(&self, id: NodeId, lane: Lane) -> usize {
        let bytes = |peer: Arc<Peer>| peer.look(|channel| channel.waiting_bytes(lane));
        self.peer(id).and_then(bytes).unwrap_or(0)
    }

    /// The frames that a server has not acknowledged.
    pub(crate) fn waiting_frames(&self, id: NodeId) -> usize {
        let frames = |peer: Arc<Peer>| peer.look(Channel::waiting_frames);
        self.peer(id).and_then(frames).unwrap_or(0)
    }

    /// The other servers are these. Messages for others are dropped.
    pub(crate) fn set_peers(&self, ids: &[NodeId]) {
        let mut gone = Vec::new();
        {
            let mut peers = self.peers.write().unwrap_or_else(PoisonError::into_inner);
            peers.retain(|id, peer| {
                let stays = ids.contains(id);
                if !stays {
                    peer.leave();
                    gone.push(*id);
                }
                stays
            });
            for id in ids {
                peers.entry(*id).or_insert_with(|| {
                    Arc::new(Peer::new(*id, self.open(), Arc::clone(&self.due)))
                });
            }
        }
        for id in gone {
            self.lost(id);
        }
    }

    /// A channel. The node may have been a peer before, and may not know that it was none for a while: it takes a channel of a greater
    /// incarnation for that of another process, and begins anew as well. Otherwise it would wait for the messages of the channel before,
    /// and would take the first ones of this channel for those.
    fn open(&self) -> Channel {
        let number = self.opened.fetch_add(1, Ordering::Relaxed);
        Channel::new(self.incarnation.saturating_add(number))
    }

    fn lost(&self, id: NodeId) {
        // A handler may add another one.
        let all = self
            .on_lost
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        for handler in all {
            handler(id);
        }
    }

    /// Takes the bytes that another server has sent, and hands complete messages on.
    pub(crate) fn receive(&self, from: NodeId, bytes: &[u8], now: Instant) -> Received {
        let Some(peer) = self.peer(from) else {
            return Received::UnknownSender;
        };
        let mut rest = bytes;
        while !rest.is_empty() {
            let (first, behind) = Frame::cut(rest);
            rest = behind;
            match Frame::parse(first) {
                Ok(frame) => self.take(from, &peer, &frame, now),
                Err(reason) => {
                    peer.refuse(from, &reason.message(), now);
                    break;
                }
            }
        }
        self.due.tell();
        Received::Taken
    }

    fn take(&self, from: NodeId, peer: &Arc<Peer>, frame: &Frame<'_>, now: Instant) {
        let events = peer.change(|channel| channel.receive(frame, now));
        for event in events.into_iter().flatten() {
            match event {
                Event::Message(lane, message) => {
                    let receipt = (lane == Lane::Bulk)
                        .then(|| self.receipt(peer, frame.sender, message.len()));
                    self.mailbox.deliver(Message::new(from, message, receipt));
                }
                Event::Restarted => self.lost(from),
                Event::Wrong => peer.refuse(from, "its pieces do not fit together", now),
            }
        }
    }

    /// Gives credit for the bytes of a message of the process `sender`.
    fn receipt(&self, peer: &Arc<Peer>, sender: u64, bytes: usize) -> Receipt {
        let (peer, due) = (Arc::clone(peer), Arc::clone(&self.due));
        let give_back = move || {
            let is_used = peer.change(|channel| {
                // Another process has another count.
                let is_same = channel.partner() == Some(sender);
                if is_same {
                    channel.use_up(bytes, Instant::now());
                }
                is_same
            });
            if is_used == Some(true) {
                due.tell();
            }
        };
        Receipt {
            give_back: Box::new(give_back),
        }
    }

    /// The time at which [`Hub::flush`] has something to send. `None` if only a frame or a message changes that.
    pub(crate) fn due(&self, now: Instant) -> Option<Instant> {
        self.due.agenda().first().map(|at| at.max(now))
    }

    /// Sends frames that are due, each server in its turn, until none is or `most` bytes are sent.
    pub(crate) fn flush(&self, now: Instant, wire: &dyn Wire, most: usize) {
        let mut bytes = Vec::new();
        let mut sent = 0;
        let due = self.due.agenda().due(now).into_iter();
        let mut left: Vec<_> = due.filter_map(|id| Some((id, self.peer(id)?))).collect();
        while !left.is_empty() && sent < most {
            left.retain(|(id, peer)| {
                if sent >= most {
                    return true;
                }
                bytes.clear();
                while bytes.len() < TOGETHER && peer.poll(now, &mut bytes) {}
                if bytes.is_empty() {
                    return false;
                }
                sent += bytes.len();
                // A frame that is lost is sent again after a while.
                wire.send(*id, &bytes)
            });
        }
    }
}

impl std::fmt::Debug for Hub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Hub of {}", self.incarnation)
    }
}

fn with_tag(tag: Tag, content: &[u8]) -> Arc<[u8]> {
    [&[tag.0], content].concat().into()
}
