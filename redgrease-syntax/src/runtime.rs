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
