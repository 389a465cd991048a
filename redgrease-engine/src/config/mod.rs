//! Settings: those of RedisGears, those of this engine, and values under names that users choose.
//!
//! Settings are given as module arguments and changed with `RG.CONFIGSET`. They are not persisted.

mod setting;
#[cfg(test)]
mod tests;

use setting::{REPLIES_OF_1_0, SETTINGS, Setting, SettingOwner, Value, index};
use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The settings of this server.
pub(crate) fn get() -> &'static Config {
    static CONFIG: LazyLock<Config> = LazyLock::new(Config::new);
    &CONFIG
}

/// The resources that one execution may use; `None` is no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Limits {
    pub(crate) time: Option<Duration>,
    pub(crate) records: Option<u64>,
    /// Bytes.
    pub(crate) memory: Option<u64>,
}

/// What happens to an execution, or to the body of a script, when the client that waits for it disconnects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnDisconnect {
    /// It is aborted if it has not begun and no other client waits for it.
    AbortPending,
    GoOn,
    Abort,
}

/// The current value of every setting.
#[derive(Debug)]
pub(crate) struct Config {
    /// One entry per setting, in the order of [`SETTINGS`]: the number, or the place of the word among those that are accepted. Text
    /// settings leave theirs at 0.
    numbers: Vec<AtomicI64>,
    /// One entry per setting, in the order of [`SETTINGS`]; number settings leave theirs empty.
    texts: Mutex<Vec<String>>,
    user: Mutex<HashMap<Vec<u8>, Vec<u8>>>,
}

/// The outcome of one `RG.CONFIGSET` entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    /// A setting of the core or of the engine has a new value.
    Done,
    /// The value is stored, and scripts see it through `configGet`.
    Saved,
    /// Nothing changed. The text is the error reply, worded as clients of RedisGears know it.
    Refused(String),
}

impl Config {
    pub(crate) fn new() -> Config {
        let numbers = SETTINGS
            .iter()
            .map(|setting| {
                AtomicI64::new(if let Value::Number(n) = setting.default {
                    n
                } else {
                    0
                })
            })
            .collect();
        let texts = SETTINGS
            .iter()
            .map(|setting| match setting.default {
                Value::Text(text) => text.to_owned(),
                Value::Word(words) => words.first().copied().unwrap_or_default().to_owned(),
                Value::Number(_) => String::new(),
            })
            .collect();
        Config {
            numbers,
            texts: Mutex::new(texts),
            user: Mutex::new(HashMap::new()),
        }
    }

    /// Gives every setting its default. An attempt to load the engine that failed may have left others.
    pub(crate) fn forget(&self) {
        let fresh = Config::new();
        for (number, default) in self.numbers.iter().zip(&fresh.numbers) {
            number.store(default.load(Ordering::Relaxed), Ordering::Relaxed);
        }
        self.texts().clone_from(&fresh.texts());
        self.user_values().clear();
    }

    fn number(&self, index: usize) -> i64 {
        self.numbers[index].load(Ordering::Relaxed)
    }

    /// The value of a text setting; empty for an unknown name.
    pub(crate) fn text(&self, name: &str) -> String {
        find(name)
            .map(|(index, _)| self.texts()[index].clone())
            .unwrap_or_default()
    }

    fn texts(&self) -> MutexGuard<'_, Vec<String>> {
        self.texts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn user_values(&self) -> MutexGuard<'_, HashMap<Vec<u8>, Vec<u8>>> {
        self.user.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether error replies contain the Python traceback.
    pub(crate) fn attempt_traceback(&self) -> bool {
        self.number(const { index("PythonAttemptTraceback") }) != 0
    }

    /// Whether executions are profiled: the time of each step, and the Python calls made.
    pub(crate) fn profile_executions(&self) -> bool {
        self.number(const { index("ProfileExecutions") }) != 0
    }

    /// Number of worker threads, from 1 to 512.
    pub(crate) fn execution_threads(&self) -> usize {
        usize::try_from(self.number(const { index("ExecutionThreads") }))
            .unwrap_or(1)
            .clamp(1, 512)
    }

    /// Number of threads that run others while worker threads are slow, at most 512.
    pub(crate) fn additional_threads(&self) -> usize {
        usize::try_from(self.number(const { index("AdditionalThreads") }))
            .map_or(0, |count| count.min(512))
    }

    /// Number of executions that may wait for a worker thread.
    pub(crate) fn queue_size(&self) -> usize {
        usize::try_from(self.number(const { index("ExecutionQueueSize") })).unwrap_or(0)
    }

    /// Number of records of an execution that may wait for coroutines at the same time.
    pub(crate) fn records_in_flight(&self) -> usize {
        usize::try_from(self.number(const { index("MaxRecordsInFlight") })).unwrap_or(1)
    }

