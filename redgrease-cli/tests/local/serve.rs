//! `redgrease serve`.

use super::{Home, common};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};

/// A program that serves. It is ended with this value.
struct Serving {
    child: Child,
    said: Value,
}

impl Serving {
    fn start(home: &Home, args: &[&str]) -> Self {
        // The engine of the environment, as for all tests.
        let mut program = home.program(&[&["serve", "--json"], args].concat());
        if let Some(engine) = std::env::var_os("REDGREASE_ENGINE") {
            program.env("REDGREASE_ENGINE", engine);
        }
        let mut child = program
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let out = child.stdout.as_mut().unwrap();
        BufReader::new(out).read_line(&mut line).unwrap();
        let Ok(said) = serde_json::from_str(&line) else {
            let _ = child.kill();
            panic!("{:?}", child.wait_with_output());
        };
        Serving { child, said }
    }

    fn url(&self) -> &str {
        self.said["url"].as_str().unwrap()
    }

    fn end(mut self, signal: Signal) -> i32 {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
        self.child.wait().unwrap().code().unwrap_or(-1)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // Both fail if the program has ended. A guard ends its servers.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that nothing listens on, with so many behind it. Tests that run at the same time get other ones.
fn free_port(count: u16) -> u16 {
    static TAKEN: AtomicU16 = AtomicU16::new(0);
    let first = u16::try_from(std::process::id() % 5_000).unwrap();
    let first = 20_000 + first + TAKEN.fetch_add(160, Ordering::Relaxed);
    (first..60_000)
        .step_by(16)
        .find(|first| {
            (0..count).all(|at| {
                // Nodes of a cluster also listen on a port that is 10000 higher.
                let is_free = |port| TcpListener::bind(("127.0.0.1", port)).is_ok();
                is_free(first + at) && first.checked_add(at + 10_000).is_none_or(is_free)
            })
        })
        .unwrap()
}

fn con(url: &str) -> redis::Connection {
    redis::Client::open(url).unwrap().get_connection().unwrap()
}

fn answers(url: &str) -> bool {
    redis::Client::open(url).unwrap().get_connection().is_ok()
}

#[test]
fn a_server_runs_gears_until_a_signal_comes() {
    let home = Home::new();
    let port = free_port(1).to_string();
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let serving = Serving::start(&home, &["--port", &port]);
        let url = serving.url().to_owned();
        assert_eq!(url, format!("redis://127.0.0.1:{port}/"));
        let said: Value = redis::cmd("RG.PYEXECUTE")
            .arg("GB('ShardsIDReader').count().run()")
            .query::<redis::Value>(&mut con(&url))
            .map(|reply| format!("{reply:?}").into())
            .unwrap();
        assert!(said.as_str().unwrap().contains('1'), "{said}");
        let dir = std::path::PathBuf::from(serving.said["dir"].as_str().unwrap());
        assert_eq!(serving.end(signal), 0);
        assert!(!answers(&url) && !dir.exists());
    }
}

#[test]
fn a_folder_keeps_the_data() {
    let home = Home::new();
    let port = free_port(1).to_string();
    let args = ["--port", port.as_str(), "--dir", "kept"];
    let serving = Serving::start(&home, &args);
    let _: () = redis::cmd("SET")
        .arg("a")
        .arg("1")
        .query(&mut con(serving.url()))
        .unwrap();
    assert_eq!(serving.end(Signal::TERM), 0);
    let serving = Serving::start(&home, &args);
    let kept: i64 = redis::cmd("GET")
        .arg("a")
        .query(&mut con(serving.url()))
        .unwrap();
    assert_eq!(kept, 1);
}

#[test]
fn the_end_of_the_server_is_told() {
    let home = Home::new();
    let port = free_port(1).to_string();
    let mut serving = Serving::start(&home, &["--port", &port]);
    // The server closes the connection in place of an answer.
    let _ = redis::cmd("SHUTDOWN")
        .arg("NOSAVE")
        .query::<()>(&mut con(serving.url()));
    assert_eq!(serving.child.wait().unwrap().code(), Some(1));
    let err = std::io::read_to_string(serving.child.stderr.take().unwrap()).unwrap();
    assert!(err.contains("the server has ended"), "{err}");
}

#[test]
fn a_python_that_cannot_run_is_told() {
    let home = Home::new();
    let port = free_port(1).to_string();
    let serve = |python: &str, more: &[&str]| {
        let words = ["serve", "--port", &port, "--python", python];
        let mut program = home.program(&[&words[..], more].concat());
        if let Some(engine) = std::env::var_os("REDGREASE_ENGINE") {
            program.env("REDGREASE_ENGINE", engine);
        }
        common::done(&mut program)
    };
    let said = serve("/bin/ls", &[]).fails(2);
    assert!(
        said.contains("/bin/ls") && said.contains("name a Python 3"),
        "{said}"
    );
    for python in ["2.7", "2.99", "/no/such/python", "pyhton"] {
        let said = serve(python, &[]).fails(2);
        assert!(said.contains("name a Python 3"), "{python}: {said}");
    }
    // One that the engine does not run: that of the engine itself, or the loader, says it.
    for more in [&[][..], &["--cluster", "1"]] {
        let said = serve("3.2", more).fails(1);
        assert!(said.contains("3.2"), "{said}");
    }
}

#[test]
fn a_port_that_is_used_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let said = common::run(&["serve", "--port", &port]).fails(1);
    assert!(
        said.contains(&format!("port {port} of this machine cannot be used")),
        "{said}"
    );
    assert!(said.contains("--port"), "{said}");
    common::run(&["serve", "--replicas", "1"]).fails(2);
    common::run(&["serve", "--cluster", "0"]).fails(2);
}

