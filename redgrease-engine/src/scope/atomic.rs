//! The `atomic()` block of a script: the server's lock, held across several calls into Python.

use super::signals::is_given_up;
use super::{Scope, Slot, change, look, with};
use crate::python::{attached, end_hold, forget_hold, holds};
use crate::redis::{Loan, NeverFree, WHILE_PAUSED, is_locked, is_paused, keep};
use std::time::Duration;

/// The reason why no other command runs on the server during the block.
pub(super) enum Atomic {
    /// The thread held the server's lock before the block began.
    AlreadyLocked,
    /// The block borrows the lock and gives it back in the end.
    Locked(#[allow(dead_code, reason = "held, not read")] Block),
}

/// The lock of a block.
pub(super) struct Block(#[allow(dead_code, reason = "held, not read")] Loan);

impl Drop for Block {
    /// Also called when a thread ends inside of a block.
    fn drop(&mut self) {
        forget_hold();
    }
}

/// The error of [`enter_atomic`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotAtomic {
    /// This thread is inside an atomic block already.
    Already,
    /// The server's lock will never be free.
    NeverFree,
    /// The execution was aborted while it waited.
    GivenUp,
}

fn slot(scope: &Scope) -> &Slot<Option<Atomic>> {
    &scope.atomic
}

/// `true` if this thread is inside an atomic block.
pub(crate) fn is_atomic() -> bool {
    look(slot, Option::is_some)
}

/// `true` if this thread is inside of an atomic block that took too long: the block has lost the server's lock.
pub(crate) fn has_lost_lock() -> bool {
    look(slot, |atomic| matches!(atomic, Some(Atomic::Locked(_)))) && keep().is_none()
}

/// `true` if [`enter_atomic`] takes the server's lock on this thread. Then the caller must release the interpreter
/// first.
pub(crate) fn locks_for_atomic() -> bool {
    !is_locked()
}

/// Begins an atomic block on this thread. A block that takes the lock waits while the server pauses its clients: its writes
/// could not wait. After `limit`, the block loses the lock.
pub(crate) fn enter_atomic(limit: Option<Duration>) -> Result<(), NotAtomic> {
    if is_atomic() {
        return Err(NotAtomic::Already);
    }
    let block = if locks_for_atomic() {
        Atomic::Locked(Block(borrow(limit)?))
    } else {
        Atomic::AlreadyLocked
    };
    change(slot, |atomic| *atomic = Some(block));
    Ok(())
}

fn borrow(limit: Option<Duration>) -> Result<Loan, NotAtomic> {
    loop {
        let loan = Loan::borrow(limit).map_err(|NeverFree| NotAtomic::NeverFree)?;
        if is_given_up() {
            return Err(NotAtomic::GivenUp);
        }
        if !is_paused() {
            return Ok(loan);
        }
        drop(loan);
        std::thread::sleep(WHILE_PAUSED);
    }
}

/// Ends the atomic block of this thread. `true` if there was one.
pub(crate) fn leave_atomic() -> bool {
    let block = change(slot, Option::take);
    if matches!(block, Some(Atomic::Locked(_))) && holds() {
        attached(end_hold);
    }
    // Drop the block while the slot is free: releasing the lock can run handlers.
    block.is_some()
}

/// Runs `body` outside any atomic block.
///
/// A sync handler begins outside a block, even if the gear that caused it is inside one. A block that the handler
/// leaves open ends with the handler.
pub(crate) fn apart_from_atomic<R>(body: impl FnOnce() -> R) -> R {
    with(slot, None, body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_holds_the_lock_until_it_is_left() {
        assert!(!is_atomic());
        assert!(enter_atomic(None).is_ok());
        assert!(is_atomic() && keep().is_some());
        assert!(enter_atomic(None).is_err());
        assert!(leave_atomic());
        assert!(!is_atomic() && keep().is_none());
        assert!(!leave_atomic());
    }

    #[test]
    fn a_handler_has_blocks_of_its_own() {
        assert!(enter_atomic(None).is_ok());
        let kept = keep();
        apart_from_atomic(|| {
            assert!(!is_atomic() && is_locked());
            assert!(enter_atomic(None).is_ok());
            assert!(!locks_for_atomic());
        });
        drop(kept);
        assert!(is_atomic() && keep().is_some());
        leave_atomic();
        assert!(keep().is_none());
    }
}
