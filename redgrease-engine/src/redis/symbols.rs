//! Functions and data of the server, and of the libraries that it is linked with, that modules are not told of.

use std::ffi::{CStr, c_void};
use std::sync::atomic::AtomicUsize;

/// The address of a function, or of static data. `None` if this server has no such name.
pub(super) fn function(name: &CStr) -> Option<*mut c_void> {
    // SAFETY: the name is NUL-terminated.
    let address = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
    (!address.is_null()).then_some(address)
}

/// The words of a static structure of the server. `None` if the server has no such structure, or does not say how large it is.
#[cfg(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64"))]
pub(super) fn words_of(name: &CStr) -> Option<&'static [AtomicUsize]> {
    /// Asks for the entry of the symbol table.
    const RTLD_DL_SYMENT: libc::c_int = 1;
    let address = function(name)?;
    // SAFETY: the structures are valid for zeros. The function fills them, and fails for an address of no library.
    let (found, size) = unsafe {
        let mut library: libc::Dl_info = std::mem::zeroed();
        let mut entry: *mut c_void = std::ptr::null_mut();
        let asked = libc::dladdr1(address, &raw mut library, &raw mut entry, RTLD_DL_SYMENT);
        let entry = entry.cast::<libc::Elf64_Sym>().as_ref();
        (asked != 0, entry.map_or(0, |entry| entry.st_size))
    };
    let count = usize::try_from(size).ok()? / size_of::<usize>();
    let words = address.cast::<AtomicUsize>();
    if !found || !words.is_aligned() {
        return None;
    }
    // SAFETY: the structure is static, so its words live as long as the process, and atomic words may change at any time.
    Some(unsafe { std::slice::from_raw_parts(words, count) })
}

/// Other systems do not say how large a structure is.
#[cfg(not(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64")))]
pub(super) fn words_of(_: &CStr) -> Option<&'static [AtomicUsize]> {
    None
}
