//! `cargo xtask serve`: runs a Redis or a cluster with the engine for other programs.

use crate::args::Args;
use crate::say::note;
use crate::setup;
use crate::steps::{Failed, Outcome};
use crate::workspace;
use redgrease_embedded::Server;
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::thread;

const PORT: u16 = 6379;

pub(crate) fn command(yes: bool, port: Option<u16>, dir: Option<PathBuf>) -> Outcome {
    let ready = setup::run(yes)?;
    let port = port.unwrap_or(PORT);
    // The server would report a used port only in its log.
    if let Err(e) = TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        return Err(Failed::new(format!(
            "port {port} of this machine cannot be used ({e}): stop the program that uses it, or \
             choose another port with --port"
        )));
    }
    let dir = match dir {
        Some(dir) => dir,
        None => workspace::target()?.join("redgrease").join("serve"),
    };
    note!("\n==> redis://127.0.0.1:{port}/");
    note!("    data in {}", dir.display());
    note!("    the log follows; Ctrl-C stops the server\n");
    // This process is replaced by the server, so that Ctrl-C reaches the server directly.
    let mut server = Server::builder().port(port).dir(dir);
    if let Some(python) = ready.chosen_python() {
        server = server.module_arg("Python", python);
    }
    Err(server.engine(ready.engine).become_server().into())
}

pub(crate) fn cluster(args: &Args, shards: usize) -> Outcome {
    let ready = setup::run(args.yes)?;
    let replicas = args.replicas.unwrap_or(0);
    let mut builder = Server::cluster().shards(shards).replicas(replicas);
    // A cluster that was here before has its ports.
    let is_kept = |dir: &PathBuf| dir.join("node-1").exists();
    if let Some(port) = args.port {
        builder = builder.first_port(port);
    } else if !args.dir.as_ref().is_some_and(is_kept) {
        builder = builder.first_port(PORT);
    }
    if let Some(dir) = &args.dir {
        builder = builder.dir(dir);
    }
    if let Some(python) = ready.chosen_python() {
        builder = builder.module_arg("Python", python);
    }
    let cluster = builder.engine(ready.engine).start()?;
    note!("\n==> {}", cluster.url());
    for shard in 0..shards {
        note!("    shard {shard}: {}", cluster.shard(shard).url());
        for replica in 0..replicas {
            note!("      replica: {}", cluster.replica(shard, replica).url());
        }
    }
    note!("    the logs are redis.log in");
    for node in cluster.nodes() {
        note!("      {}", node.dir().display());
    }
    match &args.dir {
        Some(dir) => note!(
            "    Ctrl-C ends the cluster; its data stay in {}\n",
            dir.display()
        ),
        None => note!("    Ctrl-C ends the cluster and removes its data\n"),
    }
    // Each server has a guard, which ends it when this process ends by a signal.
    loop {
        thread::park();
    }
}
