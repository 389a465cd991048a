use super::setting::SETTINGS;
use super::*;

/// The kind and the default of a setting, as `RG.CONFIGGET` shows it.
enum Shown {
    Number { default: i64, minimum: i64 },
    Text,
    Word(&'static [&'static str]),
    List,
}

use Shown::{List, Text, Word};

const fn number(default: i64, minimum: i64) -> Shown {
    Shown::Number { default, minimum }
}

const READ_ONLY: bool = true;
const CHANGEABLE: bool = false;

/// Every setting in the order of the table: name, owner, kind, and whether it is read-only.
const EXPECTED: &[(&str, SettingOwner, Shown, bool)] = {
    use SettingOwner::{Engine, Gears, Python};
    &[
        ("MaxExecutions", Gears, number(1000, i64::MIN), CHANGEABLE),
        (
            "MaxExecutionsPerRegistration",
            Gears,
            number(100, i64::MIN),
            CHANGEABLE,
        ),
        ("ProfileExecutions", Gears, number(0, 0), CHANGEABLE),
        ("ExecutionThreads", Gears, number(3, 1), READ_ONLY),
        ("ExecutionMaxIdleTime", Gears, number(5000, 1), CHANGEABLE),
        ("SendMsgRetries", Gears, number(3, 0), CHANGEABLE),
        ("Plugin", Gears, List, READ_ONLY),
        ("CreateVenv", Python, number(0, 0), READ_ONLY),
        ("DownloadDeps", Python, number(0, 0), READ_ONLY),
        (
            "ForeceDownloadDepsOnEnterprise",
            Python,
            number(0, 0),
            READ_ONLY,
        ),
        ("PythonAttemptTraceback", Python, number(1, 0), CHANGEABLE),
        ("OverridePythonAllocators", Python, number(1, 0), READ_ONLY),
        (
            "PythonInstallReqMaxIdleTime",
            Python,
            number(30_000, 1),
            CHANGEABLE,
        ),
        ("DependenciesUrl", Python, Text, READ_ONLY),
        ("DependenciesSha256", Python, Text, READ_ONLY),
        ("PythonInstallationDir", Python, Text, READ_ONLY),
        ("AdditionalThreads", Engine, number(12, 0), CHANGEABLE),
        ("ExecutionQueueSize", Engine, number(100_000, 1), CHANGEABLE),
        ("MaxRecordsInFlight", Engine, number(1000, 1), CHANGEABLE),
        ("ExecutionMaxTime", Engine, number(0, 0), CHANGEABLE),
        ("ExecutionMaxRecords", Engine, number(0, 0), CHANGEABLE),
        ("ExecutionMaxMemory", Engine, number(1 << 30, 0), CHANGEABLE),
        ("LockMaxTime", Engine, number(1000, 0), CHANGEABLE),
        ("ScriptMaxTime", Engine, number(60_000, 0), CHANGEABLE),
        ("ScriptThreads", Engine, number(32, 1), CHANGEABLE),
        ("MaxCallDepth", Engine, number(16, 1), CHANGEABLE),
        (
            "AbortOnDisconnect",
            Engine,
            Word(&["pending", "0", "1"]),
            CHANGEABLE,
        ),
        (
            "CompatibleReplies",
            Engine,
            Word(&["1.2", "1.0"]),
            CHANGEABLE,
        ),
        ("ExecuteAsOwner", Engine, number(0, 0), READ_ONLY),
        ("PythonExecutable", Engine, Text, READ_ONLY),
        ("Installer", Engine, Word(&["auto", "uv", "pip"]), READ_ONLY),
        ("PipArguments", Engine, Text, READ_ONLY),
    ]
};

/// The number settings: name, owner, default and minimum.
fn numbers() -> impl Iterator<Item = (&'static str, SettingOwner, i64, i64)> {
    EXPECTED
        .iter()
        .filter_map(|(name, owner, shown, _)| match shown {
            Shown::Number { default, minimum } => Some((*name, *owner, *default, *minimum)),
            Text | Word(_) | List => None,
        })
}

fn refused(text: &str) -> Change {
    Change::Refused(text.to_owned())
}

