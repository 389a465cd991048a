//! Runs the commands of book/src/deploying.md that need nothing but a server: its blocks with `(run by tests/deploying_page.rs)`.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::capability::{is_redis_6, tell};
use common::{eventually, untyped};
use redgrease_embedded::{Builder, Server};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

const PAGE: &str = include_str!("../book/src/deploying.md");

/// A word of each block, so that a block without a test is found.
const BLOCKS: [&str; 5] = [
    "shop-bin-old",
    "appendonly",
    "rg_timeev",
    "RG.TRIGGER health",
    "redgrease-metrics",
];

const SCRIPT: &str = "
GB('CommandReader').map(lambda x: execute('GET', 'k')).register(trigger='value', mode='sync')
GB('KeysReader').map(lambda x: execute('INCR', 'seen')).register('app:*', mode='sync')
def tick():
    pass
registerTE(1000, tick, 'timer')
";

/// The commands of the block that contains `word`.
fn commands(word: &str) -> Vec<&'static str> {
    let blocks: Vec<_> = blocks()
        .into_iter()
        .filter(|block| block.contains(word))
        .collect();
    assert_eq!(blocks.len(), 1, "{word}: {blocks:?}");
    blocks[0]
        .lines()
        .filter_map(|line| line.strip_prefix("$ "))
        .collect()
}

fn blocks() -> Vec<&'static str> {
    let parts = PAGE
        .split("```console (run by tests/deploying_page.rs)\n")
        .skip(1);
    parts
        .map(|part| part.split("```").next().unwrap())
        .collect()
}

/// A folder to run commands in: `redis-cli` there speaks to the server, and `packaging` is that of this project. `None` if the
/// machine has no `redis-cli`.
fn surroundings(server: &Server) -> Option<tempfile::TempDir> {
    let Some(client) = client(server.program()) else {
        tell("the machine has neither redis-cli nor valkey-cli");
        return None;
    };
    let dir = tempfile::tempdir().unwrap();
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    symlink(project.join("packaging"), dir.path().join("packaging")).unwrap();
    let script = format!(
        "#!/bin/sh\nexec '{}' -s '{}' \"$@\"\n",
        client.display(),
        server.socket().display()
    );
    let wrapper = dir.path().join("redis-cli");
    std::fs::write(&wrapper, script).unwrap();
    std::fs::set_permissions(&wrapper, PermissionsExt::from_mode(0o755)).unwrap();
    Some(dir)
}

/// The client program beside the server, or on `PATH`.
fn client(server: &Path) -> Option<PathBuf> {
    let beside = server.parent().map(Path::to_owned);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = beside.into_iter().chain(std::env::split_paths(&path));
    folders
        .flat_map(|folder| ["redis-cli", "valkey-cli"].map(|name| folder.join(name)))
        .find(|file| file.is_file())
}

/// Runs the commands of the block that contains `word`, and returns what they print. `None` as in [`surroundings`].
fn run(server: &Server, word: &str) -> Option<String> {
    let dir = surroundings(server)?;
    let path = std::env::var("PATH").unwrap_or_default();
    let path = format!("{}:{path}", dir.path().display());
    let mut printed = String::new();
    for command in commands(word) {
        let mut shell = Command::new("sh");
        shell.args(["-c", command]).env("PATH", &path);
        let output = shell.current_dir(dir.path()).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command}\n{text}\n{errors}");
        for failure in ["ERR ", "NOPERM", "Could not connect"] {
            assert!(!text.contains(failure), "{command}\n{text}");
        }
        printed += &text;
    }
    Some(printed)
}

fn has_registrations(dir: &Path) -> Server {
    let server = Server::builder().dir(dir).start().unwrap();
    assert_eq!(
        untyped(&server, &["RG.PYEXECUTE", SCRIPT, "ID", "shop"]),
        "OK"
    );
    untyped(&server, &["SET", "k", "v"]);
    server
}

