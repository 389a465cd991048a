//! Writing replies.

use super::raw;
use std::ffi::{CString, c_long};
use std::marker::PhantomData;

/// The reply for the client of a command, or for a blocked client. Neither `Send` nor `Sync`.
#[derive(Debug)]
pub(crate) struct Reply<'a> {
    raw: *mut raw::RedisModuleCtx,
    context: PhantomData<&'a raw::RedisModuleCtx>,
}

// All methods are sound for the same reason: `raw` is a live context for as long as `'a`, which the caller of `Reply::new`
// guarantees.
impl Reply<'_> {
    /// # Safety
    /// `raw` is a live context that may be replied to, for as long as the value lives.
    pub(super) unsafe fn new(raw: *mut raw::RedisModuleCtx) -> Self {
        Reply {
            raw,
            context: PhantomData,
        }
    }

    pub(crate) fn array(&self, length: usize) {
        // SAFETY: `raw` is live.
        unsafe {
            rm!(RedisModule_ReplyWithArray(
                self.raw,
                length.cast_signed() as c_long
            ))
        };
    }

    /// An array whose length is known only after its elements were written. [`Reply::set_array_length`] must follow.
    pub(crate) fn postponed_array(&self) {
        // SAFETY: `raw` is live.
        unsafe {
            rm!(RedisModule_ReplyWithArray(
                self.raw,
                raw::REDISMODULE_POSTPONED_LEN
            ))
        };
    }

    pub(crate) fn set_array_length(&self, length: usize) {
        let length = length.cast_signed() as c_long;
        // SAFETY: `raw` is live.
        unsafe { rm!(RedisModule_ReplySetArrayLength(self.raw, length)) };
    }

    pub(crate) fn integer(&self, value: i64) {
        // SAFETY: `raw` is live.
        unsafe { rm!(RedisModule_ReplyWithLongLong(self.raw, value)) };
    }

    pub(crate) fn bulk(&self, bytes: &[u8]) {
        // SAFETY: `raw` is live; the server copies the bytes.
        unsafe {
            rm!(RedisModule_ReplyWithStringBuffer(
                self.raw,
                bytes.as_ptr().cast(),
                bytes.len()
            ))
        };
    }

    pub(crate) fn null(&self) {
        // SAFETY: `raw` is live.
        unsafe { rm!(RedisModule_ReplyWithNull(self.raw)) };
    }

    pub(crate) fn ok(&self) {
        self.status("OK");
    }

    pub(crate) fn status(&self, text: &str) {
        let line = one_line(text);
        // SAFETY: `raw` is live; the server copies the NUL-terminated text.
        unsafe { rm!(RedisModule_ReplyWithSimpleString(self.raw, line.as_ptr())) };
    }

    /// An error. The text is sent in one line, and is valid UTF-8: clients would misread the replies behind any other error.
    pub(crate) fn error(&self, text: &str) {
        let line = one_line(text);
        // SAFETY: `raw` is live; the server copies the NUL-terminated text.
        unsafe { rm!(RedisModule_ReplyWithError(self.raw, line.as_ptr())) };
    }

    /// A name and its text, as the commands that list things write them.
    pub(crate) fn field(&self, name: &str, value: &str) {
        self.bulk(name.as_bytes());
        self.bulk(value.as_bytes());
    }

    pub(crate) fn integer_field(&self, name: &str, value: i64) {
        self.bulk(name.as_bytes());
        self.integer(value);
    }

    pub(crate) fn optional_field(&self, name: &str, value: Option<&str>) {
        self.bulk(name.as_bytes());
        match value {
            Some(value) => self.bulk(value.as_bytes()),
            None => self.null(),
        }
    }
}

/// The text with spaces in place of line ends and NULs.
fn one_line(text: &str) -> CString {
    let line: Vec<u8> = text
        .bytes()
        .map(|byte| match byte {
            b'\r' | b'\n' | b'\0' => b' ',
            other => other,
        })
        .collect();
    CString::new(line).unwrap_or_default()
}
