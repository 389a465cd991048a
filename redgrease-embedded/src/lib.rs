//! Starts a private Redis or Valkey server with the `RedGrease` engine, for tests, examples and
//! development.
//!
//! ```no_run
//! use redgrease_embedded::Server;
//!
//! let server = Server::start()?;
//! // Any Redis client can connect to it.
//! println!("{} is process {}", server.url(), server.pid());
//! # Ok::<(), redgrease_embedded::Error>(())
//! ```
//!
//! # Guarantees
//! - The server is private. It listens on a unix socket in a directory that only the current user
//!   can enter. With [`Builder::port`] it also listens on a port, on loopback only.
//! - [`Server::start`] returns as soon as the server replies, and checks that the replying process
//!   is the one it started.
//! - Dropping the [`Server`] ends the server process. If this program ends without dropping it
//!   (killed, aborted, or the [`Server`] is in a `static`), a guard process ends the server and
//!   removes its temporary directory.
//! - Nothing is downloaded or built. The error about a missing program or library tells where it was
//!   looked for, and names the commands that install it.
//!
//! # Clusters
//! [`Server::cluster`] starts several servers that share the slots, with replicas if that is wanted. A [`Cluster`] moves slots,
//! adds shards and promotes replicas, and stops, kills and pauses its servers. Its servers listen on ports of loopback, because
//! nodes of a cluster do not talk over unix sockets.
//!
//! A [`Home`] is one server or a cluster, as the environment variable `REDGREASE_SHARDS` says: tests and examples that are the same
//! on both start one.
//!
//! # Search paths
//!
//! | part | builder | environment | default |
//! |---|---|---|---|
//! | server program | [`Builder::server`] | `REDGREASE_SERVER`, a path or a name on `PATH` | `redis-server`, then `valkey-server` on `PATH`, then in `servers/` of the target directory |
//! | engine | [`Builder::engine`] | `REDGREASE_ENGINE` | the first of the places below |
//! | directory of Python packages | [`Builder::python_dir`] | `REDGREASE_PYTHON_DIR` | `redgrease/python` of the target directory that contains the engine, otherwise a cache directory of the user |
//!
//! Places of the engine:
//!
//! 1. `release/`, then `debug/` of the target directories: around the running program, of the package
//!    that `cargo run` or `cargo test` runs, and of the clone that contains this crate;
//! 2. the user's data directory, `~/.local/share/redgrease/lib` (`$XDG_DATA_HOME/redgrease/lib`), which
//!    `redgrease engine install` and `cargo xtask install` fill;
//! 3. the Python package `redgrease-engine` (`pip install redgrease-engine`) of the Python that a module
//!    argument or `REDGREASE_PYTHON` names, of the active virtual environment, of `python3`, or of `python`
//!    on `PATH`. The server then runs that Python, unless another one is named;
//! 4. `/usr/lib/redgrease`.
//!
//! A place is passed by if it has no engine for the Python that will run: that of the module argument
//! `Python`, of `REDGREASE_PYTHON` or of the active virtual environment. (A library in a target directory
//! that has no loader beside it is used in any case: it runs the Python that it was built for.) If the
//! Python of the active environment was removed, the places 3 and 4 are not searched.
//!
//! In the places 2 to 4, files that cannot be used are passed by: a loader without an engine, a damaged
//! engine, and an engine that is older than this crate. Only the engine for the Python that will run is
//! examined, or each one if that is not known. A newer engine is used, because the commands of
//! the engine stay compatible. If there is no other engine, the error names them, and ends with how to mend them.
//!
//! # No Redis client
//! The crate implements the few commands that it needs, so that it has no dependency on a version
//! of a Redis client.

#[cfg(not(unix))]
compile_error!("redgrease-embedded starts Redis on a unix socket: it builds on Linux and macOS");

mod answer;
mod builder;
mod cluster;
mod config;
mod error;
mod guard;
mod home;
mod install;
mod locate;
mod module;
mod ready;
mod server;
#[cfg(test)]
mod testing;
mod tls;

pub use builder::Builder;
pub use cluster::{Cluster, ClusterBuilder, ClusterNode};
pub use error::{Error, ErrorKind, Result};
pub use home::Home;
pub use install::{install_engine, remove_engine};
pub use locate::{EngineFile, EnginePlace, PlaceKind};
pub use server::Server;

use std::path::PathBuf;

/// The server program that [`Server::start`] would run.
///
/// # Errors
/// `NoServerProgram` if there is no server program.
pub fn find_server() -> Result<PathBuf> {
    locate::server(None)
}

/// The engine that [`Server::start`] would load.
///
/// # Errors
/// `NoEngine` if there is no engine.
pub fn find_engine() -> Result<PathBuf> {
    locate::engine(None, None).map(|engine| engine.library)
}

/// All places in which [`find_engine`] looks for an engine, in the order of the search, and what is wrong with each.
#[must_use]
pub fn engine_places() -> Vec<EnginePlace> {
    locate::places()
}

/// The folder in which a user installs an engine, whether it exists or not; `None` without a home
/// directory.
#[must_use]
pub fn user_engine_dir() -> Option<PathBuf> {
    locate::user_engine_dir()
}