/// The address of the environment is that of another server.
#[test]
fn a_port_wins_over_the_environment() {
    let said = common::done(
        common::program(&["ls", "--port", "1"]).env("REDGREASE_URL", "redis://127.0.0.1:2/"),
    )
    .fails(3);
    assert!(said.contains(":1"), "{said}");
}

#[test]
fn a_cluster_has_its_shards_and_replicas() {
    let home = Home::new();
    let port = free_port(6).to_string();
    let mut serving = Serving::start(
        &home,
        &["--cluster", "3", "--replicas", "1", "--port", &port],
    );
    let shards = serving.said["shards"].as_array().unwrap().clone();
    assert_eq!(shards.len(), 3);
    let urls: Vec<String> = shards
        .iter()
        .flat_map(|shard| [&shard["url"], &shard["replicas"][0]["url"]])
        .map(|url| url.as_str().unwrap().to_owned())
        .collect();
    assert!(urls.iter().all(|url| answers(url)), "{urls:?}");
    let doctor =
        common::done(common::program(&["doctor", "--json"]).env("REDGREASE_URL", serving.url()));
    assert!(
        doctor.out.contains("3 shards, and all of them answer"),
        "{doctor:?}"
    );
    // What is wrong with another shard has its address.
    let other = shards[1]["url"].as_str().unwrap();
    let limit = ["maxmemory", "maxmemory-policy"]
        .into_iter()
        .zip(["900mb", "allkeys-lru"]);
    for (name, value) in limit {
        let _: () = redis::cmd("CONFIG")
            .arg(&["SET", name, value])
            .query(&mut con(other))
            .unwrap();
    }
    let doctor =
        common::done(common::program(&["doctor", "--json"]).env("REDGREASE_URL", serving.url()));
    let address = other.trim_start_matches("redis://").trim_end_matches('/');
    assert!(
        doctor.out.contains(&format!("{address}: allkeys-lru")),
        "{doctor:?}"
    );
    // A shard that is gone is told.
    let pid = i32::try_from(shards[2]["pid"].as_u64().unwrap()).unwrap();
    let replica = i32::try_from(shards[2]["replicas"][0]["pid"].as_u64().unwrap()).unwrap();
    for pid in [pid, replica] {
        kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
    }
    let doctor =
        common::done(common::program(&["doctor", "--json"]).env("REDGREASE_URL", serving.url()));
    assert_eq!(doctor.code, 1, "{doctor:?}");
    let found: Value = serde_json::from_str(&doctor.out).unwrap();
    let findings = found["findings"].as_array().unwrap();
    assert!(
        findings
            .iter()
            .any(|one| one["check"] == "cluster" && one["status"] == "error"),
        "{found:#}"
    );
    // So is its end, by the program that serves.
    let mut err = BufReader::new(serving.child.stderr.take().unwrap());
    let mut said = String::new();
    while said.matches("has ended: the last lines of its log").count() < 2 {
        assert_ne!(err.read_line(&mut said).unwrap(), 0, "{said}");
    }
    assert!(said.contains(shards[2]["url"].as_str().unwrap()), "{said}");
    assert_eq!(serving.end(Signal::TERM), 0);
    assert!(!urls.iter().any(|url| answers(url)));
}
