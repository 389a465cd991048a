//! The memory that Python uses.
//!
//! Memory is counted where Python takes it from the system: per arena of small objects and per large object. Python
//! asks for one of these only now and then, so the hot path pays nothing for the count.

use super::budget::{charge, gave_back, may_grow, over_budget, owner};
use super::ledger::{TAG, tag, tag_arena, untag, untag_arena};
use pyo3::ffi;
use std::ffi::c_void;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// The memory of Python, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Allocation {
    /// The sum of all allocations since the start.
    pub(crate) total: u64,
    pub(crate) peak: i64,
    pub(crate) current: i64,
}

static TOTAL: AtomicU64 = AtomicU64::new(0);
static CURRENT: AtomicI64 = AtomicI64::new(0);
static PEAK: AtomicI64 = AtomicI64::new(0);

/// The large blocks of the engine's own memory, such as a vector of results.
static OWN: AtomicI64 = AtomicI64::new(0);

/// The engine has taken so many bytes, or freed them.
pub(super) fn own_memory(bytes: isize) {
    OWN.fetch_add(bytes as i64, Ordering::Relaxed);
}

/// The memory of the engine's own large blocks.
pub(super) fn own() -> i64 {
    OWN.load(Ordering::Relaxed)
}

/// The memory that Python and the engine use together.
pub(crate) fn in_use() -> i64 {
    CURRENT.load(Ordering::Relaxed) + OWN.load(Ordering::Relaxed)
}

/// The memory that Python uses now and has used since the start.
pub(crate) fn allocation() -> Allocation {
    Allocation {
        total: TOTAL.load(Ordering::Relaxed),
        peak: PEAK.load(Ordering::Relaxed),
        current: CURRENT.load(Ordering::Relaxed),
    }
}

fn grew(bytes: usize) {
    TOTAL.fetch_add(bytes as u64, Ordering::Relaxed);
    let now = CURRENT.fetch_add(bytes.cast_signed() as i64, Ordering::Relaxed)
        + bytes.cast_signed() as i64;
    PEAK.fetch_max(now, Ordering::Relaxed);
}

fn shrank(bytes: usize) {
    gave_back(bytes);
    CURRENT.fetch_sub(bytes.cast_signed() as i64, Ordering::Relaxed);
}

/// Starts the count. Must run before the interpreter starts: each block that is freed must have been counted.
pub(super) fn install() {
    // SAFETY: nothing else uses the allocator before the interpreter starts. The counting allocator forwards to the
    // default allocator with its own context, and the blocks of the default allocator are plain `malloc` blocks.
    unsafe {
        let mut raw: ffi::PyMemAllocatorEx = std::mem::zeroed();
        ffi::PyMem_GetAllocator(ffi::PyMemAllocatorDomain::PYMEM_DOMAIN_RAW, &raw mut raw);
        if RAW.set(Inner(raw)).is_err() {
            return;
        }
        let mut counting = ffi::PyMemAllocatorEx {
            ctx: std::ptr::null_mut(),
            malloc: Some(malloc),
            calloc: Some(calloc),
            realloc: Some(realloc),
            free: Some(free),
        };
        ffi::PyMem_SetAllocator(
            ffi::PyMemAllocatorDomain::PYMEM_DOMAIN_RAW,
            &raw mut counting,
        );
        let mut arenas: ffi::PyObjectArenaAllocator = std::mem::zeroed();
        ffi::PyObject_GetArenaAllocator(&raw mut arenas);
        if ARENAS.set(InnerArenas(arenas)).is_err() {
            return;
        }
        let mut counting = ffi::PyObjectArenaAllocator {
            ctx: std::ptr::null_mut(),
            alloc: Some(arena_alloc),
            free: Some(arena_free),
        };
        ffi::PyObject_SetArenaAllocator(&raw mut counting);
    }
}

struct Inner(ffi::PyMemAllocatorEx);
struct InnerArenas(ffi::PyObjectArenaAllocator);
// SAFETY: the value holds function pointers and the context of the C library's allocator, which has no state.
unsafe impl Send for Inner {}
// SAFETY: as above.
unsafe impl Sync for Inner {}
// SAFETY: as above.
unsafe impl Send for InnerArenas {}
// SAFETY: as above.
unsafe impl Sync for InnerArenas {}

