//! The settings of the engine and of RedisGears.

use serde::Serialize;

/// A setting.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Known {
    pub(crate) name: &'static str,
    /// What its values are.
    pub(crate) kind: &'static str,
    /// Whether it can be changed while the server runs.
    pub(crate) is_writable: bool,
    pub(crate) meaning: &'static str,
}

const fn writable(name: &'static str, kind: &'static str, meaning: &'static str) -> Known {
    Known {
        name,
        kind,
        is_writable: true,
        meaning,
    }
}

const fn fixed(name: &'static str, kind: &'static str, meaning: &'static str) -> Known {
    Known {
        name,
        kind,
        is_writable: false,
        meaning,
    }
}

const NUMBER: &str = "number";
const MILLISECONDS: &str = "ms";
const FLAG: &str = "0 or 1";
const TEXT: &str = "text";

/// All settings. Servers that lack some of them leave them out.
pub(crate) const SETTINGS: &[Known] = &[
    writable("MaxExecutions", NUMBER, "finished executions that are kept"),
    writable(
        "MaxExecutionsPerRegistration",
        NUMBER,
        "finished executions that are kept for each registration",
    ),
    writable(
        "ProfileExecutions",
        FLAG,
        "measure each step, and profile the Python",
    ),
    writable(
        "PythonAttemptTraceback",
        FLAG,
        "report errors with their traceback",
    ),
    writable(
        "ExecutionMaxIdleTime",
        MILLISECONDS,
        "time that a shard may be silent before a run fails",
    ),
    writable(
        "PythonInstallReqMaxIdleTime",
        MILLISECONDS,
        "the same while packages are installed",
    ),
    writable(
        "SendMsgRetries",
        NUMBER,
        "attempts to send a message to another shard",
    ),
    fixed("ExecutionThreads", NUMBER, "worker threads"),
    writable(
        "AdditionalThreads",
        NUMBER,
        "threads that stand in for slow worker threads",
    ),
    writable(
        "ExecutionQueueSize",
        NUMBER,
        "executions that may wait for a thread",
    ),
    writable(
        "MaxRecordsInFlight",
        NUMBER,
        "records of an execution that may wait for coroutines",
    ),
    writable(
        "ExecutionMaxTime",
        MILLISECONDS,
        "longest time of an execution; 0: no limit",
    ),
    writable(
        "ExecutionMaxRecords",
        NUMBER,
        "records that an execution may hold; 0: no limit",
    ),
    writable(
        "ExecutionMaxMemory",
        "bytes",
        "bytes that an execution may take; 0: no limit",
    ),
    writable(
        "LockMaxTime",
        MILLISECONDS,
        "time that Python may hold up the server; 0: no limit",
    ),
    writable(
        "ScriptMaxTime",
        MILLISECONDS,
        "longest time of the body of a script; 0: no limit",
    ),
    writable(
        "ScriptThreads",
        NUMBER,
        "bodies of scripts that may run at the same time",
    ),
    writable(
        "MaxCallDepth",
        "number to 100",
        "gears that may run inside of each other",
    ),
    writable(
        "AbortOnDisconnect",
        "pending, 0 or 1",
        "what ends when its client disconnects",
    ),
    writable(
        "CompatibleReplies",
        "1.2 or 1.0",
        "fields of listings are those of this RedisGears",
    ),
    fixed(
        "ExecuteAsOwner",
        FLAG,
        "gears have the rights of the user who registered them",
    ),
    fixed("PythonExecutable", TEXT, "program of the Python"),
    fixed(
        "PythonInstallationDir",
        TEXT,
        "directory of the installed packages",
    ),
    fixed("Installer", "auto, uv or pip", "what installs packages"),
    fixed("PipArguments", TEXT, "arguments for pip"),
    fixed("Plugin", TEXT, "library of the module"),
    fixed(
        "CreateVenv",
        FLAG,
        "RedisGears: Python in a virtual environment",
    ),
    fixed("DownloadDeps", FLAG, "RedisGears: download Python"),
    fixed(
        "ForeceDownloadDepsOnEnterprise",
        FLAG,
        "RedisGears: download Python on Redis Enterprise",
    ),
    fixed(
        "OverridePythonAllocators",
        FLAG,
        "RedisGears: count the memory of Python",
    ),
    fixed("DependenciesUrl", TEXT, "RedisGears: address of its Python"),
    fixed(
        "DependenciesSha256",
        TEXT,
        "RedisGears: checksum of its Python",
    ),
];

/// A setting by its name, in any case: servers do not tell them apart either.
pub(crate) fn known(name: &str) -> Option<&'static Known> {
    SETTINGS
        .iter()
        .find(|it| it.name.eq_ignore_ascii_case(name))
}
