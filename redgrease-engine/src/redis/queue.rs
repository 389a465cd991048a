//! The engine's own queue for the server's lock.
//!
//! A busy server releases its lock for some microseconds in each turn of its event loop. The first thread of the queue sleeps until
//! such a moment is near, and then looks again and again. The others wait behind it.

use std::hint;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, Thread};
use std::time::Duration;

/// How often the first thread looks before it sleeps: about 100 µs.
const LOOKS: u32 = 500;
/// How long the first thread sleeps if the event loop does not wake it: another thread may hold the lock.
const NAP: Duration = Duration::from_micros(100);

/// Held by the first thread.
static FIRST: Mutex<()> = Mutex::new(());
/// The first thread sleeps.
static SLEEPS: AtomicBool = AtomicBool::new(false);
static SLEEPER: Mutex<Option<Thread>> = Mutex::new(None);

fn sleeper() -> MutexGuard<'static, Option<Thread>> {
    SLEEPER.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits until `takes` has taken the lock.
pub(super) fn wait(takes: impl Fn() -> bool) {
    if takes() {
        return;
    }
    let _first = FIRST.lock().unwrap_or_else(PoisonError::into_inner);
    *sleeper() = Some(thread::current());
    loop {
        for _ in 0..LOOKS {
            if takes() {
                return;
            }
            for _ in 0..8 {
                hint::spin_loop();
            }
        }
        SLEEPS.store(true, Ordering::Relaxed);
        thread::park_timeout(NAP);
        SLEEPS.store(false, Ordering::Relaxed);
    }
}

/// Wakes the first thread. The event loop calls this when it releases the lock soon.
pub(super) fn lock_is_free_soon() {
    if SLEEPS.load(Ordering::Relaxed)
        && let Some(first) = &*sleeper()
    {
        first.unpark();
    }
}
