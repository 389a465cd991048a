//! The memory of NumPy's arrays.
//!
//! NumPy takes it from the C library. But it calls functions of a table for that, which its interface for C gives away (NumPy 1.22
//! and later). The functions here count what the functions of NumPy take, and refuse what exceeds a budget.

use super::memory::{counted, freed, may_take, with_tag};
use pyo3::prelude::*;
use pyo3::types::{PyAnyMethods, PyCapsule, PyCapsuleMethods};
use std::ffi::{c_uint, c_void};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

/// The modules that have the interface, in NumPy 2 and in NumPy 1.
const MODULES: [&str; 2] = [
    "numpy._core._multiarray_umath",
    "numpy.core._multiarray_umath",
];

/// Places in the table of the interface.
const FEATURE_VERSION: usize = 211;
const DEFAULT_HANDLER: usize = 306;
/// The first version of the interface that has the handler: that of NumPy 1.22.
const HAS_HANDLER: c_uint = 0x0f;

/// `PyDataMemAllocator`.
#[repr(C)]
#[derive(Clone, Copy)]
struct Allocator {
    context: *mut c_void,
    malloc: unsafe extern "C" fn(*mut c_void, usize) -> *mut c_void,
    calloc: unsafe extern "C" fn(*mut c_void, usize, usize) -> *mut c_void,
    realloc: unsafe extern "C" fn(*mut c_void, *mut c_void, usize) -> *mut c_void,
    free: unsafe extern "C" fn(*mut c_void, *mut c_void, usize),
}

// SAFETY: the value holds function pointers, and the context of the default handler, which is null.
unsafe impl Send for Allocator {}
// SAFETY: as above.
unsafe impl Sync for Allocator {}

/// `PyDataMem_Handler`.
#[repr(C)]
struct Handler {
    name: [u8; 127],
    version: u8,
    allocator: Allocator,
}

/// The functions of NumPy.
static NUMPY: OnceLock<Allocator> = OnceLock::new();

/// Counts the memory of arrays from now on, if NumPy has been imported so far that it can be done.
pub(super) fn count(py: Python<'_>) {
    static TRIED: AtomicBool = AtomicBool::new(false);
    if TRIED.load(Ordering::Relaxed) {
        return;
    }
    let Some(table) = table(py) else { return };
    TRIED.store(true, Ordering::Relaxed);
    // SAFETY: the table is that of NumPy, whose places have these meanings in all versions that have them. The handler is a
    // static value of NumPy that is not constant. This thread holds the interpreter's lock, and NumPy makes and frees the memory
    // of arrays under that lock. Blocks that NumPy has made before are freed by its own functions, which those here call.
    unsafe {
        let version: unsafe extern "C" fn() -> c_uint =
            std::mem::transmute(table.add(FEATURE_VERSION).read());
        if version() < HAS_HANDLER {
            return;
        }
        let handler = table
            .add(DEFAULT_HANDLER)
            .read()
            .cast::<*mut pyo3::ffi::PyObject>();
        if handler.is_null() || handler.read().is_null() {
            return;
        }
        let capsule = pyo3::ffi::PyCapsule_GetPointer(handler.read(), c"mem_handler".as_ptr());
        let handler = capsule.cast::<Handler>();
        if handler.is_null() {
            drop(PyErr::take(py));
            return;
        }
        if (*handler).version != 1 || NUMPY.set((*handler).allocator).is_err() {
            return;
        }
        (*handler).allocator.malloc = malloc;
        (*handler).allocator.calloc = calloc;
        (*handler).allocator.realloc = realloc;
        (*handler).allocator.free = free;
    }
}

/// The table of NumPy's interface for C.
fn table(py: Python<'_>) -> Option<*const *mut c_void> {
    let modules = py.import("sys").ok()?.getattr("modules").ok()?;
    let module = MODULES
        .iter()
        .find_map(|name| modules.get_item(name).ok())?;
    let table = module.getattr("_ARRAY_API").ok()?;
    let table = table.cast::<PyCapsule>().ok()?;
    let pointer = table.pointer_checked(None).ok()?;
    Some(pointer.as_ptr().cast_const().cast())
}

unsafe extern "C" fn malloc(context: *mut c_void, bytes: usize) -> *mut c_void {
    let Some(numpy) = NUMPY.get().filter(|_| may_take(bytes)) else {
        return std::ptr::null_mut();
    };
    // SAFETY: the arguments are forwarded unchanged. The block is one of the C library.
    unsafe {
        let block = (numpy.malloc)(context, with_tag(bytes));
        counted(block);
        block
    }
}

unsafe extern "C" fn calloc(context: *mut c_void, count: usize, bytes: usize) -> *mut c_void {
    let all = count.saturating_mul(bytes);
    let Some(numpy) = NUMPY.get().filter(|_| may_take(all)) else {
        return std::ptr::null_mut();
    };
    // SAFETY: as in `malloc`.
    unsafe {
        let block = if with_tag(all) == all {
            (numpy.calloc)(context, count, bytes)
        } else {
            (numpy.calloc)(context, 1, with_tag(all))
        };
        counted(block);
        block
    }
}

unsafe extern "C" fn realloc(
    context: *mut c_void,
    block: *mut c_void,
    bytes: usize,
) -> *mut c_void {
    let Some(numpy) = NUMPY.get().filter(|_| may_take(bytes)) else {
        return std::ptr::null_mut();
    };
    // SAFETY: as in `malloc`. The old block is live until the call, and if the call fails.
    unsafe {
        freed(block);
        let after = (numpy.realloc)(context, block, with_tag(bytes));
        counted(if after.is_null() { block } else { after });
        after
    }
}

unsafe extern "C" fn free(context: *mut c_void, block: *mut c_void, bytes: usize) {
    let Some(numpy) = NUMPY.get() else { return };
    // SAFETY: as in `malloc`.
    unsafe {
        freed(block);
        (numpy.free)(context, block, bytes);
    }
}
