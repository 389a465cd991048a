//! The settings of `sync` and its relatives: flag > environment > file of options > default.

use super::config_file::{ConfigFile, Given, Place, Value, value};
use super::patterns::{Glob, Patterns};
use crate::app::{App, address, url_of_environment};
use crate::args::BARE_SERVER;
use crate::failure::Failure;
use regex::Regex;
use std::path::{Path, PathBuf};
use std::time::Duration;

const INDEX_PREFIX: &str = "/redgrease/scripts";
const SCRIPT_PATTERN: &str = "*.py";
const REQUIREMENTS_PATTERN: &str = "*requirements*.txt";
const UNBLOCKING_PATTERN: &str = "unblock";
const IGNORED: &str = "_*";
/// `--watch` without a time, in seconds.
pub(crate) const WATCH: &str = "5.0";

/// The file of options that is read without `--config`, if it exists.
const LOCAL_FILE: &str = "redgrease.conf";
/// The directory of files of options that are read before it.
const SYSTEM_FILES: &str = "/etc/redgrease/conf.d";

/// The keys of files of options.
const KEYS: [&str; 13] = [
    "index-prefix",
    "recursive",
    "script-pattern",
    "requirements-pattern",
    "unblocking-pattern",
    "ignore",
    "project",
    "watch",
    "url",
    "server",
    "port",
    "log-config",
    "config",
];

/// Which scripts, and where the server remembers them.
#[allow(clippy::doc_markdown, reason = "clap prints the text as it is")]
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Flags {
    /// File of options, with lines `key = value` [env: CONFIG_FILE]
    ///
    /// A key is the name of an option without the dashes; `flag = true` and `list = [a, b]` work, too. The files
    /// /etc/redgrease/conf.d/*.conf and then ./redgrease.conf are read first, if they exist; the file of this option counts more
    /// than both. Options on the command line count most, then the environment, then files.
    #[arg(short, long, value_name = "CONFIG_FILE")]
    config: Option<PathBuf>,
    /// Beginning of the keys under which the server remembers the scripts [env: INDEX_PREFIX] [default: /redgrease/scripts]
    #[arg(long, value_name = "PREFIX")]
    index_prefix: Option<String>,
    /// Scripts in directories below the given ones, too [env: RECURSIVE]
    #[arg(short, long)]
    recursive: bool,
    /// Names of scripts in directories, as a glob [env: SCRIPT_PATTERN] [default: *.py]
    #[arg(long, value_name = "PATTERN")]
    script_pattern: Option<String>,
    /// Names of files of requirements, as a glob [env: REQUIREMENTS_PATTERN] [default: *requirements*.txt]
    #[arg(long, value_name = "PATTERN")]
    requirements_pattern: Option<String>,
    /// Scripts whose path contains this regular expression do not wait for their run [env: UNBLOCKING_PATTERN]
    /// [default: unblock]
    #[arg(long, value_name = "REGEX")]
    unblocking_pattern: Option<String>,
    /// Names of files and directories to leave out, as a glob; may be given several times [env: IGNORE] [default: _*]
    #[arg(short, long, value_name = "PATTERN")]
    ignore: Vec<String>,
    /// Name that stands for the given directories in the keys, for directories that change their place
    /// [env: REDGREASE_PROJECT]
    ///
    /// Without it, a script is known by its whole path: two checkouts on one server are two sets of scripts. With it, the same
    /// script of the next release directory or of another machine replaces the one before.
    #[arg(long, value_name = "NAME")]
    project: Option<String>,
}

/// The options of `sync` alone.
#[allow(clippy::doc_markdown, reason = "clap prints the text as it is")]
#[derive(Debug, Default, clap::Args)]
pub(crate) struct WatchFlags {
    /// Go on, and load what changes within so many seconds; 5.0 if no number follows [env: WATCH]
    #[arg(short, long, value_name = "SECONDS", num_args = 0..=1, default_missing_value = WATCH)]
    watch: Option<String>,
    /// File that says what to log: level, format (text or json) and file [env: LOG_CONFIG]
    #[arg(short, long, value_name = "LOG_CONFIG")]
    log_config: Option<PathBuf>,
}

/// The settings that count.
pub(super) struct Settings {
    pub(super) index_prefix: String,
    pub(super) is_recursive: bool,
    pub(super) patterns: Patterns,
    pub(super) project: Option<String>,
    pub(super) watch: Option<Duration>,
    pub(super) log_config: Option<PathBuf>,
    /// The address of the server. It may contain a password.
    pub(super) url: String,
}

impl Settings {
    pub(super) fn new(
        app: &App,
        flags: &Flags,
        watch: Option<&WatchFlags>,
    ) -> Result<Self, Failure> {
        let named = flags.config.clone();
        let named = named.or_else(|| environment("CONFIG_FILE").map(PathBuf::from));
        let layers = Layers {
            environment,
            file: files(app, named.as_deref())?,
        };
        layers.settings(app, flags, watch)
    }
}