static RAW: OnceLock<Inner> = OnceLock::new();
static ARENAS: OnceLock<InnerArenas> = OnceLock::new();

/// The smallest block that may be copied while it grows, in bytes. Smaller ones need not be counted twice.
const COPIED: usize = 1 << 20;

/// The memory that is taken for a block while its size changes.
pub(super) fn needed_to_resize(before: usize, after: usize) -> usize {
    if after <= before {
        0
    } else if after >= COPIED && copies() {
        // The old block and the new one.
        after
    } else {
        after - before
    }
}

/// `true` if the allocator copies a large block that grows. The C library moves its pages instead, but `malloc` may be that of
/// another library, which the server uses.
fn copies() -> bool {
    static COPIES: OnceLock<bool> = OnceLock::new();
    *COPIES.get_or_init(|| {
        // SAFETY: the address is that of a function. The name lives as long as the library, and a null one is not read.
        unsafe {
            let mut info: libc::Dl_info = std::mem::zeroed();
            let malloc = libc::dlsym(libc::RTLD_DEFAULT, c"malloc".as_ptr());
            if libc::dladdr(malloc, &raw mut info) == 0 || info.dli_fname.is_null() {
                return false;
            }
            let library = std::ffi::CStr::from_ptr(info.dli_fname).to_string_lossy();
            let file = library.rsplit('/').next().unwrap_or_default();
            !(file.starts_with("libc") || file.starts_with("ld-musl"))
        }
    })
}

/// The size of a block of the C library's allocator.
///
/// # Safety
/// `block` is null or a live block of `malloc`.
unsafe fn size(block: *mut c_void) -> usize {
    if block.is_null() {
        return 0;
    }
    // SAFETY: the raw domain's default allocator is `malloc`.
    unsafe { libc::malloc_usable_size(block) }
}

/// The smallest block of a library that is counted, in bytes. Libraries use small blocks again without a call to the C library.
const COUNTED: usize = 16 << 10;

/// `false` if a library must not take so many bytes, because that exceeds the budget of this thread.
pub(super) fn may_take(bytes: usize) -> bool {
    over_budget(bytes).is_none()
}

/// The bytes that a library asks the C library for: with the tag, if the block will be counted.
pub(super) fn with_tag(bytes: usize) -> usize {
    if bytes >= COUNTED - TAG {
        bytes.saturating_add(TAG)
    } else {
        bytes
    }
}

/// Counts a block that a library has taken. The block may be null.
///
/// # Safety
/// As [`size`], and the library has asked for what [`with_tag`] says.
pub(super) unsafe fn counted(block: *mut c_void) {
    // SAFETY: as the caller's.
    let size = unsafe { size(block) };
    if size >= COUNTED {
        // SAFETY: as the caller's.
        unsafe { tag(block, size, owner()) };
        charge(size.cast_signed());
        grew(size);
    }
}

/// A library is about to free a block, which may be null.
///
/// # Safety
/// As [`size`].
pub(super) unsafe fn freed(block: *mut c_void) {
    // SAFETY: as the caller's.
    let size = unsafe { size(block) };
    if size >= COUNTED {
        // SAFETY: as the caller's.
        drop(unsafe { untag(block, size) });
        shrank(size);
    }
}

/// Counts a block that was made for a request of so many bytes, which were charged already. `block` is null if the allocation failed.
///
/// # Safety
/// As [`size`].
unsafe fn granted(block: *mut c_void, bytes: usize) {
    // SAFETY: as the caller's.
    let size = unsafe { size(block) };
    if !block.is_null() {
        // SAFETY: the block was made for so many bytes and a tag.
        unsafe { tag(block, size, owner()) };
    }
    // Allocators round up, and the size is credited when the block is freed.
    charge(size.cast_signed() - bytes.cast_signed());
    grew(size);
}

extern "C" fn malloc(_: *mut c_void, bytes: usize) -> *mut c_void {
    let Some(Inner(raw)) = RAW.get() else {
        return std::ptr::null_mut();
    };
    let Some(inner) = raw.malloc else {
        return std::ptr::null_mut();
    };
    if !may_grow(bytes) {
        return std::ptr::null_mut();
    }
    // SAFETY: the arguments are forwarded unchanged.
    unsafe {
        let block = inner(raw.ctx, bytes.saturating_add(TAG));
        granted(block, bytes);
        block
    }
}

