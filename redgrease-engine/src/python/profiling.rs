//! Profiles of what gears run, while the setting `ProfileExecutions` is on.

use super::{Gil, Object, attached, describe, script};
use pyo3::prelude::*;
use pyo3::types::PyList;

/// Whose profile something belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProfileOwner<'a> {
    /// The number of a registration.
    Registration(u64),
    Session(&'a str),
}

impl<'py> IntoPyObject<'py> for ProfileOwner<'_> {
    type Target = PyAny;
    type Output = Object<'py>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Object<'py>> {
        Ok(match self {
            ProfileOwner::Registration(number) => number.into_pyobject(py)?.into_any(),
            ProfileOwner::Session(name) => name.into_pyobject(py)?.into_any(),
        })
    }
}

/// Runs `body`, which runs Python, and notes its calls if the setting says so.
pub(crate) fn profiled<R>(
    py: Gil<'_>,
    owner: Option<ProfileOwner<'_>>,
    body: impl FnOnce() -> R,
) -> R {
    let Some(owner) = owner.filter(|_| crate::engine().config.profile_executions()) else {
        return body();
    };
    let profiler = runtime(py, "_profile_begin").and_then(|begin| begin.call0());
    let result = body();
    if let Ok(profiler) = profiler
        && !profiler.is_none()
    {
        // What cannot be noted (the gear was interrupted right here) is not worth an error.
        let _ = runtime(py, "_profile_end").and_then(|end| end.call1((profiler, owner)));
    }
    result
}

/// The profile of several owners as a text, or an error for the client.
pub(crate) fn profile(owners: &[ProfileOwner<'_>]) -> Result<String, String> {
    attached(|py| {
        let text = || -> PyResult<String> {
            let owners = PyList::new(py, owners.iter().copied())?;
            runtime(py, "_profile_text")?.call1((owners,))?.extract()
        };
        text().map_err(|raised| describe(py, &raised))
    })
}

/// Begins the profiles of these anew.
pub(crate) fn forget_profile(owners: &[ProfileOwner<'_>]) {
    attached(|py| {
        let forget = || -> PyResult<()> {
            let owners = PyList::new(py, owners.iter().copied())?;
            runtime(py, "_profile_forget")?.call1((owners,))?;
            Ok(())
        };
        // Only a runtime that is not there could refuse.
        let _ = forget();
    });
}

fn runtime<'py>(py: Gil<'py>, name: &str) -> PyResult<Object<'py>> {
    script::runtime(py, name)
}