/// A variable of the environment. An empty one does not count.
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.is_empty())
}

/// Reads the files of options.
fn files(app: &App, named: Option<&Path>) -> Result<ConfigFile, Failure> {
    let mut file = ConfigFile::default();
    let mut system: Vec<PathBuf> = std::fs::read_dir(SYSTEM_FILES)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|it| it == "conf"))
        .collect();
    system.sort();
    let local = Some(PathBuf::from(LOCAL_FILE)).filter(|path| path.is_file());
    for path in system
        .iter()
        .chain(&local)
        .map(PathBuf::as_path)
        .chain(named)
    {
        app.out
            .detail(format_args!("options of {} are read", path.display()));
        file.add(path, &KEYS, "--config")?;
    }
    if let Some(given) = file.get("config") {
        return Err(wrong(
            &given.place,
            "no file can name another one",
            "name it with --config",
        ));
    }
    Ok(file)
}

fn wrong(place: &Place, problem: &str, remedy: &str) -> Failure {
    Failure::usage(format!("{place}: {problem}: {remedy}"))
}

/// The layers below the command line.
struct Layers {
    environment: fn(&str) -> Option<String>,
    file: ConfigFile,
}

impl Layers {
    fn settings(
        &self,
        app: &App,
        flags: &Flags,
        watch: Option<&WatchFlags>,
    ) -> Result<Settings, Failure> {
        let text = |flag: &Option<String>, name, variable, key| {
            let given = self.get(flag.clone().map(Value::One), name, variable, key);
            given.map(|given| one(&given)).transpose()
        };
        let glob = |flag, name, variable, key, default: &str| -> Result<Glob, Failure> {
            let (pattern, place) =
                text(flag, name, variable, key)?.unwrap_or((default.to_owned(), Place::Flag(name)));
            Glob::new(&pattern, &place)
        };
        let prefix = text(
            &flags.index_prefix,
            "--index-prefix",
            "INDEX_PREFIX",
            "index-prefix",
        )?;
        let prefix = prefix.map_or_else(|| INDEX_PREFIX.to_owned(), |(prefix, _)| prefix);
        let recursive = flags.recursive.then(|| Value::One("true".to_owned()));
        let recursive = self.get(recursive, "--recursive", "RECURSIVE", "recursive");
        let watch = watch.unwrap_or(&WatchFlags {
            watch: None,
            log_config: None,
        });
        let seconds = text(&watch.watch, "--watch", "WATCH", "watch")?;
        let log_config = watch.log_config.as_ref().map(|it| it.display().to_string());
        let log_config = text(&log_config, "--log-config", "LOG_CONFIG", "log-config")?;
        let project = text(&flags.project, "--project", "REDGREASE_PROJECT", "project")?;
        Ok(Settings {
            index_prefix: prefix.trim_end_matches('/').to_owned(),
            is_recursive: recursive.as_ref().map_or(Ok(false), switch)?,
            patterns: Patterns::new(
                glob(
                    &flags.script_pattern,
                    "--script-pattern",
                    "SCRIPT_PATTERN",
                    "script-pattern",
                    SCRIPT_PATTERN,
                )?,
                glob(
                    &flags.requirements_pattern,
                    "--requirements-pattern",
                    "REQUIREMENTS_PATTERN",
                    "requirements-pattern",
                    REQUIREMENTS_PATTERN,
                )?,
                self.ignored(flags)?,
                self.unblocking(flags)?,
            ),
            project: project.map(|given| project_name(&given)).transpose()?,
            watch: match seconds {
                Some((seconds, place)) => duration(&seconds, &place)?,
                None => None,
            },
            log_config: log_config.map(|(path, _)| PathBuf::from(path)),
            url: self.url(app)?,
        })
    }

    /// The value that counts, with its place.
    fn get(
        &self,
        flag: Option<Value>,
        name: &'static str,
        variable: &'static str,
        key: &str,
    ) -> Option<Given> {
        let given = |value, place| Given { value, place };
        flag.map(|value| given(value, Place::Flag(name)))
            .or_else(|| {
                let text = (self.environment)(variable)?;
                Some(given(value(&text), Place::Environment(variable)))
            })
            .or_else(|| self.file.get(key))
    }

