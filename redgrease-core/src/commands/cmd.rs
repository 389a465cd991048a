//! Each command as a `redis::Cmd`, for pipelines, other connections and everything else that takes one.
//!
//! ```
//! let cmd = redgrease_core::cmd::trigger("cache_get").arg("http://example.org/").to_owned();
//! assert_eq!(cmd.args_iter().count(), 3);
//! ```

use super::id::AsId;
use super::options::{PyExecuteOptions, SessionsOptions};
use crate::keyword::ExecLocality;
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

/// `RG.TRIGGERONKEY`: calls a trigger on the shard that owns a key; add its arguments with `.arg(..)`. The key is the
/// first of them.
pub fn trigger_on_key(name: &str, key: impl ToRedisArgs) -> Cmd {
    let mut cmd = with("RG.TRIGGERONKEY", name);
    cmd.arg(key);
    cmd
}

/// `RG.DUMPREGISTRATIONS`: what is registered.
pub fn dump_registrations() -> Cmd {
    cmd("RG.DUMPREGISTRATIONS")
}

/// `RG.UNREGISTER`: removes a registration. Executions that have not begun are dropped if `abort_pending`.
pub fn unregister(id: impl AsId, abort_pending: bool) -> Cmd {
    let mut cmd = of("RG.UNREGISTER", &id);
    if abort_pending {
        cmd.arg("ABORTPENDING");
    }
    cmd
}

/// `RG.PAUSEREGISTRATIONS`: stops reading streams until [`unpause_registrations`].
pub fn pause_registrations(id: impl AsId) -> Cmd {
    of("RG.PAUSEREGISTRATIONS", &id)
}

/// `RG.UNPAUSEREGISTRATIONS`: goes on reading streams.
pub fn unpause_registrations(id: impl AsId) -> Cmd {
    of("RG.UNPAUSEREGISTRATIONS", &id)
}

/// `RG.CLEARREGISTRATIONSSTATS`: the statistics of all registrations begin again.
pub fn clear_registrations_stats() -> Cmd {
    cmd("RG.CLEARREGISTRATIONSSTATS")
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

/// `RG.GETEXECUTION`: an execution in full. Without a locality: what the server finds right, which is the whole cluster
/// if there is one.
pub fn get_execution(id: impl AsId, locality: Option<ExecLocality>) -> Cmd {
    let mut cmd = of("RG.GETEXECUTION", &id);
    if let Some(locality) = locality {
        cmd.arg(locality);
    }
    cmd
}

/// `RG.GETRESULTS`: the results of an execution that is done.
pub fn get_results(id: impl AsId) -> Cmd {
    of("RG.GETRESULTS", &id)
}

/// `RG.GETRESULTSBLOCKING`: waits for an execution and gives its results.
pub fn get_results_blocking(id: impl AsId) -> Cmd {
    of("RG.GETRESULTSBLOCKING", &id)
}

/// `RG.DROPEXECUTION`: forgets an execution that is done.
pub fn drop_execution(id: impl AsId) -> Cmd {
    of("RG.DROPEXECUTION", &id)
}

/// `RG.ABORTEXECUTION`: stops an execution.
pub fn abort_execution(id: impl AsId) -> Cmd {
    of("RG.ABORTEXECUTION", &id)
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

/// `RG.PYPROFILE STATS`: what took how long in a session, as Python's `pstats` prints it. `order` is one of its orders;
/// RedisGears ignores it.
pub fn py_profile_stats(session: &str, order: Option<&str>) -> Cmd {
    let mut cmd = cmd("RG.PYPROFILE");
    cmd.arg("STATS").arg(session).arg(order);
    cmd
}

/// `RG.PYPROFILE RESET`: forgets what took how long.
pub fn py_profile_reset(session: &str) -> Cmd {
    let mut cmd = cmd("RG.PYPROFILE");
    cmd.arg("RESET").arg(session);
    cmd
}

/// `RG.PYEXPORTREQ`: an installed package with its files, by the name it was asked for: `six==1.16.0`.
pub fn export_requirement(name: &str) -> Cmd {
    with("RG.PYEXPORTREQ", name)
}

/// `RG.PYIMPORTREQ`: installs a package another server has exported.
pub fn import_requirement(chunks: &[Vec<u8>]) -> Cmd {
    with("RG.PYIMPORTREQ", chunks)
}

/// `RG.DUMPPLUGINS`: the languages gears can be written in.
pub fn dump_plugins() -> Cmd {
    cmd("RG.DUMPPLUGINS")
}

/// `RG.INFOCLUSTER`: the cluster the server belongs to.
pub fn info_cluster() -> Cmd {
    cmd("RG.INFOCLUSTER")
}

/// `RG.REFRESHCLUSTER`: the server looks again at which cluster it belongs to.
pub fn refresh_cluster() -> Cmd {
    cmd("RG.REFRESHCLUSTER")
}

/// `MODULE LIST`: the modules of the server.
pub fn module_list() -> Cmd {
    with("MODULE", "LIST")
}

fn of(name: &str, id: &impl AsId) -> Cmd {
    with(name, id.as_id().as_ref())
}

fn with(name: &str, arg: impl ToRedisArgs) -> Cmd {
    let mut cmd = cmd(name);
    cmd.arg(arg);
    cmd
}
