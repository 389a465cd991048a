//! The settings servers have.

use super::super::types::ConfigValue;
use super::super::{cmd, reply};
use super::setting::Setting;
#[cfg(feature = "aio")]
use crate::connection::AsyncConnection;
use crate::connection::Connection;
use crate::error::{DecodeError, Error, ErrorKind, Result};
use std::collections::BTreeMap;
use std::fmt::Display;
use std::time::Duration;

/// Writes each setting down once, for both types.
macro_rules! settings {
    ($(
        $(#[$doc:meta])*
        $get:ident $(/ $set:ident)?: $type:ty = $name:literal;
    )*) => {
        /// Names of all settings this version knows.
        const NAMES: &[&str] = &[$($name),*];

        /// The settings of a server, with types. They are not saved: a restarted server has those of its command line.
        ///
        /// ```no_run
        /// use redgrease_core::{Config, connect};
        /// use std::time::Duration;
        ///
        /// let mut con = connect("redis://127.0.0.1/")?;
        /// let mut config = Config::new(&mut con);
        /// if config.max_executions()? < 5000 {
        ///     config.set_max_executions(5000)?;
        /// }
        /// config.set_execution_max_idle_time(Duration::from_secs(10))?;
        /// // Keys of your own are what Python's `configGet` reads.
        /// config.set("api_url", "https://example.org/")?;
        /// # Ok::<(), redgrease_core::Error>(())
        /// ```
        #[derive(Debug)]
        pub struct Config<'c, C: ?Sized>(&'c mut C);

        impl<'c, C: Connection + ?Sized> Config<'c, C> {
            /// The settings of the server a connection leads to.
            pub fn new(con: &'c mut C) -> Self {
                Config(con)
            }

            /// A setting by its name, which may be a key of your own; `None` if there is none of that name.
            ///
            /// # Errors
            ///
            /// When the connection fails.
            pub fn get(&mut self, name: &str) -> Result<Option<ConfigValue>> {
                optional(reply::config(self.0.req_command(&cmd::config_get(&[name]))?)?)
            }

            /// Changes a setting by its name, or sets a key of your own.
            ///
            /// # Errors
            ///
            /// When the server refuses it, or the connection fails.
            pub fn set(&mut self, name: &str, value: impl Display) -> Result<()> {
                let value = value.to_string();
                changed(reply::config(self.0.req_command(&cmd::config_set(&[(name, &value)]))?)?)
            }

            /// All settings this version knows and the server has.
            ///
            /// # Errors
            ///
            /// When the connection fails.
            pub fn all(&mut self) -> Result<BTreeMap<&'static str, ConfigValue>> {
                known(reply::config(self.0.req_command(&cmd::config_get(NAMES))?)?)
            }

            $(
                $(#[$doc])*
                ///
                /// # Errors
                ///
                /// When the server does not have the setting, or the connection fails.
                pub fn $get(&mut self) -> Result<$type> {
                    read($name, self.get($name)?)
                }

                $(
                    #[doc = concat!("Changes ", $name, ".")]
                    ///
                    /// # Errors
                    ///
                    /// When the server refuses it, or the connection fails.
                    pub fn $set(&mut self, value: $type) -> Result<()> {
                        self.set($name, value.write())
                    }
                )?
            )*
        }

        /// [`Config`] over an async connection.
        #[cfg(feature = "aio")]
        #[derive(Debug)]
        pub struct AsyncConfig<'c, C: ?Sized>(&'c mut C);

        #[cfg(feature = "aio")]
        impl<'c, C: AsyncConnection + ?Sized> AsyncConfig<'c, C> {
            /// The settings of the server a connection leads to.
            pub fn new(con: &'c mut C) -> Self {
                AsyncConfig(con)
            }

            /// A setting by its name, which may be a key of your own; `None` if there is none of that name.
            ///
            /// # Errors
            ///
            /// When the connection fails.
            pub async fn get(&mut self, name: &str) -> Result<Option<ConfigValue>> {
                let cmd = cmd::config_get(&[name]);
                optional(reply::config(self.0.req_packed_command(&cmd).await?)?)
            }

            /// Changes a setting by its name, or sets a key of your own.
            ///
            /// # Errors
            ///
            /// When the server refuses it, or the connection fails.
            pub async fn set(&mut self, name: &str, value: impl Display) -> Result<()> {
                let cmd = cmd::config_set(&[(name, &value.to_string())]);
                changed(reply::config(self.0.req_packed_command(&cmd).await?)?)
            }

            /// All settings this version knows and the server has.
            ///
            /// # Errors
            ///
            /// When the connection fails.
            pub async fn all(&mut self) -> Result<BTreeMap<&'static str, ConfigValue>> {
                let cmd = cmd::config_get(NAMES);
                known(reply::config(self.0.req_packed_command(&cmd).await?)?)
            }

            $(
                $(#[$doc])*
                ///
                /// # Errors
                ///
                /// When the server does not have the setting, or the connection fails.
                pub async fn $get(&mut self) -> Result<$type> {
                    read($name, self.get($name).await?)
                }

                $(
                    #[doc = concat!("Changes ", $name, ".")]
                    ///
                    /// # Errors
                    ///
                    /// When the server refuses it, or the connection fails.
                    pub async fn $set(&mut self, value: $type) -> Result<()> {
                        self.set($name, value.write()).await
                    }
                )?
            )*
        }
    };
}

