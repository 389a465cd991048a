//! Copying the keys of slots of a cluster.

use super::batch::{Batch, Fetch};
use super::call::{Rights, call};
use super::context::Context;
use super::key_pattern::Pattern;
use super::protocol::texts;
use super::user::User;

/// The keys that are read of slots.
#[derive(Debug)]
pub(crate) struct SlotFilter {
    pattern: Pattern,
    /// The reader of the values, if values are read.
    reader: Option<User>,
    is_exact: bool,
}

impl SlotFilter {
    /// The keys whose names match `glob`. The values of strings are copied for `reader`. `is_exact`: one key by its name, which need
    /// not exist and which the reader looks up.
    pub(crate) fn new(glob: &[u8], reader: Option<User>, is_exact: bool) -> SlotFilter {
        SlotFilter {
            pattern: Pattern::new(glob),
            reader,
            is_exact,
        }
    }

    /// Begins to fill a batch, whose memory is used again.
    pub(crate) fn fill<'a>(&'a self, context: &'a Context, mut batch: Batch) -> SlotFilling<'a> {
        batch.clear();
        let reader = self.reader.as_ref();
        // A user with restrictions reads each value with a command, which the server refuses if it has to.
        let copies = !self.is_exact && reader.is_some_and(|reader| reader.is_unrestricted(context));
        SlotFilling {
            context,
            pattern: &self.pattern,
            fetch: batch.begin(context, copies),
            is_checked: !self.is_exact && (copies || reader.is_none()),
            seen: 0,
            batch,
        }
    }
}

/// A batch that is being filled, while the server's lock is held.
pub(crate) struct SlotFilling<'a> {
    context: &'a Context,
    pattern: &'a Pattern,
    fetch: Fetch,
    /// Keys are looked up. If not, the reader looks them up when it reads their values.
    is_checked: bool,
    /// The number of names that were looked at.
    seen: usize,
    batch: Batch,
}

impl SlotFilling<'_> {
    /// The number of names that were looked at, whether their keys were copied or not.
    pub(crate) fn seen(&self) -> usize {
        self.seen
    }

    pub(crate) fn batch(self) -> Batch {
        self.batch
    }

    /// The number of keys that were copied.
    pub(crate) fn count(&self) -> usize {
        self.batch.keys().len()
    }

    /// The number of bytes that were copied.
    pub(crate) fn size(&self) -> usize {
        self.batch.size()
    }

    /// Copies the keys of a slot, as long as `has_room` agrees. Returns the names of the others. `None` if the server does not list
    /// them.
    pub(crate) fn read_slot(
        &mut self,
        slot: u16,
        has_room: impl Fn(&Self) -> bool,
    ) -> Option<Vec<Vec<u8>>> {
        let slot = slot.to_string();
        let words: [&[u8]; 3] = [b"GETKEYSINSLOT", slot.as_bytes(), MOST];
        let reply = call(self.context, Rights::Question, b"CLUSTER", &words).ok()?;
        let names = texts(reply.protocol())?;
        self.seen += names.len();
        let mut left = Vec::new();
        for name in names {
            if !self.pattern.matches(name) {
                continue;
            }
            match self.fetch {
                Fetch::Names => self.batch.add_name(name),
                Fetch::Strings if has_room(self) => {
                    self.copy(name);
                }
                Fetch::Strings => left.push(name.to_vec()),
            }
        }
        Some(left)
    }

    /// Copies a key. `false` if this server has no key of this name.
    pub(crate) fn read(&mut self, name: &[u8]) -> bool {
        self.seen += 1;
        if !self.is_checked {
            self.batch.add_name(name);
            return true;
        }
        self.copy(name)
    }

    fn copy(&mut self, name: &[u8]) -> bool {
        let context = self.context.as_ptr();
        // SAFETY: the context is live and locked. The string is made for this call and freed after it.
        unsafe {
            let string = rm!(RedisModule_CreateString(
                context,
                name.as_ptr().cast(),
                name.len()
            ));
            let is_here = self.batch.open_and_add(context, string, self.fetch);
            rm!(RedisModule_FreeString(context, string));
            is_here
        }
    }
}

/// More keys than a slot has. The server reserves memory for those that it has.
const MOST: &[u8] = b"2147483647";
