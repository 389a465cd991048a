//! The bus of a cluster, over which its servers talk to each other. It loses messages when a connection breaks.

use super::api::OK;
use super::call::{ReplyKind, Rights, call};
use super::context::Context;
use super::listeners::listeners;
use super::log::{Level, log};
use super::raw;
use std::ffi::{c_char, c_uchar};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;

/// The length of the id of a node.
const ID: usize = 40;
/// The only kind of message that this module uses. The server tells modules apart by itself.
const KIND: u8 = 1;

/// Listens to the other servers, if this one was started for a cluster.
pub(super) fn listen(context: &Context) {
    if !context.is_in_cluster_mode() {
        return;
    }
    // SAFETY: the context is live, and the callback lives as long as the process.
    unsafe {
        if let Some(register) = raw::RedisModule_RegisterClusterMessageReceiver {
            register(context.as_ptr(), KIND, Some(on_message));
        }
    }
}

/// Hands bytes to the bus. `false` if the server does not know the node, or has no connection to it.
pub(crate) fn send_to_node(context: &Context, node: &[u8; ID], bytes: &[u8]) -> bool {
    let mut name = [0_u8; ID + 1];
    name[..ID].copy_from_slice(node);
    let Ok(length) = u32::try_from(bytes.len()) else {
        return false;
    };
    // SAFETY: the context is live and knows its module. The name ends with a NUL. The server copies the bytes.
    unsafe {
        raw::RedisModule_SendClusterMessage.is_some_and(|send| {
            let (name, bytes) = (name.as_ptr().cast(), bytes.as_ptr().cast());
            send(context.as_ptr(), name, KIND, bytes, length) == OK
        })
    }
}

/// The reply of `CLUSTER NODES`. `None` if the server does not answer it.
pub(crate) fn cluster_nodes(context: &Context) -> Option<String> {
    let reply = call(context, Rights::Question, b"CLUSTER", &[b"NODES"]).ok()?;
    (reply.kind() == ReplyKind::Text).then(|| String::from_utf8_lossy(reply.bytes()).into_owned())
}

/// The keys of these slots. `None` if there are more than `most`.
pub(crate) fn keys_in_slots(context: &Context, slots: &[u16], most: usize) -> Option<Vec<Vec<u8>>> {
    if slots.len() > most {
        return None;
    }
    let limit = (most + 1).to_string();
    let mut keys = Vec::new();
    for slot in slots {
        let slot = slot.to_string();
        let args: [&[u8]; 3] = [b"GETKEYSINSLOT", slot.as_bytes(), limit.as_bytes()];
        let Ok(reply) = call(context, Rights::Question, b"CLUSTER", &args) else {
            continue;
        };
        if reply.kind() == ReplyKind::Array {
            keys.extend(reply.borrow().elements().map(|key| key.bytes().to_vec()));
        }
        if keys.len() > most {
            return None;
        }
    }
    Some(keys)
}

unsafe extern "C" fn on_message(
    ctx: *mut raw::RedisModuleCtx,
    sender: *const c_char,
    _kind: u8,
    message: *const c_uchar,
    length: u32,
) {
    let (Some(live), Some(listeners)) = (NonNull::new(ctx), listeners()) else {
        return;
    };
    if sender.is_null() || message.is_null() {
        return;
    }
    // SAFETY: the context is live, and the lock is held. The id has 40 bytes, and the message has the length that the server
    // names. Both live until this function returns.
    let (context, sender, message) = unsafe {
        (
            Context::new(live),
            &*sender.cast::<[u8; ID]>(),
            std::slice::from_raw_parts(message, length as usize),
        )
    };
    let tell = || context.enter(|| (listeners.cluster_message)(&context, sender, message));
    // A panic that reached the server would abort the process.
    if catch_unwind(AssertUnwindSafe(tell)).is_err() {
        log(
            Level::Warning,
            "a message of another server failed inside the engine: please report it",
        );
    }
}
