//! The names that exist on the server without an import.
//!
//! Servers leak many more into a script's globals (loop variables and whole modules of their own
//! start-up code). Those are left out on purpose: a gear that relies on them works by accident, and
//! `k` or `sys` without an import is far more often a slip.

/// Functions and classes the server, or the prelude sent along, provides to every gear.
pub const RUNTIME_NAMES: &[&str] = &[
    // The prelude of this project.
    "cmd",
    "hashtag3",
    // The server: commands and its log.
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
    // Old names that log a warning.
    "Log",
    "ConfigGet",
    "GearsConfigGet",
    // The server's own module, under both names.
    "redisgears",
    "rg",
];

/// Whether the server provides the name to every gear.
///
/// ```
/// assert!(redgrease_syntax::is_runtime_name("execute"));
/// ```
#[must_use]
pub fn is_runtime_name(name: &str) -> bool {
    RUNTIME_NAMES.contains(&name)
}
