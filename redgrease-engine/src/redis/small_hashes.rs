//! Copies of small hashes: their fields and values in one piece of memory, each with its length before it.

use super::ReplyKind;
use super::call::{Rights, call};
use super::command::text;
use super::context::Context;
use super::raw;
use std::ffi::{c_int, c_void};
use std::sync::OnceLock;

/// A hash with more fields is read with a command, so that the server's lock is not held for long.
const MOST_FIELDS: usize = 64;

/// A hash with more bytes is read with a command.
const MOST_BYTES: usize = 16 * 1024;

/// The commands of servers on which a field can expire. Those know which fields they show, so that hashes are read with a command.
const EXPIRY: [&[u8]; 4] = [b"HEXPIRE", b"HPEXPIRE", b"HPEXPIREAT", b"HSETEX"];

/// The first version that hands out numbers in hashes as texts.
const WITH_TEXTS: c_int = 0x0007_0000;

/// `true` if hashes may be copied on this server.
pub(super) fn may_be_copied(context: &Context) -> bool {
    static MAY_BE_COPIED: OnceLock<bool> = OnceLock::new();
    *MAY_BE_COPIED.get_or_init(|| {
        // SAFETY: the function has no preconditions, where there is one.
        let version = unsafe { raw::RedisModule_GetServerVersion.map_or(0, |version| version()) };
        if version < WITH_TEXTS {
            return false;
        }
        let words = [[&b"INFO"[..]].as_slice(), &EXPIRY].concat();
        call(context, Rights::Question, b"COMMAND", &words).is_ok_and(|reply| {
            let mut commands = reply.borrow().elements();
            commands.all(|command| command.kind() == ReplyKind::Null)
        })
    })
}

/// What the callback fills.
struct Copying<'a> {
    arena: &'a mut Vec<u8>,
    begin: usize,
    fields: usize,
    is_too_large: bool,
}

impl Copying<'_> {
    fn add(&mut self, bytes: &[u8]) {
        let is_large = self.arena.len() - self.begin + bytes.len() > MOST_BYTES;
        self.is_too_large |= is_large;
        if !self.is_too_large
            && let Ok(length) = u32::try_from(bytes.len())
        {
            self.arena.extend_from_slice(&length.to_ne_bytes());
            self.arena.extend_from_slice(bytes);
        }
    }
}

/// Copies a hash to the end of `arena`. Returns the number of its fields. `None` if it is too large: then `arena` is as before.
///
/// # Safety
/// The key is a live hash, and the server's lock is held.
pub(super) unsafe fn copy(arena: &mut Vec<u8>, key: *mut raw::RedisModuleKey) -> Option<usize> {
    // SAFETY: the caller guarantees that the key is live.
    if unsafe { rm!(RedisModule_ValueLength(key)) } > MOST_FIELDS {
        return None;
    }
    let begin = arena.len();
    let mut copying = Copying {
        arena,
        begin,
        fields: 0,
        is_too_large: false,
    };
    // SAFETY: the key is live. The cursor is made here and destroyed once. The callback is called during the calls alone, with a
    // pointer to `copying`, which nothing else uses meanwhile. It changes nothing in the server.
    unsafe {
        let cursor = rm!(RedisModule_ScanCursorCreate());
        if cursor.is_null() {
            return None;
        }
        let filled = (&raw mut copying).cast::<c_void>();
        while rm!(RedisModule_ScanKey(key, cursor, Some(on_field), filled)) != 0 {}
        rm!(RedisModule_ScanCursorDestroy(cursor));
    }
    let (fields, is_too_large) = (copying.fields, copying.is_too_large);
    if is_too_large {
        arena.truncate(begin);
        return None;
    }
    Some(fields)
}

unsafe extern "C" fn on_field(
    _: *mut raw::RedisModuleKey,
    field: *mut raw::RedisModuleString,
    value: *mut raw::RedisModuleString,
    filled: *mut c_void,
) {
    // SAFETY: `copy` passes a pointer to a `Copying` that only this call uses. The server passes live strings, whose bytes are copied.
    unsafe {
        let copying = &mut *filled.cast::<Copying<'_>>();
        copying.fields += 1;
        copying.add(text(field).bytes());
        copying.add(text(value).bytes());
    }
}

/// The fields and values of a copy.
pub(crate) fn pairs(copy: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let mut rest = copy;
    let mut next = move || {
        let (length, behind) = rest.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_ne_bytes(*length)).ok()?;
        let (bytes, behind) = behind.split_at_checked(length)?;
        rest = behind;
        Some(bytes)
    };
    std::iter::from_fn(move || Some((next()?, next()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_read_pair_by_pair() {
        let mut arena = b"before".to_vec();
        let mut copying = Copying {
            begin: arena.len(),
            arena: &mut arena,
            fields: 0,
            is_too_large: false,
        };
        for word in [&b"field"[..], b"", b"\xff\x00", b"value"] {
            copying.add(word);
        }
        assert!(!copying.is_too_large);
        let read: Vec<_> = pairs(&arena[6..]).collect();
        assert_eq!(read, [(&b"field"[..], &b""[..]), (b"\xff\x00", b"value")]);
        assert_eq!(pairs(b"").count(), 0);
        assert_eq!(pairs(&arena[6..10]).count(), 0, "cut off");
    }

    #[test]
    fn a_large_value_is_not_copied() {
        let mut arena = Vec::new();
        let mut copying = Copying {
            begin: 0,
            arena: &mut arena,
            fields: 0,
            is_too_large: false,
        };
        copying.add(&vec![b'x'; MOST_BYTES + 1]);
        assert!(copying.is_too_large);
        copying.add(b"small");
        assert!(arena.is_empty());
    }
}
