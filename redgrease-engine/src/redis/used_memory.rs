//! The memory that the server uses.

use std::mem;
use std::sync::OnceLock;

type UsedMemory = unsafe extern "C" fn() -> usize;

/// The memory that the server has taken for its data and buffers, in bytes. `None` on a server that does not tell.
///
/// The module API has no cheap way to ask for it. But all servers export the function that `INFO` uses, so that crash reports
/// can show its name.
pub(super) fn used_memory() -> Option<usize> {
    static FUNCTION: OnceLock<Option<UsedMemory>> = OnceLock::new();
    let function = (*FUNCTION.get_or_init(find))?;
    // SAFETY: the function has no arguments, reads counters and may be called from any thread.
    Some(unsafe { function() })
}

fn find() -> Option<UsedMemory> {
    // SAFETY: the name is NUL-terminated. A function of this name has had this type since the first version of Redis that
    // loads modules.
    unsafe {
        let address = libc::dlsym(libc::RTLD_DEFAULT, c"zmalloc_used_memory".as_ptr());
        (!address.is_null()).then(|| mem::transmute::<*mut libc::c_void, UsedMemory>(address))
    }
}
