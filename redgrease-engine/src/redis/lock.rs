//! The server's lock on threads that are not the main thread, and data that it guards.
//!
//! The one rule of lock order: the server's lock before Python's. Whoever holds the interpreter
//! lets go of it before calling [`locked`] or [`LockGuard::acquire`].

use super::context::Context;
use redis_module::raw;
use std::cell::{Cell, RefCell};
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicPtr, Ordering};

/// A detached context made while loading: what the contexts of other threads are made from. (A
/// context made from nothing knows no module, and some functions need to know it.)
static BASE: AtomicPtr<raw::RedisModuleCtx> = AtomicPtr::new(ptr::null_mut());

thread_local! {
    /// Set while this thread holds the server's lock.
    static CURRENT: Cell<*mut raw::RedisModuleCtx> = const { Cell::new(ptr::null_mut()) };
    /// This thread's own context for taking the lock: made at the first use.
    static OWN: Own = const {
        Own {
            context: Cell::new(ptr::null_mut()),
            ends_with_the_process: Cell::new(false),
        }
    };
}

/// Given back when its thread ends: it has a client of its own, which is not small.
struct Own {
    context: Cell<*mut raw::RedisModuleCtx>,
    /// The main thread's, which ends with the lock held.
    ends_with_the_process: Cell<bool>,
}

impl Drop for Own {
    fn drop(&mut self) {
        let context = self.context.get();
        if context.is_null() || self.ends_with_the_process.get() {
            return;
        }
        // A thread may end inside of `atomic()`: its lock is given back a moment later.
        let held = is_locked();
        // SAFETY: the thread is over, so nothing lends its context any more; the client is freed
        // under the lock. Which context that is taken with makes no difference.
        unsafe {
            if !held {
                rm!(RedisModule_ThreadSafeContextLock(base()));
            }
            rm!(RedisModule_FreeThreadSafeContext(context));
            if !held {
                rm!(RedisModule_ThreadSafeContextUnlock(base()));
            }
        }
    }
}

pub(super) fn remember_base(context: &Context) {
    // SAFETY: the context of the load function is live.
    let base = unsafe { rm!(RedisModule_GetDetachedThreadSafeContext(context.as_ptr())) };
    BASE.store(base, Ordering::Release);
    // The main thread's own: the child of a fork, which may need it, must not make one.
    own();
    OWN.with(|own| own.ends_with_the_process.set(true));
}

pub(super) fn base() -> *mut raw::RedisModuleCtx {
    BASE.load(Ordering::Acquire)
}

/// Runs `body` with a context of this thread. For callbacks that the server calls with its lock
/// held but without a context.
///
/// # Safety
/// This thread holds the server's lock until `body` returns.
pub(super) unsafe fn assume_locked<R>(body: impl FnOnce(&Context) -> R) -> R {
    let Some(own) = NonNull::new(own()) else {
        std::process::abort()
    };
    // SAFETY: the caller says that this thread holds the lock; its own context is never freed
    // while the thread runs.
    let context = unsafe { Context::new(own) };
    with_current(&context, || body(&context))
}

#[cfg(not(test))]
fn own() -> *mut raw::RedisModuleCtx {
    OWN.with(|own| {
        if own.context.get().is_null() {
            // SAFETY: only the module pointer of the base is read, and that never changes.
            let made = unsafe {
                rm!(RedisModule_GetDetachedThreadSafeContext(
                    BASE.load(Ordering::Acquire)
                ))
            };
            own.context.set(made);
        }
        own.context.get()
    })
}

/// Unit tests run without a server: no function of the module API is called with this context.
#[cfg(test)]
fn own() -> *mut raw::RedisModuleCtx {
    NonNull::dangling().as_ptr()
}

/// `true` if this thread holds the server's lock.
pub(crate) fn is_locked() -> bool {
    !CURRENT.get().is_null()
}

struct Restore(*mut raw::RedisModuleCtx);

impl Drop for Restore {
    fn drop(&mut self) {
        CURRENT.set(self.0);
    }
}

/// Runs `body` while `context` is what [`locked`] lends on this thread.
pub(crate) fn with_current<R>(context: &Context, body: impl FnOnce() -> R) -> R {
    let _restore = Restore(CURRENT.replace(context.as_ptr()));
    body()
}

/// Runs `body` with the server's lock held: the one this thread holds already, or a fresh one.
/// The caller does not hold the interpreter, unless [`is_locked`].
pub(crate) fn locked<R>(body: impl FnOnce(&Context) -> R) -> R {
    let held = NonNull::new(CURRENT.get());
    let _lock = held.is_none().then(LockGuard::acquire);
    let context = held
        .or_else(|| NonNull::new(CURRENT.get()))
        .unwrap_or_else(|| {
            // Only reached if the server could not allocate a context: there is no way to go on.
            std::process::abort()
        });
    // SAFETY: a current context is live and locked by this thread: `with_current` and `LockGuard`
    // set it for exactly that time.
    body(&unsafe { Context::new(context) })
}

/// The server's lock, held across calls into Python: what `atomic()` holds.
#[derive(Debug)]
pub(crate) struct LockGuard {
    // The lock belongs to the thread that took it.
    _not_send: std::marker::PhantomData<*mut ()>,
    #[cfg(test)]
    _lock: std::sync::MutexGuard<'static, ()>,
}

/// The server's lock of unit tests, which run without a server.
#[cfg(test)]
static TEST_LOCK: std::sync::Mutex<()> = std::sync::Mutex::new(());

impl LockGuard {
    /// Takes the lock. The caller holds neither it nor the interpreter.
    pub(crate) fn acquire() -> LockGuard {
        let own = own();
        #[cfg(test)]
        let lock = TEST_LOCK
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        // SAFETY: the context is this thread's own; it does not hold the lock yet.
        #[cfg(not(test))]
        unsafe {
            rm!(RedisModule_ThreadSafeContextLock(own));
        }
        CURRENT.set(own);
        LockGuard {
            _not_send: std::marker::PhantomData,
            #[cfg(test)]
            _lock: lock,
        }
    }
}

impl Drop for LockGuard {
    fn drop(&mut self) {
        CURRENT.set(ptr::null_mut());
        // SAFETY: taken by `acquire` on this thread (the type is not `Send`). Not with the thread's own
        // context, which may be gone when a thread ends; which one it is makes no difference.
        #[cfg(not(test))]
        unsafe {
            rm!(RedisModule_ThreadSafeContextUnlock(base()));
        }
    }
}

/// Data that is read and written under the server's lock only. No mutex of its own, so that the
/// child of a fork (BGSAVE) can read it whatever other threads were doing.
#[derive(Debug, Default)]
pub(crate) struct Guarded<T>(RefCell<T>);

// SAFETY: every access needs a `Context`, which proves that this thread holds the server's lock:
// there is one accessor at a time, and the lock orders their accesses.
unsafe impl<T: Send> Sync for Guarded<T> {}

impl<T> Guarded<T> {
    pub(crate) const fn new(value: T) -> Self {
        Guarded(RefCell::new(value))
    }

    /// `body` must not run commands or Python: those may come back to the same data.
    pub(crate) fn read<R>(&self, _: &Context, body: impl FnOnce(&T) -> R) -> R {
        body(&self.0.borrow())
    }

    /// `body` must not run commands or Python: those may come back to the same data.
    pub(crate) fn write<R>(&self, _: &Context, body: impl FnOnce(&mut T) -> R) -> R {
        body(&mut self.0.borrow_mut())
    }
}
