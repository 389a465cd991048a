//! `cargo xtask bench`: compares the speed of gears with PING, Lua and clients, and of clusters with one server.

use crate::args::Args;
use crate::setup::{self, Ready};
use crate::steps::{self, Outcome};
use crate::{tools, workspace};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The programs that compare gears with clients in Python, beside others.
const PROGRAMS: [(&str, &str); 3] = [
    ("events", "handlers of streams and keys"),
    ("batch", "jobs over many keys"),
    ("cluster", "a cluster and one server"),
];

pub(crate) fn command(args: &Args) -> Outcome {
    let is_asked = |part: &str| args.only.as_deref().is_none_or(|only| only == part);
    let ready = setup::run(args.yes)?;
    tools::build()?;
    if let Some(revision) = &args.compare {
        let other = engine_of(revision, &ready.python)?;
        return calls(args, &ready, Some(&other));
    }
    if is_asked("calls") || args.instructions {
        calls(args, &ready, None)?;
    }
    if args.instructions {
        return Ok(());
    }
    if is_asked("memory") {
        let mut program = tools::program("memory")?;
        ready.tell(&mut program);
        steps::step(
            "memory of sessions, executions and waiting calls",
            &mut program,
        )?;
    }
    if !PROGRAMS.iter().any(|(name, _)| is_asked(name)) {
        return Ok(());
    }
    let python = with_redis_py(&ready.python)?;
    for (name, headline) in PROGRAMS {
        if !is_asked(name) {
            continue;
        }
        let mut program = tools::program(name)?;
        ready.tell(&mut program);
        program.arg("--python").arg(&python);
        match args.keys {
            _ if name == "events" => &mut program,
            Some(keys) => program.args(["--keys", &keys.to_string()]),
            None if args.quick => program.args(["--keys", "100000"]),
            None => &mut program,
        };
        steps::step(headline, &mut program)?;
    }
    Ok(())
}

/// Measures calls with this engine, and with another one in turns.
fn calls(args: &Args, ready: &Ready, other: Option<&Path>) -> Outcome {
    let mut program = tools::program("calls")?;
    ready.tell(&mut program);
    if let Some(other) = other {
        let engines = [ready.engine.display(), other.display()].map(|path| path.to_string());
        program.args(["--engines", &engines.join(",")]);
    }
    if args.instructions {
        program.args(["--instructions", "yes"]);
        return steps::step("instructions of calls", &mut program);
    }
    if args.quick {
        program.args(["--rounds", "3", "--millis", "150"]);
    }
    steps::step("calls of gears", &mut program)
}

/// Builds the engine of another revision, in a tree and a target directory of its own.
fn engine_of(revision: &str, python: &Path) -> Outcome<PathBuf> {
    let dir = workspace::target()?.join("redgrease").join("compared");
    let git = |args: &[&str]| {
        let mut git = Command::new("git");
        git.arg("-C").arg(workspace::root()).args(args);
        git
    };
    let tree = dir.display().to_string();
    if !dir.exists() {
        let headline = "a tree of the other revision";
        steps::step(
            headline,
            &mut git(&["worktree", "add", "--detach", &tree, revision]),
        )?;
    }
    let mut checkout = Command::new("git");
    checkout
        .arg("-C")
        .arg(&dir)
        .args(["checkout", "--detach", revision]);
    steps::step("the other revision", &mut checkout)?;
    let target = dir.join("target");
    let mut build = steps::cargo();
    build
        .current_dir(&dir)
        .args([
            "build",
            "--release",
            "-p",
            "redgrease-engine",
            "--target-dir",
        ])
        .arg(&target)
        .env("PYO3_PYTHON", python);
    steps::step("building the engine of the other revision", &mut build)?;
    Ok(workspace::engine_in(&target))
}

/// A Python with redis-py and hiredis. The environment is created once.
fn with_redis_py(python: &Path) -> Outcome<PathBuf> {
    let venv = workspace::target()?.join("redgrease").join("redis-py");
    let program = venv.join("bin/python");
    if steps::succeeds(Command::new(&program).args(["-c", "import redis, hiredis"])) {
        return Ok(program);
    }
    let headline = "fetching redis-py to compare with";
    let mut make = Command::new(python);
    steps::step(headline, make.args(["-m", "venv", "--clear"]).arg(&venv))?;
    let mut pip = Command::new(venv.join("bin/pip"));
    pip.args(["install", "--quiet", "--disable-pip-version-check"]);
    steps::step(headline, pip.arg("redis[hiredis]"))?;
    Ok(program)
}
