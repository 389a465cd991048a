//! Builders of `redis::Cmd`, one per command, for pipelines and for clients that send commands themselves.
//!
//! ```
//! let cmd = redgrease_core::cmd::trigger("cache_get").arg("http://example.org/").to_owned();
//! assert_eq!(cmd.args_iter().count(), 3);
//! ```

use super::id::AsId;
use super::options::{PyExecuteOptions, SessionsOptions};
use crate::keyword::ExecLocality;
use redis::{Cmd, ToRedisArgs, cmd};

/// The word in front of the arguments of a command about all shards.
const CLUSTER: &str = "CLUSTER";

/// `RG.PYEXECUTE`: runs a Python script.
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
    if let Some(description) = &options.if_description {
        cmd.arg("IF_DESCRIPTION").arg(description);
    }
    for registration in &options.takes {
        cmd.arg("TAKE").arg(registration);
    }
    if let Some(old) = &options.replace_with {
        cmd.arg("REPLACE_WITH").arg(old);
    }
    if options.force_reinstall_requirements {
        cmd.arg("FORCE_REINSTALL_REQUIREMENTS");
    }
    // REQUIREMENTS takes all remaining arguments, so it must come last.
    if !options.requirements.is_empty() {
        cmd.arg("REQUIREMENTS").arg(&options.requirements);
    }
    cmd
}

/// `RG.TRIGGER`: calls a trigger. Add the arguments with `.arg(..)`.
pub fn trigger(name: &str) -> Cmd {
    with_arg("RG.TRIGGER", name)
}

/// `RG.TRIGGERONKEY`: calls a trigger on the shard that owns `key`. The key is the first argument; add the others with
/// `.arg(..)`.
pub fn trigger_on_key(name: &str, key: impl ToRedisArgs) -> Cmd {
    let mut cmd = with_arg("RG.TRIGGERONKEY", name);
    cmd.arg(key);
    cmd
}

/// `RG.DUMPREGISTRATIONS`: lists the registrations.
pub fn dump_registrations() -> Cmd {
    cmd("RG.DUMPREGISTRATIONS")
}

/// `RG.DUMPREGISTRATIONS CLUSTER`: lists the registrations of all shards, with their statistics added up.
pub fn dump_registrations_cluster() -> Cmd {
    with_arg("RG.DUMPREGISTRATIONS", CLUSTER)
}

/// `RG.UNREGISTER`: removes a registration. With `abort_pending`, its queued executions are dropped.
pub fn unregister(id: impl AsId, abort_pending: bool) -> Cmd {
    let mut cmd = with_id("RG.UNREGISTER", &id);
    if abort_pending {
        cmd.arg("ABORTPENDING");
    }
    cmd
}

/// `RG.PAUSEREGISTRATIONS`: a stream registration stops reading until [`unpause_registrations`].
pub fn pause_registrations(id: impl AsId) -> Cmd {
    with_id("RG.PAUSEREGISTRATIONS", &id)
}

/// `RG.UNPAUSEREGISTRATIONS`: a paused stream registration reads again.
pub fn unpause_registrations(id: impl AsId) -> Cmd {
    with_id("RG.UNPAUSEREGISTRATIONS", &id)
}

/// `RG.CLEARREGISTRATIONSSTATS`: resets the statistics of all registrations.
pub fn clear_registrations_stats() -> Cmd {
    cmd("RG.CLEARREGISTRATIONSSTATS")
}

/// `RG.PAUSEREGISTRATIONS CLUSTER`: a stream registration stops reading on all shards until [`unpause_registrations_cluster`].
pub fn pause_registrations_cluster(id: impl AsId) -> Cmd {
    with_id_everywhere("RG.PAUSEREGISTRATIONS", &id)
}

/// `RG.UNPAUSEREGISTRATIONS CLUSTER`: a paused stream registration reads again on all shards.
pub fn unpause_registrations_cluster(id: impl AsId) -> Cmd {
    with_id_everywhere("RG.UNPAUSEREGISTRATIONS", &id)
}

/// `RG.CLEARREGISTRATIONSSTATS CLUSTER`: resets the statistics of all registrations on all servers of a cluster.
pub fn clear_registrations_stats_cluster() -> Cmd {
    with_arg("RG.CLEARREGISTRATIONSSTATS", CLUSTER)
}

/// `RG.PYDUMPSESSIONS`: lists the sessions.
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

/// `RG.PYDUMPREQS`: lists the Python packages that sessions require.
pub fn dump_requirements() -> Cmd {
    cmd("RG.PYDUMPREQS")
}

/// `RG.DUMPEXECUTIONS`: lists the executions that are queued, running, or finished and not dropped.
pub fn dump_executions() -> Cmd {
    cmd("RG.DUMPEXECUTIONS")
}

