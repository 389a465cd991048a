//! The memory that the calls of one session have taken and that is still in use, whichever call or thread frees it.
//!
//! A budget counts for one call. What a call leaves behind, in a global list or a cache, is counted here: every block carries
//! the ledger of the session that has taken it.

use std::collections::HashMap;
use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

/// The memory of one session, in bytes.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// The name of the session.
    session: String,
    balance: AtomicI64,
    told: AtomicBool,
}

impl Ledger {
    pub(crate) fn of_session(name: &str) -> Arc<Ledger> {
        Arc::new(Ledger {
            session: name.to_owned(),
            ..Ledger::default()
        })
    }

    /// The name of the session.
    pub(super) fn session(&self) -> &str {
        &self.session
    }

    /// The memory that the calls of the session have taken and that is in use.
    pub(crate) fn balance(&self) -> i64 {
        self.balance.load(Ordering::Relaxed)
    }

    /// `true` for the first call since the session was last within its limit.
    pub(crate) fn tells(&self) -> bool {
        !self.told.swap(true, Ordering::Relaxed)
    }

    /// The session is within its limit.
    pub(crate) fn is_within(&self) {
        if self.told.load(Ordering::Relaxed) {
            self.told.store(false, Ordering::Relaxed);
        }
    }
}

/// What stands at the end of a block: whom it belongs to.
///
/// At the end, so that the block stays one of the C library: code that frees it there does no harm.
#[repr(C)]
struct Tag {
    /// Counted as an `Arc`; null if the block belongs to no session.
    owner: *const Ledger,
    /// Tells a tag from other bytes.
    seal: usize,
}

/// The bytes of a block that its tag takes.
pub(super) const TAG: usize = size_of::<Tag>();

const SEAL: usize = 0x5ea1_ed0f;

fn seal(place: *mut Tag, owner: *const Ledger) -> usize {
    SEAL ^ place as usize ^ (owner as usize).rotate_left(17)
}

/// Notes the owner of a block.
///
/// # Safety
/// The block has `size` bytes, at least [`TAG`], and nobody uses the last [`TAG`] of them.
pub(super) unsafe fn tag(block: *mut c_void, size: usize, owner: Option<Arc<Ledger>>) {
    let owner = owner.map_or(std::ptr::null(), |owner| {
        owner
            .balance
            .fetch_add(size.cast_signed() as i64, Ordering::Relaxed);
        Arc::into_raw(owner)
    });
    // SAFETY: as the caller's. The place need not be aligned.
    unsafe {
        let place = block.byte_add(size - TAG).cast::<Tag>();
        let seal = seal(place, owner);
        place.write_unaligned(Tag { owner, seal });
    }
}

/// Takes the tag off a block. Returns its owner, if there is one.
///
/// # Safety
/// The block has `size` bytes, and is not freed meanwhile.
pub(super) unsafe fn untag(block: *mut c_void, size: usize) -> Option<Arc<Ledger>> {
    if size < TAG {
        return None;
    }
    // SAFETY: the bytes belong to the block. If the seal is right, the tag was written by `tag`, which left the count of the
    // `Arc` with it, and is taken off here once.
    unsafe {
        let place = block.byte_add(size - TAG).cast::<Tag>();
        let Tag { owner, seal: found } = place.read_unaligned();
        if found != seal(place, owner) {
            return None;
        }
        (&raw mut (*place).seal).write_unaligned(0);
        if owner.is_null() {
            return None;
        }
        let owner = Arc::from_raw(owner);
        owner
            .balance
            .fetch_sub(size.cast_signed() as i64, Ordering::Relaxed);
        Some(owner)
    }
}

/// The owners of the arenas for small objects, by address. Python uses all bytes of an arena, and there are few arenas.
static ARENAS: LazyLock<Mutex<HashMap<usize, Arc<Ledger>>>> = LazyLock::new(Mutex::default);

fn arenas() -> MutexGuard<'static, HashMap<usize, Arc<Ledger>>> {
    ARENAS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Notes the owner of an arena.
pub(super) fn tag_arena(arena: *mut c_void, size: usize, owner: Option<Arc<Ledger>>) {
    if let Some(owner) = owner.filter(|_| !arena.is_null()) {
        owner
            .balance
            .fetch_add(size.cast_signed() as i64, Ordering::Relaxed);
        arenas().insert(arena as usize, owner);
    }
}

/// The arena is about to be freed.
pub(super) fn untag_arena(arena: *mut c_void, size: usize) {
    let owner = arenas().remove(&(arena as usize));
    if let Some(owner) = owner {
        owner
            .balance
            .fetch_sub(size.cast_signed() as i64, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::python::MemoryBudget;
    use crate::testing::{eval, with_python};
    use pyo3::prelude::*;

    fn budget(ledger: &Arc<Ledger>) -> Arc<MemoryBudget> {
        Arc::new(MemoryBudget::of_session(Some(1 << 40), Some(ledger)))
    }

    #[test]
    fn what_a_call_leaves_behind_is_counted_until_it_is_freed() {
        let ledger = Arc::new(Ledger::default());
        with_python(|py| {
            let kept = budget(&ledger).pay(|| {
                drop(eval(py, "bytearray(1 << 24)"));
                eval(py, "bytearray(1 << 20)")
            });
            let balance = ledger.balance();
            assert!((1 << 20..2 << 20).contains(&balance), "{balance}");
            // Without a budget, and on whatever thread.
            drop(kept);
            assert!(ledger.balance() < 1 << 20);
        });
    }

    #[test]
    fn a_block_that_grows_or_shrinks_keeps_its_owner() {
        let ledger = Arc::new(Ledger::default());
        with_python(|py| {
            let kept = budget(&ledger).pay(|| eval(py, "bytearray(1 << 20)"));
            kept.call_method1("extend", (eval(py, "bytes(1 << 21)"),))
                .unwrap();
            assert!(ledger.balance() >= 3 << 20);
            kept.call_method0("clear").unwrap();
            assert!(ledger.balance() < 1 << 20);
        });
    }

    #[test]
    fn two_sessions_are_told_apart() {
        let ledgers = [Arc::new(Ledger::default()), Arc::new(Ledger::default())];
        with_python(|py| {
            let kept = budget(&ledgers[0]).pay(|| eval(py, "bytearray(1 << 22)"));
            budget(&ledgers[1]).pay(|| drop(kept));
            assert!(ledgers[0].balance() < 1 << 20);
            assert!(ledgers[1].balance() >= 0);
        });
    }

    #[test]
    fn a_block_without_a_tag_has_no_owner() {
        let mut block = vec![0_u8; 100];
        // SAFETY: the block has so many bytes.
        assert!(unsafe { untag(block.as_mut_ptr().cast(), block.len()) }.is_none());
        // SAFETY: as above; the tag is taken off again.
        unsafe {
            let owner = Arc::new(Ledger::default());
            tag(
                block.as_mut_ptr().cast(),
                block.len(),
                Some(Arc::clone(&owner)),
            );
            assert_eq!((owner.balance(), Arc::strong_count(&owner)), (100, 2));
            drop(untag(block.as_mut_ptr().cast(), block.len()));
            assert_eq!((owner.balance(), Arc::strong_count(&owner)), (0, 1));
            assert!(untag(block.as_mut_ptr().cast(), block.len()).is_none());
        }
    }
}
