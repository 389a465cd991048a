//! Profiles of the Python code of gears, while the setting `ProfileExecutions` is on.

use super::{Gil, attached, describe, namespace};
use crate::config;
use pyo3::prelude::*;

/// Runs `body`, which runs Python, and adds its calls to the profile of a session if the setting says so. `session`
/// gives the name of the session.
pub(crate) fn profiled<R>(
    py: Gil<'_>,
    session: impl FnOnce() -> Option<String>,
    body: impl FnOnce() -> R,
) -> R {
    if !config::get().profile_executions() {
        return body();
    }
    let Some(session) = session() else {
        return body();
    };
    let profiler = namespace::runtime(py, "_profile_begin").and_then(|begin| begin.call0());
    let result = body();
    if let Ok(profiler) = profiler
        && !profiler.is_none()
    {
        // Fails if the gear is interrupted right here. Losing a few calls of a profile is not worth an error.
        let _ = namespace::runtime(py, "_profile_end")
            .and_then(|end| end.call1((profiler, session.as_str())));
    }
    result
}

/// The profile of a session as a text, in an order that Python's `pstats` knows.
///
/// # Errors
/// A text for the client, if the session has no profile, or the order is unknown.
pub(crate) fn profile(session: &str, order: &str) -> Result<String, String> {
    attached(|py| {
        let text = || -> PyResult<String> {
            namespace::runtime(py, "_profile_text")?
                .call1((session, order))?
                .extract()
        };
        text().map_err(|raised| describe(py, &raised))
    })
}

/// Clears the profile of a session.
pub(crate) fn forget_profile(session: &str) {
    attached(|py| {
        // Fails only without a runtime, and then there is no profile to clear.
        let _ =
            namespace::runtime(py, "_profile_forget").and_then(|forget| forget.call1((session,)));
    });
}