    /// Limits of an execution that starts now.
    pub(crate) fn limits(&self) -> Limits {
        let limit = |index| u64::try_from(self.number(index)).ok().filter(|&n| n > 0);
        Limits {
            time: limit(const { index("ExecutionMaxTime") }).map(Duration::from_millis),
            records: limit(const { index("ExecutionMaxRecords") }),
            memory: limit(const { index("ExecutionMaxMemory") }),
        }
    }

    /// How long Python may hold the server's lock; `None` is no limit.
    pub(crate) fn lock_max_time(&self) -> Option<Duration> {
        let millis = u64::try_from(self.number(const { index("LockMaxTime") })).ok()?;
        (millis > 0).then(|| Duration::from_millis(millis))
    }

    /// A server that does not answer for so long is not waited for.
    pub(crate) fn execution_max_idle_time(&self) -> Duration {
        let millis = self.number(const { index("ExecutionMaxIdleTime") });
        Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))
    }

    /// A server that gives no sign of life for so long is taken for lost. A server that lives sends a heartbeat each second, so one
    /// that is silent for less than three may be well.
    pub(crate) fn longest_silence(&self) -> Duration {
        const LEAST: Duration = Duration::from_secs(3);
        self.execution_max_idle_time().max(LEAST)
    }

    /// How long the body of a script may run; `None` is no limit.
    pub(crate) fn script_max_time(&self) -> Option<Duration> {
        let millis = u64::try_from(self.number(const { index("ScriptMaxTime") })).ok()?;
        (millis > 0).then(|| Duration::from_millis(millis))
    }

    /// Number of bodies of scripts that may run at the same time.
    pub(crate) fn script_threads(&self) -> usize {
        usize::try_from(self.number(const { index("ScriptThreads") })).unwrap_or(1)
    }

    /// Number of gears that may run inside of each other.
    pub(crate) fn max_call_depth(&self) -> usize {
        usize::try_from(self.number(const { index("MaxCallDepth") })).unwrap_or(1)
    }

    /// What is aborted when the client that waits for it disconnects. On the path of every call that a client waits for.
    pub(crate) fn on_disconnect(&self) -> OnDisconnect {
        match self.number(const { index("AbortOnDisconnect") }) {
            0 => OnDisconnect::AbortPending,
            1 => OnDisconnect::GoOn,
            _ => OnDisconnect::Abort,
        }
    }

    /// Whether gears run with the rights of the user who registered them, not of the caller.
    pub(crate) fn execute_as_owner(&self) -> bool {
        self.number(const { index("ExecuteAsOwner") }) != 0
    }

    /// Whether the dump commands answer as RedisGears 1.0, without the fields that came with 1.2.2.
    pub(crate) fn replies_of_1_0(&self) -> bool {
        self.texts()[const { index("CompatibleReplies") }] == REPLIES_OF_1_0
    }

    /// Number of finished executions to keep; a negative setting keeps all.
    pub(crate) fn max_executions(&self) -> usize {
        usize::try_from(self.number(const { index("MaxExecutions") })).unwrap_or(usize::MAX)
    }

    /// Number of finished executions to keep per registration; a negative setting keeps all.
    pub(crate) fn max_executions_per_registration(&self) -> usize {
        usize::try_from(self.number(const { index("MaxExecutionsPerRegistration") }))
            .unwrap_or(usize::MAX)
    }

    /// The value under a name that a user chose.
    pub(crate) fn user(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.user_values().get(key).cloned()
    }

    /// The value of a setting, or of a user's name. Names are case-sensitive.
    pub(crate) fn get(&self, name: &[u8]) -> Option<Current> {
        match std::str::from_utf8(name)
            .ok()
            .map(setting_of)
            .and_then(find)
        {
            Some((index, setting)) => Some(match setting.default {
                Value::Number(_) => Current::Number(self.numbers[index].load(Ordering::Relaxed)),
                Value::Text(_) if setting.name == "Plugin" => {
                    Current::List(vec![self.texts()[index].clone()])
                }
                Value::Text(_) | Value::Word(_) => {
                    Current::Bytes(self.texts()[index].clone().into_bytes())
                }
            }),
            None => self.user(name).map(Current::Bytes),
        }
    }

    /// Applies a module argument. Unlike [`Config::set`], this also changes read-only settings.
    ///
    /// # Errors
    /// The text for the server's log if the value is not accepted.
    pub(crate) fn set_while_loading(&self, name: &[u8], value: &[u8]) -> Result<(), String> {
        match self.change(name, Some(value), true) {
            Change::Refused(reason) => {
                let name = String::from_utf8_lossy(name);
                let wanted = match find_ignoring_case(&name).map(|(_, setting)| *setting) {
                    Some(Setting {
                        default: Value::Word(words),
                        ..
                    }) => words.join(" or "),
                    Some(Setting {
                        minimum, maximum, ..
                    }) if maximum < i64::MAX => {
                        format!("an integer from {minimum} to {maximum}")
                    }
                    Some(Setting { minimum, .. }) if minimum > i64::MIN => {
                        format!("an integer of at least {minimum}")
                    }
                    _ => "an integer".to_owned(),
                };
                Err(format!(
                    "could not set the module argument {name}: {reason}: give {wanted}"
                ))
            }
            Change::Done | Change::Saved => Ok(()),
        }
    }

    /// Applies one entry of `RG.CONFIGSET`. `value` is `None` if the command ended after the name.
    pub(crate) fn set(&self, name: &[u8], value: Option<&[u8]>) -> Change {
        self.change(name, value, false)
    }

    /// What [`Config::set`] would do, on any server.
    pub(crate) fn check(name: &[u8], value: Option<&[u8]>) -> Change {
        Config::new().set(name, value)
    }

    /// What the values of a setting that can be changed are: `a whole number of at least 1`.
    pub(crate) fn accepted(name: &[u8]) -> Option<String> {
        let shown = String::from_utf8_lossy(name);
        let (_, setting) = find_ignoring_case(setting_of(&shown))?;
        (!setting.read_only).then(|| setting.accepted())
    }

    fn change(&self, name: &[u8], value: Option<&[u8]>, loading: bool) -> Change {
        let shown = String::from_utf8_lossy(name);
        // The loader has taken the argument away from those that the engine gets.
        let meant = if loading { &shown } else { setting_of(&shown) };
        let Some((index, setting)) = find_ignoring_case(meant) else {
            let Some(value) = value else {
                return Change::Refused(format!("(error) Value was not given to {shown}"));
            };
            self.user_values().insert(name.to_vec(), value.to_vec());
            return Change::Saved;
        };
        if setting.read_only && !loading {
            return Change::Refused(match setting.owner {
                SettingOwner::Python => format!("(error) {shown} is not configurable at runtime"),
                SettingOwner::Gears | SettingOwner::Engine => {
                    format!("(error) Config value {shown} not modifiable at runtime")
                }
            });
        }
        let Some(value) = value else {
            return Change::Refused(match setting.owner {
                SettingOwner::Python => format!("(error) Value was not given to {shown}"),
                SettingOwner::Gears | SettingOwner::Engine => {
                    format!("(error) Failed setting config value {shown}")
                }
            });
        };
        let text = String::from_utf8_lossy(value);
        let accepted = match setting.default {
            Value::Text(_) => {
                self.texts()[index] = text.clone().into_owned();
                true
            }
            Value::Word(words) => {
                let place = words.iter().position(|word| *word == text.as_ref());
                if let Some(place) = place {
                    self.texts()[index] = text.clone().into_owned();
                    let place = i64::try_from(place).unwrap_or(0);
                    self.numbers[index].store(place, Ordering::Relaxed);
                }
                place.is_some()
            }
            Value::Number(_) => match text.parse::<i64>() {
                Ok(number) if (setting.minimum..=setting.maximum).contains(&number) => {
                    self.numbers[index].store(number, Ordering::Relaxed);
                    true
                }
                _ => false,
            },
        };
        match (accepted, setting.owner) {
            (true, SettingOwner::Python) => Change::Saved,
            (true, SettingOwner::Gears | SettingOwner::Engine) => Change::Done,
            (false, SettingOwner::Python) => Change::Refused(format!(
                "Failed setting config value for key '{shown}' with value '{text}'"
            )),
            (false, SettingOwner::Gears | SettingOwner::Engine) => {
                Change::Refused(format!("(error) Failed setting config value {shown}"))
            }
        }
    }
}

