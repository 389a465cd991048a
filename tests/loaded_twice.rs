//! A server that is told to load the engine again.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::capability::is_redis_6;
use common::untyped;
use redgrease_embedded::{Server, find_engine};
use std::fs;

/// A server that accepts `MODULE LOAD`, which Redis 7 and later refuse by default.
fn open_to_modules() -> Server {
    if is_redis_6(&Server::start().unwrap()) {
        return Server::start().unwrap();
    }
    Server::builder()
        .server_arg("enable-module-command", "yes")
        .start()
        .unwrap()
}

#[test]
fn a_second_engine_is_refused_and_the_first_goes_on() {
    let server = open_to_modules();
    let script = "GB('CommandReader').map(lambda x: 'here').register(trigger='t', mode='sync')";
    untyped(&server, &["RG.PYEXECUTE", script]);
    let library = find_engine().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join(library.file_name().unwrap());
    fs::copy(&library, &copy).unwrap();
    for path in [&library, &copy, &library] {
        let answer = untyped(&server, &["MODULE", "LOAD", path.to_str().unwrap()]);
        assert!(answer.contains("Error loading"), "{answer}");
        let log = fs::read_to_string(server.log_path()).unwrap();
        let mut reason = log.lines().filter_map(|line| line.split_once("<module> "));
        let (_, reason) = reason.next_back().unwrap();
        assert!(reason.contains("already"), "{reason}");
        assert_eq!(untyped(&server, &["RG.TRIGGER", "t"]), "here");
    }
    let modules = untyped(&server, &["MODULE", "LIST"]);
    assert_eq!(modules.matches("10213").count(), 1, "{modules}");
}
