//! The names that a server provides without an import.
//!
//! The globals of a script contain more names: loop variables and modules from the start-up code of the server. They
//! are not listed here, because a gear that uses them works by accident. `k` or `sys` without an import is usually a
//! mistake.

/// Functions and classes that the server or the prelude provides to every gear.
pub const RUNTIME_NAMES: &[&str] = &[
    // The prelude of this project.
    "cmd",
    "hashtag3",
    "Err",
    // Commands and the log of the server.
    "execute",
    "atomic",
    "log",
    "hashtag",
    "configGet",
    "gearsConfigGet",
    "flat_error",
    "call_next",
    "get_command",
    "override_reply",
    "isInAtomicBlock",
    "isAsyncAllow",
    // Building and running functions.
    "GB",
    "GearsBuilder",
    "gearsCtx",
    "createKeysOnlyReader",
    "shardReaderCallback",
    "PyFlatExecution",
    "registerTE",
    // Sessions, threads, futures.
    "gearsFuture",
    "GearsFuture",
    "createFuture",
    "setFutureResults",
    "setFutureException",
    "runCoroutine",
    "GearsSession",
    "getGearsSession",
    "setGearsSession",
    "registerGearsThread",
    "createDecorator",
    "genDeprecated",
    // Deprecated names, which log a warning.
    "Log",
    "ConfigGet",
    "GearsConfigGet",
    // The module of the server, with its two names.
    "redisgears",
    "rg",
];

/// Whether the server or the prelude provides the name to every gear.
///
/// ```
/// assert!(redgrease_syntax::is_runtime_name("execute"));
/// ```
#[must_use]
pub fn is_runtime_name(name: &str) -> bool {
    RUNTIME_NAMES.contains(&name)
}

/// The names that gears can import from `redgrease`, the module of every server.
const NAMES_OF_REDGREASE: &[&str] = &[
    "ClosedGearFunction",
    "CommandReader",
    "Err",
    "FailurePolicy",
    "GB",
    "GEARS_RUNTIME",
    "GearFunction",
    "GearReader",
    "GearsBuilder",
    "KeyType",
    "KeysOnlyReader",
    "KeysReader",
    "LogLevel",
    "OpenGearFunction",
    "PythonReader",
    "ReaderType",
    "ShardsIDReader",
    "StreamReader",
    "TriggerMode",
    "actions",
    "atomic",
    "builder",
    "cmd",
    "command",
    "configGet",
    "data",
    "exceptions",
    "execute",
    "func",
    "functions",
    "gears",
    "gearsConfigGet",
    "gearsFuture",
    "hashtag",
    "hashtag3",
    "host",
    "hysteresis",
    "ids",
    "log",
    "operands",
    "operations",
    "reader",
    "readers",
    "records",
    "rows",
    "runtime",
    "runtime_client",
    "serverside",
    "sugar",
    "trigger",
    "triggers",
    "typing",
    "utils",
];

/// The names that gears can import from `redgrease.runtime`.
const NAMES_OF_RUNTIME: &[&str] = &[
    "GB",
    "GearsBuilder",
    "InputRecord",
    "Key",
    "OutputRecord",
    "T",
    "atomic",
    "call_next",
    "cmd",
    "configGet",
    "createFuture",
    "execute",
    "flat_error",
    "gearsConfigGet",
    "gearsFuture",
    "get_command",
    "hashtag",
    "hashtag3",
    "isAsyncAllow",
    "isInAtomicBlock",
    "log",
    "override_reply",
    "registerTE",
    "run",
    "runCoroutine",
    "runtime",
    "setFutureException",
    "setFutureResults",
];

/// The names that gears can import from a module that every server has. `None` if they are not known. Sorted.
///
/// An installed package of that name may have more. A test compares the names with the engine
/// (`tests/checked_names/modules.rs`).
///
/// ```
/// let names = redgrease_syntax::names_of_module("redgrease").unwrap();
/// assert!(names.contains(&"cmd"));
/// ```
#[must_use]
pub fn names_of_module(module: &str) -> Option<&'static [&'static str]> {
    match module {
        "redgrease" => Some(NAMES_OF_REDGREASE),
        "redgrease.runtime" => Some(NAMES_OF_RUNTIME),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::names_of_module;

    #[test]
    fn the_names_are_sorted() {
        for module in ["redgrease", "redgrease.runtime"] {
            assert!(names_of_module(module).unwrap().is_sorted(), "{module}");
        }
        assert!(names_of_module("redgrease.data").is_none());
    }
}