fn from_commands(builder: Builder) -> Server {
    builder
        .server_arg("appendonly", "yes")
        .server_arg("aof-use-rdb-preamble", "no")
        .start()
        .unwrap()
}

fn signal(server: &Server, name: &str) {
    let mut kill = Command::new("kill");
    kill.arg(format!("-{name}")).arg(server.pid().to_string());
    assert!(kill.status().unwrap().success());
}

fn ends(server: Server) {
    eventually("the server has ended", || {
        std::os::unix::net::UnixStream::connect(server.socket()).is_err()
    });
    drop(server.stop());
}

#[test]
fn each_block_has_a_test() {
    assert_eq!(blocks().len(), BLOCKS.len());
    for word in BLOCKS {
        assert!(!commands(word).is_empty(), "{word}");
    }
}

#[test]
fn an_orphaned_session_is_listed_and_removed() {
    let server = Server::start().unwrap();
    let old = "
GB('CommandReader').register(trigger='old')
GB('KeysReader').register('old:*')
";
    untyped(&server, &["RG.PYEXECUTE", old, "ID", "shop-bin-old"]);
    untyped(&server, &["RG.PYEXECUTE", SCRIPT, "ID", "shop"]);
    let Some(printed) = run(&server, "shop-bin-old") else {
        return;
    };
    assert!(printed.contains("shop-bin-old"), "{printed}");
    let sessions = untyped(&server, &["RG.PYDUMPSESSIONS"]);
    assert!(!sessions.contains("shop-bin-old"), "{sessions}");
    assert!(sessions.contains("shop"), "{sessions}");
    // An unknown session is no reason to remove anything.
    let before = untyped(&server, &["RG.DUMPREGISTRATIONS"]);
    run(&server, "shop-bin-old");
    assert_eq!(untyped(&server, &["RG.DUMPREGISTRATIONS"]), before);
}

#[test]
fn an_aof_of_commands_carries_registrations() {
    let dir = tempfile::tempdir().unwrap();
    let server = has_registrations(dir.path());
    if run(&server, "appendonly").is_none() {
        return;
    }
    ends(server);
    let server = from_commands(Server::builder().dir(dir.path()));
    assert_eq!(untyped(&server, &["RG.TRIGGER", "value"]), "v");
    untyped(&server, &["SET", "app:1", "x"]);
    assert_eq!(untyped(&server, &["GET", "seen"]), "1");
    assert_eq!(untyped(&server, &["TYPE", "timer"]), "rg_timeev");
}

#[test]
fn a_server_without_the_engine_takes_over() {
    let dir = tempfile::tempdir().unwrap();
    let server = has_registrations(dir.path());
    untyped(&server, &["SAVE"]);
    server.kill().unwrap();
    let plain = || Server::builder().dir(dir.path()).without_engine();
    assert!(plain().start().is_err());

    let server = Server::builder().dir(dir.path()).start().unwrap();
    let Some(printed) = run(&server, "rg_timeev") else {
        return;
    };
    assert!(printed.contains("rg_registrations:0"), "{printed}");
    assert!(printed.contains("rg_unrestored_sessions:0"), "{printed}");
    let version = untyped(&server, &["INFO", "server"]);
    let writes_type = is_redis_6(&server) || version.contains("redis_version:7.0.");
    let server = if writes_type {
        run(&server, "appendonly");
        ends(server);
        from_commands(plain())
    } else {
        untyped(&server, &["SAVE"]);
        server.kill().unwrap();
        plain().start().unwrap()
    };
    assert_eq!(untyped(&server, &["GET", "k"]), "v");
}

