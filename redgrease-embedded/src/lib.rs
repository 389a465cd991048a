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
//! - Nothing is downloaded or built. The error about a missing program or library names the command
//!   that installs it.
//!
//! # Search paths
//!
//! | part | builder | environment | default |
//! |---|---|---|---|
//! | server program | [`Builder::server`] | `REDGREASE_SERVER` | `redis-server`, then `valkey-server` on `PATH`, then in `servers/` of the target directory |
//! | engine | [`Builder::engine`] | `REDGREASE_ENGINE` | `release/`, then `debug/` of the target directory |
//! | directory of Python packages | [`Builder::python_dir`] | `REDGREASE_PYTHON_DIR` | `redgrease/python` of the target directory that contains the engine, otherwise a cache directory of the user |
//!
//! Target directories are tried in this order: the one that contains the running program, the one
//! of the package that `cargo run` or `cargo test` runs, and the one of the workspace that contains
//! this crate.
//!
//! # No Redis client
//! The crate implements the three commands that it needs, so that it has no dependency on a version
//! of a Redis client.

#[cfg(not(unix))]
compile_error!("redgrease-embedded starts Redis on a unix socket: it builds on Linux and macOS");

mod answer;
mod builder;
mod config;
mod error;
mod guard;
mod locate;
mod ready;
mod server;

pub use builder::Builder;
pub use error::{Error, ErrorKind, Result};
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
    locate::engine(None)
}
