//! `redgrease serve`: a server or a cluster with the engine, on loopback, for the programs of this machine.

use super::follow::Follow;
use super::pythons::{self, Python};
use crate::app::{App, connect_to};
use crate::failure::{Failure, Kind};
use redgrease_embedded::{Cluster, Server};
use serde_json::json;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::ffi::{OsStr, OsString};
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

const PORT: u16 = 6379;
/// How often the log and the server are looked at.
const PAUSE: Duration = Duration::from_millis(100);

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Ctrl-C ends it. The port is that of --port, 6379 without it; a cluster has the ports that follow, too. \
                  REDGREASE_SERVER names another server program, and REDGREASE_ENGINE another engine."
)]
pub(crate) struct Args {
    /// Start a cluster of so many shards
    #[arg(long, value_name = "SHARDS", value_parser = clap::value_parser!(u16).range(1..=1000))]
    cluster: Option<u16>,
    /// Replicas of each shard
    #[arg(long, value_name = "NUMBER", requires = "cluster", default_value_t = 0)]
    replicas: u16,
    /// Folder that keeps the data, and of a cluster its slots and ports; none: the data are removed at the end
    #[arg(long, value_name = "PATH")]
    dir: Option<PathBuf>,
    /// Python that runs the gears: a program, a virtual environment, or a version
    #[arg(long, value_name = "PYTHON")]
    python: Option<OsString>,
}

pub(crate) fn run(app: &App, args: &Args) -> Result<(), Failure> {
    // From here on a signal ends this program in order, also while the server starts.
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP]).map_err(|e| {
        Failure::failed(format!(
            "signals cannot be received ({e}): start the server program itself"
        ))
    })?;
    let python = match &args.python {
        Some(name) => version_of(name)?,
        None => None,
    };
    match args.cluster {
        Some(shards) => cluster(app, args, shards.into(), python.as_deref(), &mut signals),
        None => single(app, args, python.as_deref(), &mut signals),
    }
}

/// The version of the Python that was named. `None` for a version that the engine has to find itself.
fn version_of(name: &OsStr) -> Result<Option<String>, Failure> {
    const WANTED: &str =
        "name a Python 3 with a shared library, by its version, program or virtual environment";
    let text = name.display();
    let Some(program) = pythons::named(name) else {
        let version = name.to_str().filter(|text| text.starts_with("3."));
        return version
            .map(|it| Some(it.to_owned()))
            .ok_or_else(|| Failure::usage(format!("this machine has no Python {text}: {WANTED}")));
    };
    let python = Python::ask(&program);
    let python = python.and_then(|python| match python.flaw() {
        Some(flaw) => Err(flaw.to_owned()),
        None => Ok(python.version),
    });
    python
        .map(Some)
        .map_err(|why| Failure::usage(format!("{} {why}: {WANTED}", program.display())))
}

/// Fails if the server runs another Python than the one that was named: an engine without the loader has its own one.
fn check_python(url: &str, wanted: Option<&str>) -> Result<(), Failure> {
    let Some(wanted) = wanted else {
        return Ok(());
    };
    let info: String = redis::cmd("INFO")
        .arg("everything")
        .query(&mut connect_to(url)?)?;
    let runs = info
        .lines()
        .find_map(|line| line.strip_prefix("rg_python_version:"))
        .map(str::trim);
    match runs {
        Some(runs) if runs != wanted && !wanted.starts_with(&format!("{runs}.")) => {
            Err(Failure::failed(format!(
                "the engine runs Python {runs}, and not {wanted}: leave REDGREASE_ENGINE out to use an engine for all Pythons, which \
                 `redgrease engine install` installs, or leave --python out"
            )))
        }
        _ => Ok(()),
    }
}

