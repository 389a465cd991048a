//! The server's lock on other threads than the main thread, and data that it guards.
//!
//! The order of locks: the server's lock before the interpreter. A thread that holds the interpreter releases it before it
//! calls [`locked`] or [`LockGuard::acquire`], unless it holds the server's lock already.

use super::context::Context;
use super::ending;
use super::hold::{self, Patience};
use super::lend::{self, keep};
use super::main_thread;
#[cfg(not(test))]
use super::query_buffer;
use super::raw;
use std::cell::{Cell, RefCell};
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicPtr, Ordering};
use std::time::{Duration, Instant};

/// The time between two looks at a lock that another thread holds, at first and later.
const BRIEFLY: Duration = Duration::from_micros(50);
const LONGER: Duration = Duration::from_micros(500);
/// How long a thread looks often.
const SOON: Duration = Duration::from_millis(20);

/// A detached context, made while the module loads. The contexts of other threads are made from it, because some functions
/// of the server need a context that knows its module.
static BASE: AtomicPtr<raw::RedisModuleCtx> = AtomicPtr::new(ptr::null_mut());

thread_local! {
    /// The context that [`locked`] lends. Not null while this thread holds the server's lock.
    static CURRENT: Cell<*mut raw::RedisModuleCtx> = const { Cell::new(ptr::null_mut()) };
    /// The context of this thread, for taking the lock. Made when it is first used.
    static OWN: Own = const {
        Own {
            context: Cell::new(ptr::null_mut()),
            ends_with_the_process: Cell::new(false),
        }
    };
}

/// The context of a thread. Freed when the thread ends, because the server keeps a client for it.
struct Own {
    context: Cell<*mut raw::RedisModuleCtx>,
    /// The context of the main thread is not freed: that thread ends with the lock held.
    ends_with_the_process: Cell<bool>,
}

impl Drop for Own {
    fn drop(&mut self) {
        let context = self.context.get();
        if context.is_null() || self.ends_with_the_process.get() {
            return;
        }
        // A thread may end inside `atomic()`. Then it still holds or borrows the lock, and gives it back later.
        let borrowed = lend::borrowed();
        let held = is_locked() || borrowed.is_some();
        // SAFETY: the thread ends, so nothing lends its context any more. The context is freed under the lock, which the
        // server takes in the same way for every context.
        unsafe {
            if !held {
                ending::wait_for_lock(base());
                main_thread::enter();
            }
            rm!(RedisModule_FreeThreadSafeContext(context));
            if !held {
                main_thread::leave();
                rm!(RedisModule_ThreadSafeContextUnlock(base()));
            }
        }
    }
}

pub(super) fn remember_base(context: &Context) {
    // SAFETY: the context of the load function is live.
    let base = unsafe { rm!(RedisModule_GetDetachedThreadSafeContext(context.as_ptr())) };
    BASE.store(base, Ordering::Release);
    // Makes the context of the main thread now. The child of a fork may need it, and must not make one.
    OWN.with(|thread| {
        thread.ends_with_the_process.set(true);
        // That of an attempt to load the module that failed knows a module which the server has freed.
        thread.context.set(ptr::null_mut());
    });
    own();
}

pub(super) fn base() -> *mut raw::RedisModuleCtx {
    BASE.load(Ordering::Acquire)
}

/// Runs `body` with the context of this thread. For callbacks that the server calls with its lock held, but without a
/// context.
///
/// # Safety
/// This thread holds the server's lock until `body` returns.
pub(super) unsafe fn assume_locked<R>(body: impl FnOnce(&Context) -> R) -> R {
    let Some(own) = NonNull::new(own()) else {
        std::process::abort()
    };
    // SAFETY: the caller guarantees that this thread holds the lock. The context of a thread is not freed while the thread
    // runs.
    let context = unsafe { Context::new(own) };
    with_current(&context, || body(&context))
}

#[cfg(not(test))]
fn own() -> *mut raw::RedisModuleCtx {
    OWN.with(|own| {
        if own.context.get().is_null() {
            // SAFETY: the server reads the module of the base context, which never changes. No lock is needed.
            let made = unsafe {
                rm!(RedisModule_GetDetachedThreadSafeContext(
                    BASE.load(Ordering::Acquire)
                ))
            };
            own.context.set(made);
            if !own.ends_with_the_process.get() {
                query_buffer::make();
            }
        }
        own.context.get()
    })
}

/// Unit tests run without a server. They call no function of the module API with this context.
#[cfg(test)]
fn own() -> *mut raw::RedisModuleCtx {
    NonNull::dangling().as_ptr()
}

/// `true` on the main thread of the server.
pub(crate) fn is_main() -> bool {
    OWN.with(|own| own.ends_with_the_process.get())
}

/// `true` if this thread holds the server's lock. A thread that has borrowed it holds it while it keeps it.
pub(crate) fn is_locked() -> bool {
    !CURRENT.get().is_null()
}

struct Restore(*mut raw::RedisModuleCtx);

impl Drop for Restore {
    fn drop(&mut self) {
        CURRENT.set(self.0);
    }
}

/// Runs `body` while [`locked`] lends `context` on this thread.
pub(crate) fn with_current<R>(context: &Context, body: impl FnOnce() -> R) -> R {
    let _restore = Restore(CURRENT.replace(context.as_ptr()));
    body()
}

/// Says that this thread has the lock through a loan, or no longer.
pub(super) fn set_current(has_lock: bool) {
    if has_lock {
        main_thread::enter();
    } else {
        main_thread::leave();
    }
    CURRENT.set(if has_lock { own() } else { ptr::null_mut() });
}