#[test]
fn the_health_checks_succeed_and_can_fail() {
    let server = Server::start().unwrap();
    let Some(printed) = run(&server, "RG.TRIGGER health") else {
        return;
    };
    assert!(
        printed.contains("PONG") && printed.contains("fine"),
        "{printed}"
    );
    let printed = run(&server, "RG.TRIGGER health").unwrap();
    assert!(printed.contains("fine"), "a second time: {printed}");
    untyped(
        &server,
        &[
            "RG.PYEXECUTE",
            "
def broken(record):
    raise ValueError('ill')
GB('CommandReader').map(broken).register(trigger='health', mode='sync')
",
            "ID",
            "health",
            "UPGRADE",
        ],
    );
    let dir = surroundings(&server).unwrap();
    let check = commands("RG.TRIGGER health").pop().unwrap();
    let mut shell = Command::new("sh");
    shell
        .args(["-c", check])
        .env("PATH", format!("{}:/usr/bin:/bin", dir.path().display()));
    assert!(!shell.output().unwrap().status.success());
}

#[test]
fn the_figures_for_node_exporter_are_written() {
    let server = Server::start().unwrap();
    let script = "
def fail(record):
    raise ValueError('no, numFailures=7 {\"x\"}')
GB('CommandReader').map(fail).register(trigger='fails, \"x\"')
";
    untyped(&server, &["RG.PYEXECUTE", script, "ID", "shop"]);
    untyped(&server, &["RG.TRIGGER", "fails, \"x\""]);
    let Some(dir) = surroundings(&server) else {
        return;
    };
    let metrics = |path: &str| {
        let mut shell = Command::new("packaging/monitoring/redgrease-metrics");
        shell.arg("figures.prom").env("PATH", path);
        let output = shell.current_dir(dir.path()).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        std::fs::read_to_string(dir.path().join("figures.prom")).unwrap()
    };
    let path = format!("{}:/usr/bin:/bin", dir.path().display());
    let figures = metrics(&path);
    for line in figures.lines().filter(|line| !line.starts_with('#')) {
        let (name, value) = line.rsplit_once(' ').unwrap();
        assert!(name.starts_with("redgrease_"), "{line}");
        assert!(value.parse::<f64>().is_ok(), "{line}");
    }
    for line in [
        "redgrease_up 1",
        "redgrease_failed_runs 1",
        "redgrease_registrations 1",
        "redgrease_longest_execution_seconds 0",
    ] {
        assert!(figures.lines().any(|one| one == line), "{line}\n{figures}");
    }
    let failures = figures
        .lines()
        .find(|line| line.starts_with("redgrease_registration_failures{"))
        .unwrap();
    assert!(
        failures.ends_with("trigger=\"fails_ _x_\"} 1"),
        "{failures}"
    );

    run(&server, "redgrease-metrics");
    // A server that accepts connections and says nothing is down, and does not hold up the job that asks it.
    signal(&server, "STOP");
    let began = Instant::now();
    let figures = metrics(&path);
    let took = began.elapsed();
    signal(&server, "CONT");
    assert!(took < Duration::from_secs(30), "{took:?}");
    assert!(figures.contains("redgrease_up 0"), "{figures}");
    assert!(!figures.contains("failed_runs"), "{figures}");
    assert!(metrics(&path).contains("redgrease_up 1"));
    // A server that does not answer leaves no old figures.
    drop(server.stop());
    let figures = metrics(&path);
    assert!(figures.contains("redgrease_up 0"), "{figures}");
    assert!(!figures.contains("failed_runs"), "{figures}");
}

#[test]
fn the_script_for_redis_exporter_lists_names_and_numbers() {
    let server = Server::start().unwrap();
    let script = include_str!("../packaging/monitoring/redgrease.lua");
    let listed = untyped(&server, &["EVAL", script, "0"]);
    let listed: Vec<&str> = listed.lines().collect();
    for pair in listed.chunks(2) {
        assert!(pair[0].starts_with("rg_"), "{pair:?}");
        assert!(pair[1].parse::<f64>().is_ok(), "{pair:?}");
    }
    for name in ["rg_unrestored_sessions", "rg_longest_script_seconds"] {
        assert!(listed.contains(&name), "{listed:?}");
    }
    assert_eq!(listed[listed.len() - 2..], ["rg_up", "1"]);

    let plain = Server::builder().without_engine().start().unwrap();
    assert_eq!(untyped(&plain, &["EVAL", script, "0"]), "rg_up\n0");
}