/// The current value of a setting, by the type of its reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Current {
    Number(i64),
    Bytes(Vec<u8>),
    List(Vec<String>),
}

/// What a user without the right to bring in code sees of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Secrecy {
    Open,
    /// An empty text.
    Blank,
    /// No such name.
    Absent,
}

/// The secrecy of the value under a name. Users keep secrets under names of their own, and pip's arguments may contain a password.
pub(crate) fn secrecy(name: &[u8]) -> Secrecy {
    match std::str::from_utf8(name)
        .ok()
        .map(setting_of)
        .and_then(find)
    {
        None => Secrecy::Absent,
        Some((_, setting)) if setting.name == "PipArguments" => Secrecy::Blank,
        Some(_) => Secrecy::Open,
    }
}

/// The setting that a name means: the module argument `Python` of the loader decides about the setting `PythonExecutable`.
fn setting_of(name: &str) -> &str {
    if name.eq_ignore_ascii_case("Python") {
        "PythonExecutable"
    } else {
        name
    }
}

fn find(name: &str) -> Option<(usize, &'static Setting)> {
    SETTINGS
        .iter()
        .enumerate()
        .find(|(_, setting)| setting.name == name)
}

/// Finds a setting by name. RedisGears ignores case when it sets values of its core, but not of
/// its Python plugin.
fn find_ignoring_case(name: &str) -> Option<(usize, &'static Setting)> {
    SETTINGS
        .iter()
        .enumerate()
        .find(|(_, setting)| match setting.owner {
            SettingOwner::Gears | SettingOwner::Engine => setting.name.eq_ignore_ascii_case(name),
            SettingOwner::Python => setting.name == name,
        })
}