/// Runs `body` with the server's lock, which is taken unless this thread holds it already. A caller that holds the interpreter
/// must hold the server's lock, too, or [`keep`] it.
pub(crate) fn locked<R>(body: impl FnOnce(&Context) -> R) -> R {
    let kept = keep();
    let _lock = kept.is_none().then(LockGuard::acquire);
    let context = NonNull::new(CURRENT.get()).unwrap_or_else(|| {
        // The server could not allocate a context.
        std::process::abort()
    });
    // SAFETY: `with_current` and `LockGuard` set the current context only while it is live and locked by this thread.
    // `body` must not drop the `LockGuard` of this thread: all guards are held outside of `locked`.
    body(&unsafe { Context::new(context) })
}

/// The server's lock, held across calls into Python.
#[derive(Debug)]
pub(crate) struct LockGuard {
    // Not `Send`: the thread that took the lock has to release it.
    _not_send: std::marker::PhantomData<*mut ()>,
    #[cfg(test)]
    _lock: std::sync::MutexGuard<'static, ()>,
}

/// The server's lock of unit tests, which run without a server.
#[cfg(test)]
static TEST_LOCK: std::sync::Mutex<()> = std::sync::Mutex::new(());

impl LockGuard {
    /// Takes the lock. The caller holds neither the lock nor the interpreter.
    pub(crate) fn acquire() -> LockGuard {
        let own = own();
        #[cfg(test)]
        let lock = TEST_LOCK
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        // SAFETY: the context is that of this thread, which does not hold the lock.
        #[cfg(not(test))]
        unsafe {
            ending::wait_for_lock(own);
        }
        main_thread::enter();
        CURRENT.set(own);
        LockGuard {
            _not_send: std::marker::PhantomData,
            #[cfg(test)]
            _lock: lock,
        }
    }
}

/// The pauses of a thread that looks for a free lock again and again.
pub(super) struct Pause {
    begun: Instant,
}

impl Pause {
    pub(super) fn new() -> Pause {
        Pause {
            begun: Instant::now(),
        }
    }

    pub(super) fn sleep(&self) {
        std::thread::sleep(if self.begun.elapsed() < SOON {
            BRIEFLY
        } else {
            LONGER
        });
    }
}

/// The error of [`LockGuard::acquire_patiently`]: the lock will never be free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NeverFree;

impl NeverFree {
    /// The text for the gear.
    pub(crate) const MESSAGE: &'static str = "ERR the server's lock cannot be had: a sync gear, a script or an atomic() block holds it and waits, perhaps for this thread. Do not wait there for a thread that runs commands: make the gear async (mode='async_local'), or leave atomic() before you wait";
}

impl LockGuard {
    /// As [`LockGuard::acquire`], for code of gears: gives up if Python holds the lock and waits, because it may wait for this
    /// thread.
    pub(crate) fn acquire_patiently() -> Result<LockGuard, NeverFree> {
        let pause = Pause::new();
        let mut patience = Patience::new();
        // The names are those of the engine's threads. The engine's threads wait in the server's queue if they can. A thread
        // that a gear started never does: the next sync gear may wait for it.
        let is_own = std::thread::current().name().is_some();
        loop {
            if let Some(guard) = LockGuard::try_acquire() {
                return Ok(guard);
            }
            if is_own && !hold::is_held() {
                return Ok(LockGuard::acquire());
            }
            if patience.is_at_its_end() {
                return Err(NeverFree);
            }
            pause.sleep();
        }
    }

    /// Takes the lock if it is free. Servers that cannot try wait for it.
    #[cfg(not(test))]
    fn try_acquire() -> Option<LockGuard> {
        let own = own();
        // SAFETY: the context is that of this thread, which does not hold the lock.
        let Some(taken) = (unsafe { ending::try_lock(own) }) else {
            return Some(LockGuard::acquire());
        };
        taken.then(|| {
            main_thread::enter();
            CURRENT.set(own);
            LockGuard {
                _not_send: std::marker::PhantomData,
            }
        })
    }

    #[cfg(test)]
    #[allow(clippy::unnecessary_wraps, reason = "as the real one")]
    fn try_acquire() -> Option<LockGuard> {
        Some(LockGuard::acquire())
    }
}

impl Drop for LockGuard {
    fn drop(&mut self) {
        CURRENT.set(ptr::null_mut());
        main_thread::leave();
        // SAFETY: `acquire` took the lock on this thread, because the type is not `Send`. The base context stands in for that
        // of the thread, which may have been freed when the thread ends; the server uses neither of them.
        #[cfg(not(test))]
        unsafe {
            rm!(RedisModule_ThreadSafeContextUnlock(base()));
        }
    }
}

/// Data that is only read and written under the server's lock. There is no mutex, so that the child of a fork (`BGSAVE`)
/// can read the data whatever other threads did at the time of the fork.
#[derive(Debug, Default)]
pub(crate) struct Guarded<T>(RefCell<T>);

// SAFETY: every access needs a `Context`, which proves that this thread holds the server's lock. So one thread at a time
// has access, and the lock orders the accesses.
unsafe impl<T: Send> Sync for Guarded<T> {}

impl<T> Guarded<T> {
    pub(crate) const fn new(value: T) -> Self {
        Guarded(RefCell::new(value))
    }

    /// Reads the data. `body` must run neither commands nor Python, because those may use the same data.
    pub(crate) fn read<R>(&self, _: &Context, body: impl FnOnce(&T) -> R) -> R {
        body(&self.0.borrow())
    }

    /// Changes the data. `body` must run neither commands nor Python, because those may use the same data.
    pub(crate) fn write<R>(&self, _: &Context, body: impl FnOnce(&mut T) -> R) -> R {
        body(&mut self.0.borrow_mut())
    }
}
