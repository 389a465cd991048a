//! Functions of the server, and of the libraries that it is linked with, that modules are not told of.

use std::ffi::{CStr, c_void};

/// The address of a function. `None` if this server has no such function.
pub(super) fn function(name: &CStr) -> Option<*mut c_void> {
    // SAFETY: the name is NUL-terminated.
    let address = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
    (!address.is_null()).then_some(address)
}
