//! The commands as methods of every redis-rs connection.

use super::filter::{ExecutionFilter, RegistrationFilter, RequirementFilter};
use super::id::AsId;
use super::types::{
    ClusterInfo, ConfigValue, Executed, Execution, ExecutionPlan, ExecutionResult,
    ExportedRequirement, GearsVersion, Module, Plugin, PyStats, RegistrationInfo, Requirement,
    Session,
};
use super::{PyExecuteOptions, SessionsOptions, cmd, pipeline, reply};
use crate::error::Result;
use crate::keyword::ExecLocality;
use crate::requirement::Requirements;
use redis::{FromRedisValue, ToRedisArgs};
use std::collections::BTreeMap;

/// The commands as methods that send and wait.
macro_rules! blocking {
    ($(
        $(#[$doc:meta])*
        fn $name:ident $(<$generic:ident: $bound:path>)? ($($arg:ident: $type:ty),* $(,)?) -> $result:ty {
            $cmd:expr => $read:expr
        }
    )*) => {$(
        $(#[$doc])*
        ///
        /// # Errors
        ///
        /// When the server refuses it, the connection fails, or the answer is of another kind.
        fn $name $(<$generic: $bound>)? (&mut self, $($arg: $type),*) -> Result<$result> {
            $read(self.req_command(&$cmd)?)
        }
    )*};
}

/// The commands as methods that give futures.
#[cfg(feature = "aio")]
macro_rules! nonblocking {
    ($(
        $(#[$doc:meta])*
        fn $name:ident $(<$generic:ident: $bound:path>)? ($($arg:ident: $type:ty),* $(,)?) -> $result:ty {
            $cmd:expr => $read:expr
        }
    )*) => {$(
        $(#[$doc])*
        ///
        /// # Errors
        ///
        /// When the server refuses it, the connection fails, or the answer is of another kind.
        fn $name $(<$generic: $bound>)? (
            &mut self,
            $($arg: $type),*
        ) -> impl Future<Output = Result<$result>> + Send {
            let cmd = $cmd;
            async move { $read(self.req_packed_command(&cmd).await?) }
        }
    )*};
}

/// The commands as methods that add to a pipeline.
macro_rules! piped {
    ($(
        $(#[$doc:meta])*
        fn $name:ident $(<$generic:ident: $bound:path>)? ($($arg:ident: $type:ty),* $(,)?) -> $result:ty {
            $cmd:expr => $read:expr
        }
    )*) => {$(
        $(#[$doc])*
        fn $name(&mut self, $($arg: $type),*) -> &mut Self {
            self.piped($cmd);
            self
        }
    )*};
}

/// Writes each command down once, for all traits. What is done to an answer afterwards a pipeline cannot do.
macro_rules! commands {
    (plain { $($plain:tt)* } more { $($more:tt)* }) => {
        /// The commands of the server, on every blocking redis-rs connection.
        ///
        /// ```no_run
        /// use redgrease_core::{GearsCommands, connect};
        ///
        /// let mut con = connect("redis://127.0.0.1/")?;
        /// let total: i64 = con.pyexecute("GB().count().run()")?.into_value()?;
        /// # Ok::<(), redgrease_core::Error>(())
        /// ```
        pub trait GearsCommands: redis::ConnectionLike {
            blocking! { $($plain)* $($more)* }
        }

        impl<C: redis::ConnectionLike + ?Sized> GearsCommands for C {}

        /// The commands of the server, on every async redis-rs connection.
        ///
        /// Connections that were not opened with `connect_async` drop an answer that takes longer than half a second,
        /// unless they were told otherwise (`AsyncConnectionConfig::set_response_timeout`).
        #[cfg(feature = "aio")]
        pub trait AsyncGearsCommands: redis::aio::ConnectionLike + Send {
            nonblocking! { $($plain)* $($more)* }
        }

        #[cfg(feature = "aio")]
        impl<C: redis::aio::ConnectionLike + Send + ?Sized> AsyncGearsCommands for C {}

        /// The commands of the server, for pipelines. Their answers are read as the types of this crate.
        ///
        /// A server refuses `RG.PYEXECUTE`, and triggers that are not `sync`, inside a transaction: use
        /// [`call`](Self::call) for gears of this program, which knows.
        ///
        /// ```no_run
        /// use redgrease_core::{Execution, GearsPipeline, RegistrationInfo, connect};
        ///
        /// let mut con = connect("redis://127.0.0.1/")?;
        /// let (registrations, executions): (Vec<RegistrationInfo>, Vec<Execution>) =
        ///     redis::pipe().dump_registrations().dump_executions().query(&mut con)?;
        /// # let _ = (registrations, executions);
        /// # Ok::<(), redgrease_core::Error>(())
        /// ```
        pub trait GearsPipeline: pipeline::Piped {
            piped! { $($plain)* }

            /// A call of a gear of this program. [`Call::read`](crate::Call::read) reads its answer.
            ///
            /// # Errors
            ///
            /// When an argument has no counterpart in Python, or the pipeline is a transaction and the gear is not
            /// `mode = "sync"`: the server would refuse it.
            fn call<T>(&mut self, call: &crate::Call<T>) -> Result<&mut Self> {
                pipeline::add(self, call)?;
                Ok(self)
            }
        }

        impl GearsPipeline for redis::Pipeline {}
    };
}

commands! { plain {
    /// `RG.PYEXECUTE`: runs a script and waits for its results; empty if it only registers something.
    fn pyexecute<T: FromRedisValue>(script: &str) -> ExecutionResult<T> {
        cmd::pyexecute(script, &PyExecuteOptions::new()) => |v| reply::executed(v)?.into_results()
    }

    /// `RG.PYEXECUTE` with options.
    fn pyexecute_options<T: FromRedisValue>(script: &str, options: &PyExecuteOptions) -> Executed<T> {
        cmd::pyexecute(script, options) => reply::executed
    }

    /// `RG.TRIGGER`: calls a trigger of any origin; the records as they come. For gears of this program call the
    /// generated function instead.
    fn trigger<T: FromRedisValue>(name: &str, args: impl ToRedisArgs) -> Vec<T> {
        cmd::trigger(name).arg(args).take() => reply::records
    }

    /// `RG.TRIGGERONKEY`: calls a trigger on the shard that owns a key, which is its first argument.
    fn trigger_on_key<T: FromRedisValue>(
        name: &str,
        key: impl ToRedisArgs,
        args: impl ToRedisArgs
    ) -> Vec<T> {
        cmd::trigger_on_key(name, key).arg(args).take() => reply::records
    }

    /// `RG.DUMPREGISTRATIONS`: what is registered.
    fn dump_registrations() -> Vec<RegistrationInfo> {
        cmd::dump_registrations() => reply::registrations
    }

    /// `RG.PAUSEREGISTRATIONS`: a registration of a stream stops reading until it is unpaused.
    fn pause_registrations(id: impl AsId) -> () {
        cmd::pause_registrations(&id) => reply::ok
    }

    /// `RG.UNPAUSEREGISTRATIONS`: a registration of a stream goes on reading.
    fn unpause_registrations(id: impl AsId) -> () {
        cmd::unpause_registrations(&id) => reply::ok
    }

    /// `RG.CLEARREGISTRATIONSSTATS`: the statistics of all registrations begin again.
    fn clear_registrations_stats() -> () {
        cmd::clear_registrations_stats() => reply::ok
    }

    /// `RG.UNREGISTER`: removes a registration. What it caused and has not begun still runs.
    fn unregister(id: impl AsId) -> () {
        cmd::unregister(&id, false) => reply::ok
    }

    /// `RG.UNREGISTER .. ABORTPENDING`: removes a registration, and drops what it caused and has not begun.
    fn unregister_abort_pending(id: impl AsId) -> () {
        cmd::unregister(&id, true) => reply::ok
    }

    /// `RG.PYDUMPSESSIONS`: the sessions.
    fn dump_sessions(options: &SessionsOptions) -> Vec<Session> {
        cmd::dump_sessions(options) => reply::sessions
    }

    /// `RG.PYDUMPREQS`: the Python packages that were asked for.
    fn dump_requirements() -> Vec<Requirement> {
        cmd::dump_requirements() => reply::requirements
    }

    /// `RG.DUMPEXECUTIONS`: what is running, and what has run and was not dropped.
    fn dump_executions() -> Vec<Execution> {
        cmd::dump_executions() => reply::executions
    }

    /// `RG.GETEXECUTION`: an execution in full, by the id of the shard. Without a locality: of the whole cluster, if there
    /// is one.
    fn get_execution(id: impl AsId, locality: Option<ExecLocality>) -> BTreeMap<String, ExecutionPlan> {
        cmd::get_execution(&id, locality) => reply::plans
    }

    /// `RG.GETRESULTS`: the results of an execution that is done.
    fn get_results<T: FromRedisValue>(id: impl AsId) -> ExecutionResult<T> {
        cmd::get_results(&id) => reply::results
    }

    /// `RG.GETRESULTSBLOCKING`: waits for an execution and gives its results.
    fn get_results_blocking<T: FromRedisValue>(id: impl AsId) -> ExecutionResult<T> {
        cmd::get_results_blocking(&id) => reply::results
    }

    /// `RG.DROPEXECUTION`: forgets an execution that is done.
    fn drop_execution(id: impl AsId) -> () {
        cmd::drop_execution(&id) => reply::ok
    }

    /// `RG.ABORTEXECUTION`: stops an execution.
    fn abort_execution(id: impl AsId) -> () {
        cmd::abort_execution(&id) => reply::ok
    }

    /// `RG.CONFIGGET`: settings, one entry per name; a name that does not exist is an error of its entry.
    fn config_get(names: &[&str]) -> Vec<Result<ConfigValue>> {
        cmd::config_get(names) => reply::config
    }

    /// `RG.CONFIGSET`: changes settings; one that cannot be changed is an error of its entry.
    fn config_set(settings: &[(&str, &str)]) -> Vec<Result<ConfigValue>> {
        cmd::config_set(settings) => reply::config
    }

    /// `RG.PYSTATS`: memory of the Python interpreter.
    fn py_stats() -> PyStats {
        cmd::py_stats() => reply::stats
    }

    /// `RG.PYPROFILE STATS`: what took how long in a session, as Python's `pstats` prints it. `order` is one of its
    /// orders; RedisGears ignores it.
    fn py_profile_stats(session: &str, order: Option<&str>) -> String {
        cmd::py_profile_stats(session, order) => reply::text
    }

    /// `RG.PYPROFILE RESET`: forgets what took how long in a session.
    fn py_profile_reset(session: &str) -> () {
        cmd::py_profile_reset(session) => reply::ok
    }

    /// `RG.PYEXPORTREQ`: an installed package with its files, by the name it was asked for: `six==1.16.0`.
    fn export_requirement(name: &str) -> ExportedRequirement {
        cmd::export_requirement(name) => reply::exported
    }

    /// `RG.PYIMPORTREQ`: installs a package another server has exported; nothing is downloaded.
    fn import_requirement(exported: &ExportedRequirement) -> () {
        cmd::import_requirement(&exported.chunks) => reply::ok
    }

    /// `RG.DUMPPLUGINS`: the languages gears can be written in.
    fn dump_plugins() -> Vec<Plugin> {
        cmd::dump_plugins() => reply::plugins
    }

    /// `RG.INFOCLUSTER`: the cluster the server belongs to; `None` if there is none.
    fn info_cluster() -> Option<ClusterInfo> {
        cmd::info_cluster() => reply::cluster
    }

    /// `RG.REFRESHCLUSTER`: the server looks again at which cluster it belongs to.
    fn refresh_cluster() -> () {
        cmd::refresh_cluster() => reply::ok
    }

    /// `MODULE LIST`: the modules of the server.
    fn module_list() -> Vec<Module> {
        cmd::module_list() => reply::modules
    }
} more {
    /// The version of what answers `RG.*`, by `MODULE LIST`.
    fn gears_version() -> GearsVersion {
        cmd::module_list() => reply::version
    }

    /// The version of the server's Python: `3.11.2`.
    fn python_version() -> String {
        cmd::pyexecute(PYTHON_VERSION, &PyExecuteOptions::new()) => reply::python
    }

    /// [`dump_executions`](Self::dump_executions), those a filter lets through.
    fn dump_executions_where(filter: &ExecutionFilter) -> Vec<Execution> {
        cmd::dump_executions() => |v| Ok(filter.of(reply::executions(v)?))
    }

    /// [`dump_registrations`](Self::dump_registrations), those a filter lets through.
    fn dump_registrations_where(filter: &RegistrationFilter) -> Vec<RegistrationInfo> {
        cmd::dump_registrations() => |v| Ok(filter.of(reply::registrations(v)?))
    }

    /// Which of these packages the server would have to install: asked before a registration, this says what it will
    /// need a network for.
    fn missing_requirements(requirements: &Requirements) -> Vec<String> {
        cmd::dump_requirements() => |v| Ok(requirements.missing_from(&reply::requirements(v)?))
    }

    /// [`dump_requirements`](Self::dump_requirements), those a filter lets through.
    fn dump_requirements_where(filter: &RequirementFilter) -> Vec<Requirement> {
        cmd::dump_requirements() => |v| Ok(filter.of(reply::requirements(v)?))
    }
} }

const PYTHON_VERSION: &str = "import platform\n\
    GB('ShardsIDReader').map(lambda _: platform.python_version()).run(mode='async_local')\n";
