//! Running Redis commands inside the server.

use super::context::Context;
use super::denial;
use super::filter;
use super::held_back;
use super::raw;
use super::refusal;
use super::reply::Reply;
use super::rights::format_of;
use super::several_slots;
use super::user::{AsUser, NoSuchUser};
use super::zero_bytes;
use std::ffi::{CStr, CString};
use std::marker::PhantomData;
use std::ptr::{self, NonNull};

pub(crate) use super::rights::Rights;

/// The reason why the server did not run a command, in the words of the server. (A command that ran and failed has an error
/// as its reply. From Redis 7.0 on, so has a command of a gear that the server did not run.)
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CallError(String);

impl CallError {
    /// `true` if the user of the command has no right to it, or is gone.
    pub(crate) fn is_denial(&self) -> bool {
        denial::is_denial(self.0.as_bytes())
    }

    pub(crate) fn new(message: String) -> CallError {
        CallError(message)
    }

    pub(crate) fn message(self) -> String {
        self.0
    }
}

/// `true` if the server refused a command because it does not serve its keys.
pub(crate) fn is_refused_for_keys(outcome: &Result<CallReply, CallError>) -> bool {
    match outcome {
        Ok(reply) => {
            reply.kind() == ReplyKind::Error && refusal::is_about_keys(reply.borrow().bytes())
        }
        Err(CallError(words)) => refusal::is_about_keys(words.as_bytes()),
    }
}

/// The keys of a command.
pub(crate) fn keys_of(context: &Context, command: &[u8], args: &[&[u8]]) -> Vec<Vec<u8>> {
    let words = [&[b"GETKEYS".as_slice(), command], args].concat();
    let reply = call(context, Rights::Question, b"COMMAND", &words);
    reply.map_or(Vec::new(), |reply| {
        let keys = reply.borrow().elements();
        keys.map(|key| key.bytes().to_vec()).collect()
    })
}

/// The kind of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReplyKind {
    Text,
    Error,
    Integer,
    Array,
    Null,
}

/// The reply of a command. It owns all its elements.
#[derive(Debug)]
pub(crate) struct CallReply {
    raw: NonNull<raw::RedisModuleCallReply>,
}

// SAFETY: a reply is plain memory that holds no key and no client: reading and freeing it needs no lock of the server. The
// value is not `Sync`, so that one thread at a time uses it. It must not outlive the context that ran the command, because
// freeing reads the flags of the context. A reply leaves the `Context` of its call only for the same thread and command.
unsafe impl Send for CallReply {}

impl CallReply {
    /// The whole reply as an element.
    pub(crate) fn borrow(&self) -> Element<'_> {
        Element {
            raw: self.raw,
            reply: PhantomData,
        }
    }

    pub(crate) fn kind(&self) -> ReplyKind {
        self.borrow().kind()
    }

    /// The number of bytes that the reply has in the protocol.
    pub(crate) fn size(&self) -> usize {
        self.protocol().len()
    }

    /// Takes a reply of the server.
    ///
    /// # Safety
    /// The reply is a whole one, is live, and is freed by nothing else. The context of its call outlives the value.
    pub(super) unsafe fn from_raw(raw: NonNull<raw::RedisModuleCallReply>) -> CallReply {
        CallReply { raw }
    }

    /// The bytes of the protocol.
    pub(crate) fn protocol(&self) -> &[u8] {
        let mut length = 0;
        // SAFETY: the reply is live, because it is borrowed. The server writes the length, and the pointer is null or points into
        // the reply.
        unsafe {
            let start = rm!(RedisModule_CallReplyProto(
                self.raw.as_ptr(),
                &raw mut length
            ));
            if start.is_null() {
                return &[];
            }
            std::slice::from_raw_parts(start.cast::<u8>(), length)
        }
    }

    /// Replies to the client of `context` with this reply.
    pub(super) fn send(&self, context: &Context) {
        // SAFETY: the context and the reply are live.
        unsafe {
            rm!(RedisModule_ReplyWithCallReply(
                context.as_ptr(),
                self.raw.as_ptr()
            ))
        };
    }

    /// `true` if the reply is an error that says that a user has no right.
    pub(super) fn is_denial(&self) -> bool {
        zero_bytes::error_text(self.protocol()).is_some_and(denial::is_denial)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.borrow().bytes()
    }

    pub(crate) fn len(&self) -> usize {
        self.borrow().len()
    }

    pub(crate) fn element(&self, index: usize) -> Option<Element<'_>> {
        self.borrow().element(index)
    }
}

/// A reply or one of its elements, borrowed from the [`CallReply`] that owns it. Not `Send`: the server parses the elements
/// of a reply when they are first read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Element<'a> {
    raw: NonNull<raw::RedisModuleCallReply>,
    reply: PhantomData<&'a CallReply>,
}

