//! How much memory Python uses: counted where Python asks the system for it, that is per arena of
//! small objects and per large object, so that counting costs nothing on the hot path.

use pyo3::ffi;
use std::cell::Cell;
use std::ffi::c_void;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

/// Bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Allocation {
    /// Ever.
    pub(crate) total: u64,
    pub(crate) peak: i64,
    pub(crate) current: i64,
}

static TOTAL: AtomicU64 = AtomicU64::new(0);
static CURRENT: AtomicI64 = AtomicI64::new(0);
static PEAK: AtomicI64 = AtomicI64::new(0);

pub(crate) fn allocation() -> Allocation {
    Allocation {
        total: TOTAL.load(Ordering::Relaxed),
        peak: PEAK.load(Ordering::Relaxed),
        current: CURRENT.load(Ordering::Relaxed),
    }
}

/// A single request of this size is refused when it goes over a budget, as if there were no
/// memory; smaller ones are granted, and the execution is stopped a little later: Python survives
/// the former anywhere, and not every small one.
const LARGE: i64 = 1 << 20;

thread_local! {
    /// What pays for the memory that this thread asks for.
    static PAYS: Cell<*const MemoryBudget> = const { Cell::new(std::ptr::null()) };
}

/// How much memory something may take. Approximate: small objects are counted by the arena, to
/// whoever happened to need a new one.
#[derive(Debug, Default)]
pub(crate) struct MemoryBudget {
    limit: Option<i64>,
    spent: AtomicI64,
    exceeded: AtomicBool,
}

impl MemoryBudget {
    pub(crate) fn new(limit: Option<u64>) -> MemoryBudget {
        MemoryBudget {
            limit: limit.map(|bytes| i64::try_from(bytes).unwrap_or(i64::MAX)),
            ..MemoryBudget::default()
        }
    }

    /// The limit, if it was exceeded.
    pub(crate) fn exceeded(&self) -> Option<u64> {
        let limit = self.limit?;
        self.exceeded
            .load(Ordering::Relaxed)
            .then(|| u64::try_from(limit).unwrap_or(0))
    }

    /// Pays for what this thread takes during `body`.
    pub(crate) fn pay<R>(&self, body: impl FnOnce() -> R) -> R {
        struct Restore(*const MemoryBudget);
        impl Drop for Restore {
            fn drop(&mut self) {
                PAYS.set(self.0);
            }
        }
        if self.limit.is_none() {
            return body();
        }
        let _restore = Restore(PAYS.replace(self));
        body()
    }

    fn take(&self, bytes: i64) -> bool {
        let Some(limit) = self.limit else { return true };
        let spent = self.spent.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if spent <= limit {
            return true;
        }
        self.exceeded.store(true, Ordering::Relaxed);
        if bytes < LARGE {
            return true;
        }
        self.spent.fetch_sub(bytes, Ordering::Relaxed);
        false
    }
}

/// Whether this thread may take so much more.
fn may_grow(bytes: usize) -> bool {
    let budget = PAYS.get();
    // SAFETY: `pay` lends its budget for as long as the pointer is set, to this thread.
    budget.is_null() || unsafe { (*budget).take(i64::try_from(bytes).unwrap_or(i64::MAX)) }
}

/// This thread has given so much back.
fn gave_back(bytes: usize) {
    let budget = PAYS.get();
    if !budget.is_null() {
        // SAFETY: as above.
        let budget = unsafe { &*budget };
        budget
            .spent
            .fetch_sub(bytes.cast_signed() as i64, Ordering::Relaxed);
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

/// Counts from now on. Runs before the interpreter starts, so that every block that is freed was
/// counted.
pub(super) fn install() {
    // SAFETY: before the interpreter's start nothing else uses the allocator; ours passes on to
    // the one that was there (its functions and context), whose blocks are plain `malloc` blocks.
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
// SAFETY: function pointers and the C library's (stateless) context.
unsafe impl Send for Inner {}
// SAFETY: as above.
unsafe impl Sync for Inner {}
// SAFETY: as above.
unsafe impl Send for InnerArenas {}
// SAFETY: as above.
unsafe impl Sync for InnerArenas {}

static RAW: OnceLock<Inner> = OnceLock::new();
static ARENAS: OnceLock<InnerArenas> = OnceLock::new();

unsafe fn size(block: *mut c_void) -> usize {
    if block.is_null() {
        return 0;
    }
    // SAFETY: the raw domain's default allocator is `malloc`.
    unsafe { libc::malloc_usable_size(block) }
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
    // SAFETY: passed on as it came.
    unsafe {
        let block = inner(raw.ctx, bytes);
        grew(size(block));
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
    // SAFETY: passed on as it came.
    unsafe {
        let block = inner(raw.ctx, count, bytes);
        grew(size(block));
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
    // SAFETY: passed on as it came; the old size is read before the block may move.
    unsafe {
        let before = size(block);
        if bytes > before && !may_grow(bytes) {
            return std::ptr::null_mut();
        }
        let after = inner(raw.ctx, block, bytes);
        if after.is_null() {
            if bytes > before {
                gave_back(bytes);
            }
        } else {
            if bytes <= before {
                may_grow(bytes);
            }
            shrank(before);
            grew(size(after));
        }
        after
    }
}

extern "C" fn free(_: *mut c_void, block: *mut c_void) {
    let Some(Inner(raw)) = RAW.get() else { return };
    let Some(inner) = raw.free else { return };
    // SAFETY: passed on as it came.
    unsafe {
        shrank(size(block));
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
    inner(arenas.ctx, bytes)
}

extern "C" fn arena_free(_: *mut c_void, block: *mut c_void, bytes: usize) {
    let Some(InnerArenas(arenas)) = ARENAS.get() else {
        return;
    };
    let Some(inner) = arenas.free else { return };
    shrank(bytes);
    inner(arenas.ctx, block, bytes);
}
