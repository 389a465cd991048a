//! The limit of destructors of values that were dropped without the interpreter. A thread of its own frees such values.

use super::abort::{in_background, interrupt_until};
use crate::config;
use crate::python::SlowDestructor;
use crate::redis::{Level, log};
use std::time::Duration;

/// The limit if the setting `LockMaxTime` sets none: what others have dropped waits behind the destructor.
const UNLESS_SET: Duration = Duration::from_secs(1);

/// Interrupts the destructor that is over its limit.
pub(super) fn check_limits() {
    let limit = config::get().lock_max_time().unwrap_or(UNLESS_SET);
    let Some(slow) = SlowDestructor::over(limit) else {
        return;
    };
    log(
        Level::Warning,
        &format!(
            "a destructor (__del__) of a value that was dropped is interrupted: it ran longer than {} ms, see LockMaxTime",
            limit.as_millis()
        ),
    );
    in_background("rg-interrupt", move || {
        interrupt_until(|force| !slow.interrupt(force));
    });
}