impl<'a> Element<'a> {
    pub(crate) fn kind(self) -> ReplyKind {
        // SAFETY: the reply is live, because it is borrowed for `'a`.
        match unsafe { rm!(RedisModule_CallReplyType(self.raw.as_ptr())) } {
            raw::REDISMODULE_REPLY_STRING => ReplyKind::Text,
            raw::REDISMODULE_REPLY_ERROR => ReplyKind::Error,
            raw::REDISMODULE_REPLY_INTEGER => ReplyKind::Integer,
            raw::REDISMODULE_REPLY_ARRAY => ReplyKind::Array,
            _ => ReplyKind::Null,
        }
    }

    /// The bytes of a text or an error; empty for other kinds.
    pub(crate) fn bytes(self) -> &'a [u8] {
        let mut length = 0;
        // SAFETY: the reply is live, because it is borrowed for `'a`. The pointer is null or points into the reply.
        unsafe {
            let start = rm!(RedisModule_CallReplyStringPtr(
                self.raw.as_ptr(),
                &raw mut length
            ));
            if start.is_null() {
                return &[];
            }
            std::slice::from_raw_parts(start.cast::<u8>(), length)
        }
    }

    /// `true` if a text is a status. The kind is the same for both; only the protocol tells them apart.
    fn is_status(self) -> bool {
        let mut length = 0;
        // SAFETY: the reply is live, because it is borrowed for `'a`. The pointer is null or points into the reply.
        unsafe {
            let start = rm!(RedisModule_CallReplyProto(
                self.raw.as_ptr(),
                &raw mut length
            ));
            !start.is_null() && length > 0 && *start.cast::<u8>() == b'+'
        }
    }

    pub(crate) fn integer(self) -> i64 {
        // SAFETY: the reply is live, because it is borrowed for `'a`.
        unsafe { rm!(RedisModule_CallReplyInteger(self.raw.as_ptr())) }
    }

    pub(crate) fn len(self) -> usize {
        // SAFETY: the reply is live, because it is borrowed for `'a`.
        unsafe { rm!(RedisModule_CallReplyLength(self.raw.as_ptr())) }
    }

    /// An element of an array.
    pub(crate) fn element(self, index: usize) -> Option<Element<'a>> {
        // SAFETY: the reply is live. Its elements live as long as the reply, and `'a` is the lifetime of the reply.
        let raw = unsafe { rm!(RedisModule_CallReplyArrayElement(self.raw.as_ptr(), index)) };
        NonNull::new(raw).map(|raw| Element {
            raw,
            reply: PhantomData,
        })
    }

    /// The elements of an array, in order.
    pub(crate) fn elements(self) -> impl Iterator<Item = Element<'a>> {
        (0..self.len()).filter_map(move |index| self.element(index))
    }
}

/// A copy of a reply, without ties to the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum OwnedReply {
    Status(String),
    Text(Vec<u8>),
    Error(String),
    Integer(i64),
    Array(Vec<OwnedReply>),
    Null,
}

impl OwnedReply {
    pub(crate) fn of(reply: Element<'_>) -> OwnedReply {
        let text = || String::from_utf8_lossy(reply.bytes()).trim_end().to_owned();
        match reply.kind() {
            ReplyKind::Text if reply.is_status() => OwnedReply::Status(text()),
            ReplyKind::Text => OwnedReply::Text(reply.bytes().to_vec()),
            ReplyKind::Error => OwnedReply::Error(text()),
            ReplyKind::Integer => OwnedReply::Integer(reply.integer()),
            ReplyKind::Null => OwnedReply::Null,
            ReplyKind::Array => OwnedReply::Array(
                (0..reply.len())
                    .map(|index| {
                        reply
                            .element(index)
                            .map_or(OwnedReply::Null, OwnedReply::of)
                    })
                    .collect(),
            ),
        }
    }

    /// The approximate size in bytes.
    pub(crate) fn size(&self) -> usize {
        match self {
            OwnedReply::Status(text) | OwnedReply::Error(text) => 16 + text.len(),
            OwnedReply::Text(bytes) => 16 + bytes.len(),
            OwnedReply::Integer(_) | OwnedReply::Null => 16,
            OwnedReply::Array(items) => 16 + items.iter().map(OwnedReply::size).sum::<usize>(),
        }
    }

    pub(crate) fn write(&self, to: &Reply<'_>) {
        match self {
            OwnedReply::Status(text) => to.status(text),
            OwnedReply::Text(bytes) => to.bulk(bytes),
            OwnedReply::Error(text) => to.error(text),
            OwnedReply::Integer(number) => to.integer(*number),
            OwnedReply::Null => to.null(),
            OwnedReply::Array(items) => {
                to.array(items.len());
                for item in items {
                    item.write(to);
                }
            }
        }
    }
}