settings! {
    /// MaxExecutions: how many executions are kept after they are done.
    max_executions / set_max_executions: i64 = "MaxExecutions";
    /// MaxExecutionsPerRegistration: the same for each registration.
    max_executions_per_registration / set_max_executions_per_registration: i64 = "MaxExecutionsPerRegistration";
    /// ProfileExecutions: whether the steps of executions are measured.
    profile_executions / set_profile_executions: bool = "ProfileExecutions";
    /// PythonAttemptTraceback: whether errors are sent with their traceback.
    python_attempt_traceback / set_python_attempt_traceback: bool = "PythonAttemptTraceback";
    /// ExecutionMaxIdleTime: for how long an execution may make no progress.
    execution_max_idle_time / set_execution_max_idle_time: Duration = "ExecutionMaxIdleTime";
    /// PythonInstallReqMaxIdleTime: the same for one that installs requirements.
    python_install_req_max_idle_time / set_python_install_req_max_idle_time: Duration = "PythonInstallReqMaxIdleTime";
    /// SendMsgRetries: how often shards try to send a message.
    send_msg_retries / set_send_msg_retries: u64 = "SendMsgRetries";
    /// ExecutionThreads: how many threads run executions.
    execution_threads: u64 = "ExecutionThreads";
    /// CreateVenv: whether Python lives in an environment of its own.
    create_venv: bool = "CreateVenv";
    /// DownloadDeps: whether RedisGears fetches its Python.
    download_deps: bool = "DownloadDeps";
    /// ForeceDownloadDepsOnEnterprise, as RedisGears spells it: the same on Redis Enterprise.
    force_download_deps_on_enterprise: bool = "ForeceDownloadDepsOnEnterprise";
    /// OverridePythonAllocators: whether the memory of Python counts as memory of the server.
    override_python_allocators: bool = "OverridePythonAllocators";
    /// DependenciesUrl: where RedisGears fetches its Python from.
    dependencies_url: String = "DependenciesUrl";
    /// DependenciesSha256: what that must be.
    dependencies_sha256: String = "DependenciesSha256";
    /// PythonInstallationDir: where Python is installed.
    python_installation_dir: String = "PythonInstallationDir";
    /// Plugin: the plugins that were loaded.
    plugin: Vec<String> = "Plugin";
    /// ExecutionQueueSize, of the RedGrease engine: how many executions may wait.
    execution_queue_size / set_execution_queue_size: u64 = "ExecutionQueueSize";
    /// ExecutionMaxTime, of the RedGrease engine: how long an execution may run; zero is no limit.
    execution_max_time / set_execution_max_time: Duration = "ExecutionMaxTime";
    /// ExecutionMaxRecords, of the RedGrease engine: how many records an execution may hold; 0 is no limit.
    execution_max_records / set_execution_max_records: u64 = "ExecutionMaxRecords";
    /// ExecutionMaxMemory, of the RedGrease engine: how many bytes an execution may use; 0 is no limit.
    execution_max_memory / set_execution_max_memory: u64 = "ExecutionMaxMemory";
    /// AbortOnDisconnect, of the RedGrease engine: whether a run is aborted whose caller is gone.
    abort_on_disconnect / set_abort_on_disconnect: bool = "AbortOnDisconnect";
    /// ExecuteAsOwner, of the RedGrease engine: whether a gear has the rights of who registered it.
    execute_as_owner: bool = "ExecuteAsOwner";
    /// PythonExecutable, of the RedGrease engine: the Python that installs requirements.
    python_executable: String = "PythonExecutable";
    /// PipArguments, of the RedGrease engine: what pip is given besides the requirements.
    pip_arguments: String = "PipArguments";
}

/// The only entry of an answer.
fn only(mut entries: Vec<Result<ConfigValue>>) -> Result<ConfigValue> {
    match entries.pop() {
        Some(entry) if entries.is_empty() => entry,
        _ => Err(DecodeError::new("another number of settings", "one").into()),
    }
}

/// Whether an entry says that there is no setting of the name.
fn is_unknown(e: &Error) -> bool {
    matches!(e.kind(), ErrorKind::Config { message } if message.starts_with("Unsupported config parameter"))
}

fn optional(entries: Vec<Result<ConfigValue>>) -> Result<Option<ConfigValue>> {
    match only(entries) {
        Ok(value) => Ok(Some(value)),
        Err(e) if is_unknown(&e) => Ok(None),
        Err(e) => Err(e),
    }
}

fn changed(entries: Vec<Result<ConfigValue>>) -> Result<()> {
    only(entries).map(drop)
}

fn known(entries: Vec<Result<ConfigValue>>) -> Result<BTreeMap<&'static str, ConfigValue>> {
    NAMES
        .iter()
        .zip(entries)
        .filter(|(_, entry)| !matches!(entry, Err(e) if is_unknown(e)))
        .map(|(name, entry)| Ok((*name, entry?)))
        .collect()
}

fn read<T: Setting>(name: &str, value: Option<ConfigValue>) -> Result<T> {
    let Some(value) = value else {
        return Err(Error::config(format!("this server has no setting {name}")));
    };
    T::read(&value).ok_or_else(|| DecodeError::new(format!("{name} is {value}"), T::KIND).into())
}