extern "C" fn calloc(_: *mut c_void, count: usize, bytes: usize) -> *mut c_void {
    let Some(Inner(raw)) = RAW.get() else {
        return std::ptr::null_mut();
    };
    let Some(inner) = raw.calloc else {
        return std::ptr::null_mut();
    };
    if !may_grow(count.saturating_mul(bytes)) {
        return std::ptr::null_mut();
    }
    // SAFETY: the arguments are forwarded unchanged.
    unsafe {
        let bytes = count.saturating_mul(bytes);
        let block = inner(raw.ctx, 1, bytes.saturating_add(TAG));
        granted(block, bytes);
        block
    }
}

extern "C" fn realloc(_: *mut c_void, block: *mut c_void, bytes: usize) -> *mut c_void {
    let Some(Inner(raw)) = RAW.get() else {
        return std::ptr::null_mut();
    };
    let Some(inner) = raw.realloc else {
        return std::ptr::null_mut();
    };
    // SAFETY: the arguments are forwarded unchanged; the old size is read before the block may move.
    unsafe {
        let before = size(block);
        let more = needed_to_resize(before, bytes);
        if more > 0 && !may_grow(more) {
            return std::ptr::null_mut();
        }
        let before_owner = if block.is_null() {
            None
        } else {
            untag(block, before)
        };
        let after = inner(raw.ctx, block, bytes.saturating_add(TAG));
        if after.is_null() {
            gave_back(more);
            if !block.is_null() {
                tag(block, before, before_owner);
            }
        } else {
            let now = size(after);
            tag(after, now, owner().or(before_owner));
            // The difference to what was charged for the request.
            charge((now.cast_signed() - before.cast_signed()) - more.cast_signed());
            if now > before {
                grew(now - before);
            } else {
                CURRENT.fetch_sub((before - now).cast_signed() as i64, Ordering::Relaxed);
            }
        }
        after
    }
}

extern "C" fn free(_: *mut c_void, block: *mut c_void) {
    let Some(Inner(raw)) = RAW.get() else { return };
    let Some(inner) = raw.free else { return };
    // SAFETY: the arguments are forwarded unchanged.
    unsafe {
        let size = size(block);
        if size > 0 {
            drop(untag(block, size));
        }
        shrank(size);
        inner(raw.ctx, block);
    }
}

extern "C" fn arena_alloc(_: *mut c_void, bytes: usize) -> *mut c_void {
    let Some(InnerArenas(arenas)) = ARENAS.get() else {
        return std::ptr::null_mut();
    };
    let Some(inner) = arenas.alloc else {
        return std::ptr::null_mut();
    };
    if !may_grow(bytes) {
        return std::ptr::null_mut();
    }
    grew(bytes);
    let arena = inner(arenas.ctx, bytes);
    tag_arena(arena, bytes, owner());
    arena
}

extern "C" fn arena_free(_: *mut c_void, block: *mut c_void, bytes: usize) {
    let Some(InnerArenas(arenas)) = ARENAS.get() else {
        return;
    };
    let Some(inner) = arenas.free else { return };
    untag_arena(block, bytes);
    shrank(bytes);
    inner(arenas.ctx, block, bytes);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{eval, with_python};

    #[test]
    fn a_large_object_is_counted() {
        const SIZE: i64 = 32 << 20;
        with_python(|py| {
            let before = allocation();
            let object = eval(py, "bytearray(32 << 20)");
            let after = allocation();
            assert!(after.total - before.total >= SIZE.cast_unsigned());
            assert!(after.peak >= SIZE);
            drop(object);
        });
    }

    /// The arena is larger than all that other tests take meanwhile; its pages are never touched.
    #[test]
    fn an_arena_of_small_objects_is_counted() {
        const SIZE: usize = 512 << 20;
        with_python(|_| {
            let before = allocation().total;
            let arena = arena_alloc(std::ptr::null_mut(), SIZE);
            assert!(!arena.is_null());
            let held = allocation();
            assert!(held.total - before >= SIZE as u64);
            arena_free(std::ptr::null_mut(), arena, SIZE);
            assert!(allocation().current < held.peak - (SIZE / 2).cast_signed() as i64);
        });
    }
}
