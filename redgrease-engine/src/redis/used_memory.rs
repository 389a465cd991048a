//! The memory that the server uses.

use super::symbols::function;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::mem;
use std::ptr;
use std::sync::OnceLock;

type UsedMemory = unsafe extern "C" fn() -> usize;
type MallCtl =
    unsafe extern "C" fn(*const c_char, *mut c_void, *mut usize, *mut c_void, usize) -> c_int;

/// The memory that the server has taken for its data and buffers, in bytes. `None` on a server that does not tell.
///
/// The module API has no cheap way to ask for it. But all servers export the function that `INFO` uses, so that crash reports
/// can show its name.
pub(super) fn used_memory() -> Option<usize> {
    static FUNCTION: OnceLock<Option<UsedMemory>> = OnceLock::new();
    let function = *FUNCTION.get_or_init(|| {
        let address = function(c"zmalloc_used_memory")?;
        // SAFETY: a function of this name has had this type since the first version of Redis that loads modules.
        Some(unsafe { mem::transmute::<*mut c_void, UsedMemory>(address) })
    });
    // SAFETY: the function has no arguments, reads counters and may be called from any thread.
    Some(unsafe { function?() })
}

/// The resident memory that the data of the server explains, in bytes: what it uses, and what its allocator keeps besides.
/// `None` on a server that does not tell.
pub(crate) fn resident_memory_of_server() -> Option<usize> {
    Some(used_memory()? + kept_by_allocator().unwrap_or(0))
}

/// The bytes that jemalloc holds and that nobody uses: free pages, and the gaps between blocks.
fn kept_by_allocator() -> Option<usize> {
    static FUNCTION: OnceLock<Option<MallCtl>> = OnceLock::new();
    let control = (*FUNCTION.get_or_init(|| {
        let address = function(c"je_mallctl").or_else(|| function(c"mallctl"))?;
        // SAFETY: a function of one of these names is that of jemalloc, and has this type.
        Some(unsafe { mem::transmute::<*mut c_void, MallCtl>(address) })
    }))?;
    // The statistics are those of the last epoch.
    let mut epoch = 1_u64;
    // SAFETY: the value is a number of 64 bits, as jemalloc wants it, and is only read.
    unsafe {
        control(
            c"epoch".as_ptr(),
            ptr::null_mut(),
            ptr::null_mut(),
            (&raw mut epoch).cast(),
            size_of::<u64>(),
        );
    }
    let read = |name: &CStr| {
        let mut value = 0_usize;
        let mut length = size_of::<usize>();
        // SAFETY: the statistics are numbers of this size, and jemalloc checks the size.
        let failure = unsafe {
            control(
                name.as_ptr(),
                (&raw mut value).cast(),
                &raw mut length,
                ptr::null_mut(),
                0,
            )
        };
        (failure == 0).then_some(value)
    };
    Some(read(c"stats.resident")?.saturating_sub(read(c"stats.allocated")?))
}
