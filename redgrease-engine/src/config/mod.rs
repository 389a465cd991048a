//! Settings: those of Gears, our own, and the ones users make up.
//!
//! They are given as module arguments and changed with `RG.CONFIGSET`; nothing of it is persisted.

mod setting;

use setting::{Origin, SETTINGS, Setting, Value, index};
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

#[derive(Debug)]
pub(crate) struct Config {
    numbers: Vec<AtomicI64>,
    texts: Mutex<Vec<String>>,
    user: Mutex<HashMap<Vec<u8>, Vec<u8>>>,
}

/// What became of one `RG.CONFIGSET` entry; the texts are those clients know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    Done,
    /// Kept, and visible to scripts through `configGet`.
    Saved,
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
                Value::Number(_) => String::new(),
            })
            .collect();
        Config {
            numbers,
            texts: Mutex::new(texts),
            user: Mutex::new(HashMap::new()),
        }
    }

    fn number(&self, index: usize) -> i64 {
        self.numbers[index].load(Ordering::Relaxed)
    }

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

    /// Whether errors carry the traceback.
    pub(crate) fn attempt_traceback(&self) -> bool {
        self.number(const { index("PythonAttemptTraceback") }) != 0
    }

    /// Whether it is measured how long each step of an execution takes, and what it calls.
    pub(crate) fn profile_executions(&self) -> bool {
        self.number(const { index("ProfileExecutions") }) != 0
    }

    /// How many worker threads there are.
    pub(crate) fn execution_threads(&self) -> usize {
        usize::try_from(self.number(const { index("ExecutionThreads") }))
            .unwrap_or(1)
            .clamp(1, 512)
    }

    /// How many executions may wait for a worker.
    pub(crate) fn queue_size(&self) -> usize {
        usize::try_from(self.number(const { index("ExecutionQueueSize") })).unwrap_or(0)
    }

    /// What an execution that begins now may use.
    pub(crate) fn limits(&self) -> Limits {
        let limit = |index| u64::try_from(self.number(index)).ok().filter(|&n| n > 0);
        Limits {
            time: limit(const { index("ExecutionMaxTime") }).map(Duration::from_millis),
            records: limit(const { index("ExecutionMaxRecords") }),
            memory: limit(const { index("ExecutionMaxMemory") }),
        }
    }

    /// Whether an execution is aborted when the client that waits for it goes away.
    pub(crate) fn abort_on_disconnect(&self) -> bool {
        self.number(const { index("AbortOnDisconnect") }) != 0
    }

    /// Whether gears have the rights of who registered them, not of who calls them.
    pub(crate) fn execute_as_owner(&self) -> bool {
        self.number(const { index("ExecuteAsOwner") }) != 0
    }

    /// How many finished executions are kept for those who ask.
    pub(crate) fn max_executions(&self) -> usize {
        usize::try_from(self.number(const { index("MaxExecutions") })).unwrap_or(usize::MAX)
    }

    /// How many finished executions of one registration are kept.
    pub(crate) fn max_executions_per_registration(&self) -> usize {
        usize::try_from(self.number(const { index("MaxExecutionsPerRegistration") }))
            .unwrap_or(usize::MAX)
    }

    /// A value a user made up.
    pub(crate) fn user(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.user_values().get(key).cloned()
    }

    /// A setting by its exact name.
    pub(crate) fn get(&self, name: &[u8]) -> Option<Current> {
        match std::str::from_utf8(name).ok().and_then(find) {
            Some((index, setting)) => Some(match setting.default {
                Value::Number(_) => Current::Number(self.numbers[index].load(Ordering::Relaxed)),
                Value::Text(_) if setting.name == "Plugin" => {
                    Current::List(vec![self.texts()[index].clone()])
                }
                Value::Text(_) => Current::Bytes(self.texts()[index].clone().into_bytes()),
            }),
            None => self.user(name).map(Current::Bytes),
        }
    }

    /// A module argument: like [`Config::set`], but nothing is read-only yet.
    pub(crate) fn set_while_loading(&self, name: &[u8], value: &[u8]) -> Result<(), String> {
        match self.change(name, Some(value), true) {
            Change::Refused(reason) => Err(format!(
                "the module argument {} could not be set: {reason}",
                String::from_utf8_lossy(name)
            )),
            Change::Done | Change::Saved => Ok(()),
        }
    }

    /// One entry of `RG.CONFIGSET`. `value` is missing if the command ended behind the name.
    pub(crate) fn set(&self, name: &[u8], value: Option<&[u8]>) -> Change {
        self.change(name, value, false)
    }

    fn change(&self, name: &[u8], value: Option<&[u8]>, loading: bool) -> Change {
        let shown = String::from_utf8_lossy(name);
        let Some((index, setting)) = find_ignoring_case(&shown) else {
            let Some(value) = value else {
                return Change::Refused(format!("(error) Value was not given to {shown}"));
            };
            self.user_values().insert(name.to_vec(), value.to_vec());
            return Change::Saved;
        };
        if setting.read_only && !loading {
            return Change::Refused(match setting.origin {
                Origin::Python => format!("(error) {shown} is not configurable at runtime"),
                Origin::Gears | Origin::Engine => {
                    format!("(error) Config value {shown} not modifiable at runtime")
                }
            });
        }
        let Some(value) = value else {
            return Change::Refused(match setting.origin {
                Origin::Python => format!("(error) Value was not given to {shown}"),
                Origin::Gears | Origin::Engine => {
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
            Value::Number(_) => match text.parse::<i64>() {
                Ok(number) if number >= setting.minimum => {
                    self.numbers[index].store(number, Ordering::Relaxed);
                    true
                }
                _ => false,
            },
        };
        match (accepted, setting.origin) {
            (true, Origin::Python) => Change::Saved,
            (true, Origin::Gears | Origin::Engine) => Change::Done,
            (false, Origin::Python) => Change::Refused(format!(
                "Failed setting config value for key '{shown}' with value '{text}'"
            )),
            (false, Origin::Gears | Origin::Engine) => {
                Change::Refused(format!("(error) Failed setting config value {shown}"))
            }
        }
    }
}

/// What a setting is at the moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Current {
    Number(i64),
    Bytes(Vec<u8>),
    List(Vec<String>),
}

fn find(name: &str) -> Option<(usize, &'static Setting)> {
    SETTINGS
        .iter()
        .enumerate()
        .find(|(_, setting)| setting.name == name)
}

fn find_ignoring_case(name: &str) -> Option<(usize, &'static Setting)> {
    SETTINGS
        .iter()
        .enumerate()
        .find(|(_, setting)| match setting.origin {
            Origin::Gears | Origin::Engine => setting.name.eq_ignore_ascii_case(name),
            Origin::Python => setting.name == name,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> Change {
        Change::Refused(text.to_owned())
    }

    #[test]
    fn names_are_exact_for_reading_and_not_for_writing() {
        let config = Config::new();
        assert_eq!(config.get(b"MaxExecutions"), Some(Current::Number(1000)));
        assert_eq!(config.get(b"maxexecutions"), None);
        assert_eq!(config.set(b"MAXEXECUTIONS", Some(b"400")), Change::Done);
        assert_eq!(config.max_executions(), 400);
    }

    #[test]
    fn bad_values_change_nothing() {
        let config = Config::new();
        let failed = refused("(error) Failed setting config value MaxExecutions");
        assert_eq!(config.set(b"MaxExecutions", Some(b"abc")), failed);
        assert_eq!(config.set(b"MaxExecutions", None), failed);
        assert_eq!(config.max_executions(), 1000);
        assert_eq!(
            config.set(b"ExecutionMaxIdleTime", Some(b"0")),
            refused("(error) Failed setting config value ExecutionMaxIdleTime")
        );
        assert_eq!(
            config.set(b"PythonInstallReqMaxIdleTime", Some(b"0")),
            refused(
                "Failed setting config value for key 'PythonInstallReqMaxIdleTime' with value '0'"
            )
        );
    }

    #[test]
    fn read_only_settings_say_so() {
        let config = Config::new();
        assert_eq!(
            config.set(b"ExecutionThreads", Some(b"5")),
            refused("(error) Config value ExecutionThreads not modifiable at runtime")
        );
        assert_eq!(
            config.set(b"CreateVenv", Some(b"1")),
            refused("(error) CreateVenv is not configurable at runtime")
        );
        assert!(config.set_while_loading(b"ExecutionThreads", b"5").is_ok());
        assert_eq!(config.execution_threads(), 5);
    }

    #[test]
    fn users_keep_values_of_their_own() {
        let config = Config::new();
        assert_eq!(config.set(b"mykey", Some(b"\xff\0")), Change::Saved);
        assert_eq!(
            config.get(b"mykey"),
            Some(Current::Bytes(b"\xff\0".to_vec()))
        );
        assert_eq!(config.get(b"MYKEY"), None);
        assert_eq!(
            config.set(b"other", None),
            refused("(error) Value was not given to other")
        );
    }
}
