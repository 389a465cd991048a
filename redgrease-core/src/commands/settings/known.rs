//! The table of settings, and `Config` and `AsyncConfig` made from it.

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

/// Defines `Config` and `AsyncConfig` from one table.
macro_rules! settings {
    ($(
        $(#[$doc:meta])*
        $get:ident $(/ $set:ident)?: $type:ty = $name:literal;
    )*) => {
        /// Names of all settings in the table.
        const NAMES: &[&str] = &[$($name),*];

        /// Typed access to the settings of a server.
        ///
        /// Changes are not saved: after a restart the server has the settings of its command line again.
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
        /// // Gears read custom keys with `configGet`.
        /// config.set("api_url", "https://example.org/")?;
        /// # Ok::<(), redgrease_core::Error>(())
        /// ```
        #[derive(Debug)]
        pub struct Config<'c, C: ?Sized>(&'c mut C);

        impl<'c, C: Connection + ?Sized> Config<'c, C> {
            /// The settings of the server that `con` is connected to.
            pub fn new(con: &'c mut C) -> Self {
                Config(con)
            }

            /// Reads a setting or a custom key by its name; `None` if the server does not know the name.
            ///
            /// # Errors
            ///
            /// If the connection fails.
            pub fn get(&mut self, name: &str) -> Result<Option<ConfigValue>> {
                optional(reply::config(self.0.req_command(&cmd::config_get(&[name]))?)?)
            }

            /// Changes a setting or a custom key by its name.
            ///
            /// # Errors
            ///
            /// If the server refuses the value, or the connection fails.
            pub fn set(&mut self, name: &str, value: impl Display) -> Result<()> {
                let value = value.to_string();
                changed(reply::config(self.0.req_command(&cmd::config_set(&[(name, &value)]))?)?)
            }

            /// Reads all settings that this crate knows and the server has.
            ///
            /// # Errors
            ///
            /// If the connection fails.
            pub fn all(&mut self) -> Result<BTreeMap<&'static str, ConfigValue>> {
                known(reply::config(self.0.req_command(&cmd::config_get(NAMES))?)?)
            }

            $(
                $(#[$doc])*
                ///
                /// # Errors
                ///
                /// If the server does not have the setting, or the connection fails.
                pub fn $get(&mut self) -> Result<$type> {
                    read($name, self.get($name)?)
                }

                $(
                    #[doc = concat!("Changes ", $name, ".")]
                    ///
                    /// # Errors
                    ///
                    /// If the server refuses the value, or the connection fails.
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
            /// The settings of the server that `con` is connected to.
            pub fn new(con: &'c mut C) -> Self {
                AsyncConfig(con)
            }

            /// Reads a setting or a custom key by its name; `None` if the server does not know the name.
            ///
            /// # Errors
            ///
            /// If the connection fails.
            pub async fn get(&mut self, name: &str) -> Result<Option<ConfigValue>> {
                let cmd = cmd::config_get(&[name]);
                optional(reply::config(self.0.req_packed_command(&cmd).await?)?)
            }

            /// Changes a setting or a custom key by its name.
            ///
            /// # Errors
            ///
            /// If the server refuses the value, or the connection fails.
            pub async fn set(&mut self, name: &str, value: impl Display) -> Result<()> {
                let cmd = cmd::config_set(&[(name, &value.to_string())]);
                changed(reply::config(self.0.req_packed_command(&cmd).await?)?)
            }

            /// Reads all settings that this crate knows and the server has.
            ///
            /// # Errors
            ///
            /// If the connection fails.
            pub async fn all(&mut self) -> Result<BTreeMap<&'static str, ConfigValue>> {
                let cmd = cmd::config_get(NAMES);
                known(reply::config(self.0.req_packed_command(&cmd).await?)?)
            }

            $(
                $(#[$doc])*
                ///
                /// # Errors
                ///
                /// If the server does not have the setting, or the connection fails.
                pub async fn $get(&mut self) -> Result<$type> {
                    read($name, self.get($name).await?)
                }

                $(
                    #[doc = concat!("Changes ", $name, ".")]
                    ///
                    /// # Errors
                    ///
                    /// If the server refuses the value, or the connection fails.
                    pub async fn $set(&mut self, value: $type) -> Result<()> {
                        self.set($name, value.write()).await
                    }
                )?
            )*
        }
    };
}

settings! {
    /// MaxExecutions: number of finished executions that the server keeps.
    max_executions / set_max_executions: i64 = "MaxExecutions";
    /// MaxExecutionsPerRegistration: number of finished executions that the server keeps for each registration.
    max_executions_per_registration / set_max_executions_per_registration: i64 = "MaxExecutionsPerRegistration";
    /// ProfileExecutions: whether the server measures the duration of each step of an execution.
    profile_executions / set_profile_executions: bool = "ProfileExecutions";
    /// PythonAttemptTraceback: whether Python errors are reported with their traceback.
    python_attempt_traceback / set_python_attempt_traceback: bool = "PythonAttemptTraceback";
    /// ExecutionMaxIdleTime: longest time an execution may make no progress.
    execution_max_idle_time / set_execution_max_idle_time: Duration = "ExecutionMaxIdleTime";
    /// PythonInstallReqMaxIdleTime: longest time an execution that installs requirements may make no progress.
    python_install_req_max_idle_time / set_python_install_req_max_idle_time: Duration = "PythonInstallReqMaxIdleTime";
    /// SendMsgRetries: number of attempts to send a message to another shard.
    send_msg_retries / set_send_msg_retries: u64 = "SendMsgRetries";
    /// ExecutionThreads: number of threads that run executions.
    execution_threads: u64 = "ExecutionThreads";
    /// CreateVenv: whether Python runs in a separate virtual environment.
    create_venv: bool = "CreateVenv";
    /// DownloadDeps: whether RedisGears downloads its Python.
    download_deps: bool = "DownloadDeps";
    /// ForeceDownloadDepsOnEnterprise (RedisGears' spelling): whether RedisGears downloads its Python on Redis Enterprise.
    force_download_deps_on_enterprise: bool = "ForeceDownloadDepsOnEnterprise";
    /// OverridePythonAllocators: whether memory allocated by Python counts as memory of the server.
    override_python_allocators: bool = "OverridePythonAllocators";
    /// DependenciesUrl: URL from which RedisGears downloads its Python.
    dependencies_url: String = "DependenciesUrl";
    /// DependenciesSha256: expected SHA-256 of that download.
    dependencies_sha256: String = "DependenciesSha256";
    /// PythonInstallationDir: directory in which Python is installed.
    python_installation_dir: String = "PythonInstallationDir";
    /// Plugin: the loaded plugins.
    plugin: Vec<String> = "Plugin";
    /// AdditionalThreads (RedGrease engine): number of threads that run others while all worker threads are slow.
    additional_threads / set_additional_threads: u64 = "AdditionalThreads";
    /// ExecutionQueueSize (RedGrease engine): number of executions that may wait in the queue.
    execution_queue_size / set_execution_queue_size: u64 = "ExecutionQueueSize";
    /// MaxRecordsInFlight (RedGrease engine): number of records of an execution that may wait for coroutines at the same time.
    max_records_in_flight / set_max_records_in_flight: u64 = "MaxRecordsInFlight";
    /// ExecutionMaxTime (RedGrease engine): longest time an execution may run; zero means no limit.
    execution_max_time / set_execution_max_time: Duration = "ExecutionMaxTime";
    /// ExecutionMaxRecords (RedGrease engine): number of records an execution may hold; 0 means no limit.
    execution_max_records / set_execution_max_records: u64 = "ExecutionMaxRecords";
    /// ExecutionMaxMemory (RedGrease engine): number of bytes an execution may use; 0 means no limit.
    execution_max_memory / set_execution_max_memory: u64 = "ExecutionMaxMemory";
    /// LockMaxTime (RedGrease engine): how long Python may hold up the server; 0 means no limit.
    lock_max_time / set_lock_max_time: Duration = "LockMaxTime";
    /// ScriptMaxTime (RedGrease engine): how long the body of a script may run; zero means no limit.
    script_max_time / set_script_max_time: Duration = "ScriptMaxTime";
    /// ScriptThreads (RedGrease engine): number of bodies of scripts that may run at the same time.
    script_threads / set_script_threads: u64 = "ScriptThreads";
    /// MaxCallDepth (RedGrease engine): number of gears that may run inside of each other, from 1 to 100.
    max_call_depth / set_max_call_depth: u64 = "MaxCallDepth";
    /// AbortOnDisconnect (RedGrease engine): what is aborted when its client disconnects: `pending` (what has not begun), `0`
    /// (nothing) or `1` (everything).
    abort_on_disconnect / set_abort_on_disconnect: String = "AbortOnDisconnect";
    /// CompatibleReplies (RedGrease engine): the version of RedisGears whose fields listings have, `1.2` or `1.0`.
    compatible_replies / set_compatible_replies: String = "CompatibleReplies";
    /// ExecuteAsOwner (RedGrease engine): whether a gear runs with the rights of the user that registered it.
    execute_as_owner: bool = "ExecuteAsOwner";
    /// PythonExecutable (RedGrease engine): the Python executable that installs requirements.
    python_executable: String = "PythonExecutable";
    /// Installer (RedGrease engine): what installs packages: `uv`, `pip`, or `auto` (uv if it is there).
    installer: String = "Installer";
    /// PipArguments (RedGrease engine): additional arguments for pip.
    pip_arguments: String = "PipArguments";
}

/// The entry of a reply to a request for one setting.
fn only(mut entries: Vec<Result<ConfigValue>>) -> Result<ConfigValue> {
    match entries.pop() {
        Some(entry) if entries.is_empty() => entry,
        _ => Err(DecodeError::new("another number of settings", "one setting").into()),
    }
}

/// Whether the server does not know the name of the setting.
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
        return Err(Error::config(format!(
            "this server has no setting {name}: `Config::all` returns the settings that it has"
        )));
    };
    T::read(&value).ok_or_else(|| DecodeError::new(format!("{name} is {value}"), T::KIND).into())
}
