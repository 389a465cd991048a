//! Each command as a `redis::Cmd`, for pipelines, other connections and everything else that takes one.
//!
//! ```
//! let cmd = redgrease_core::cmd::trigger("cache_get").arg("http://example.org/").to_owned();
//! assert_eq!(cmd.args_iter().count(), 3);
//! ```

use super::options::{PyExecuteOptions, SessionsOptions};
use redis::{Cmd, ToRedisArgs, cmd};

/// `RG.PYEXECUTE`: runs a script.
pub fn pyexecute(script: &str, options: &PyExecuteOptions) -> Cmd {
    let mut cmd = cmd("RG.PYEXECUTE");
    cmd.arg(script);
    if options.unblocking {
        cmd.arg("UNBLOCKING");
    }
    if let Some(id) = &options.id {
        cmd.arg("ID").arg(id);
    }
    if let Some(description) = &options.description {
        cmd.arg("DESCRIPTION").arg(description);
    }
    if options.upgrade {
        cmd.arg("UPGRADE");
    }
    if let Some(old) = &options.replace_with {
        cmd.arg("REPLACE_WITH").arg(old);
    }
    if options.force_reinstall_requirements {
        cmd.arg("FORCE_REINSTALL_REQUIREMENTS");
    }
    // Swallows the rest of the line.
    if !options.requirements.is_empty() {
        cmd.arg("REQUIREMENTS").arg(&options.requirements);
    }
    cmd
}

/// `RG.TRIGGER`: calls a trigger; add its arguments with `.arg(..)`.
pub fn trigger(name: &str) -> Cmd {
    with("RG.TRIGGER", name)
}

/// `RG.DUMPREGISTRATIONS`: what is registered.
pub fn dump_registrations() -> Cmd {
    cmd("RG.DUMPREGISTRATIONS")
}

/// `RG.UNREGISTER`: removes a registration. Executions that have not begun are dropped if `abort_pending`.
pub fn unregister(id: &str, abort_pending: bool) -> Cmd {
    let mut cmd = with("RG.UNREGISTER", id);
    if abort_pending {
        cmd.arg("ABORTPENDING");
    }
    cmd
}

/// `RG.PYDUMPSESSIONS`: the sessions.
pub fn dump_sessions(options: &SessionsOptions) -> Cmd {
    let mut cmd = cmd("RG.PYDUMPSESSIONS");
    if options.verbose {
        cmd.arg("VERBOSE");
    }
    if options.dead {
        cmd.arg("DEAD");
    }
    if !options.sessions.is_empty() {
        cmd.arg("SESSIONS").arg(&options.sessions);
    }
    cmd
}

/// `RG.PYDUMPREQS`: the Python packages that are installed.
pub fn dump_requirements() -> Cmd {
    cmd("RG.PYDUMPREQS")
}

/// `RG.DUMPEXECUTIONS`: what is running, and what has run and was not dropped.
pub fn dump_executions() -> Cmd {
    cmd("RG.DUMPEXECUTIONS")
}

/// `RG.GETRESULTS`: the results of an execution that is done.
pub fn get_results(id: impl ToRedisArgs) -> Cmd {
    with("RG.GETRESULTS", id)
}

/// `RG.GETRESULTSBLOCKING`: waits for an execution and gives its results.
pub fn get_results_blocking(id: impl ToRedisArgs) -> Cmd {
    with("RG.GETRESULTSBLOCKING", id)
}

/// `RG.DROPEXECUTION`: forgets an execution that is done.
pub fn drop_execution(id: impl ToRedisArgs) -> Cmd {
    with("RG.DROPEXECUTION", id)
}

/// `RG.ABORTEXECUTION`: stops an execution.
pub fn abort_execution(id: impl ToRedisArgs) -> Cmd {
    with("RG.ABORTEXECUTION", id)
}

/// `RG.CONFIGGET`: settings by name.
pub fn config_get(names: &[&str]) -> Cmd {
    with("RG.CONFIGGET", names)
}

/// `RG.CONFIGSET`: changes settings.
pub fn config_set(settings: &[(&str, &str)]) -> Cmd {
    let mut cmd = cmd("RG.CONFIGSET");
    for (name, value) in settings {
        cmd.arg(*name).arg(*value);
    }
    cmd
}

/// `RG.PYSTATS`: memory of the Python interpreter.
pub fn py_stats() -> Cmd {
    cmd("RG.PYSTATS")
}

fn with(name: &str, arg: impl ToRedisArgs) -> Cmd {
    let mut cmd = cmd(name);
    cmd.arg(arg);
    cmd
}
