//! The commands as methods of every redis-rs connection.

use super::types::{
    ConfigValue, ExecId, Executed, Execution, ExecutionResult, PyStats, RegistrationInfo,
    Requirement, Session,
};
use super::{PyExecuteOptions, SessionsOptions, cmd, reply};
use crate::error::Result;
use redis::{FromRedisValue, ToRedisArgs};

/// Writes each command down once, for both traits.
macro_rules! commands {
    ($(
        $(#[$doc:meta])*
        fn $name:ident $(<$generic:ident: $bound:path>)? ($($arg:ident: $type:ty),*) -> $result:ty {
            $cmd:expr => $read:expr
        }
    )*) => {
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
            $(
                $(#[$doc])*
                ///
                /// # Errors
                ///
                /// When the server refuses it, the connection fails, or the answer is of another kind.
                fn $name $(<$generic: $bound>)? (&mut self, $($arg: $type),*) -> Result<$result> {
                    $read(self.req_command(&$cmd)?)
                }
            )*

            /// `RG.TRIGGER`: calls a trigger of any origin; the records as they come. For gears of this program call
            /// the generated function instead.
            ///
            /// # Errors
            ///
            /// When the trigger is unknown or fails, or a record is of another type.
            fn trigger<T: FromRedisValue>(&mut self, name: &str, args: impl ToRedisArgs) -> Result<Vec<T>> {
                reply::records(self.req_command(cmd::trigger(name).arg(args))?)
            }
        }

        impl<C: redis::ConnectionLike + ?Sized> GearsCommands for C {}

        /// The commands of the server, on every async redis-rs connection.
        ///
        /// Connections that were not opened with `connect_async` drop an answer that takes longer than half a second,
        /// unless they were told otherwise (`AsyncConnectionConfig::set_response_timeout`).
        #[cfg(feature = "aio")]
        pub trait AsyncGearsCommands: redis::aio::ConnectionLike + Send {
            $(
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
            )*

            /// `RG.TRIGGER`: calls a trigger of any origin; the records as they come. For gears of this program call
            /// the generated function instead.
            ///
            /// # Errors
            ///
            /// When the trigger is unknown or fails, or a record is of another type.
            fn trigger<T: FromRedisValue>(
                &mut self,
                name: &str,
                args: impl ToRedisArgs,
            ) -> impl Future<Output = Result<Vec<T>>> + Send {
                let mut cmd = cmd::trigger(name);
                cmd.arg(args);
                async move { reply::records(self.req_packed_command(&cmd).await?) }
            }
        }

        #[cfg(feature = "aio")]
        impl<C: redis::aio::ConnectionLike + Send + ?Sized> AsyncGearsCommands for C {}
    };
}

commands! {
    /// `RG.PYEXECUTE`: runs a script and waits for its results; empty if it only registers something.
    fn pyexecute<T: FromRedisValue>(script: &str) -> ExecutionResult<T> {
        cmd::pyexecute(script, &PyExecuteOptions::new()) => |v| reply::executed(v)?.into_results()
    }

    /// `RG.PYEXECUTE` with options.
    fn pyexecute_options<T: FromRedisValue>(script: &str, options: &PyExecuteOptions) -> Executed<T> {
        cmd::pyexecute(script, options) => reply::executed
    }

    /// `RG.DUMPREGISTRATIONS`: what is registered.
    fn dump_registrations() -> Vec<RegistrationInfo> {
        cmd::dump_registrations() => reply::registrations
    }

    /// `RG.UNREGISTER`: removes a registration. What it caused and has not begun still runs.
    fn unregister(id: &str) -> () {
        cmd::unregister(id, false) => reply::ok
    }

    /// `RG.UNREGISTER .. ABORTPENDING`: removes a registration, and drops what it caused and has not begun.
    fn unregister_abort_pending(id: &str) -> () {
        cmd::unregister(id, true) => reply::ok
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

    /// `RG.GETRESULTS`: the results of an execution that is done.
    fn get_results<T: FromRedisValue>(id: &ExecId) -> ExecutionResult<T> {
        cmd::get_results(id) => reply::results
    }

    /// `RG.GETRESULTSBLOCKING`: waits for an execution and gives its results.
    fn get_results_blocking<T: FromRedisValue>(id: &ExecId) -> ExecutionResult<T> {
        cmd::get_results_blocking(id) => reply::results
    }

    /// `RG.DROPEXECUTION`: forgets an execution that is done.
    fn drop_execution(id: &ExecId) -> () {
        cmd::drop_execution(id) => reply::ok
    }

    /// `RG.ABORTEXECUTION`: stops an execution.
    fn abort_execution(id: &ExecId) -> () {
        cmd::abort_execution(id) => reply::ok
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
}
