//! Whether the Python that runs on a thread may answer later, with a coroutine or a future.

use super::coroutines::inside_coroutine;
use super::{GearsError, Raised};
use std::cell::Cell;

/// The function that runs on a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Function {
    /// Nothing awaits its result: the body of a script, a reader, an extractor.
    Other,
    /// The result of the step is awaited.
    Step,
    /// The step has made its future.
    StepWithFuture,
}

#[derive(Clone, Copy)]
struct Place {
    function: Function,
    /// Tells whether the caller of the gear can wait. The server is asked when a step wants to know it: few do.
    can_wait: fn() -> bool,
}

thread_local! {
    static PLACE: Cell<Place> = const {
        Cell::new(Place {
            function: Function::Other,
            can_wait: never,
        })
    };
}

fn never() -> bool {
    false
}

#[inline]
fn with<R>(place: Place, body: impl FnOnce() -> R) -> R {
    struct Restore(Place);
    impl Drop for Restore {
        fn drop(&mut self) {
            PLACE.set(self.0);
        }
    }
    let _restore = Restore(PLACE.replace(place));
    body()
}

/// Runs `body`, which is the Python of a gear. `can_wait` tells whether the caller of the gear can wait.
#[inline]
pub(crate) fn in_gear<R>(can_wait: fn() -> bool, body: impl FnOnce() -> R) -> R {
    let function = Function::Other;
    with(Place { function, can_wait }, body)
}

/// Calls the function of a step whose result may be a coroutine or a future.
#[inline]
pub(crate) fn in_step<R>(body: impl FnOnce() -> R) -> R {
    let function = Function::Step;
    let place = PLACE.get();
    with(Place { function, ..place }, body)
}

/// `true` if the step that runs on this thread may return a coroutine or a future.
pub(crate) fn may_await() -> bool {
    let place = PLACE.get();
    place.function != Function::Other && !inside_coroutine() && (place.can_wait)()
}

/// Allows the step that runs on this thread to make its one future. The errors have the words of RedisGears.
pub(super) fn claim_future() -> Result<(), Raised> {
    let place = PLACE.get();
    let refused = match place.function {
        _ if inside_coroutine() => {
            "Future object can only be created inside certain execution steps"
        }
        Function::Other => "Future object can only be created inside certain execution steps",
        Function::StepWithFuture => "Can not create async record twice on the same step",
        Function::Step if !(place.can_wait)() => "Creating async record is not allowed",
        Function::Step => {
            let function = Function::StepWithFuture;
            PLACE.set(Place { function, ..place });
            return Ok(());
        }
    };
    Err(GearsError::new_err(refused))
}
