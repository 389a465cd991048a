//! The table of settings that the engine knows.

/// The default of a setting, which also says whether the setting is a number, a text or one of some words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value {
    Number(i64),
    Text(&'static str),
    /// The words that are accepted; the first one is the default.
    Word(&'static [&'static str]),
}

/// The component that defines a setting. It decides how replies about the setting are worded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SettingOwner {
    /// The core of RedisGears.
    Gears,
    /// The Python plugin of RedisGears.
    Python,
    /// This engine.
    Engine,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Setting {
    pub(super) name: &'static str,
    pub(super) owner: SettingOwner,
    pub(super) default: Value,
    /// Whether the setting can only be given as a module argument.
    pub(super) read_only: bool,
    /// The smallest number that is accepted. Texts ignore it.
    pub(super) minimum: i64,
    /// The largest number that is accepted. Texts ignore it.
    pub(super) maximum: i64,
}

impl Setting {
    /// What its values are, as an error names it.
    pub(super) fn accepted(&self) -> String {
        match self.default {
            Value::Text(_) => "a text".to_owned(),
            Value::Word(words) => format!("one of {}", words.join(", ")),
            Value::Number(_) if self.maximum == i64::MAX => {
                format!("a whole number of at least {}", self.minimum)
            }
            Value::Number(_) => {
                format!("a whole number from {} to {}", self.minimum, self.maximum)
            }
        }
    }
}

const fn number(name: &'static str, owner: SettingOwner, default: i64, minimum: i64) -> Setting {
    Setting {
        name,
        owner,
        default: Value::Number(default),
        read_only: false,
        minimum,
        maximum: i64::MAX,
    }
}

/// A text setting: empty by default, and read-only.
const fn text(name: &'static str, owner: SettingOwner) -> Setting {
    Setting {
        name,
        owner,
        default: Value::Text(""),
        read_only: true,
        minimum: i64::MIN,
        maximum: i64::MAX,
    }
}

/// A setting that is one of some words. The first one is the default.
const fn word(name: &'static str, owner: SettingOwner, words: &'static [&'static str]) -> Setting {
    Setting {
        name,
        owner,
        default: Value::Word(words),
        read_only: false,
        minimum: i64::MIN,
        maximum: i64::MAX,
    }
}

const fn at_most(maximum: i64, setting: Setting) -> Setting {
    Setting { maximum, ..setting }
}

const fn read_only(setting: Setting) -> Setting {
    Setting {
        read_only: true,
        ..setting
    }
}

/// The value of `CompatibleReplies` that leaves out the fields that came with RedisGears 1.2.2.
pub(super) const REPLIES_OF_1_0: &str = "1.0";

/// All settings.
///
/// The settings that tell RedisGears where to find its Python are accepted and have no effect: the
/// engine uses the Python that it was built for.
pub(super) const SETTINGS: &[Setting] = &[
    // Finished executions to keep.
    number("MaxExecutions", SettingOwner::Gears, 1000, i64::MIN),
    number(
        "MaxExecutionsPerRegistration",
        SettingOwner::Gears,
        100,
        i64::MIN,
    ),
    // 1: measure each step and profile Python.
    number("ProfileExecutions", SettingOwner::Gears, 0, 0),
    // Worker threads.
    read_only(number("ExecutionThreads", SettingOwner::Gears, 3, 1)),
    // Milliseconds.
    number("ExecutionMaxIdleTime", SettingOwner::Gears, 5000, 1),
    number("SendMsgRetries", SettingOwner::Gears, 3, 0),
    // Path of the module's library.
    text("Plugin", SettingOwner::Gears),
    read_only(number("CreateVenv", SettingOwner::Python, 0, 0)),
    read_only(number("DownloadDeps", SettingOwner::Python, 0, 0)),
    // RedisGears misspells this name.
    read_only(number(
        "ForeceDownloadDepsOnEnterprise",
        SettingOwner::Python,
        0,
        0,
    )),
    // 0: errors have no traceback.
    number("PythonAttemptTraceback", SettingOwner::Python, 1, 0),
    read_only(number(
        "OverridePythonAllocators",
        SettingOwner::Python,
        1,
        0,
    )),
    // Milliseconds.
    number(
        "PythonInstallReqMaxIdleTime",
        SettingOwner::Python,
        30_000,
        1,
    ),
    text("DependenciesUrl", SettingOwner::Python),
    text("DependenciesSha256", SettingOwner::Python),
    // Directory of the virtual environments.
    text("PythonInstallationDir", SettingOwner::Python),
    // Threads that run others while worker threads are slow.
    number("AdditionalThreads", SettingOwner::Engine, 12, 0),
    // Executions that may wait for a worker thread.
    number("ExecutionQueueSize", SettingOwner::Engine, 100_000, 1),
    // Records of an execution, and executions of an ordered registration, that may wait for coroutines at the same time.
    number("MaxRecordsInFlight", SettingOwner::Engine, 1000, 1),
    // Limits of one execution: milliseconds, records and bytes. 0 means no limit.
    number("ExecutionMaxTime", SettingOwner::Engine, 0, 0),
    number("ExecutionMaxRecords", SettingOwner::Engine, 0, 0),
    number("ExecutionMaxMemory", SettingOwner::Engine, 1 << 30, 0),
    // Milliseconds that Python may hold the server's lock. 0 means no limit.
    number("LockMaxTime", SettingOwner::Engine, 1000, 0),
    // Milliseconds that the body of a script may run. 0 means no limit.
    number("ScriptMaxTime", SettingOwner::Engine, 60_000, 0),
    // Bodies of scripts that may run at the same time.
    number("ScriptThreads", SettingOwner::Engine, 32, 1),
    // Gears that may run inside of each other.
    at_most(100, number("MaxCallDepth", SettingOwner::Engine, 16, 1)),
    // What is aborted when the client that waits for it disconnects: what has not begun, nothing, or everything.
    word(
        "AbortOnDisconnect",
        SettingOwner::Engine,
        &["pending", "0", "1"],
    ),
    // The version of RedisGears whose fields the dump commands answer.
    word(
        "CompatibleReplies",
        SettingOwner::Engine,
        &["1.2", REPLIES_OF_1_0],
    ),
    // 1: gears run with the rights of the user who registered them, not of the caller.
    read_only(number("ExecuteAsOwner", SettingOwner::Engine, 0, 0)),
    // Interpreter that makes the virtual environments. Empty: the one beside libpython.
    text("PythonExecutable", SettingOwner::Engine),
    // The program that installs packages. auto: uv if it is there and can do what pip is configured for.
    read_only(word(
        "Installer",
        SettingOwner::Engine,
        &["auto", "uv", "pip"],
    )),
    // Arguments for every pip command, separated by spaces.
    text("PipArguments", SettingOwner::Engine),
];

/// The position of a setting in [`SETTINGS`].
///
/// Meant for constant evaluation, because every call of a gear reads settings. An unknown name
/// then stops the compilation.
pub(super) const fn index(name: &str) -> usize {
    let mut index = 0;
    while index < SETTINGS.len() {
        if is_same(SETTINGS[index].name.as_bytes(), name.as_bytes()) {
            return index;
        }
        index += 1;
    }
    panic!("unknown setting: add it to SETTINGS")
}

/// Compares bytes, because `==` on slices is not allowed in a `const fn`.
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
