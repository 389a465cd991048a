//! Everything that is `unsafe`: the functions of the server, the dynamic linker, child processes.
#![allow(unsafe_code)]

mod child;
#[macro_use]
mod entry;
mod library;
mod server;

pub(crate) use child::{Heard, hear};
pub(crate) use entry::{Decision, REFUSED, load_module};

/// The number of the user that this process runs as.
pub(crate) fn user() -> u32 {
    // SAFETY: the function has no arguments and cannot fail.
    unsafe { libc::geteuid() }
}

/// The path without symbolic links, if it exists.
///
/// Not `Path::canonicalize`: it frees memory that the C library has allocated. Valkey opens modules with
/// `RTLD_DEEPBIND`, so `free` means that of the C library here, while the C library allocates with jemalloc if that is a
/// library, as in Debian. Valkey 8.1 of Debian crashes.
pub(crate) fn canonical(path: &std::path::Path) -> Option<std::path::PathBuf> {
    use std::ffi::{CStr, CString, OsStr};
    use std::os::unix::ffi::OsStrExt;

    const LONGEST: usize = 4096;
    const { assert!(LONGEST as i128 >= libc::PATH_MAX as i128) };
    let path = CString::new(path.as_os_str().as_bytes()).ok()?;
    let mut resolved = [0; LONGEST];
    // SAFETY: the path is NUL-terminated, and the buffer holds the longest result. On success it is NUL-terminated.
    let resolved = unsafe {
        if libc::realpath(path.as_ptr(), resolved.as_mut_ptr()).is_null() {
            return None;
        }
        CStr::from_ptr(resolved.as_ptr())
    };
    Some(OsStr::from_bytes(resolved.to_bytes()).into())
}

#[cfg(test)]
mod tests {
    use super::canonical;
    use std::path::Path;

    #[test]
    fn links_are_followed() {
        let dir = tempfile::tempdir().unwrap();
        let link = dir.path().join("link");
        std::os::unix::fs::symlink("/usr/bin", &link).unwrap();
        let resolved = canonical(&link.join("../bin/./env"));
        assert_eq!(resolved.as_deref(), Some(Path::new("/usr/bin/env")));
        assert_eq!(canonical(&dir.path().join("missing")), None);
        assert_eq!(canonical(Path::new("with\0nul")), None);
    }
}
