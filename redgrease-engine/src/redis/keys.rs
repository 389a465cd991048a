//! Walking the keys of database 0 in batches, so that the server's lock is held only for a short time.

use super::batch::{Batch, Fetch, OpenKey, ScannedKey};
use super::call::Rights;
use super::command::text;
use super::context::Context;
use super::key_pattern::Pattern;
use super::raw;
use super::user::User;
use std::ffi::{c_int, c_void};
use std::ops::Range;
use std::ptr::{self, NonNull};

/// The types of keys, as RedisGears names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyType {
    Empty,
    String,
    List,
    Hash,
    Set,
    SortedSet,
    Module,
    /// Streams, and types that later servers add.
    Unknown,
}

impl KeyType {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            KeyType::Empty => "empty",
            KeyType::String => "string",
            KeyType::List => "list",
            KeyType::Hash => "hash",
            KeyType::Set => "set",
            KeyType::SortedSet => "zset",
            KeyType::Module => "module",
            KeyType::Unknown => "unknown",
        }
    }

    /// The name that scripts use in a filter. [`KeyType::named`] reads it.
    pub(crate) fn filter_name(self) -> &'static str {
        match self {
            KeyType::Unknown => "stream",
            other => other.as_str(),
        }
    }

    /// The type that scripts name in a filter, or `None` if there is no such type.
    pub(crate) fn named(word: &str) -> Option<KeyType> {
        Some(match word {
            "empty" => KeyType::Empty,
            "module" => KeyType::Module,
            "stream" => KeyType::Unknown,
            "string" | "list" | "hash" | "set" | "zset" => KeyType::parse(word.as_bytes()),
            _ => return None,
        })
    }

    /// The type that the reply of the command `TYPE` names.
    pub(crate) fn parse(word: &[u8]) -> KeyType {
        match word {
            b"none" => KeyType::Empty,
            b"string" => KeyType::String,
            b"list" => KeyType::List,
            b"hash" => KeyType::Hash,
            b"set" => KeyType::Set,
            b"zset" => KeyType::SortedSet,
            b"stream" => KeyType::Unknown,
            _ => KeyType::Module,
        }
    }

    pub(super) fn from_raw(raw: c_int) -> KeyType {
        match raw {
            raw::REDISMODULE_KEYTYPE_EMPTY => KeyType::Empty,
            raw::REDISMODULE_KEYTYPE_STRING => KeyType::String,
            raw::REDISMODULE_KEYTYPE_LIST => KeyType::List,
            raw::REDISMODULE_KEYTYPE_HASH => KeyType::Hash,
            raw::REDISMODULE_KEYTYPE_SET => KeyType::Set,
            raw::REDISMODULE_KEYTYPE_ZSET => KeyType::SortedSet,
            raw::REDISMODULE_KEYTYPE_MODULE => KeyType::Module,
            _ => KeyType::Unknown,
        }
    }
}

/// The current type of a key of database 0.
pub(crate) fn key_type(context: &Context, key: &[u8]) -> KeyType {
    let ctx = context.as_ptr();
    // SAFETY: the context is live and locked. The name is made for this call and freed after it; the key is closed before. The selected
    // database is restored, because the context may be that of a client's command.
    unsafe {
        let database = rm!(RedisModule_GetSelectedDb(ctx));
        if database != 0 {
            rm!(RedisModule_SelectDb(ctx, 0));
        }
        let name = rm!(RedisModule_CreateString(
            ctx,
            key.as_ptr().cast(),
            key.len()
        ));
        let kind = OpenKey::new(ctx, name, ptr::null_mut()).kind();
        rm!(RedisModule_FreeString(ctx, name));
        if database != 0 {
            rm!(RedisModule_SelectDb(ctx, database));
        }
        kind
    }
}

/// The same. `None` if the server does not run the command: in a cluster, because another server has the key.
pub(crate) fn local_key_type(context: &Context, key: &[u8]) -> Option<KeyType> {
    let reply = super::call(context, Rights::Engine, b"TYPE", &[key]).ok()?;
    Some(KeyType::parse(reply.bytes()))
}

/// A walk over the keys. A batch is filled under the server's lock, and read without it.
#[derive(Debug)]
pub(crate) struct KeyScan {
    cursor: NonNull<raw::RedisModuleScanCursor>,
    filling: Filling,
    more: bool,
}

