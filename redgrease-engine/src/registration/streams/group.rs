//! The commands of the consumer group.

use crate::plan::Message;
use crate::redis::{CallError, CallReply, Context, ReplyKind, Rights, call};

const GROUP: &[u8] = b"__gears_consumer_group__";
const CONSUMER: &[u8] = b"__gears_client__";

fn run(context: &Context, command: &[u8], args: &[&[u8]]) -> Result<CallReply, CallError> {
    call(context, Rights::Engine, command, args)
}

/// Makes the group, from the stream's first message on, and gives the last delivered one. `None`
/// if there is no such stream.
pub(super) fn join(context: &Context, stream: &[u8]) -> Option<Vec<u8>> {
    // An error says that the group is there already, or that there is no stream: the next
    // command tells which.
    let _ = run(context, b"XGROUP", &[b"CREATE", stream, GROUP, b"0"]);
    let groups = run(context, b"XINFO", &[b"GROUPS", stream]).ok()?;
    (0..groups.len())
        .filter_map(|index| groups.element(index))
        .find_map(|group| {
            let field = |name: &[u8]| {
                (0..group.len()).step_by(2).find_map(|index| {
                    let named = group
                        .element(index)
                        .is_some_and(|field| field.bytes() == name);
                    if named {
                        group.element(index + 1)
                    } else {
                        None
                    }
                })
            };
            let ours = field(b"name").is_some_and(|name| name.bytes() == GROUP);
            if ours {
                field(b"last-delivered-id").map(|id| id.bytes().to_vec())
            } else {
                None
            }
        })
}

/// How many new messages there are, counted up to `limit`.
pub(super) fn waiting(context: &Context, stream: &[u8], after: &[u8], limit: usize) -> usize {
    let from = [b"(", after].concat();
    let limit = limit.to_string();
    let args: [&[u8]; 5] = [stream, &from, b"+", b"COUNT", limit.as_bytes()];
    match run(context, b"XRANGE", &args) {
        Ok(reply) if reply.kind() == ReplyKind::Array => reply.len(),
        _ => 0,
    }
}

/// Takes messages: those after `from` that were delivered before, or with `>` new ones.
pub(super) fn read(context: &Context, stream: &[u8], from: &[u8], count: usize) -> Vec<Message> {
    let count = count.to_string();
    let args: [&[u8]; 8] = [
        b"GROUP",
        GROUP,
        CONSUMER,
        b"COUNT",
        count.as_bytes(),
        b"STREAMS",
        stream,
        from,
    ];
    let Ok(reply) = run(context, b"XREADGROUP", &args) else {
        return Vec::new();
    };
    // [[stream, [message..]]], or nothing.
    let messages = (reply.kind() == ReplyKind::Array)
        .then(|| reply.element(0).and_then(|stream| stream.element(1)))
        .flatten();
    messages
        .map(|messages| Message::read_all(&messages))
        .unwrap_or_default()
}

/// The messages were handled.
pub(super) fn acknowledge(context: &Context, stream: &[u8], ids: &[Vec<u8>]) {
    let mut args: Vec<&[u8]> = vec![stream, GROUP];
    args.extend(ids.iter().map(Vec::as_slice));
    let _ = run(context, b"XACK", &args);
}

/// Removes the `count` oldest messages.
pub(super) fn trim(context: &Context, stream: &[u8], count: usize) {
    let Ok(length) = run(context, b"XLEN", &[stream]) else {
        return;
    };
    let left = usize::try_from(length.integer())
        .unwrap_or(0)
        .saturating_sub(count)
        .to_string();
    let _ = run(context, b"XTRIM", &[stream, b"MAXLEN", left.as_bytes()]);
}
