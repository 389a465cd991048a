//! Starts a private Redis (or Valkey) with the `RedGrease` engine, for tests, examples and
//! development.
//!
//! ```no_run
//! use redgrease_embedded::Server;
//!
//! let server = Server::start()?;
//! // Any Redis client can use it:
//! println!("{} is process {}", server.url(), server.pid());
//! # Ok::<(), redgrease_embedded::Error>(())
//! ```
//!
//! # What can be relied on
//! - The server is private: it listens on a unix socket inside a directory that only the current
//!   user can enter, unless [`Builder::port`] asks for a port, which is on loopback only.
//! - [`Server::start`] returns when the server answers, and has made sure that the process which
//!   answers is the one it started.
//! - The server ends with its [`Server`], by process id. If this program ends without dropping it
//!   (killed, aborted, or the [`Server`] lives in a `static`), a guard process ends the server and
//!   removes its temporary directory.
//! - Nothing is downloaded or built. What is missing is named in the error, with the command that
//!   provides it.
//!
//! # What is looked for, and where
//!
//! | what | builder | environment | then |
//! |---|---|---|---|
//! | the server program | [`Builder::server`] | `REDGREASE_SERVER` | `redis-server`, then `valkey-server` on `PATH`, then in `servers/` of the target directory |
//! | the engine | [`Builder::engine`] | `REDGREASE_ENGINE` | `release/`, then `debug/` of the target directory |
//! | where requirements are installed | [`Builder::python_dir`] | `REDGREASE_PYTHON_DIR` | `redgrease/python` of the target directory the engine was found in, else a cache directory of the user |
//!
//! The target directory is the one the running program was built in; then the one of the package
//! that `cargo run` or `cargo test` works on; then the one of the workspace this crate was built
//! from.
//!
//! # What is not here
//! No Redis client: the crate speaks the three commands it needs itself, so that it fits beside
//! any version of any client.

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
/// `NoServerProgram`, with what to do about it.
pub fn find_server() -> Result<PathBuf> {
    locate::server(None)
}

/// The engine that [`Server::start`] would load.
///
/// # Errors
/// `NoEngine`, with what to do about it.
pub fn find_engine() -> Result<PathBuf> {
    locate::engine(None)
}