// SAFETY: a cursor belongs to no thread. It is used by `fill` alone, which borrows the walk mutably and needs the server's
// lock; creating and destroying it only allocates and frees memory.
unsafe impl Send for KeyScan {}

/// The data that the callback of a walk reads and fills.
#[derive(Debug)]
struct Filling {
    batch: Batch,
    pattern: Pattern,
    /// The data that the current batch copies.
    fetch: Fetch,
    /// The reader of the values, if values are read.
    reader: Option<User>,
}

impl KeyScan {
    /// A walk over the keys that match `glob`, which copies the values of strings for `reader`. `None` if the server has no
    /// memory for a cursor.
    pub(crate) fn new(glob: &[u8], reader: Option<User>) -> Option<KeyScan> {
        // SAFETY: has no preconditions.
        let cursor = NonNull::new(unsafe { rm!(RedisModule_ScanCursorCreate()) })?;
        let filling = Filling {
            batch: Batch::default(),
            pattern: Pattern::new(glob),
            fetch: Fetch::Names,
            reader,
        };
        Some(KeyScan {
            cursor,
            filling,
            more: true,
        })
    }

    /// Clears the batch and fills it with about `target` keys. Returns `false` if the walk had ended before.
    pub(crate) fn fill(&mut self, context: &Context, target: usize) -> bool {
        self.filling.batch.clear();
        if !self.more {
            return false;
        }
        // A user with restrictions reads each value with a command, which the server refuses if it has to. The server says
        // nothing about changes of rights, so each batch looks.
        let reader = self.filling.reader.as_ref();
        let copies = reader.is_some_and(|reader| reader.is_unrestricted(context));
        self.filling.fetch = self.filling.batch.begin(context, copies);
        // A step visits one bucket. In a sparse keyspace, or with a rare pattern, many steps find nothing: the limit of steps
        // bounds the time for which the lock is held.
        let mut steps = target.saturating_mul(4);
        let has_room = |batch: &Batch| batch.keys().len() < target && !batch.has_many_fields();
        while self.more && steps > 0 && has_room(&self.filling.batch) {
            let filling: *mut Filling = &raw mut self.filling;
            // SAFETY: the context is live and locked, and the cursor belongs to this walk. The callback is only called
            // during this call, and gets a pointer to `self.filling`, which nothing else uses meanwhile.
            let answer = unsafe {
                rm!(RedisModule_Scan(
                    context.as_ptr(),
                    self.cursor.as_ptr(),
                    Some(on_key),
                    filling.cast::<c_void>(),
                ))
            };
            self.more = answer != 0;
            steps -= 1;
        }
        true
    }

    /// `true` if another [`KeyScan::fill`] may find keys.
    pub(crate) fn has_more(&self) -> bool {
        self.more
    }

    /// Takes the filled batch. The walk fills the memory of `room` next.
    pub(crate) fn take(&mut self, room: Batch) -> Batch {
        std::mem::replace(&mut self.filling.batch, room)
    }

    pub(crate) fn keys(&self) -> &[ScannedKey] {
        self.filling.batch.keys()
    }

    pub(crate) fn bytes(&self, range: &Range<usize>) -> &[u8] {
        self.filling.batch.bytes(range)
    }
}

impl Drop for KeyScan {
    fn drop(&mut self) {
        // SAFETY: the cursor was created by `new`, and is destroyed once.
        unsafe { rm!(RedisModule_ScanCursorDestroy(self.cursor.as_ptr())) };
    }
}

unsafe extern "C" fn on_key(
    ctx: *mut raw::RedisModuleCtx,
    name: *mut raw::RedisModuleString,
    key: *mut raw::RedisModuleKey,
    filling: *mut c_void,
) {
    // SAFETY: `fill` passes a pointer to a `Filling` that only this call uses. The server passes a live name, and the key if
    // it is open; a key that is opened here is closed below. Slices of the name and of the value are copied before that.
    unsafe {
        let Filling {
            batch,
            pattern,
            fetch,
            ..
        } = &mut *filling.cast::<Filling>();
        let bytes = text(name).bytes();
        if pattern.matches(bytes) {
            batch.add(ctx, name, key, *fetch);
        }
    }
}
