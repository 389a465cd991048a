//! `cargo xtask serve`: prepares the engine, and runs `redgrease serve` of this clone with it.

use crate::args::Args;
use crate::steps::{Failed, Outcome};
use crate::{program, setup, workspace};
use std::os::unix::process::CommandExt;

pub(crate) fn command(args: &Args) -> Outcome {
    let ready = setup::run(args.yes)?;
    let mut serve = program::build()?;
    ready.tell(&mut serve);
    serve.arg("serve");
    if let Some(port) = args.port {
        serve.args(["--port", &port.to_string()]);
    }
    if let Some(shards) = args.cluster {
        serve.args(["--cluster", &shards.to_string()]);
    }
    if let Some(replicas) = args.replicas {
        serve.args(["--replicas", &replicas.to_string()]);
    }
    match &args.dir {
        Some(dir) => {
            serve.arg("--dir").arg(dir);
        }
        // The data of one server stay for the next time.
        None if args.cluster.is_none() => {
            serve
                .arg("--dir")
                .arg(workspace::target()?.join("redgrease").join("serve"));
        }
        None => {}
    }
    // This process is replaced, so that Ctrl-C reaches the program directly.
    let error = serve.exec();
    Err(Failed::new(format!(
        "the program redgrease could not be started: {error}; run this command again"
    )))
}
