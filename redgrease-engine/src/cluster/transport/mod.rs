//! Messages between two shards, over a way that loses some of them.
//!
//! The bus of a cluster drops what it was given when a connection between two servers breaks, and it carries the gossip of the
//! servers, which must not wait behind large messages. So messages are cut into frames. Frames are numbered, acknowledged and
//! sent again, and the receiver says how many bytes it can take.
//!
//! | file | purpose |
//! |---|---|
//! | `frame.rs` | a frame as bytes |
//! | `outgoing.rs` | one lane of messages on their way out |
//! | `incoming.rs` | one lane of messages on their way in |
//! | `channel.rs` | both lanes of both directions between this process and another one |
//!
//! Nothing here reads a clock or sends anything: the caller says what time it is, and takes the frames that are due. So the tests own
//! time, loss and order (`network.rs`).

mod channel;
mod frame;
mod incoming;
#[cfg(test)]
pub(super) mod network;
mod outgoing;
#[cfg(test)]
mod tests;

pub(crate) use channel::{Channel, Event};
pub(crate) use frame::{Frame, Lane};
#[cfg(test)]
pub(crate) use network::Random;

use std::time::Duration;

/// The most bytes of a message in one frame of the control lane.
const CONTROL_PIECE: usize = 64 << 10;
/// The most bytes of a message in one frame of the bulk lane. Gossip waits for the frame that is being sent, not for more.
const BULK_PIECE: usize = 256 << 10;
/// The most bytes of a whole message. A longer one is an error of the sender.
pub(crate) const LONGEST: usize = 512 << 20;
/// The bytes of the bulk lane that a receiver takes before its consumer has used them.
const WINDOW: u64 = 4 << 20;
/// The number of frames of the control lane that may be on their way.
const CONTROL_FRAMES: usize = 256;
/// The time after which frames are sent again that were not acknowledged. It doubles with each try.
const PATIENCE: Duration = Duration::from_millis(200);
/// The longest such time.
const MOST_PATIENCE: Duration = Duration::from_secs(3);
/// The time that an acknowledgement may wait for a frame that takes it along.
const ACK_DELAY: Duration = Duration::from_millis(20);
/// The number of frames that are acknowledged at once.
const ACK_FRAMES: u32 = 8;
