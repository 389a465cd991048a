//! Extension traits that add the commands to redis-rs connections and pipelines.

use super::filter::{ExecutionFilter, RegistrationFilter, RequirementFilter};
use super::id::AsId;
use super::types::{
    ClusterInfo, ClusterSetting, ConfigValue, Executed, Execution, ExecutionPlan, ExecutionResult,
    ExportedRequirement, GearsVersion, Module, Plugin, PyStats, RegistrationInfo, Requirement,
    Session,
};
use super::{PyExecuteOptions, SessionsOptions, cmd, pipeline, reply};
use crate::error::Result;
use crate::keyword::ExecLocality;
use crate::requirement::Requirements;
use redis::{FromRedisValue, ToRedisArgs};
use std::collections::BTreeMap;

/// Expands each command to a method that sends it and waits for the reply.
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
        /// If the server refuses the command, the connection fails, or the reply has an unexpected type.
        fn $name $(<$generic: $bound>)? (&mut self, $($arg: $type),*) -> Result<$result> {
            $read(self.req_command(&$cmd)?)
        }
    )*};
}

/// Expands each command to a method that returns a future of the reply.
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
        /// If the server refuses the command, the connection fails, or the reply has an unexpected type.
        fn $name $(<$generic: $bound>)? (
            &mut self,
            $($arg: $type),*
        ) -> impl Future<Output = Result<$result>> + Send {
            let cmd = $cmd;
            async move { $read(self.req_packed_command(&cmd).await?) }
        }
    )*};
}

/// Expands each command to a method that appends it to a pipeline.
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

/// Defines the three traits from one table. The `more` commands process the reply further, which a pipeline cannot do.
macro_rules! commands {
    (plain { $($plain:tt)* } more { $($more:tt)* }) => {
        /// The `RG.*` commands, for every blocking redis-rs connection.
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

        /// The `RG.*` commands, for every async redis-rs connection.
        ///
        /// By default an async connection of redis-rs fails if a reply takes longer than half a second. Open the
        /// connection with `connect_async`, or raise the limit with `AsyncConnectionConfig::set_response_timeout`.
        #[cfg(feature = "aio")]
        pub trait AsyncGearsCommands: redis::aio::ConnectionLike + Send {
            nonblocking! { $($plain)* $($more)* }
        }

        #[cfg(feature = "aio")]
        impl<C: redis::aio::ConnectionLike + Send + ?Sized> AsyncGearsCommands for C {}

        /// The `RG.*` commands, for redis-rs pipelines. The replies convert to the types of this crate.
        ///
        /// Inside a transaction the server refuses `RG.PYEXECUTE`, and triggers that are not `sync`. For gears of this
        /// program use [`call`](Self::call), which checks this before anything is sent.
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

            /// Appends a call of a gear of this program. [`Call::read`](crate::Call::read) parses the reply.
            ///
            /// # Errors
            ///
            /// If an argument cannot be converted to Python, or if the pipeline is a transaction and the gear is not
            /// `mode = "sync"`.
            fn call<T>(&mut self, call: &crate::Call<T>) -> Result<&mut Self> {
                pipeline::add(self, call)?;
                Ok(self)
            }
        }

        impl GearsPipeline for redis::Pipeline {}
    };
}

