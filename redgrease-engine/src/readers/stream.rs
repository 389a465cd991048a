//! `StreamReader`: the messages of a stream.

use crate::execution::Execution;
use crate::plan::Message;
use crate::python::{Gil, detached, flat, message_record};
use crate::redis::{self, CallError, ReplyKind, Rights};
use crate::steps::Pipeline;

/// Messages that are read in one go.
const PIECE: &[u8] = b"1000";

/// All messages after the one with the id `from`.
pub(super) fn read<'py>(
    py: Gil<'py>,
    stream: &[u8],
    from: &[u8],
    execution: &Execution,
    pipeline: &mut Pipeline<'_, 'py>,
) {
    let mut last = from.to_vec();
    while pipeline.wants_more() && !execution.is_aborting() {
        match detached(py, || piece(stream, &last)) {
            Err(error) => return pipeline.fail(flat(&error)),
            Ok(messages) => {
                let Some(newest) = messages.last() else {
                    return;
                };
                last.clone_from(&newest.id);
                push_all(py, stream, &messages, pipeline);
            }
        }
    }
}

fn piece(stream: &[u8], after: &[u8]) -> Result<Vec<Message>, String> {
    let from = [b"(", after].concat();
    redis::locked(|context| {
        let args: [&[u8]; 5] = [stream, &from, b"+", b"COUNT", PIECE];
        let reply =
            redis::call(context, Rights::Engine, b"XRANGE", &args).map_err(CallError::message)?;
        match reply.kind() {
            ReplyKind::Array => Ok(Message::read_all(&reply)),
            ReplyKind::Error => Err(String::from_utf8_lossy(reply.bytes()).trim_end().to_owned()),
            _ => Ok(Vec::new()),
        }
    })
}

pub(super) fn push_all<'py>(
    py: Gil<'py>,
    stream: &[u8],
    messages: &[Message],
    pipeline: &mut Pipeline<'_, 'py>,
) {
    for message in messages {
        if !pipeline.wants_more() {
            return;
        }
        match message_record(py, stream, message) {
            Ok(record) => pipeline.push(record),
            Err(raised) => pipeline.fail(raised),
        }
    }
}
