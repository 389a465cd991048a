//! The buffer in which a thread reads the queries of clients.
//!
//! A Lua script that is slow serves clients in between, on its own thread, which may be a thread of the engine. Valkey reads
//! queries into a buffer of the thread. It makes that buffer for its own threads only, and ends itself on a thread without one.

use super::symbols::function;
use std::ffi::c_void;
use std::ptr;

thread_local! {
    static BUFFER: Buffer = Buffer::new();
}

/// Makes the buffer of this thread, if the server needs one. Not for the server's own threads, which have theirs.
pub(super) fn make() {
    // A thread that ends has no buffer any more, and serves no clients.
    let _ = BUFFER.try_with(|_| ());
}

struct Buffer {
    is_made: bool,
}

impl Buffer {
    fn new() -> Buffer {
        type Make = unsafe extern "C" fn();
        let Some(address) = function(c"initSharedQueryBuf") else {
            return Buffer { is_made: false };
        };
        // SAFETY: the function of Valkey has this type. It allocates the buffer of the thread that calls it, and needs no lock.
        // This thread has no buffer: the thread-local value is made once, and never on a thread of the server.
        unsafe { std::mem::transmute::<*mut c_void, Make>(address)() };
        Buffer { is_made: true }
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        type Free = unsafe extern "C" fn(*mut c_void);
        let Some(address) = function(c"freeSharedQueryBuf").filter(|_| self.is_made) else {
            return;
        };
        // SAFETY: the function of Valkey has this type, and does not use its argument. It frees the buffer of this thread, which
        // `new` has made. The thread ends, so it reads no queries any more.
        unsafe { std::mem::transmute::<*mut c_void, Free>(address)(ptr::null_mut()) };
    }
}
