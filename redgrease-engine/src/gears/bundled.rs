//! The Python package `redgrease` that scripts can import without installing anything. Its modules
//! are compiled in; `runtime/bundled.py` finds and loads them.

use crate::python::Gil;
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// The modules: their names, their files as tracebacks name them, and their sources.
macro_rules! modules {
    ($($name:literal: $file:literal,)*) => {
        &[$((
            $name,
            concat!("redgrease/", $file),
            include_str!(concat!("runtime/redgrease/", $file)),
        ),)*]
    };
}

const MODULES: &[(&str, &str, &str)] = modules! {
    "redgrease": "__init__.py",
    "redgrease.actions": "actions.py",
    "redgrease.builder": "builder.py",
    "redgrease.data": "data.py",
    "redgrease.exceptions": "exceptions.py",
    "redgrease.func": "func.py",
    "redgrease.functions": "functions.py",
    "redgrease.gears": "gears.py",
    "redgrease.host": "host.py",
    "redgrease.hysteresis": "hysteresis.py",
    "redgrease.ids": "ids.py",
    "redgrease.operands": "operands.py",
    "redgrease.operations": "operations.py",
    "redgrease.reader": "reader.py",
    "redgrease.readers": "readers.py",
    "redgrease.records": "records.py",
    "redgrease.rows": "rows.py",
    "redgrease.runtime": "runtime.py",
    "redgrease.runtime_client": "runtime_client.py",
    "redgrease.serverside": "serverside/__init__.py",
    "redgrease.serverside.client": "serverside/client.py",
    "redgrease.serverside.errors": "serverside/errors.py",
    "redgrease.serverside.hashes": "serverside/hashes.py",
    "redgrease.serverside.keys": "serverside/keys.py",
    "redgrease.serverside.lists": "serverside/lists.py",
    "redgrease.serverside.redis_py": "serverside/redis_py.py",
    "redgrease.serverside.refused": "serverside/refused.py",
    "redgrease.serverside.replies": "serverside/replies.py",
    "redgrease.serverside.server": "serverside/server.py",
    "redgrease.serverside.sets": "serverside/sets.py",
    "redgrease.serverside.sorted_sets": "serverside/sorted_sets.py",
    "redgrease.serverside.streams": "serverside/streams.py",
    "redgrease.serverside.strings": "serverside/strings.py",
    "redgrease.serverside.words": "serverside/words.py",
    "redgrease.sugar": "sugar.py",
    "redgrease.triggers": "triggers.py",
    "redgrease.typing": "typing.py",
    "redgrease.utils": "utils.py",
};

/// The files and sources of the modules by name, as `runtime/bundled.py` expects them.
pub(super) fn sources(py: Gil<'_>) -> PyResult<Bound<'_, PyDict>> {
    let sources = PyDict::new(py);
    for (name, file, text) in MODULES {
        sources.set_item(name, (file, text))?;
    }
    Ok(sources)
}
