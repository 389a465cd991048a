//! Noticing that the server's lock will never be free.
//!
//! A sync gear or an `atomic()` block holds the server's lock. If its Python waits for another thread, and that thread waits for
//! the lock, neither goes on, and the server hangs. The thread that waits for the lock looks at the one that holds it, and gives
//! up if that one sleeps.

use super::lock;
use std::cell::Cell;
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Odd while Python holds the lock. Every hold has a number of its own.
static HOLD: AtomicU64 = AtomicU64::new(0);
/// The thread of the newest hold, as the operating system numbers it.
static HOLDER: AtomicI32 = AtomicI32::new(0);

/// The holder has slept for so long in one wait for another thread: it waits for this one, or for something as hopeless.
const ASLEEP: Duration = Duration::from_secs(1);
/// One hold has lasted for so long. A holder that looks again and again whether another thread has ended does not sleep.
const TOO_LONG: Duration = Duration::from_secs(10);
/// How often the holder is looked at.
const LOOK: Duration = Duration::from_millis(50);

thread_local! {
    static HOLDS: Cell<bool> = const { Cell::new(false) };
    static NUMBER: Cell<i32> = const { Cell::new(0) };
}

/// Python runs on this thread, which holds the server's lock, until the value is dropped.
#[derive(Debug)]
#[must_use = "the hold lasts as long as the value"]
pub(crate) struct Hold {
    /// The number of the hold; `None` inside another one.
    number: Option<u64>,
    _not_send: std::marker::PhantomData<*mut ()>,
}

impl Hold {
    /// Begins a hold. Does nothing inside another one, and on a thread that does not hold the lock.
    pub(crate) fn begin() -> Hold {
        let is_outermost = lock::is_locked() && !HOLDS.replace(true);
        let number = is_outermost.then(|| {
            HOLDER.store(number(), Ordering::Relaxed);
            HOLD.fetch_add(1, Ordering::Relaxed).wrapping_add(1)
        });
        Hold {
            number,
            _not_send: std::marker::PhantomData,
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            HOLDS.set(false);
            end(number);
        }
    }
}

/// Ends the hold with this number, unless it has ended.
fn end(number: u64) {
    let next = number.wrapping_add(1);
    let _ = HOLD.compare_exchange(number, next, Ordering::Relaxed, Ordering::Relaxed);
}

/// Ends the hold of a thread that loses the server's lock, which this thread holds now.
pub(super) fn end_of_another() {
    let number = HOLD.load(Ordering::Relaxed);
    if !number.is_multiple_of(2) {
        end(number);
    }
}

/// `true` while Python holds the lock on any thread.
pub(super) fn is_held() -> bool {
    !HOLD.load(Ordering::Relaxed).is_multiple_of(2)
}

/// The number of this thread.
fn number() -> i32 {
    if NUMBER.get() == 0 {
        NUMBER.set(own_number());
    }
    NUMBER.get()
}

#[cfg(target_os = "linux")]
fn own_number() -> i32 {
    // SAFETY: the function has no preconditions.
    unsafe { libc::gettid() }
}

#[cfg(not(target_os = "linux"))]
fn own_number() -> i32 {
    -1
}

/// The patience of a thread that waits for the lock.
#[derive(Debug)]
pub(super) struct Patience {
    hold: u64,
    since: Instant,
    looked: Instant,
    /// The holder sleeps since then, and has been woken up so often in its life.
    asleep: Option<(Instant, u64)>,
}

impl Patience {
    pub(super) fn new() -> Patience {
        let now = Instant::now();
        Patience {
            hold: HOLD.load(Ordering::Relaxed),
            since: now,
            looked: now,
            asleep: None,
        }
    }

    /// `true` if the lock will never be free.
    pub(super) fn is_at_its_end(&mut self) -> bool {
        let now = Instant::now();
        let hold = HOLD.load(Ordering::Relaxed);
        if hold != self.hold || hold.is_multiple_of(2) {
            *self = Patience::new();
            return false;
        }
        if now.duration_since(self.since) >= TOO_LONG {
            return true;
        }
        if now.duration_since(self.looked) < LOOK {
            return false;
        }
        self.looked = now;
        let wakings = wakings_in_sleep(HOLDER.load(Ordering::Relaxed));
        self.asleep = match (self.asleep, wakings) {
            (Some((since, before)), Some(count)) if before == count => Some((since, count)),
            (_, Some(count)) => Some((now, count)),
            (_, None) => None,
        };
        self.asleep
            .is_some_and(|(since, _)| now.duration_since(since) >= ASLEEP)
    }
}

/// The number of times that a thread was woken up in its life. `None` if the thread does not wait for another thread of this
/// process now, or nothing is known about it.
#[cfg(target_os = "linux")]
fn wakings_in_sleep(thread: i32) -> Option<u64> {
    let folder = format!("/proc/self/task/{thread}");
    let call = std::fs::read_to_string(format!("{folder}/syscall")).ok()?;
    let call: i64 = call.split_whitespace().next()?.parse().ok()?;
    if call != libc::SYS_futex {
        return None;
    }
    let status = std::fs::read_to_string(format!("{folder}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"))?;
    line.trim().parse().ok()
}

#[cfg(not(target_os = "linux"))]
fn wakings_in_sleep(_: i32) -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    #[cfg(target_os = "linux")]
    fn a_thread_that_waits_for_another_one_is_told_from_one_that_works() {
        let (tell, told) = mpsc::channel::<i32>();
        let (end, ended) = mpsc::channel::<()>();
        let waits = std::thread::spawn(move || {
            tell.send(number()).unwrap();
            let _ = ended.recv();
        });
        let thread = told.recv().unwrap();
        while wakings_in_sleep(thread).is_none() {
            std::thread::yield_now();
        }
        let before = wakings_in_sleep(thread);
        assert_eq!(before, wakings_in_sleep(thread));
        assert_eq!(wakings_in_sleep(number()), None, "this thread works");
        end.send(()).unwrap();
        waits.join().unwrap();
    }

    #[test]
    fn a_hold_counts_on_the_thread_that_has_the_lock_only() {
        drop(Hold::begin());
        assert!(!HOLDS.get());
        lock::locked(|_| {
            let outer = Hold::begin();
            let inner = Hold::begin();
            assert!(is_held() && outer.number.is_some() && inner.number.is_none());
            drop(inner);
            assert!(is_held());
        });
    }
}
