//! The Python packages that scripts can import without installing anything: `redgrease`, and `redgrease_commands`, which
//! has the commands of `cmd`. Their modules are compiled in; `runtime/bundled.py` finds and loads them.

use crate::python::Gil;
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// The modules: their names, their files as tracebacks name them, and their sources.
macro_rules! modules {
    ($($name:literal: $file:literal,)*) => {
        &[$((
            $name,
            $file,
            include_str!(concat!("runtime/", $file)),
        ),)*]
    };
}

const MODULES: &[(&str, &str, &str)] = modules! {
    "redgrease": "redgrease/__init__.py",
    "redgrease.actions": "redgrease/actions.py",
    "redgrease.builder": "redgrease/builder.py",
    "redgrease.data": "redgrease/data.py",
    "redgrease.exceptions": "redgrease/exceptions.py",
    "redgrease.func": "redgrease/func.py",
    "redgrease.functions": "redgrease/functions.py",
    "redgrease.gears": "redgrease/gears.py",
    "redgrease.host": "redgrease/host.py",
    "redgrease.hysteresis": "redgrease/hysteresis.py",
    "redgrease.ids": "redgrease/ids.py",
    "redgrease.operands": "redgrease/operands.py",
    "redgrease.operations": "redgrease/operations.py",
    "redgrease.reader": "redgrease/reader.py",
    "redgrease.readers": "redgrease/readers.py",
    "redgrease.records": "redgrease/records.py",
    "redgrease.rows": "redgrease/rows.py",
    "redgrease.runtime": "redgrease/runtime.py",
    "redgrease.runtime_client": "redgrease/runtime_client.py",
    "redgrease.serverside": "redgrease/serverside/__init__.py",
    "redgrease.sugar": "redgrease/sugar.py",
    "redgrease.triggers": "redgrease/triggers.py",
    "redgrease.typing": "redgrease/typing.py",
    "redgrease.utils": "redgrease/utils.py",
    "redgrease_commands": "redgrease_commands/__init__.py",
    "redgrease_commands.bitmaps": "redgrease_commands/bitmaps.py",
    "redgrease_commands.client": "redgrease_commands/client.py",
    "redgrease_commands.errors": "redgrease_commands/errors.py",
    "redgrease_commands.exceptions": "redgrease_commands/exceptions.py",
    "redgrease_commands.geo": "redgrease_commands/geo.py",
    "redgrease_commands.hash_expiry": "redgrease_commands/hash_expiry.py",
    "redgrease_commands.hashes": "redgrease_commands/hashes.py",
    "redgrease_commands.host": "redgrease_commands/host.py",
    "redgrease_commands.keys": "redgrease_commands/keys.py",
    "redgrease_commands.lists": "redgrease_commands/lists.py",
    "redgrease_commands.nil": "redgrease_commands/nil.py",
    "redgrease_commands.outcome": "redgrease_commands/outcome.py",
    "redgrease_commands.redis_py": "redgrease_commands/redis_py.py",
    "redgrease_commands.refused": "redgrease_commands/refused.py",
    "redgrease_commands.replies": "redgrease_commands/replies.py",
    "redgrease_commands.scripts": "redgrease_commands/scripts.py",
    "redgrease_commands.server": "redgrease_commands/server.py",
    "redgrease_commands.sets": "redgrease_commands/sets.py",
    "redgrease_commands.sorted_sets": "redgrease_commands/sorted_sets.py",
    "redgrease_commands.stream_info": "redgrease_commands/stream_info.py",
    "redgrease_commands.streams": "redgrease_commands/streams.py",
    "redgrease_commands.strings": "redgrease_commands/strings.py",
    "redgrease_commands.words": "redgrease_commands/words.py",
};

/// The files and sources of the modules by name, as `runtime/bundled.py` expects them.
pub(super) fn sources(py: Gil<'_>) -> PyResult<Bound<'_, PyDict>> {
    let sources = PyDict::new(py);
    for (name, file, text) in MODULES {
        sources.set_item(name, (file, text))?;
    }
    Ok(sources)
}
