//! The settings the engine knows.

/// A value, or the kind of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value {
    Number(i64),
    Text(&'static str),
}

/// Who defines a setting. It decides about the wording of answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// RedisGears' core.
    Gears,
    /// RedisGears' Python plugin.
    Python,
    /// This engine.
    Engine,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Setting {
    pub(super) name: &'static str,
    pub(super) origin: Origin,
    pub(super) default: Value,
    pub(super) read_only: bool,
    pub(super) minimum: i64,
}

const fn number(name: &'static str, origin: Origin, default: i64, minimum: i64) -> Setting {
    Setting {
        name,
        origin,
        default: Value::Number(default),
        read_only: false,
        minimum,
    }
}

const fn text(name: &'static str, origin: Origin) -> Setting {
    Setting {
        name,
        origin,
        default: Value::Text(""),
        read_only: true,
        minimum: i64::MIN,
    }
}

const fn read_only(setting: Setting) -> Setting {
    Setting {
        read_only: true,
        ..setting
    }
}

/// Settings that only matter to how RedisGears finds its Python are answered and have no effect:
/// this engine uses the Python it was built for.
pub(super) const SETTINGS: &[Setting] = &[
    number("MaxExecutions", Origin::Gears, 1000, i64::MIN),
    number("MaxExecutionsPerRegistration", Origin::Gears, 100, i64::MIN),
    number("ProfileExecutions", Origin::Gears, 0, 0),
    read_only(number("ExecutionThreads", Origin::Gears, 3, 1)),
    // Milliseconds.
    number("ExecutionMaxIdleTime", Origin::Gears, 5000, 1),
    number("SendMsgRetries", Origin::Gears, 3, 0),
    text("Plugin", Origin::Gears),
    read_only(number("CreateVenv", Origin::Python, 0, 0)),
    read_only(number("DownloadDeps", Origin::Python, 0, 0)),
    // Spelled as RedisGears spells it.
    read_only(number(
        "ForeceDownloadDepsOnEnterprise",
        Origin::Python,
        0,
        0,
    )),
    number("PythonAttemptTraceback", Origin::Python, 1, 0),
    read_only(number("OverridePythonAllocators", Origin::Python, 1, 0)),
    // Milliseconds.
    number("PythonInstallReqMaxIdleTime", Origin::Python, 30_000, 1),
    text("DependenciesUrl", Origin::Python),
    text("DependenciesSha256", Origin::Python),
    // Where the virtual environments are.
    text("PythonInstallationDir", Origin::Python),
    // How many executions may wait for a worker thread.
    number("ExecutionQueueSize", Origin::Engine, 100_000, 1),
    // Limits of one execution; 0 is none: milliseconds, records, bytes.
    number("ExecutionMaxTime", Origin::Engine, 0, 0),
    number("ExecutionMaxRecords", Origin::Engine, 0, 0),
    number("ExecutionMaxMemory", Origin::Engine, 0, 0),
    // Whether an execution is aborted when the client that waits for it goes away.
    number("AbortOnDisconnect", Origin::Engine, 0, 0),
    // Whether gears have the rights of who registered them, not of who calls them.
    read_only(number("ExecuteAsOwner", Origin::Engine, 0, 0)),
    // The interpreter that virtual environments are made with; empty: found beside libpython.
    text("PythonExecutable", Origin::Engine),
    // Given to pip besides its own configuration, separated by spaces.
    text("PipArguments", Origin::Engine),
];

/// Where a setting stands, found while compiling: every call of a gear asks for some.
pub(super) const fn index(name: &str) -> usize {
    let mut index = 0;
    while index < SETTINGS.len() {
        if is_same(SETTINGS[index].name.as_bytes(), name.as_bytes()) {
            return index;
        }
        index += 1;
    }
    panic!("there is no setting of this name")
}

const fn is_same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut index = 0;
    while index < a.len() {
        if a[index] != b[index] {
            return false;
        }
        index += 1;
    }
    true
}
