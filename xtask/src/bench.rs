//! `cargo xtask bench`: compares the speed of gears with PING, Lua and clients, and of clusters with one server.

use crate::args::Args;
use crate::steps::{self, Failed, Outcome};
use crate::{setup, tools, workspace};
use redgrease_embedded::Server;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;

pub(crate) fn command(args: &Args) -> Outcome {
    let is_asked = |part: &str| args.only.as_deref().is_none_or(|only| only == part);
    let ready = setup::run(args.yes)?;
    let engine = engine(&ready.python)?;
    if is_asked("calls") {
        calls(&engine, args.quick)?;
    }
    if !is_asked("batch") && !is_asked("cluster") {
        return Ok(());
    }
    let python = with_redis_py(&ready.python)?;
    tools::build()?;
    for (name, headline) in [
        ("batch", "jobs over many keys"),
        ("cluster", "a cluster and one server"),
    ] {
        if !is_asked(name) {
            continue;
        }
        let mut program = tools::program(name)?;
        program.env("REDGREASE_ENGINE", &engine);
        program.arg("--python").arg(&python);
        match args.keys {
            Some(keys) => program.args(["--keys", &keys.to_string()]),
            None if args.quick => program.args(["--keys", "100000"]),
            None => &mut program,
        };
        steps::step(headline, &mut program)?;
    }
    Ok(())
}

/// Builds an engine with the command `RG.FLOOR`. It has its own target directory, so that it does
/// not replace the usual engine.
fn engine(python: &Path) -> Outcome<PathBuf> {
    let target = workspace::target()?.join("bench");
    let mut build = steps::cargo();
    build
        .args(["build", "--release", "-p", "redgrease-engine"])
        .args(["--features", "bench", "--target-dir"])
        .arg(&target)
        .env("PYO3_PYTHON", python);
    steps::step("building the engine for benchmarks", &mut build)?;
    Ok(workspace::engine_in(&target))
}

fn calls(engine: &Path, quick: bool) -> Outcome {
    let port = free_port()
        .map_err(|e| Failed::new(format!("this machine has no free port on loopback: {e}")))?;
    let server = Server::builder().engine(engine).port(port).start()?;
    let mut script = Command::new("bash");
    script
        .arg(workspace::root().join("benches/calls.sh"))
        .arg(port.to_string());
    if quick {
        script.envs([("ROUNDS", "3"), ("REQUESTS", "300000")]);
    }
    steps::step("calls per second (benches/calls.sh)", &mut script)?;
    Ok(server.stop()?)
}

/// The benchmark uses TCP, as most programs do.
fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
        .local_addr()?
        .port())
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