    fn ignored(&self, flags: &Flags) -> Result<Vec<Glob>, Failure> {
        let flag = (!flags.ignore.is_empty()).then(|| Value::List(flags.ignore.clone()));
        let Some(given) = self.get(flag, "--ignore", "IGNORE", "ignore") else {
            return Ok(vec![Glob::new(IGNORED, &Place::Flag("--ignore"))?]);
        };
        let patterns = match given.value {
            Value::One(pattern) => vec![pattern],
            Value::List(patterns) => patterns,
        };
        // An empty pattern leaves nothing out, not even what is left out by default.
        let patterns = patterns.iter().filter(|pattern| !pattern.is_empty());
        patterns
            .map(|pattern| Glob::new(pattern.trim_end_matches('/'), &given.place))
            .collect()
    }

    fn unblocking(&self, flags: &Flags) -> Result<Option<Regex>, Failure> {
        let flag = flags.unblocking_pattern.clone().map(Value::One);
        let given = self.get(
            flag,
            "--unblocking-pattern",
            "UNBLOCKING_PATTERN",
            "unblocking-pattern",
        );
        let (pattern, place) = match given {
            Some(given) => one(&given)?,
            None => (
                UNBLOCKING_PATTERN.to_owned(),
                Place::Flag("--unblocking-pattern"),
            ),
        };
        // The empty expression is in each path. What is meant is no path.
        if pattern.is_empty() {
            return Ok(None);
        }
        Regex::new(&pattern).map(Some).map_err(|error| {
            let reason = error.to_string();
            let reason = reason.lines().last().unwrap_or_default();
            wrong(
                &place,
                reason,
                "write a regular expression such as `unblock|slow`",
            )
        })
    }

    /// The address: `--url`, `--server` and `--port`, then the environment, then files.
    fn url(&self, app: &App) -> Result<String, Failure> {
        let options = &app.options;
        if let Some(url) = &options.url {
            return Ok(url.clone());
        }
        let is_flagged = options.server.is_some() || options.port.is_some();
        if !is_flagged && let Some(url) = url_of_environment() {
            return Ok(url);
        }
        let flag = options.server.clone().map(Value::One);
        let host = self.get(flag, "--server", "SERVER", "server");
        let flag = options.port.map(|port| Value::One(port.to_string()));
        let port = self.get(flag, "--port", "PORT", "port");
        let is_of_file = |given: &Option<Given>| {
            given
                .as_ref()
                .is_none_or(|given| matches!(given.place, Place::File { .. }))
        };
        if is_of_file(&host)
            && is_of_file(&port)
            && let Some(url) = self.file.get("url")
        {
            if let Some(other) = host.or(port) {
                return Err(wrong(
                    &other.place,
                    "the file names an address with `url`, too",
                    "leave one of them out",
                ));
            }
            return one(&url).map(|(url, _)| url);
        }
        let host = host.map(|given| one(&given)).transpose()?;
        let host = host.map(|(host, _)| match host.as_str() {
            "true" | "" => BARE_SERVER.to_owned(),
            _ => host,
        });
        let port = port.map(|given| port_number(&given)).transpose()?;
        Ok(address(host.as_deref(), port))
    }
}

/// A single text.
fn one(given: &Given) -> Result<(String, Place), Failure> {
    match &given.value {
        Value::One(text) => Ok((text.clone(), given.place.clone())),
        Value::List(_) => Err(wrong(&given.place, "a list is given", "write one value")),
    }
}

fn switch(given: &Given) -> Result<bool, Failure> {
    let (text, place) = one(given)?;
    match text.to_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Ok(true),
        "false" | "no" | "off" | "0" | "" => Ok(false),
        _ => Err(wrong(
            &place,
            &format!("`{text}` is neither true nor false"),
            "write true or false",
        )),
    }
}

fn port_number(given: &Given) -> Result<u16, Failure> {
    let (text, place) = one(given)?;
    text.parse().map_err(|_| {
        let problem = format!("`{text}` is no port");
        wrong(&place, &problem, "write a number from 1 to 65535")
    })
}

/// The time of `--watch`. `true` stands for the default, `false` for none.
fn duration(text: &str, place: &Place) -> Result<Option<Duration>, Failure> {
    let seconds = match text.to_lowercase().as_str() {
        "true" | "yes" | "on" | "" => WATCH.parse(),
        "false" | "no" | "off" => return Ok(None),
        _ => text.parse::<f64>(),
    };
    let seconds = seconds.ok().filter(|it| (0.0..=86_400.0).contains(it));
    match seconds {
        Some(seconds) => Ok(Some(Duration::from_secs_f64(seconds))),
        None => Err(wrong(
            place,
            &format!("`{text}` is no number of seconds"),
            "write a number such as 0.5",
        )),
    }
}

fn project_name((name, place): &(String, Place)) -> Result<String, Failure> {
    let name = name.trim_matches('/');
    if name.is_empty() {
        return Err(wrong(
            place,
            "the name is empty",
            "write a name such as shop",
        ));
    }
    Ok(name.to_owned())
}

#[cfg(test)]
#[path = "settings_tests.rs"]
mod tests;
