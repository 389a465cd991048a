//! The lines of book/src/cluster-step-by-step.md, in their order, on a cluster.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

use redgrease_embedded::{Cluster, Server};
use std::path::Path;
use std::process::Command;

const PAGE: &str = include_str!("../book/src/cluster-step-by-step.md");

/// The port of the first shard on the page.
const FIRST_PORT: usize = 30_001;

/// A command of the page and the lines that it prints.
#[derive(Debug, PartialEq)]
struct Step {
    command: String,
    printed: Vec<String>,
}

/// The commands for `redis-cli`.
fn steps() -> Vec<Step> {
    let mut steps = Vec::<Step>::new();
    let mut blocks = PAGE.split("```");
    blocks.next();
    for block in blocks.step_by(2) {
        let Some(lines) = block.strip_prefix("console\n") else {
            continue;
        };
        for line in lines.lines() {
            match line.strip_prefix("$ ") {
                Some(command) => steps.push(Step {
                    command: command.to_owned(),
                    printed: Vec::new(),
                }),
                None => steps.last_mut().unwrap().printed.push(line.to_owned()),
            }
        }
    }
    steps.retain(|step| step.command.starts_with("redis-cli"));
    steps
}

/// Runs a command. Records of several shards come in no fixed order, so the lines are sorted.
fn printed(cluster: &Cluster, command: &str, dir: &Path) -> Vec<String> {
    let mut command = command.to_owned();
    for shard in 0..cluster.shards() {
        let on_page = (FIRST_PORT + shard).to_string();
        command = command.replace(&on_page, &cluster.shard(shard).port().to_string());
    }
    let output = Command::new("sh")
        .args(["-c", &command])
        .current_dir(dir)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    let lines = text.lines().filter(|line| !line.is_empty());
    let mut lines: Vec<String> = lines.map(str::to_owned).collect();
    lines.sort();
    lines
}

#[test]
fn the_page_prints_what_a_cluster_prints() {
    if Command::new("redis-cli").arg("--version").output().is_err() {
        eprintln!("not tested, because there is no redis-cli on PATH");
        return;
    }
    let cluster = Server::cluster().start().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let steps = steps();
    assert!(steps.len() > 20, "{steps:#?}");
    for mut step in steps {
        let found = printed(&cluster, &step.command, dir.path());
        step.printed.sort();
        assert_eq!(found, step.printed, "{}", step.command);
    }
}
