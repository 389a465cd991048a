//! Messages of streams.

use crate::redis::{Element, ReplyKind};

/// Messages of one stream.
#[derive(Debug)]
pub(crate) struct Messages {
    pub(crate) stream: Vec<u8>,
    pub(crate) messages: Vec<Message>,
}

/// One message of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) id: Vec<u8>,
    pub(crate) fields: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Message {
    /// Reads `[[id, [field, value..]]..]`, as the server lists messages. A message that was removed from the stream has
    /// no fields, and is left out.
    pub(crate) fn read_all(list: Element<'_>) -> Vec<Message> {
        let bytes = |reply: Option<Element<'_>>| reply.map(|one| one.bytes().to_vec());
        list.elements()
            .filter_map(|message| {
                let id = bytes(message.element(0))?;
                let pairs = message
                    .element(1)
                    .filter(|pairs| pairs.kind() == ReplyKind::Array)?;
                let fields = (0..pairs.len())
                    .step_by(2)
                    .filter_map(|at| {
                        Some((bytes(pairs.element(at))?, bytes(pairs.element(at + 1))?))
                    })
                    .collect();
                Some(Message { id, fields })
            })
            .collect()
    }
}
