//! The thread that the server takes for its main thread.
//!
//! Redis 8 ends itself with an assertion when another thread writes to a client that subscribes, monitors or tracks keys, pauses the I/O
//! threads, or serves clients during a slow script, even if that thread holds the lock. While a thread of the engine holds the lock,
//! the main thread waits for it and the thread acts in its place. So the thread is the main thread in the server's books, too.

use super::ending;
use super::log::{Level, log};
use super::raw;
use super::symbols;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

/// The first version of Redis that looks at its main thread.
const LOOKS_FROM: i32 = 0x0008_0000;

/// The place where the server keeps the id of its main thread. Null if the server does not look at it.
static PLACE: AtomicPtr<AtomicUsize> = AtomicPtr::new(ptr::null_mut());
/// The id of the main thread.
static MAIN: AtomicUsize = AtomicUsize::new(0);

/// Finds the place. Called on the main thread, while the module loads.
pub(super) fn learn() {
    // SAFETY: the static is written once, while loading; a copy is read. The function has no preconditions.
    let version = unsafe { raw::RedisModule_GetServerVersion.map_or(0, |version| version()) };
    if version < LOOKS_FROM || ending::is_valkey() {
        return;
    }
    let main = this_thread();
    MAIN.store(main, Ordering::Relaxed);
    let places = symbols::words_of(c"server").unwrap_or_default();
    let mut places = places
        .iter()
        .filter(|place| place.load(Ordering::Relaxed) == main);
    match (places.next(), places.next()) {
        (Some(place), None) => PLACE.store(ptr::from_ref(place).cast_mut(), Ordering::Release),
        _ => log(
            Level::Warning,
            "this server may end itself when an async gear publishes to subscribers, or writes while a client monitors: the engine \
             does not find the id of the server's main thread; make such gears sync (mode='sync')",
        ),
    }
}

/// This thread acts as the main thread. Called with the server's lock.
pub(super) fn enter() {
    if let Some(place) = place() {
        place.store(this_thread(), Ordering::Relaxed);
    }
}

/// The main thread is the main thread again. Called before the server's lock is released.
pub(super) fn leave() {
    if let Some(place) = place() {
        place.store(MAIN.load(Ordering::Relaxed), Ordering::Relaxed);
    }
}

fn place() -> Option<&'static AtomicUsize> {
    // SAFETY: null, or the address of a word of the server's static data, which lives as long as the process. The server writes the word
    // before it loads modules only, and reads it under its lock. Its I/O threads may read it at any time: they are neither of the two
    // threads, and a word is read as a whole.
    unsafe { PLACE.load(Ordering::Acquire).as_ref() }
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "the id is a word or a pointer, depending on the system"
)]
fn this_thread() -> usize {
    // SAFETY: the function has no preconditions.
    let thread = unsafe { libc::pthread_self() };
    thread as usize
}