/// `RG.GETEXECUTION`: the details of an execution. Without a locality the server chooses: a cluster reports all shards.
pub fn get_execution(id: impl AsId, locality: Option<ExecLocality>) -> Cmd {
    let mut cmd = with_id("RG.GETEXECUTION", &id);
    if let Some(locality) = locality {
        cmd.arg(locality);
    }
    cmd
}

/// `RG.GETRESULTS`: the results of a finished execution.
pub fn get_results(id: impl AsId) -> Cmd {
    with_id("RG.GETRESULTS", &id)
}

/// `RG.GETRESULTSBLOCKING`: waits for an execution and returns its results.
pub fn get_results_blocking(id: impl AsId) -> Cmd {
    with_id("RG.GETRESULTSBLOCKING", &id)
}

/// `RG.DROPEXECUTION`: removes a finished execution and its results.
pub fn drop_execution(id: impl AsId) -> Cmd {
    with_id("RG.DROPEXECUTION", &id)
}

/// `RG.ABORTEXECUTION`: aborts an execution.
pub fn abort_execution(id: impl AsId) -> Cmd {
    with_id("RG.ABORTEXECUTION", &id)
}

/// `RG.CONFIGGET`: reads settings by name.
pub fn config_get(names: &[&str]) -> Cmd {
    with_arg("RG.CONFIGGET", names)
}

/// `RG.CONFIGGET CLUSTER`: reads settings of all servers of a cluster by name.
pub fn config_get_cluster(names: &[&str]) -> Cmd {
    let mut cmd = with_arg("RG.CONFIGGET", CLUSTER);
    cmd.arg(names);
    cmd
}

/// `RG.CONFIGSET`: changes settings.
pub fn config_set(settings: &[(&str, &str)]) -> Cmd {
    let mut cmd = cmd("RG.CONFIGSET");
    for (name, value) in settings {
        cmd.arg(*name).arg(*value);
    }
    cmd
}

/// `RG.CONFIGSET CLUSTER`: changes settings on all servers of a cluster, or on none.
pub fn config_set_cluster(settings: &[(&str, &str)]) -> Cmd {
    let mut cmd = with_arg("RG.CONFIGSET", CLUSTER);
    for (name, value) in settings {
        cmd.arg(*name).arg(*value);
    }
    cmd
}

/// `RG.PYSTATS`: memory statistics of the Python interpreter.
pub fn py_stats() -> Cmd {
    cmd("RG.PYSTATS")
}

/// `RG.PYSTATS CLUSTER`: memory statistics of the Python interpreter of each shard.
pub fn py_stats_cluster() -> Cmd {
    with_arg("RG.PYSTATS", CLUSTER)
}

/// `RG.PYPROFILE STATS`: the profile of a session, as Python's `pstats` prints it. `order` is a sort key of `pstats`;
/// RedisGears ignores it.
pub fn py_profile_stats(session: &str, order: Option<&str>) -> Cmd {
    let mut cmd = cmd("RG.PYPROFILE");
    cmd.arg("STATS").arg(session).arg(order);
    cmd
}

/// `RG.PYPROFILE RESET`: clears the profile of a session.
pub fn py_profile_reset(session: &str) -> Cmd {
    let mut cmd = cmd("RG.PYPROFILE");
    cmd.arg("RESET").arg(session);
    cmd
}

/// `RG.PYEXPORTREQ`: exports an installed package with its files. `name` is the requirement as it was given to the
/// server: `six==1.16.0`.
pub fn export_requirement(name: &str) -> Cmd {
    with_arg("RG.PYEXPORTREQ", name)
}

/// `RG.PYIMPORTREQ`: installs a package that was exported from another server.
pub fn import_requirement(chunks: &[Vec<u8>]) -> Cmd {
    with_arg("RG.PYIMPORTREQ", chunks)
}

/// `RG.DUMPPLUGINS`: lists the language plugins.
pub fn dump_plugins() -> Cmd {
    cmd("RG.DUMPPLUGINS")
}

/// `RG.INFOCLUSTER`: describes the cluster that the server belongs to.
pub fn info_cluster() -> Cmd {
    cmd("RG.INFOCLUSTER")
}

/// `RG.REFRESHCLUSTER`: makes the server read the cluster topology again.
pub fn refresh_cluster() -> Cmd {
    cmd("RG.REFRESHCLUSTER")
}

/// `MODULE LIST`: lists the modules of the server.
pub fn module_list() -> Cmd {
    with_arg("MODULE", "LIST")
}

fn with_id(name: &str, id: &impl AsId) -> Cmd {
    with_arg(name, id.as_id().as_ref())
}

fn with_id_everywhere(name: &str, id: &impl AsId) -> Cmd {
    let mut cmd = with_arg(name, CLUSTER);
    cmd.arg(id.as_id().as_ref());
    cmd
}

fn with_arg(name: &str, arg: impl ToRedisArgs) -> Cmd {
    let mut cmd = cmd(name);
    cmd.arg(arg);
    cmd
}