commands! { plain {
    /// `RG.PYEXECUTE`: runs a Python script and waits for its results. They are empty if the script runs no execution.
    fn pyexecute<T: FromRedisValue>(script: &str) -> ExecutionResult<T> {
        cmd::pyexecute(script, &PyExecuteOptions::new()) => |v| reply::executed(v)?.into_results()
    }

    /// `RG.PYEXECUTE` with options.
    fn pyexecute_options<T: FromRedisValue>(script: &str, options: &PyExecuteOptions) -> Executed<T> {
        cmd::pyexecute(script, options) => reply::executed
    }

    /// `RG.TRIGGER`: calls a trigger by its name and returns the records. For gears of this program prefer the
    /// generated function.
    fn trigger<T: FromRedisValue>(name: &str, args: impl ToRedisArgs) -> Vec<T> {
        cmd::trigger(name).arg(args).take() => reply::records
    }

    /// `RG.TRIGGERONKEY`: calls a trigger on the shard that owns `key`. The key is the first argument of the trigger.
    fn trigger_on_key<T: FromRedisValue>(
        name: &str,
        key: impl ToRedisArgs,
        args: impl ToRedisArgs
    ) -> Vec<T> {
        cmd::trigger_on_key(name, key).arg(args).take() => reply::records
    }

    /// `RG.DUMPREGISTRATIONS`: lists the registrations.
    fn dump_registrations() -> Vec<RegistrationInfo> {
        cmd::dump_registrations() => reply::registrations
    }

    /// `RG.DUMPREGISTRATIONS CLUSTER`: lists the registrations of all shards. Counts and times are added up, and errors name
    /// their shard. `missing` names shards that have not answered.
    fn dump_registrations_cluster() -> Vec<RegistrationInfo> {
        cmd::dump_registrations_cluster() => reply::registrations
    }

    /// `RG.PAUSEREGISTRATIONS`: a stream registration stops reading until it is unpaused.
    fn pause_registrations(id: impl AsId) -> () {
        cmd::pause_registrations(&id) => reply::ok
    }

    /// `RG.UNPAUSEREGISTRATIONS`: a paused stream registration reads again.
    fn unpause_registrations(id: impl AsId) -> () {
        cmd::unpause_registrations(&id) => reply::ok
    }

    /// `RG.CLEARREGISTRATIONSSTATS`: resets the statistics of all registrations.
    fn clear_registrations_stats() -> () {
        cmd::clear_registrations_stats() => reply::ok
    }

    /// `RG.PAUSEREGISTRATIONS CLUSTER`: a stream registration stops reading on all shards until it is unpaused. A shard that
    /// joins the cluster later reads.
    fn pause_registrations_cluster(id: impl AsId) -> () {
        cmd::pause_registrations_cluster(&id) => reply::ok
    }

    /// `RG.UNPAUSEREGISTRATIONS CLUSTER`: a paused stream registration reads again on all shards.
    fn unpause_registrations_cluster(id: impl AsId) -> () {
        cmd::unpause_registrations_cluster(&id) => reply::ok
    }

    /// `RG.CLEARREGISTRATIONSSTATS CLUSTER`: resets the statistics of all registrations on all servers of a cluster.
    fn clear_registrations_stats_cluster() -> () {
        cmd::clear_registrations_stats_cluster() => reply::ok
    }

    /// `RG.UNREGISTER`: removes a registration. Its queued executions still run.
    fn unregister(id: impl AsId) -> () {
        cmd::unregister(&id, false) => reply::ok
    }

    /// `RG.UNREGISTER .. ABORTPENDING`: removes a registration and drops its queued executions.
    fn unregister_abort_pending(id: impl AsId) -> () {
        cmd::unregister(&id, true) => reply::ok
    }

    /// `RG.PYDUMPSESSIONS`: lists the sessions.
    fn dump_sessions(options: &SessionsOptions) -> Vec<Session> {
        cmd::dump_sessions(options) => reply::sessions
    }

    /// `RG.PYDUMPREQS`: lists the Python packages that sessions require.
    fn dump_requirements() -> Vec<Requirement> {
        cmd::dump_requirements() => reply::requirements
    }

    /// `RG.DUMPEXECUTIONS`: lists the executions that are queued, running, or finished and not dropped.
    fn dump_executions() -> Vec<Execution> {
        cmd::dump_executions() => reply::executions
    }

    /// `RG.GETEXECUTION`: the details of an execution, by shard id. Without a locality the server chooses: a cluster
    /// reports all shards.
    fn get_execution(id: impl AsId, locality: Option<ExecLocality>) -> BTreeMap<String, ExecutionPlan> {
        cmd::get_execution(&id, locality) => reply::plans
    }

    /// `RG.GETRESULTS`: the results of a finished execution.
    fn get_results<T: FromRedisValue>(id: impl AsId) -> ExecutionResult<T> {
        cmd::get_results(&id) => reply::results
    }

    /// `RG.GETRESULTSBLOCKING`: waits for an execution and returns its results.
    fn get_results_blocking<T: FromRedisValue>(id: impl AsId) -> ExecutionResult<T> {
        cmd::get_results_blocking(&id) => reply::results
    }

    /// `RG.DROPEXECUTION`: removes a finished execution and its results.
    fn drop_execution(id: impl AsId) -> () {
        cmd::drop_execution(&id) => reply::ok
    }

    /// `RG.ABORTEXECUTION`: aborts an execution.
    fn abort_execution(id: impl AsId) -> () {
        cmd::abort_execution(&id) => reply::ok
    }

    /// `RG.CONFIGGET`: reads settings. Returns one entry per name; the entry of an unknown name is an error.
    fn config_get(names: &[&str]) -> Vec<Result<ConfigValue>> {
        cmd::config_get(names) => reply::config
    }

    /// `RG.CONFIGSET`: changes settings. Returns one entry per setting; the entry of a setting that cannot be changed is
    /// an error.
    fn config_set(settings: &[(&str, &str)]) -> Vec<Result<ConfigValue>> {
        cmd::config_set(settings) => reply::config
    }

    /// `RG.CONFIGGET CLUSTER`: reads settings of all servers of a cluster.
    fn config_get_cluster(names: &[&str]) -> Vec<ClusterSetting> {
        cmd::config_get_cluster(names) => reply::cluster_settings
    }

    /// `RG.CONFIGSET CLUSTER`: changes settings on all servers of a cluster, or on none: then the error names the server
    /// that refuses.
    fn config_set_cluster(settings: &[(&str, &str)]) -> () {
        cmd::config_set_cluster(settings) => reply::changed
    }

    /// `RG.PYSTATS`: memory statistics of the Python interpreter.
    fn py_stats() -> PyStats {
        cmd::py_stats() => reply::stats
    }

    /// `RG.PYSTATS CLUSTER`: memory statistics of the Python interpreter of each shard, by shard id. A shard that has failed, or
    /// does not answer, is not in the map.
    fn py_stats_cluster() -> BTreeMap<String, PyStats> {
        cmd::py_stats_cluster() => reply::stats_by_shard
    }

    /// `RG.PYPROFILE STATS`: the profile of a session, as Python's `pstats` prints it. `order` is a sort key of `pstats`;
    /// RedisGears ignores it.
    fn py_profile_stats(session: &str, order: Option<&str>) -> String {
        cmd::py_profile_stats(session, order) => reply::text
    }

    /// `RG.PYPROFILE RESET`: clears the profile of a session.
    fn py_profile_reset(session: &str) -> () {
        cmd::py_profile_reset(session) => reply::ok
    }

    /// `RG.PYEXPORTREQ`: exports an installed package with its files. `name` is the requirement as it was given to the
    /// server: `six==1.16.0`.
    fn export_requirement(name: &str) -> ExportedRequirement {
        cmd::export_requirement(name) => reply::exported
    }

    /// `RG.PYIMPORTREQ`: installs a package that was exported from another server, without a download.
    fn import_requirement(exported: &ExportedRequirement) -> () {
        cmd::import_requirement(&exported.chunks) => reply::ok
    }

    /// `RG.DUMPPLUGINS`: lists the language plugins.
    fn dump_plugins() -> Vec<Plugin> {
        cmd::dump_plugins() => reply::plugins
    }

    /// `RG.INFOCLUSTER`: describes the cluster that the server belongs to; `None` outside a cluster.
    fn info_cluster() -> Option<ClusterInfo> {
        cmd::info_cluster() => reply::cluster
    }

    /// `RG.REFRESHCLUSTER`: makes the server read the cluster topology again.
    fn refresh_cluster() -> () {
        cmd::refresh_cluster() => reply::ok
    }

    /// `MODULE LIST`: lists the modules of the server.
    fn module_list() -> Vec<Module> {
        cmd::module_list() => reply::modules
    }
} more {
    /// The version of the module that implements `RG.*`, from `MODULE LIST`.
    fn gears_version() -> GearsVersion {
        cmd::module_list() => reply::version
    }

    /// The version of the server's Python, such as `3.11.2`.
    fn python_version() -> String {
        cmd::pyexecute(PYTHON_VERSION, &PyExecuteOptions::new()) => reply::python
    }

    /// The executions of [`dump_executions`](Self::dump_executions) that a filter selects.
    fn dump_executions_where(filter: &ExecutionFilter) -> Vec<Execution> {
        cmd::dump_executions() => |v| Ok(filter.apply(reply::executions(v)?))
    }

    /// The registrations of [`dump_registrations`](Self::dump_registrations) that a filter selects.
    fn dump_registrations_where(filter: &RegistrationFilter) -> Vec<RegistrationInfo> {
        cmd::dump_registrations() => |v| Ok(filter.apply(reply::registrations(v)?))
    }

    /// The requirements that the server would have to install. Call this before a registration to find out whether the
    /// server needs access to a package index.
    fn missing_requirements(requirements: &Requirements) -> Vec<String> {
        cmd::dump_requirements() => |v| Ok(requirements.missing_from(&reply::requirements(v)?))
    }

    /// The packages of [`dump_requirements`](Self::dump_requirements) that a filter selects.
    fn dump_requirements_where(filter: &RequirementFilter) -> Vec<Requirement> {
        cmd::dump_requirements() => |v| Ok(filter.apply(reply::requirements(v)?))
    }
} }

const PYTHON_VERSION: &str = "import platform\n\
    GB('ShardsIDReader').map(lambda _: platform.python_version()).run(mode='async_local')\n";
