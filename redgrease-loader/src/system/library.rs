//! Opening libraries.

use std::ffi::{CStr, CString, OsStr, c_char, c_int, c_void};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::ptr::NonNull;

/// An open library. It is closed only by [`Library::close`]: code of it may run for as long as the server lives.
#[derive(Debug)]
pub(super) struct Library(NonNull<c_void>);

impl Library {
    /// Opens a library. `shared` makes its symbols visible to the libraries that are opened later. The error is the text of the
    /// dynamic linker.
    pub(super) fn open(path: &Path, shared: bool) -> Result<Self, String> {
        let name = CString::new(path.as_os_str().as_bytes())
            .map_err(|_| "its path contains a NUL byte".to_owned())?;
        let visibility = if shared {
            libc::RTLD_GLOBAL
        } else {
            libc::RTLD_LOCAL
        };
        // SAFETY: the name is NUL-terminated. Code of the library that runs when it is opened is that of Python or of the engine,
        // which the caller has checked.
        let handle = unsafe { libc::dlopen(name.as_ptr(), libc::RTLD_NOW | visibility) };
        NonNull::new(handle).map(Library).ok_or_else(|| {
            // SAFETY: the text of an error of this thread lives until its next call of the dynamic linker.
            unsafe {
                let text = libc::dlerror();
                if text.is_null() {
                    return "the dynamic linker gives no reason".to_owned();
                }
                CStr::from_ptr(text).to_string_lossy().into_owned()
            }
        })
    }

    /// The address of a function.
    pub(super) fn function(&self, name: &CStr) -> Option<NonNull<c_void>> {
        // SAFETY: the handle is open, and the name is NUL-terminated.
        NonNull::new(unsafe { libc::dlsym(self.0.as_ptr(), name.as_ptr()) })
    }

    /// Closes the library.
    ///
    /// # Safety
    /// No code of it runs, or will be called.
    pub(super) unsafe fn close(self) {
        // SAFETY: the handle is open, and is not used behind this.
        unsafe { libc::dlclose(self.0.as_ptr()) };
    }
}

/// The version that an open libpython tells, such as `3.11.2 (main, ..)`.
pub(super) fn python_version(libpython: &Library) -> Option<String> {
    let function = libpython.function(c"Py_GetVersion")?;
    // SAFETY: the function of every Python has this type, and answers with a static text before Python is started, too.
    unsafe {
        let get: extern "C" fn() -> *const c_char = std::mem::transmute(function.as_ptr());
        let text = get();
        (!text.is_null()).then(|| CStr::from_ptr(text).to_string_lossy().into_owned())
    }
}

/// Whether Python runs in this process, or its start was begun.
pub(super) fn python_was_started(libpython: &Library) -> bool {
    // Not every Python has the second function.
    [c"Py_IsInitialized", c"_Py_IsCoreInitialized"]
        .into_iter()
        .filter_map(|name| libpython.function(name))
        .any(|function| {
            // SAFETY: the functions have this type in every Python that has them, and may be called at any time.
            unsafe {
                let is: extern "C" fn() -> c_int = std::mem::transmute(function.as_ptr());
                is() != 0
            }
        })
}

/// The file of the libpython that is open in this process already, if there is one.
pub(super) fn open_libpython() -> Option<PathBuf> {
    let maps = fs::read("/proc/self/maps").unwrap_or_default();
    for line in maps.split(|&byte| byte == b'\n') {
        let Some(at) = line.iter().position(|&byte| byte == b'/') else {
            continue;
        };
        let path = Path::new(OsStr::from_bytes(&line[at..]));
        let name = path.file_name().map(OsStr::as_bytes).unwrap_or_default();
        // `libpython3.so` contains nothing; `libpython3.11.so.1.0` is a Python.
        if name.starts_with(b"libpython3.") && name != b"libpython3.so" {
            return Some(path.to_owned());
        }
    }
    // SAFETY: the name is NUL-terminated.
    let function = unsafe { libc::dlsym(libc::RTLD_DEFAULT, c"Py_GetVersion".as_ptr()) };
    NonNull::new(function).and_then(file_of)
}

/// The file that contains an address.
pub(super) fn file_of(address: NonNull<c_void>) -> Option<PathBuf> {
    // SAFETY: the structure is filled before it is read. The name is NUL-terminated, and lives as long as the library.
    unsafe {
        let mut info: libc::Dl_info = std::mem::zeroed();
        if libc::dladdr(address.as_ptr(), &raw mut info) == 0 || info.dli_fname.is_null() {
            return None;
        }
        let name = CStr::from_ptr(info.dli_fname);
        Some(PathBuf::from(OsStr::from_bytes(name.to_bytes())))
    }
}

/// The version of the C library of this machine, such as `2.36`.
#[cfg(target_env = "gnu")]
pub(super) fn c_library() -> String {
    // SAFETY: the function has no arguments; the text is static.
    let version = unsafe { CStr::from_ptr(libc::gnu_get_libc_version()) };
    version.to_string_lossy().into_owned()
}

/// Unknown without the GNU C library.
#[cfg(not(target_env = "gnu"))]
pub(super) fn c_library() -> String {
    "another C library".to_owned()
}
