//! The program: its words, and its end by a signal.

use crate::started::until;
use axum::http::StatusCode;
use redgrease::embedded::Server;
use serde_json::json;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use web::client::Client;

fn program(server: &Server, words: &[&str]) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_web"));
    program
        .args(words)
        .env("REDIS_URL", server.url())
        .env("SITE", "http://127.0.0.1:1")
        .env("LISTEN", "127.0.0.1:0");
    program
}

/// A running service. It is ended with the value, also if the test fails.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail if the program has ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts the service, and waits for the line with its address.
fn serve(server: &Server) -> (Running, Client) {
    let mut running = program(server, &["serve"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let printed = BufReader::new(running.stdout.take().unwrap());
    let url = printed
        .lines()
        .map(Result::unwrap)
        .find(|line| line.starts_with("http://"))
        .unwrap();
    (Running(running), Client::new(&url, "me"))
}

#[tokio::test]
async fn one_program_deploys_and_others_serve() {
    let server = Server::start().unwrap();
    let (mut early, client) = serve(&server);
    let answer = client.get("/scores/x").await.unwrap();
    assert_eq!(
        answer.status,
        StatusCode::SERVICE_UNAVAILABLE,
        "nothing is deployed"
    );
    assert_eq!(client.get("/health").await.unwrap().status, StatusCode::OK);

    let deployed = program(&server, &["deploy"]).output().unwrap();
    assert!(deployed.status.success(), "{deployed:?}");
    let printed = String::from_utf8(deployed.stdout).unwrap();
    assert!(printed.starts_with("web: "), "{printed}");
    let answer = client.get("/scores/x").await.unwrap();
    assert_eq!((answer.status, answer.json()), (StatusCode::OK, json!([])));

    let mut kill = Command::new("kill");
    assert!(
        kill.args(["-TERM", &early.0.id().to_string()])
            .status()
            .unwrap()
            .success()
    );
    until("the service has ended", async || {
        early.0.try_wait().unwrap().is_some()
    })
    .await;
    assert!(early.0.wait().unwrap().success());
}

#[test]
fn an_unknown_word_is_refused() {
    let server = Server::start().unwrap();
    let refused = program(&server, &["srve"]).output().unwrap();
    assert!(!refused.status.success());
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.contains("`srve` is unknown"), "{said}");
}
