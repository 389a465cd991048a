//! The macro behind the table of functions.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;

/// Finds a function by its name: writes its address to the second argument.
pub(super) type GetApi = unsafe extern "C" fn(*const c_char, *mut c_void) -> c_int;

/// Declares the functions, and `fill`, which asks the server for each of them.
macro_rules! functions {
    (
        required { $(fn $required:ident($($of_required:tt)*) $(-> $required_result:ty)?;)* }
        optional { $(fn $optional:ident($($of_optional:tt)*) $(-> $optional_result:ty)?;)* }
    ) => {
        /// The functions without which the engine does not load. [`rm!`](rm) calls them unchecked.
        pub(in crate::redis) mod required {
            use super::*;
            $(pub(in crate::redis) static mut $required:
                Option<unsafe extern "C" fn($($of_required)*) $(-> $required_result)?> = None;)*
        }

        /// The functions that some servers lack: their callers look whether they are there.
        pub(in crate::redis) mod optional {
            use super::*;
            $(pub(in crate::redis) static mut $optional:
                Option<unsafe extern "C" fn($($of_optional)*) $(-> $optional_result)?> = None;)*
        }

        /// Asks the server for all functions. Returns the names of the required ones that it does not have.
        ///
        /// # Safety
        /// The context is the one that the server loads the module with. No other thread uses the functions yet.
        pub(in crate::redis) unsafe fn fill(context: *mut RedisModuleCtx) -> Vec<&'static str> {
            let mut missing = Vec::new();
            // SAFETY: a context begins with the address of the server's function that finds the others. An address that it
            // gives is that of a function of the declared type, which is what a name means in the module API (`tests.rs`
            // compares the declarations with the servers' header). A null pointer becomes `None`. A static is written once,
            // before the module is loaded: a server that loads the file again finds it set.
            unsafe {
                let get_api = *context.cast::<Option<GetApi>>();
                $(
                    let known = required::$required;
                    if known.is_none() {
                        let found = find(get_api, terminated!($required));
                        if found.is_null() {
                            missing.push(stringify!($required));
                        }
                        required::$required = std::mem::transmute::<
                            *mut c_void,
                            Option<unsafe extern "C" fn($($of_required)*) $(-> $required_result)?>,
                        >(found);
                    }
                )*
                $(
                    let known = optional::$optional;
                    if known.is_none() {
                        let found = find(get_api, terminated!($optional));
                        optional::$optional = std::mem::transmute::<
                            *mut c_void,
                            Option<unsafe extern "C" fn($($of_optional)*) $(-> $optional_result)?>,
                        >(found);
                    }
                )*
            }
            missing
        }

        /// The declarations as text, for the test that compares them with the server's header.
        #[cfg(test)]
        pub(super) const DECLARED: &[super::tests::Function] = &[
            $(super::tests::Function {
                name: stringify!($required),
                parameters: stringify!($($of_required)*),
                result: concat!($(stringify!($required_result))?),
            },)*
            $(super::tests::Function {
                name: stringify!($optional),
                parameters: stringify!($($of_optional)*),
                result: concat!($(stringify!($optional_result))?),
            },)*
        ];
    };
}

/// A name with a NUL at its end.
macro_rules! terminated {
    ($name:ident) => {
        concat!(stringify!($name), "\0").as_bytes()
    };
}

/// The address of a function, null if the server does not have it.
///
/// # Safety
/// The function that finds others is the server's.
pub(super) unsafe fn find(get_api: Option<GetApi>, name: &[u8]) -> *mut c_void {
    let mut found: *mut c_void = ptr::null_mut();
    if let (Some(get), Ok(name)) = (get_api, CStr::from_bytes_with_nul(name)) {
        // SAFETY: the name is NUL-terminated. The server writes one address, or nothing.
        unsafe { get(name.as_ptr(), (&raw mut found).cast()) };
    }
    found
}
