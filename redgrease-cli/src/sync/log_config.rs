//! The log that `--log-config` asks for.
//!
//! The file has the keys `level` (`error`, `warn`, `info`, `debug`, `trace`), `format` (`text` or `json`) and `file` (default: the
//! standard error), as JSON or in the syntax of the files of options, which covers ini, and simple TOML and YAML.

use super::clock::utc;
use super::config_file::{ConfigFile, Value, suggestion};
use crate::failure::Failure;
use log::{LevelFilter, Log, Metadata, Record};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

const KEYS: [&str; 3] = ["level", "format", "file"];

/// The option that names the file.
const OPTION: &str = "--log-config";

#[derive(Debug, Clone, PartialEq, Eq)]
struct LogConfig {
    level: LevelFilter,
    is_json: bool,
    file: Option<PathBuf>,
}

/// Begins to log as the file says. Returns `false` if something else logs already: there is one log for the whole program.
pub(super) fn begin(path: &Path) -> Result<bool, Failure> {
    let config = LogConfig::read(path)?;
    let out: Box<dyn Write + Send> = match &config.file {
        None => Box::new(std::io::stderr()),
        Some(file) => {
            let opened = std::fs::OpenOptions::new()
                .create(true)
                .append(true)
                .open(file);
            Box::new(opened.map_err(|error| {
                Failure::usage(format!(
                    "the log {} cannot be opened: {error}: name another one with `file` in {}",
                    file.display(),
                    path.display()
                ))
            })?)
        }
    };
    let logger = Logger {
        is_json: config.is_json,
        out: Mutex::new(out),
    };
    let begins = log::set_boxed_logger(Box::new(logger)).is_ok();
    if begins {
        log::set_max_level(config.level);
    }
    Ok(begins)
}

impl LogConfig {
    fn read(path: &Path) -> Result<Self, Failure> {
        let values = Values::read(path)?;
        let get = |key: &str| values.get(path, key);
        let level = match get("level")?.as_deref().map(str::to_lowercase) {
            None => LevelFilter::Info,
            // The words of Python's logging and of servers.
            Some(word) => match word.as_str() {
                "warning" | "critical" => LevelFilter::Warn,
                "verbose" => LevelFilter::Debug,
                "notice" => LevelFilter::Info,
                _ => word.parse().map_err(|_| {
                    let problem = format!("there is no level `{word}`");
                    about(path, &problem, "write error, warn, info, debug or trace")
                })?,
            },
        };
        let is_json = match get("format")?.as_deref() {
            None | Some("text") => false,
            Some("json") => true,
            Some(word) => {
                let problem = format!("there is no format `{word}`");
                return Err(about(path, &problem, "write text or json"));
            }
        };
        Ok(LogConfig {
            level,
            is_json,
            file: get("file")?.map(PathBuf::from),
        })
    }
}

/// The values of a file, in either of its forms.
enum Values {
    Json(serde_json::Map<String, serde_json::Value>),
    Lines(ConfigFile),
}

impl Values {
    fn read(path: &Path) -> Result<Self, Failure> {
        // A file that cannot be read is an error below.
        let text = std::fs::read_to_string(path).unwrap_or_default();
        if !text.trim_start().starts_with('{') {
            let mut lines = ConfigFile::default();
            lines.add(path, &KEYS, OPTION)?;
            return Ok(Values::Lines(lines));
        }
        let read: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&text)
            .map_err(|error| {
                let remedy = "write an object such as {\"level\": \"info\"}";
                about(path, &format!("{error}"), remedy)
            })?;
        match read.keys().find(|key| !KEYS.contains(&key.as_str())) {
            Some(key) => {
                let problem = format!("there is no key `{key}`");
                Err(about(path, &problem, &suggestion(key, &KEYS)))
            }
            None => Ok(Values::Json(read)),
        }
    }

    fn get(&self, path: &Path, key: &str) -> Result<Option<String>, Failure> {
        match self {
            Values::Json(values) => match values.get(key) {
                None | Some(serde_json::Value::Null) => Ok(None),
                Some(serde_json::Value::String(text)) => Ok(Some(text.clone())),
                Some(_) => {
                    let problem = format!("`{key}` is no text");
                    Err(about(path, &problem, "write it in quotes"))
                }
            },
            Values::Lines(values) => Ok(values.get(key).and_then(|given| match given.value {
                Value::One(text) => Some(text),
                Value::List(_) => None,
            })),
        }
    }
}

fn about(path: &Path, problem: &str, remedy: &str) -> Failure {
    Failure::usage(format!("{}: {problem}: {remedy}", path.display()))
}

struct Logger {
    is_json: bool,
    out: Mutex<Box<dyn Write + Send>>,
}

impl Log for Logger {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= log::max_level()
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let line = line(self.is_json, &utc(SystemTime::now()), record);
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        // A log on a full disk is no reason to end.
        let _ = writeln!(out, "{line}");
    }

    fn flush(&self) {
        let _ = self
            .out
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .flush();
    }
}

/// Time, level, place and message, one line for each message.
fn line(is_json: bool, time: &str, record: &Record<'_>) -> String {
    let (level, target, message) = (record.level(), record.target(), record.args().to_string());
    if is_json {
        serde_json::json!({"time": time, "level": level.as_str(), "target": target, "message": message})
            .to_string()
    } else {
        format!(
            "{time}\t{level}\t{target}\t{}",
            message.replace('\n', "\\n")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<LogConfig, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        std::fs::write(&path, text).unwrap();
        LogConfig::read(&path).map_err(|failure| failure.to_string())
    }

    #[test]
    fn json_ini_toml_and_yaml_mean_the_same() {
        let expected = Ok(LogConfig {
            level: LevelFilter::Debug,
            is_json: true,
            file: Some(PathBuf::from("/var/log/x")),
        });
        for text in [
            r#"{"level": "debug", "format": "json", "file": "/var/log/x"}"#,
            "[log]\nlevel=DEBUG\nformat=json\nfile=/var/log/x",
            "level = \"debug\"\nformat = \"json\"\nfile = \"/var/log/x\"",
            "---\nlevel: debug\nformat: json\nfile: /var/log/x",
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
        assert_eq!(read("").unwrap().level, LevelFilter::Info);
        assert_eq!(read("level: warning").unwrap().level, LevelFilter::Warn);
    }

    #[test]
    fn a_wrong_file_says_what_to_write() {
        assert!(
            read("level=loud")
                .unwrap_err()
                .ends_with("write error, warn, info, debug or trace")
        );
        assert!(
            read("format=xml")
                .unwrap_err()
                .ends_with("write text or json")
        );
        assert!(
            read(r#"{"levle": "info"}"#)
                .unwrap_err()
                .ends_with("write `level`")
        );
        assert!(
            read(r#"{"level": 3}"#)
                .unwrap_err()
                .contains("`level` is no text")
        );
        assert!(read("{").unwrap_err().contains("write an object"));
        let missing = LogConfig::read(Path::new("/no/such/file")).unwrap_err();
        assert!(missing.to_string().contains("cannot be read"));
        assert!(missing.to_string().ends_with("with --log-config"));
    }

    #[test]
    fn a_message_is_one_line() {
        let args = format_args!("a\nb").to_string();
        let text = |is_json| {
            line(
                is_json,
                "T",
                &Record::builder()
                    .args(format_args!("{args}"))
                    .level(log::Level::Warn)
                    .target("x")
                    .build(),
            )
        };
        assert_eq!(text(false), "T\tWARN\tx\ta\\nb");
        assert_eq!(
            text(true),
            r#"{"level":"WARN","message":"a\nb","target":"x","time":"T"}"#
        );
    }
}
