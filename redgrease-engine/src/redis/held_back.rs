//! Replies that the server holds back.
//!
//! Valkey 9.1 leaves the error of `GETSET` and `GETDEL` for a key of another type in the buffer of the client that it keeps for calls
//! of modules, and gives it out with the reply of the next call. So a call that has no reply at all is followed by one of a command
//! without effects, which fetches the reply.

use super::call::{CallReply, ReplyKind, Rights, call};
use super::context::Context;

/// Commands that reply with their argument. A server may be configured without one of them.
const ECHOING: [&[u8]; 2] = [b"ECHO", b"PING"];

const MARK: &[u8] = b"redgrease: no reply is held back";

/// The reply that the server holds back. `None` if the server holds back no reply.
#[cold]
pub(super) fn take(context: &Context) -> Option<CallReply> {
    let reply = ECHOING
        .iter()
        .find_map(|name| call(context, Rights::Question, name, &[MARK]).ok())?;
    // Asking for the kind makes the server read the first reply of the two, which then is the whole one.
    let is_echo = reply.kind() == ReplyKind::Text && reply.bytes() == MARK;
    (!is_echo).then_some(reply)
}
