//! The commands of the consumer group.

use crate::plan::Message;
use crate::redis::{CallError, CallReply, Context, Element, ReplyKind, Rights, User, call};

const GROUP: &[u8] = b"__gears_consumer_group__";
const CONSUMER: &[u8] = b"__gears_client__";

fn run(context: &Context, command: &[u8], args: &[&[u8]]) -> Result<CallReply, CallError> {
    call(context, Rights::Engine, command, args)
}

/// Makes the group, from the first message of the stream on, and returns the id of the last message that was delivered to it.
/// `None` if there is no such stream.
pub(super) fn join(context: &Context, stream: &[u8]) -> Option<Vec<u8>> {
    // Fails if the group exists already or if there is no stream. The next command fails in the second case only.
    let _ = run(context, b"XGROUP", &[b"CREATE", stream, GROUP, b"0"]);
    let groups = run(context, b"XINFO", &[b"GROUPS", stream]).ok()?;
    groups.borrow().elements().find_map(|group| {
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

/// The number of messages after the id `after`, counted up to `limit`.
pub(super) fn count_after(context: &Context, stream: &[u8], after: &[u8], limit: usize) -> usize {
    let from = [b"(", after].concat();
    let limit = limit.to_string();
    let args: [&[u8]; 5] = [stream, &from, b"+", b"COUNT", limit.as_bytes()];
    match run(context, b"XRANGE", &args) {
        Ok(reply) if reply.kind() == ReplyKind::Array => reply.len(),
        _ => 0,
    }
}

/// Delivers new messages.
pub(super) fn read_new(context: &Context, stream: &[u8], count: usize) -> Vec<Message> {
    take(context, stream, b">", count, Message::read_all).unwrap_or_default()
}

/// Delivers messages again that were delivered and not acknowledged, without those that `skip` names. Messages that were
/// removed from the stream meanwhile are acknowledged: they cannot be handled.
pub(super) fn read_pending(
    context: &Context,
    stream: &[u8],
    count: usize,
    skip: &dyn Fn(&[u8]) -> bool,
) -> Vec<Message> {
    let mut after = b"0".to_vec();
    loop {
        let read = |reply: Element<'_>| (Message::read_all(reply), removed(reply));
        let Some((stored, gone)) = take(context, stream, &after, count, read) else {
            return Vec::new();
        };
        let ids = stored.iter().map(|message| &message.id).chain(&gone);
        let Some(last) = ids.max_by_key(|id| MessageId::parse(id)) else {
            return Vec::new();
        };
        after.clone_from(last);
        if !gone.is_empty() {
            let gone: Vec<&[u8]> = gone.iter().map(Vec::as_slice).collect();
            acknowledge(context, stream, &gone);
        }
        let mut free = stored;
        free.retain(|message| !skip(&message.id));
        if !free.is_empty() {
            return free;
        }
    }
}

/// `true` if the stream has this message, and it was delivered to the consumer and not acknowledged. Another stream may have a
/// message with the same id: the fields have to be the same, too.
pub(super) fn is_pending(context: &Context, stream: &[u8], message: &Message) -> bool {
    let id = message.id.as_slice();
    let args: [&[u8]; 6] = [stream, GROUP, id, id, b"1", CONSUMER];
    let is_delivered = run(context, b"XPENDING", &args)
        .is_ok_and(|reply| reply.kind() == ReplyKind::Array && reply.len() == 1);
    is_delivered
        && run(context, b"XRANGE", &[stream, id, id]).is_ok_and(|reply| {
            let stored = Message::read_all(reply.borrow());
            stored.first() == Some(message)
        })
}

/// How often a message was delivered. Zero if it is not pending.
pub(super) fn deliveries(context: &Context, stream: &[u8], id: &[u8]) -> u32 {
    let args: [&[u8]; 6] = [stream, GROUP, id, id, b"1", CONSUMER];
    let Ok(reply) = run(context, b"XPENDING", &args) else {
        return 0;
    };
    if reply.kind() != ReplyKind::Array {
        return 0;
    }
    // [[id, consumer, idle time, deliveries]].
    let count = reply.element(0).and_then(|one| one.element(3));
    count.map_or(0, |count| u32::try_from(count.integer()).unwrap_or(0))
}

/// Sets how often messages were delivered. Reading a message again is told neither replicas nor the AOF, and this is.
pub(super) fn set_deliveries(context: &Context, stream: &[u8], ids: &[&[u8]], count: u32) {
    let count = count.to_string();
    let mut args: Vec<&[u8]> = vec![stream, GROUP, CONSUMER, b"0"];
    args.extend_from_slice(ids);
    args.extend([b"RETRYCOUNT", count.as_bytes(), b"JUSTID"]);
    let _ = run(context, b"XCLAIM", &args);
}

/// The ids of the listed messages that were removed from the stream: they have no fields.
fn removed(list: Element<'_>) -> Vec<Vec<u8>> {
    list.elements()
        .filter(|message| {
            message
                .element(1)
                .is_none_or(|fields| fields.kind() != ReplyKind::Array)
        })
        .filter_map(|message| message.element(0).map(|id| id.bytes().to_vec()))
        .collect()
}

/// Delivers messages to the consumer and passes the list to `read`. `from` is `>` for new messages, or an id for pending
/// messages after that id. `None` if the server returns no list.
fn take<R>(
    context: &Context,
    stream: &[u8],
    from: &[u8],
    count: usize,
    read: impl FnOnce(Element<'_>) -> R,
) -> Option<R> {
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
    let reply = run(context, b"XREADGROUP", &args).ok()?;
    // [[stream, [message..]]], or nothing.
    if reply.kind() != ReplyKind::Array {
        return None;
    }
    let of_stream = reply.element(0)?;
    let messages = of_stream.element(1)?;
    Some(read(messages))
}

/// The id of a message: the time when it was added in milliseconds, and its number within the millisecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct MessageId {
    pub(super) millis: u64,
    sequence: u64,
}

impl MessageId {
    /// Reads an id. `None` if the text is no id.
    pub(super) fn parse(id: &[u8]) -> Option<MessageId> {
        let (millis, sequence) = std::str::from_utf8(id).ok()?.split_once('-')?;
        Some(MessageId {
            millis: millis.parse().ok()?,
            sequence: sequence.parse().ok()?,
        })
    }
}

#[cfg(test)]
impl std::fmt::Display for MessageId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.millis, self.sequence)
    }
}