/// The reply to a value that a setting does not accept.
fn bad_value(name: &str, owner: SettingOwner, value: &str) -> Change {
    match owner {
        SettingOwner::Python => refused(&format!(
            "Failed setting config value for key '{name}' with value '{value}'"
        )),
        SettingOwner::Gears | SettingOwner::Engine => {
            refused(&format!("(error) Failed setting config value {name}"))
        }
    }
}

#[test]
fn names_are_case_sensitive_for_reading_but_not_for_writing() {
    let config = Config::new();
    assert_eq!(config.get(b"MaxExecutions"), Some(Current::Number(1000)));
    assert_eq!(config.get(b"maxexecutions"), None);
    assert_eq!(config.set(b"MAXEXECUTIONS", Some(b"400")), Change::Done);
    assert_eq!(config.max_executions(), 400);
}

#[test]
fn names_of_python_settings_are_case_sensitive_for_writing_too() {
    let config = Config::new();
    let lower = b"pythonattempttraceback";
    assert_eq!(config.set(lower, Some(b"0")), Change::Saved);
    assert!(config.attempt_traceback());
    assert_eq!(config.get(lower), Some(Current::Bytes(b"0".to_vec())));
    assert_eq!(
        config.set(b"PythonAttemptTraceback", Some(b"0")),
        Change::Saved
    );
    assert!(!config.attempt_traceback());
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
        refused("Failed setting config value for key 'PythonInstallReqMaxIdleTime' with value '0'")
    );
    assert_eq!(
        config.set(b"PythonInstallReqMaxIdleTime", None),
        refused("(error) Value was not given to PythonInstallReqMaxIdleTime")
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
fn unknown_names_are_stored_as_user_values() {
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
    assert_eq!(config.get(b"other"), None);
    assert_eq!(config.set(b"\xff", Some(b"1")), Change::Saved);
    assert_eq!(config.user(b"\xff"), Some(b"1".to_vec()));
}

#[test]
fn every_setting_is_in_the_table_once() {
    let names: Vec<&str> = EXPECTED.iter().map(|(name, ..)| *name).collect();
    let table: Vec<&str> = SETTINGS.iter().map(|setting| setting.name).collect();
    assert_eq!(table, names);
    for (at, name) in table.iter().enumerate() {
        assert_eq!(index(name), at, "{name}");
        assert_eq!(find(name).map(|(at, _)| at), Some(at), "{name}");
        let twins = table
            .iter()
            .filter(|other| other.eq_ignore_ascii_case(name));
        assert_eq!(twins.count(), 1, "{name}");
    }
}

#[test]
fn index_distinguishes_a_name_from_its_prefix() {
    assert_ne!(
        index("MaxExecutions"),
        index("MaxExecutionsPerRegistration")
    );
}

#[test]
#[should_panic(expected = "unknown setting")]
fn index_refuses_an_unknown_name() {
    index("maxexecutions");
}

#[test]
fn every_setting_has_its_owner_default_and_minimum() {
    let config = Config::new();
    for ((name, owner, shown, read_only), setting) in EXPECTED.iter().zip(SETTINGS) {
        assert_eq!(setting.owner, *owner, "{name}");
        assert_eq!(setting.read_only, *read_only, "{name}");
        let expected = match shown {
            Shown::Number { default, minimum } => {
                assert_eq!(setting.minimum, *minimum, "{name}");
                assert!(default >= minimum, "{name}");
                Current::Number(*default)
            }
            Text => Current::Bytes(Vec::new()),
            Word(words) => Current::Bytes(words[0].as_bytes().to_vec()),
            List => Current::List(vec![String::new()]),
        };
        assert_eq!(config.get(name.as_bytes()), Some(expected), "{name}");
    }
}

#[test]
fn every_number_is_accepted_from_its_minimum_on() {
    let config = Config::new();
    for (name, _, _, minimum) in numbers() {
        let maximum = if name == "MaxCallDepth" {
            100
        } else {
            i64::MAX
        };
        for value in [minimum, maximum] {
            config
                .set_while_loading(name.as_bytes(), value.to_string().as_bytes())
                .unwrap();
            let now = config.get(name.as_bytes());
            assert_eq!(now, Some(Current::Number(value)), "{name}");
        }
    }
}

#[test]
fn every_number_refuses_other_values_and_keeps_its_own() {
    let config = Config::new();
    for (name, owner, default, minimum) in numbers() {
        let below = i128::from(minimum) - 1;
        let above = i128::from(i64::MAX) + 1;
        let mut values = vec![below.to_string(), above.to_string()];
        values.extend(["", " ", "1.5", "1 ", "0x10", "yes"].map(str::to_owned));
        for value in values {
            let outcome = config.change(name.as_bytes(), Some(value.as_bytes()), true);
            assert_eq!(outcome, bad_value(name, owner, &value), "{name} {value:?}");
        }
        assert!(matches!(
            config.change(name.as_bytes(), Some(b"\xff"), true),
            Change::Refused(_)
        ));
        let now = config.get(name.as_bytes());
        assert_eq!(now, Some(Current::Number(default)), "{name}");
    }
}

#[test]
fn every_read_only_setting_changes_only_while_the_module_loads() {
    for (name, owner, shown, read_only) in EXPECTED {
        let config = Config::new();
        let name_bytes = name.as_bytes();
        let before = config.get(name_bytes);
        let value = match shown {
            Word(words) => words[1].as_bytes(),
            Shown::Number { .. } | Text | List => b"7",
        };
        let outcome = config.set(name_bytes, Some(value));
        if *read_only {
            let text = match owner {
                SettingOwner::Python => format!("(error) {name} is not configurable at runtime"),
                SettingOwner::Gears | SettingOwner::Engine => {
                    format!("(error) Config value {name} not modifiable at runtime")
                }
            };
            assert_eq!(outcome, Change::Refused(text), "{name}");
            assert_eq!(config.get(name_bytes), before, "{name}");
            config.set_while_loading(name_bytes, value).unwrap();
        } else {
            let accepted = match owner {
                SettingOwner::Python => Change::Saved,
                SettingOwner::Gears | SettingOwner::Engine => Change::Done,
            };
            assert_eq!(outcome, accepted, "{name}");
        }
        let expected = match shown {
            Shown::Number { .. } => Current::Number(7),
            Text | Word(_) => Current::Bytes(value.to_vec()),
            List => Current::List(vec!["7".to_owned()]),
        };
        assert_eq!(config.get(name_bytes), Some(expected), "{name}");
    }
}

#[test]
fn a_word_is_one_of_the_accepted_ones() {
    let config = Config::new();
    assert!(!config.replies_of_1_0());
    for value in ["", "1", "1.0.6", " 1.0", "yes", "1.0\0"] {
        let outcome = config.set(b"CompatibleReplies", Some(value.as_bytes()));
        let expected = bad_value("CompatibleReplies", SettingOwner::Engine, value);
        assert_eq!(outcome, expected, "{value:?}");
    }
    assert_eq!(
        config.set_while_loading(b"CompatibleReplies", b"2"),
        Err(
            "could not set the module argument CompatibleReplies: (error) Failed setting config \
             value CompatibleReplies: give 1.2 or 1.0"
                .to_owned()
        )
    );
    assert!(!config.replies_of_1_0());
    let set = config.set(b"compatiblereplies", Some(b"1.0"));
    assert_eq!(set, Change::Done);
    assert!(config.replies_of_1_0());
    assert_eq!(config.set(b"CompatibleReplies", Some(b"1.2")), Change::Done);
    assert!(!config.replies_of_1_0());
}

#[test]
fn a_refused_module_argument_says_which_values_are_accepted() {
    let config = Config::new();
    assert_eq!(
        config.set_while_loading(b"ExecutionThreads", b"0"),
        Err(
            "could not set the module argument ExecutionThreads: (error) Failed setting config \
             value ExecutionThreads: give an integer of at least 1"
                .to_owned()
        )
    );
    let error = config
        .set_while_loading(b"MaxExecutions", b"many")
        .unwrap_err();
    assert!(error.ends_with(": give an integer"), "{error}");
    assert_eq!(config.set_while_loading(b"mine", b"many"), Ok(()));
    assert_eq!(config.user(b"mine"), Some(b"many".to_vec()));
}

#[test]
fn a_setting_may_have_a_largest_value() {
    let config = Config::new();
    assert_eq!(config.max_call_depth(), 16);
    for (value, accepted) in [("0", false), ("1", true), ("100", true), ("101", false)] {
        let change = config.set(b"MaxCallDepth", Some(value.as_bytes()));
        assert_eq!(change == Change::Done, accepted, "{value}");
    }
    assert_eq!(config.max_call_depth(), 100);
    let error = config
        .set_while_loading(b"MaxCallDepth", b"101")
        .unwrap_err();
    assert!(
        error.ends_with(": give an integer from 1 to 100"),
        "{error}"
    );
}

#[test]
fn typed_getters_agree_with_the_table() {
    let config = Config::new();
    assert_eq!(config.execution_threads(), 3);
    assert_eq!(config.queue_size(), 100_000);
    assert_eq!(config.max_executions(), 1000);
    assert_eq!(config.max_executions_per_registration(), 100);
    assert!(config.attempt_traceback());
    assert!(!config.profile_executions());
    assert_eq!(config.on_disconnect(), OnDisconnect::AbortPending);
    assert!(!config.execute_as_owner());
    assert_eq!(config.text("PythonExecutable"), "");
    assert_eq!(config.text("no such setting"), "");
    let limits = config.limits();
    assert!(limits.time.is_none() && limits.records.is_none());
    assert_eq!(limits.memory, Some(1 << 30));
    assert_eq!(config.lock_max_time(), Some(Duration::from_secs(1)));

    for (name, value) in [
        ("ExecutionThreads", "513"),
        ("AdditionalThreads", "3"),
        ("ExecutionQueueSize", "8"),
        ("MaxRecordsInFlight", "8"),
        ("MaxExecutions", "-1"),
        ("MaxExecutionsPerRegistration", "-1"),
        ("PythonAttemptTraceback", "0"),
        ("ProfileExecutions", "1"),
        ("AbortOnDisconnect", "1"),
        ("ExecuteAsOwner", "1"),
        ("PythonExecutable", "/usr/bin/python3"),
        ("ExecutionMaxTime", "250"),
        ("ExecutionMaxRecords", "9"),
        ("ExecutionMaxMemory", "4096"),
    ] {
        config
            .set_while_loading(name.as_bytes(), value.as_bytes())
            .unwrap();
    }
    assert_eq!(config.execution_threads(), 512);
    assert_eq!(config.queue_size(), 8);
    assert_eq!(config.max_executions(), usize::MAX);
    assert_eq!(config.max_executions_per_registration(), usize::MAX);
    assert!(!config.attempt_traceback());
    assert!(config.profile_executions());
    assert_eq!(config.on_disconnect(), OnDisconnect::Abort);
    assert_eq!(config.set(b"AbortOnDisconnect", Some(b"0")), Change::Done);
    assert_eq!(config.on_disconnect(), OnDisconnect::GoOn);
    assert!(config.execute_as_owner());
    assert_eq!(config.text("PythonExecutable"), "/usr/bin/python3");
    let limits = config.limits();
    assert_eq!(limits.time, Some(Duration::from_millis(250)));
    assert_eq!(limits.records, Some(9));
    assert_eq!(limits.memory, Some(4096));
}

#[test]
fn what_a_failed_attempt_has_set_is_forgotten() {
    let config = Config::new();
    for (name, value) in [("MaxExecutions", "7"), ("PipArguments", "-v"), ("own", "x")] {
        let set = config.set_while_loading(name.as_bytes(), value.as_bytes());
        assert_eq!(set, Ok(()));
    }
    config.forget();
    assert_eq!(config.max_executions(), 1000);
    assert_eq!(config.text("PipArguments"), "");
    assert_eq!(config.text("CompatibleReplies"), "1.2");
    assert_eq!(config.user(b"own"), None);
}

#[test]
fn the_argument_of_the_loader_is_a_setting_that_cannot_be_changed() {
    let config = Config::new();
    config
        .set_while_loading(b"PythonExecutable", b"/usr/bin/python3")
        .unwrap();
    for name in ["Python", "python", "PythonExecutable"] {
        for value in [Some(&b"3.11"[..]), None] {
            let reason = format!("(error) Config value {name} not modifiable at runtime");
            let change = config.set(name.as_bytes(), value);
            assert_eq!(change, Change::Refused(reason));
        }
    }
    for name in ["Python", "PythonExecutable"] {
        let program = Current::Bytes(b"/usr/bin/python3".to_vec());
        assert_eq!(config.get(name.as_bytes()), Some(program));
        assert_eq!(secrecy(name.as_bytes()), Secrecy::Open);
    }
}
