//! The health check of the container, `packaging/docker/health`, on servers with and without a password.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::capability::tell;
use common::{eventually, free_port};
use redgrease_embedded::{Builder, Server};
use std::process::Command;

/// A server that listens on a port. `None` if the machine lacks a client program, which the check needs.
fn listening(port: u16, with: impl FnOnce(Builder) -> Builder) -> Option<Server> {
    let mut look = Command::new("sh");
    look.args(["-c", "command -v valkey-cli || command -v redis-cli"]);
    if !look.output().unwrap().status.success() {
        tell("the machine has neither redis-cli nor valkey-cli");
        return None;
    }
    let builder = Server::builder().without_engine().port(port);
    Some(with(builder).start().unwrap())
}

/// Runs the check. Returns whether it succeeds, and what it prints.
fn check(port: u16, arguments: &[&str], variables: &[(&str, &str)]) -> (bool, String) {
    let mut shell = Command::new("sh");
    shell
        .arg(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/packaging/docker/health"
        ))
        .args(arguments)
        .env("PORT", port.to_string());
    for name in [
        "REDISCLI_AUTH",
        "HEALTH_PASSWORD",
        "HEALTH_PASSWORD_FILE",
        "HEALTH_USER",
    ] {
        shell.env_remove(name);
    }
    let output = shell.envs(variables.iter().copied()).output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.success(), printed)
}

/// A check that fails and says why.
fn fails(port: u16, variables: &[(&str, &str)], why: &str) {
    let (succeeds, printed) = check(port, &[], variables);
    assert!(
        !succeeds && printed.contains(why),
        "{variables:?}: {printed}"
    );
}

fn succeeds(port: u16, arguments: &[&str], variables: &[(&str, &str)]) {
    let (succeeds, printed) = check(port, arguments, variables);
    assert!(succeeds, "{variables:?}: {printed}");
}

const PASSWORD: [(&str, &str); 1] = [("HEALTH_PASSWORD", "a @/#'")];
const USER: [(&str, &str); 1] = [("HEALTH_USER", "health")];

/// Users of a server that has started without them: the last one locks out everybody without the password.
const USERS: [&str; 3] = [
    "ACL SETUSER health on nopass -@all +ping",
    "ACL SETUSER blind on nopass -@all +get",
    "ACL SETUSER default resetpass >secret",
];

#[test]
fn a_server_without_a_password_is_healthy() {
    let port = free_port();
    let Some(server) = listening(port, |builder| builder) else {
        return;
    };
    succeeds(port, &[], &[]);
    succeeds(port, &["live"], &[]);
    // A password too many is no reason to restart the container.
    succeeds(port, &[], &PASSWORD);
    drop(server.stop());
    fails(port, &[], "the server is not ready");
    assert!(!check(port, &["live"], &[]).0);
}

#[test]
fn a_server_with_a_password_is_healthy_for_a_check_that_logs_in() {
    let port = free_port();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("password");
    std::fs::write(&file, "secret\n").unwrap();
    let Some(server) = listening(port, |builder| builder) else {
        return;
    };
    for command in USERS {
        let words: Vec<_> = command.split(' ').collect();
        assert_eq!(common::untyped(&server, &words), "OK");
    }
    succeeds(port, &[], &[("HEALTH_PASSWORD", "secret")]);
    succeeds(
        port,
        &[],
        &[("HEALTH_PASSWORD_FILE", file.to_str().unwrap())],
    );
    succeeds(port, &[], &USER);
    succeeds(port, &["live"], &[]);
    fails(port, &[], "set HEALTH_PASSWORD");
    fails(port, &PASSWORD, "set HEALTH_PASSWORD");
    fails(port, &[("HEALTH_USER", "nobody")], "set HEALTH_PASSWORD");
    fails(port, &[("HEALTH_USER", "blind")], "give it +ping");
    fails(
        port,
        &[("HEALTH_PASSWORD_FILE", "/nonexistent")],
        "/nonexistent",
    );
}

#[test]
fn a_server_that_loads_its_data_is_not_healthy_yet() {
    let port = free_port();
    let dir = tempfile::tempdir().unwrap();
    let Some(server) = listening(port, |builder| builder.dir(dir.path())) else {
        return;
    };
    let fill = "for i = 1, 40000 do redis.call('SET', 'k' .. i, i) end";
    common::untyped(&server, &["EVAL", fill, "0"]);
    common::untyped(&server, &["SAVE"]);
    drop(server.stop());

    // Each key takes a millisecond, so the whole takes longer than the checks. `start` would wait for the end.
    let mut slow = Command::new(redgrease_embedded::find_server().unwrap())
        .args([
            "--port",
            &port.to_string(),
            "--dir",
            dir.path().to_str().unwrap(),
        ])
        .args(["--requirepass", "secret", "--save", ""])
        .args([
            "--key-load-delay",
            "1000",
            "--loading-process-events-interval-bytes",
            "1024",
        ])
        .args(["--user", "health", "on", "nopass", "-@all", "+ping"])
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    eventually("the server answers", || check(port, &["live"], &[]).0);
    let answers = [
        check(port, &[], &[("HEALTH_PASSWORD", "secret")]),
        check(port, &[], &USER),
        check(port, &[], &[]),
    ];
    slow.kill().unwrap();
    slow.wait().unwrap();
    for ((succeeds, printed), why) in answers.iter().zip(["LOADING", "LOADING", "NOAUTH"]) {
        assert!(!succeeds && printed.contains(why), "{why}: {printed}");
    }
}
