//! Profiles of what gears run, while the setting `ProfileExecutions` is on.

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
        // What cannot be noted (the gear was interrupted right here) is not worth an error.
        let _ = namespace::runtime(py, "_profile_end")
            .and_then(|end| end.call1((profiler, session.as_str())));
    }
    result
}

/// The profile of a session as a text, or an error for the client.
pub(crate) fn profile(session: &str) -> Result<String, String> {
    attached(|py| {
        let text = || -> PyResult<String> {
            namespace::runtime(py, "_profile_text")?
                .call1((session,))?
                .extract()
        };
        text().map_err(|raised| describe(py, &raised))
    })
}

/// Begins the profile of a session anew.
pub(crate) fn forget_profile(session: &str) {
    attached(|py| {
        // Only a runtime that is not there could refuse.
        let _ =
            namespace::runtime(py, "_profile_forget").and_then(|forget| forget.call1((session,)));
    });
}
