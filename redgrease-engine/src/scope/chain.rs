//! The gears that run inside of each other on one thread: a gear runs a command, which calls another gear.

use super::{SCOPE, Scope, Slot, with};
use crate::id::Id;

/// Runs `body` as a sync call of `registration`. On the path of every sync call: only a call inside of another gear takes
/// more than a cell.
#[inline]
pub(crate) fn in_sync_call<R>(registration: Id, body: impl FnOnce() -> R) -> R {
    in_sync_call_of(Some(registration), body)
}

#[inline]
pub(super) fn in_sync_call_of<R>(registration: Option<Id>, body: impl FnOnce() -> R) -> R {
    struct Restore<'a>(&'a Scope, Option<Id>);
    impl Drop for Restore<'_> {
        fn drop(&mut self) {
            self.0.sync_call.set(self.1);
            if self.1.is_some() {
                self.0.outer_gears.borrow_mut().pop();
            }
        }
    }
    SCOPE.with(|scope| {
        let before = scope.sync_call.replace(registration);
        if let Some(outer) = before {
            scope.outer_gears.borrow_mut().push(outer);
        }
        let _restore = Restore(scope, before);
        body()
    })
}

/// Runs `body` as the Python of an execution. `gear` is its registration, or the execution itself if no registration caused
/// it.
pub(crate) fn inside_gear<R>(gear: Id, body: impl FnOnce() -> R) -> R {
    struct Restore<'a>(&'a Slot<Vec<Id>>);
    impl Drop for Restore<'_> {
        fn drop(&mut self) {
            self.0.borrow_mut().pop();
        }
    }
    let inside = || {
        SCOPE.with(|scope| {
            scope.outer_gears.borrow_mut().push(gear);
            let _restore = Restore(&scope.outer_gears);
            body()
        })
    };
    in_sync_call_of(None, inside)
}

/// Runs `body` as work of `gears`, which may have run on another thread. If more gears run inside of each other on this thread,
/// those count.
pub(super) fn inside_gears<R>(gears: Vec<Id>, body: impl FnOnce() -> R) -> R {
    if gears.len() <= call_depth() {
        return body();
    }
    in_sync_call_of(None, || with(Scope::outer_gears, gears, body))
}

/// The number of gears that run inside of each other on this thread.
#[inline]
pub(crate) fn call_depth() -> usize {
    SCOPE.with(|scope| {
        let outer = scope.outer_gears.borrow().len();
        outer + usize::from(scope.sync_call.get().is_some())
    })
}

/// The gears that run inside of each other on this thread, the outermost first: the ids of registrations, and of executions
/// that no registration caused.
pub(crate) fn call_chain() -> Vec<Id> {
    SCOPE.with(|scope| {
        let mut chain = scope.outer_gears.borrow().clone();
        chain.extend(scope.sync_call.get());
        chain
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::IdCounter;
    use crate::scope::{apart, sync_call};

    #[test]
    fn gears_inside_of_each_other_are_known_in_order() {
        let ids = IdCounter::new();
        let [execution, trigger, hook, handler] = [(); 4].map(|()| ids.next());
        let handler_runs = || {
            assert_eq!(call_chain(), [execution, trigger, hook]);
            inside_gear(handler, || {
                assert_eq!(call_chain(), [execution, trigger, hook, handler]);
                assert_eq!((call_depth(), sync_call()), (4, None));
            });
        };
        inside_gear(execution, || {
            in_sync_call(trigger, || {
                in_sync_call(hook, || apart(handler_runs));
                assert_eq!(call_chain(), [execution, trigger]);
                assert_eq!(sync_call(), Some(trigger));
            });
            assert_eq!((call_depth(), sync_call()), (1, None));
        });
        assert_eq!(call_depth(), 0);
        assert!(call_chain().is_empty());
    }

    #[test]
    fn work_that_was_handed_on_is_inside_of_the_gears_that_did_it() {
        let ids = IdCounter::new();
        let [first, second, here] = [(); 3].map(|()| ids.next());
        let works = |expected: &[Id]| {
            inside_gears(vec![first, second], || {
                assert_eq!((call_chain().as_slice(), sync_call()), (expected, None));
            });
        };
        works(&[first, second]);
        in_sync_call(here, || {
            works(&[first, second]);
            assert_eq!((call_chain(), sync_call()), (vec![here], Some(here)));
            in_sync_call(here, || apart(|| works(&[here, here])));
        });
        assert_eq!(call_depth(), 0);
    }

    #[test]
    fn a_gear_that_panics_leaves_the_chain() {
        let ids = IdCounter::new();
        let (outer, inner) = (ids.next(), ids.next());
        in_sync_call(outer, || {
            let panicked = std::panic::catch_unwind(|| {
                in_sync_call(inner, || inside_gear(inner, || panic!("on purpose")));
            });
            assert!(panicked.is_err());
            assert_eq!(call_chain(), [outer]);
        });
        assert_eq!(call_depth(), 0);
    }
}
