//! The words of each command that is sent.

use crate::commands::types::ExecId;
use crate::commands::{PyExecuteOptions, SessionsOptions, cmd};
use crate::keyword::ExecLocality;

#[test]
fn ids() {
    let id: ExecId = "1418e9017c515bba27d0ab23f5ddbef8defc650b-22"
        .parse()
        .unwrap();
    assert_eq!((id.shard.len(), id.sequence), (40, 22));
    assert_eq!(
        id.to_string(),
        "1418e9017c515bba27d0ab23f5ddbef8defc650b-22"
    );
    for wrong in ["", "-", "abc", "abc-", "-5", "abc-x"] {
        assert!(wrong.parse::<ExecId>().is_err(), "{wrong}");
    }
}

/// The words of a command.
fn words(cmd: &redis::Cmd) -> String {
    let words: Vec<_> = cmd
        .args_iter()
        .map(|arg| match arg {
            redis::Arg::Simple(word) => String::from_utf8_lossy(word).into_owned(),
            _ => unreachable!(),
        })
        .collect();
    words.join(" ")
}

#[test]
fn options_and_arguments_are_sent() {
    let options = PyExecuteOptions::new()
        .requirement("requests")
        .requirements(["six"])
        .unblocking()
        .id("s")
        .description("d")
        .upgrade()
        .replace_with("old")
        .force_reinstall_requirements();
    assert_eq!(
        words(&cmd::pyexecute("x", &options)),
        "RG.PYEXECUTE x UNBLOCKING ID s DESCRIPTION d UPGRADE REPLACE_WITH old FORCE_REINSTALL_REQUIREMENTS \
         REQUIREMENTS requests six"
    );
    assert_eq!(
        words(&cmd::pyexecute("x", &PyExecuteOptions::new())),
        "RG.PYEXECUTE x"
    );
    let options = SessionsOptions::new()
        .session("a")
        .session("b")
        .verbose()
        .dead();
    assert_eq!(
        words(&cmd::dump_sessions(&options)),
        "RG.PYDUMPSESSIONS VERBOSE DEAD SESSIONS a b"
    );
    assert_eq!(
        words(&cmd::unregister("1-2", true)),
        "RG.UNREGISTER 1-2 ABORTPENDING"
    );
    assert_eq!(
        words(&cmd::config_set(&[("a", "1"), ("b", "2")])),
        "RG.CONFIGSET a 1 b 2"
    );
    assert_eq!(
        words(cmd::trigger_on_key("t", "k").arg("x")),
        "RG.TRIGGERONKEY t k x"
    );
    let id = ExecId::new(7);
    let long = id.to_string();
    for cmd in [
        cmd::get_execution(&id, Some(ExecLocality::Shard)),
        cmd::get_execution(long.as_str(), Some(ExecLocality::Shard)),
        cmd::get_execution(long.clone(), Some(ExecLocality::Shard)),
        cmd::get_execution(long.as_bytes(), Some(ExecLocality::Shard)),
        cmd::get_execution(long.clone().into_bytes(), Some(ExecLocality::Shard)),
    ] {
        assert_eq!(words(&cmd), format!("RG.GETEXECUTION {long} SHARD"));
    }
    assert_eq!(words(&cmd::get_execution("x", None)), "RG.GETEXECUTION x");
    assert_eq!(
        words(&cmd::py_profile_stats("s", Some("cumtime"))),
        "RG.PYPROFILE STATS s cumtime"
    );
    assert_eq!(
        words(&cmd::py_profile_stats("s", None)),
        "RG.PYPROFILE STATS s"
    );
    assert_eq!(
        words(&cmd::import_requirement(&[b"a".to_vec(), b"b".to_vec()])),
        "RG.PYIMPORTREQ a b"
    );
}

#[test]
fn commands_for_all_shards_are_sent() {
    for (cmd, expected) in [
        (
            cmd::dump_registrations_cluster(),
            "RG.DUMPREGISTRATIONS CLUSTER",
        ),
        (
            cmd::config_get_cluster(&["a", "b"]),
            "RG.CONFIGGET CLUSTER a b",
        ),
        (
            cmd::config_set_cluster(&[("a", "1"), ("b", "2")]),
            "RG.CONFIGSET CLUSTER a 1 b 2",
        ),
        (cmd::py_stats_cluster(), "RG.PYSTATS CLUSTER"),
        (
            cmd::pause_registrations_cluster("x-1"),
            "RG.PAUSEREGISTRATIONS CLUSTER x-1",
        ),
        (
            cmd::unpause_registrations_cluster("x-1"),
            "RG.UNPAUSEREGISTRATIONS CLUSTER x-1",
        ),
        (
            cmd::clear_registrations_stats_cluster(),
            "RG.CLEARREGISTRATIONSSTATS CLUSTER",
        ),
    ] {
        assert_eq!(words(&cmd), expected);
    }
}