/// Acknowledges messages that were handled. `false` if the server does not serve the stream.
pub(super) fn acknowledge(context: &Context, stream: &[u8], ids: &[&[u8]]) -> bool {
    let mut args: Vec<&[u8]> = vec![stream, GROUP];
    args.extend_from_slice(ids);
    run(context, b"XACK", &args).is_ok()
}

/// `true` if the server runs commands on the stream: a server of a cluster may not have its slot.
pub(super) fn is_served(context: &Context, stream: &[u8]) -> bool {
    // Changes nothing.
    acknowledge(context, stream, &[b"0-0"])
}

/// Removes messages from the stream.
pub(super) fn remove(context: &Context, stream: &[u8], ids: &[&[u8]]) {
    let mut args: Vec<&[u8]> = vec![stream];
    args.extend_from_slice(ids);
    let _ = run(context, b"XDEL", &args);
}

/// Adds a message to a stream with the rights of a user. The error is that of the server.
pub(super) fn add_as(
    context: &Context,
    user: &User,
    stream: &[u8],
    fields: &[Vec<u8>],
) -> Result<(), String> {
    let mut args: Vec<&[u8]> = vec![stream, b"*"];
    args.extend(fields.iter().map(Vec::as_slice));
    let reply = call(context, Rights::Reader(Some(user)), b"XADD", &args);
    match reply.map_err(CallError::message)? {
        reply if reply.kind() == ReplyKind::Error => {
            Err(String::from_utf8_lossy(reply.bytes()).into_owned())
        }
        _ => Ok(()),
    }
}