fn single(
    app: &App,
    args: &Args,
    python: Option<&str>,
    signals: &mut Signals,
) -> Result<(), Failure> {
    let port = app.options.port.unwrap_or(PORT);
    // The server would report a port that is used only in its log.
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .map(drop)
        .map_err(|e| {
            Failure::failed(format!(
                "port {port} of this machine cannot be used ({e}): end the program that uses it, or choose another port with \
                 --port"
            ))
        })?;
    let mut builder = Server::builder().port(port);
    if let Some(dir) = &args.dir {
        builder = builder.dir(dir);
    }
    if let Some(python) = &args.python {
        builder = builder.module_arg("Python", python);
    }
    let mut server = builder.start()?;
    check_python(server.url(), python)?;
    let log = server.log_path().to_owned();
    if app.out.is_json() {
        app.out.json(&json!({
            "url": server.url(), "pid": server.pid(), "dir": server.dir(), "log": &log, "program": server.program(),
        }))?;
    } else {
        app.out.line(server.url())?;
    }
    app.out.note(kept(args));
    app.out.note("the log follows; Ctrl-C ends the server");
    let mut follow = Follow::new(&log).ok();
    let mut follow_log = || {
        let lines = std::iter::from_fn(|| follow.as_mut()?.next_line());
        lines.for_each(|line| {
            // For `--json` the log is in its file.
            if !app.out.is_json() {
                app.out.note(line);
            }
        });
    };
    while signals.pending().next().is_none() {
        follow_log();
        if !server.is_running() {
            follow_log();
            return Err(Failure::new(
                Kind::Failed,
                format!(
                    "the server has ended: the last lines of its log tell why ({})",
                    log.display()
                ),
            ));
        }
        thread::sleep(PAUSE);
    }
    server.stop()?;
    follow_log();
    app.out.note("the server has ended");
    Ok(())
}

fn cluster(
    app: &App,
    args: &Args,
    shards: usize,
    python: Option<&str>,
    signals: &mut Signals,
) -> Result<(), Failure> {
    let replicas = usize::from(args.replicas);
    let mut builder = Server::cluster().shards(shards).replicas(replicas);
    // A cluster that was here before has its ports.
    let is_kept = |dir: &PathBuf| dir.join("node-1").exists();
    if let Some(port) = app.options.port {
        builder = builder.first_port(port);
    } else if !args.dir.as_ref().is_some_and(is_kept) {
        builder = builder.first_port(PORT);
    }
    if let Some(dir) = &args.dir {
        builder = builder.dir(dir);
    }
    if let Some(python) = &args.python {
        builder = builder.module_arg("Python", python);
    }
    let cluster = builder.start()?;
    check_python(cluster.shard(0).url(), python)?;
    if app.out.is_json() {
        app.out.json(&described(&cluster, shards, replicas))?;
    } else {
        app.out.line(cluster.url())?;
    }
    for shard in 0..shards {
        let node = cluster.shard(shard);
        app.out.note(format!(
            "shard {shard}: {}, log {}",
            node.url(),
            node.log_path().display()
        ));
        for replica in 0..replicas {
            let node = cluster.replica(shard, replica);
            app.out.note(format!(
                "  replica: {}, log {}",
                node.url(),
                node.log_path().display()
            ));
        }
    }
    app.out.note(kept(args));
    app.out.note("Ctrl-C ends the cluster");
    let mut ended: Vec<String> = Vec::new();
    while signals.pending().next().is_none() {
        let nodes: Vec<_> = cluster.nodes();
        for node in nodes.iter().filter(|node| !node.is_running()) {
            if !ended.contains(&node.url().to_owned()) {
                app.out.warn(format_args!(
                    "the server {} has ended: the last lines of its log tell why ({})",
                    node.url(),
                    node.log_path().display()
                ));
                ended.push(node.url().to_owned());
            }
        }
        if ended.len() == nodes.len() {
            return Err(Failure::failed(
                "all servers of the cluster have ended: look at their logs, and start it again",
            ));
        }
        thread::sleep(PAUSE);
    }
    for node in cluster.nodes() {
        node.stop()?;
    }
    app.out.note("the cluster has ended");
    Ok(())
}

fn described(cluster: &Cluster, shards: usize, replicas: usize) -> serde_json::Value {
    let node = |node: redgrease_embedded::ClusterNode| json!({ "url": node.url(), "pid": node.pid(), "log": node.log_path(), "id": node.id() });
    let shards: Vec<serde_json::Value> = (0..shards)
        .map(|shard| {
            let mut described = node(cluster.shard(shard));
            let replicas = (0..replicas).map(|replica| node(cluster.replica(shard, replica)));
            described["replicas"] = replicas.collect();
            described
        })
        .collect();
    json!({ "url": cluster.url(), "shards": shards })
}

fn kept(args: &Args) -> String {
    match &args.dir {
        Some(dir) => format!("the data stay in {}", dir.display()),
        None => "the data are removed at the end: keep them with --dir PATH".to_owned(),
    }
}
