//! `redgrease doctor`: looks for what is wrong with a server and with this machine, and tells the remedies. It changes nothing.
//!
//! | file | looks at |
//! |---|---|
//! | `report.rs` | nothing: the findings, and how they are shown |
//! | `node.rs` | nothing: asks a server |
//! | `reach.rs` | whether the server answers |
//! | `host.rs` | the server program: version, role, persistence, memory, log |
//! | `network.rs` | who reaches the server |
//! | `module.rs` | the engine in the server, and its Python |
//! | `rights.rs` | the rights of the user |
//! | `gears.rs` | registrations, sessions, requirements, executions |
//! | `cluster.rs` | the shards of a cluster |
//! | `local.rs` | this machine: server program, engine, Python, installer |

mod cluster;
mod gears;
mod host;
mod local;
mod module;
mod network;
mod node;
mod reach;
mod report;
mod rights;

use crate::app::App;
use crate::failure::{Failure, Kind};
use report::{Report, Status};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit codes: 0 nothing is broken (there may be warnings), 1 something is broken, 3 no server answers."
)]
pub(crate) struct Args {
    /// Look at this machine, too, if the server is another one
    #[arg(long)]
    local: bool,
}

pub(crate) fn run(app: &App, args: &Args) -> Result<(), Failure> {
    let mut report = Report::default();
    let reached = reach::reach(&app.url(), &mut report)?;
    let mut has_module = false;
    let is_reached = reached.node.is_some();
    if let Some(mut node) = reached.node {
        host::look(&mut node, &mut report);
        if let Some(module) = module::look(&mut node, &mut report) {
            has_module = true;
            rights::look(&mut node, module, &mut report);
            gears::look(&mut node, &mut report);
            cluster::look(app, &mut node, &mut report);
        }
        node.tell_denied(&mut report);
    }
    if args.local || reached.is_local {
        local::look(is_reached, has_module, &mut report);
    }
    report.show(&app.out)?;
    match (is_reached, report.worst()) {
        (false, _) if reached.is_silent => Err(Failure::new(
            Kind::NoServer,
            "no server answers: see `reachable` above for what to do",
        )),
        (_, Status::Error) => Err(Failure::said()),
        _ => Ok(()),
    }
}