impl Drop for CallReply {
    fn drop(&mut self) {
        // SAFETY: this value owns the reply. It is freed once, with its elements, while the context of the call is live.
        unsafe { rm!(RedisModule_FreeCallReply(self.raw.as_ptr())) };
    }
}

/// The name of a command with a NUL at its end. Short names, such as all names of the server, need no allocation.
enum Name {
    Short([u8; 32]),
    Long(CString),
}

impl Name {
    /// `None` if the name contains a NUL, which no command does.
    fn new(command: &[u8]) -> Option<Name> {
        let mut short = [0; 32];
        match short.get_mut(..command.len()) {
            Some(start) if command.len() < 32 => {
                start.copy_from_slice(command);
                (!command.contains(&0)).then_some(Name::Short(short))
            }
            _ => CString::new(command).ok().map(Name::Long),
        }
    }

    fn as_c_str(&self) -> &CStr {
        match self {
            Name::Short(bytes) => CStr::from_bytes_until_nul(bytes).unwrap_or_default(),
            Name::Long(name) => name,
        }
    }
}

/// Runs `command` on database 0, and replicates its changes.
///
/// # Errors
/// If the server does not run the command: an unknown command, a wrong number of arguments, a user without the right.
pub(crate) fn call(
    context: &Context,
    rights: Rights<'_>,
    command: &[u8],
    args: &[&[u8]],
) -> Result<CallReply, CallError> {
    let Some(name) = Name::new(command) else {
        return Err(CallError(refusal::words(libc::ENOENT, command, args)));
    };
    let as_user = match rights {
        Rights::Engine | Rights::Question => None,
        Rights::User(user) | Rights::Gear(user) | Rights::Script(user) | Rights::Reader(user) => {
            match AsUser::new(context, user) {
                Ok(user) => Some(user),
                Err(NoSuchUser) => return Err(CallError(refusal::no_user(user))),
            }
        }
    };
    let format = format_of(context, rights, command, args);
    let passes = matches!(
        rights,
        Rights::Engine | Rights::Question | Rights::Reader(_)
    );
    let _passes = passes.then(filter::pass_next);
    let ctx = context.as_ptr();
    // Most commands have few arguments, which need no allocation.
    let mut few = [ptr::null_mut(); 8];
    let mut many = Vec::new();
    let strings: &mut [*mut raw::RedisModuleString] = if let Some(few) = few.get_mut(..args.len()) {
        few
    } else {
        many.resize(args.len(), ptr::null_mut());
        &mut many
    };
    // SAFETY: the context is live and locked. The format announces a vector of strings; the strings are made for this call
    // and freed after it. The selected database is restored, because the context may be that of a client's command.
    unsafe {
        let database = rm!(RedisModule_GetSelectedDb(ctx));
        if database != 0 {
            rm!(RedisModule_SelectDb(ctx, 0));
        }
        for (string, arg) in strings.iter_mut().zip(args) {
            *string = rm!(RedisModule_CreateString(
                ctx,
                arg.as_ptr().cast(),
                arg.len()
            ));
        }
        let denied = as_user
            .as_ref()
            .and_then(|user| denial::before_the_call(context, user, command, args, strings))
            .or_else(|| several_slots::refusal_of(context, command, strings));
        *libc::__errno_location() = 0;
        let reply = if denied.is_some() {
            ptr::null_mut()
        } else {
            rm!(RedisModule_Call(
                ctx,
                name.as_c_str().as_ptr(),
                format.as_ptr(),
                strings.as_ptr(),
                strings.len()
            ))
        };
        let errno = *libc::__errno_location();
        for string in strings {
            rm!(RedisModule_FreeString(ctx, *string));
        }
        if database != 0 {
            rm!(RedisModule_SelectDb(ctx, database));
        }
        if let Some(why) = denied {
            return Err(CallError(why));
        }
        let Some(mut reply) = NonNull::new(reply).map(|raw| CallReply { raw }) else {
            return Err(CallError(refusal::words(errno, command, args)));
        };
        if reply.protocol().is_empty() && rights != Rights::Question {
            reply = held_back::take(context).unwrap_or(reply);
        }
        let protocol = reply.protocol();
        if let Some(why) = zero_bytes::refusal(protocol) {
            return Err(CallError(why));
        }
        let denied = zero_bytes::error_text(protocol)
            .and_then(|text| denial::for_client(context, rights.user(), command, args, text));
        denied.map_or(Ok(reply), |words| Err(CallError(words)))
    }
}
