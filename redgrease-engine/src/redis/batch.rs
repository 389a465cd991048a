//! Keys that are copied while the server's lock is held, and read without it.

use super::command::text;
use super::context::Context;
use super::keys::KeyType;
use super::raw;
use super::small_hashes;
use std::ffi::c_int;
use std::ops::Range;
use std::ptr;

/// A key of a batch. The ranges are those of the batch's bytes.
#[derive(Debug, Clone)]
pub(crate) struct ScannedKey {
    pub(crate) name: Range<usize>,
    /// The value of a string, or a copy of a small hash: see [`pairs`](super::pairs). Empty for all others.
    pub(crate) text: Range<usize>,
    pub(crate) kind: KeyType,
}

/// Copying so many fields takes about a millisecond.
const MANY_FIELDS: usize = 4096;

/// The data that is copied of each key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fetch {
    Names,
    Strings,
}

/// A copy is no use of the key: the server may evict it as soon as before.
const READ: c_int = raw::REDISMODULE_READ | raw::REDISMODULE_OPEN_KEY_NOTOUCH;

/// Keys that were copied, with their bytes in one piece of memory.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    arena: Vec<u8>,
    keys: Vec<ScannedKey>,
    has_values: bool,
    copies_hashes: bool,
    /// The number of fields of the hashes that were copied.
    fields: usize,
}

impl Batch {
    /// `true` if the types of the keys and the values of strings were copied.
    pub(crate) fn has_values(&self) -> bool {
        self.has_values
    }

    pub(crate) fn keys(&self) -> &[ScannedKey] {
        &self.keys
    }

    /// The value of the key at this place, if it is a string whose value was copied.
    pub(crate) fn text(&self, place: usize) -> Option<&[u8]> {
        let key = self.keys.get(place).filter(|_| self.has_values)?;
        (key.kind == KeyType::String).then(|| self.bytes(&key.text))
    }

    /// `true` if so many fields of hashes were copied that the server's lock should be released.
    pub(super) fn has_many_fields(&self) -> bool {
        self.fields >= MANY_FIELDS
    }

    /// The number of bytes that were copied.
    pub(super) fn size(&self) -> usize {
        self.arena.len()
    }

    pub(crate) fn bytes(&self, range: &Range<usize>) -> &[u8] {
        self.arena.get(range.clone()).unwrap_or_default()
    }
}

/// A key that is open, and closed when the value is dropped if it was opened here.
pub(super) struct OpenKey {
    key: *mut raw::RedisModuleKey,
    is_own: bool,
}

impl OpenKey {
    /// The key is null if the server has no key of this name.
    ///
    /// # Safety
    /// The context and the name are live, and so is `key` unless it is null. They outlive the value.
    pub(super) unsafe fn new(
        ctx: *mut raw::RedisModuleCtx,
        name: *mut raw::RedisModuleString,
        key: *mut raw::RedisModuleKey,
    ) -> OpenKey {
        let is_own = key.is_null();
        let key = if is_own {
            // SAFETY: the caller guarantees that context and name are live.
            unsafe { rm!(RedisModule_OpenKey(ctx, name, READ)).cast() }
        } else {
            key
        };
        OpenKey { key, is_own }
    }

    /// The type of the key. No key of this name is an empty one.
    pub(super) fn kind(&self) -> KeyType {
        // SAFETY: the key is live or null.
        KeyType::from_raw(unsafe { rm!(RedisModule_KeyType(self.key)) })
    }
}

impl Drop for OpenKey {
    fn drop(&mut self) {
        if self.is_own {
            // SAFETY: the key was opened by `new`, and is closed once. The server ignores a null pointer.
            unsafe { rm!(RedisModule_CloseKey(self.key)) };
        }
    }
}

impl Batch {
    /// `copies`: types and values are copied, and not the names alone. Returns what to copy of each key.
    pub(super) fn begin(&mut self, context: &Context, copies: bool) -> Fetch {
        self.has_values = copies;
        self.copies_hashes = copies && small_hashes::may_be_copied(context);
        if copies { Fetch::Strings } else { Fetch::Names }
    }

    /// Makes the batch empty. Its memory is used again.
    pub(super) fn clear(&mut self) {
        self.arena.clear();
        self.keys.clear();
        self.fields = 0;
    }

    /// Copies a key that is not open. `false` if the server has no key of this name.
    ///
    /// # Safety
    /// The context and the name are live.
    pub(super) unsafe fn open_and_add(
        &mut self,
        ctx: *mut raw::RedisModuleCtx,
        name: *mut raw::RedisModuleString,
        fetch: Fetch,
    ) -> bool {
        // SAFETY: the caller guarantees that context and name are live. The key is closed after it was copied.
        unsafe {
            let key = OpenKey::new(ctx, name, ptr::null_mut());
            if key.key.is_null() {
                return false;
            }
            self.add(ctx, name, key.key, fetch);
        }
        true
    }

    /// Copies a key. `key` is null if it is not open.
    ///
    /// # Safety
    /// The context and the name are live, and so is `key` unless it is null.
    pub(super) unsafe fn add(
        &mut self,
        ctx: *mut raw::RedisModuleCtx,
        name: *mut raw::RedisModuleString,
        key: *mut raw::RedisModuleKey,
        fetch: Fetch,
    ) {
        // SAFETY: the caller guarantees that the arguments are live. The bytes are copied.
        unsafe {
            let bytes = text(name).bytes();
            match fetch {
                Fetch::Names => self.add_name(bytes),
                Fetch::Strings => self.add_value(bytes, OpenKey::new(ctx, name, key).key),
            }
        }
    }

    /// The batch of these names.
    #[cfg(test)]
    pub(crate) fn of_names(names: &[&str]) -> Batch {
        let mut batch = Batch::default();
        for name in names {
            batch.add_name(name.as_bytes());
        }
        batch
    }

    /// Adds a key of which the name alone is copied.
    pub(super) fn add_name(&mut self, name: &[u8]) {
        let start = self.arena.len();
        self.arena.extend_from_slice(name);
        let end = self.arena.len();
        self.keys.push(ScannedKey {
            name: start..end,
            text: end..end,
            kind: KeyType::Unknown,
        });
    }

    /// Adds a key with its type, and with its value if that is a string or a small hash.
    ///
    /// # Safety
    /// The key is live or null.
    unsafe fn add_value(&mut self, name: &[u8], key: *mut raw::RedisModuleKey) {
        let start = self.arena.len();
        self.arena.extend_from_slice(name);
        let end = self.arena.len();
        // SAFETY: the caller guarantees that the key is live or null. The value is copied while the key is open.
        let kind = unsafe {
            let kind = KeyType::from_raw(rm!(RedisModule_KeyType(key)));
            if kind == KeyType::String {
                let mut length = 0;
                let value = rm!(RedisModule_StringDMA(
                    key,
                    &raw mut length,
                    raw::REDISMODULE_READ
                ));
                if !value.is_null() {
                    self.arena
                        .extend_from_slice(std::slice::from_raw_parts(value.cast(), length));
                }
            } else if kind == KeyType::Hash && self.copies_hashes {
                self.fields += small_hashes::copy(&mut self.arena, key).unwrap_or(0);
            }
            kind
        };
        let text = end..self.arena.len();
        self.keys.push(ScannedKey {
            name: start..end,
            text,
            kind,
        });
    }
}
