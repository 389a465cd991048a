//! Giving free memory back to the system, after code was stopped that had taken much of it.

use super::attached;
use super::memory::in_use;
use crate::redis::{Level, log};
use pyo3::prelude::*;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::mem;
use std::ptr;

type MallocTrim = unsafe extern "C" fn(usize) -> c_int;
type MallCtl =
    unsafe extern "C" fn(*const c_char, *mut c_void, *mut usize, *mut c_void, usize) -> c_int;

/// Frees what nobody uses any more, if Python uses more than `much` bytes, and gives free memory back. Waits for the interpreter's
/// lock.
///
/// The frames of a stopped function are often in circles of references with the exception that has stopped it.
pub(crate) fn free_memory(much: i64) {
    if in_use() > much {
        let collected = attached(|py| py.import("gc")?.call_method0("collect").map(drop));
        if let Err(raised) = collected {
            log(
                Level::Warning,
                &format!("the memory of stopped Python could not be collected: {raised}"),
            );
        }
    }
    give_back();
}

/// The allocators of Linux keep freed memory for later.
fn give_back() {
    // SAFETY: functions of these names have these types in glibc and jemalloc, and may be called from any thread. jemalloc
    // neither reads nor writes through null pointers.
    unsafe {
        let trim = function(c"malloc_trim");
        if !trim.is_null() {
            mem::transmute::<*mut c_void, MallocTrim>(trim)(0);
        }
        let control = function(c"mallctl");
        if !control.is_null() {
            let control = mem::transmute::<*mut c_void, MallCtl>(control);
            // 4096 stands for all arenas.
            let purge = c"arena.4096.purge".as_ptr();
            control(purge, ptr::null_mut(), ptr::null_mut(), ptr::null_mut(), 0);
        }
    }
}

fn function(name: &CStr) -> *mut c_void {
    // SAFETY: the name is NUL-terminated.
    unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) }
}
