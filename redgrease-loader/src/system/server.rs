//! The few functions of the server that the loader calls.

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::ptr::{self, NonNull};

/// The server's strings.
pub(super) type ServerString = *mut c_void;

type GetApi = unsafe extern "C" fn(*const c_char, *mut *mut c_void) -> c_int;
type StringPtrLen = unsafe extern "C" fn(ServerString, *mut usize) -> *const c_char;
type Log = unsafe extern "C" fn(*mut c_void, *const c_char, *const c_char, ...);
type IsModuleNameBusy = unsafe extern "C" fn(*const c_char) -> c_int;

/// The server that loads this module.
pub(super) struct Server {
    string: StringPtrLen,
    log: Log,
    is_busy: IsModuleNameBusy,
}

impl Server {
    /// Looks up the functions. `None` if the server lacks one.
    ///
    /// # Safety
    /// The context is the one that the server passes to `RedisModule_OnLoad`.
    pub(super) unsafe fn of(context: NonNull<c_void>) -> Option<Self> {
        // SAFETY: a context begins with the pointer of the function that looks up the others, as the header of the server's
        // module API does it. The types are those of that header.
        unsafe {
            let get: Option<GetApi> = *context.cast::<Option<GetApi>>().as_ptr();
            let get = get?;
            let look = |name: &CStr| {
                let mut function = ptr::null_mut();
                let found = get(name.as_ptr(), &raw mut function) == 0;
                found.then_some(function).and_then(NonNull::new)
            };
            let string = look(c"RedisModule_StringPtrLen")?;
            let log = look(c"RedisModule_Log")?;
            let is_busy = look(c"RedisModule_IsModuleNameBusy")?;
            Some(Server {
                string: std::mem::transmute::<*mut c_void, StringPtrLen>(string.as_ptr()),
                log: std::mem::transmute::<*mut c_void, Log>(log.as_ptr()),
                is_busy: std::mem::transmute::<*mut c_void, IsModuleNameBusy>(is_busy.as_ptr()),
            })
        }
    }

    /// The bytes of a string.
    ///
    /// # Safety
    /// The string is one of this server, and lives as long as the bytes are used.
    pub(super) unsafe fn bytes<'a>(&self, string: ServerString) -> &'a [u8] {
        let mut length = 0;
        // SAFETY: as the caller promises. The server gives the address and the number of bytes.
        unsafe {
            let first = (self.string)(string, &raw mut length);
            if first.is_null() {
                return &[];
            }
            std::slice::from_raw_parts(first.cast(), length)
        }
    }

    /// Writes a warning into the server's log.
    pub(super) fn warn(&self, line: &str) {
        let line = CString::new(line.replace('\0', "?")).unwrap_or_default();
        // SAFETY: the format takes one string. All texts are NUL-terminated and live through the call. The server allows a null
        // context.
        unsafe {
            (self.log)(
                ptr::null_mut(),
                c"warning".as_ptr(),
                c"%s".as_ptr(),
                line.as_ptr(),
            );
        }
    }

    /// Whether a module of this name is loaded.
    pub(super) fn has_module(&self, name: &CStr) -> bool {
        // SAFETY: the name is NUL-terminated.
        unsafe { (self.is_busy)(name.as_ptr()) != 0 }
    }
}
