//! What measures the engine and wears it out: programs that `cargo xtask` starts.
//!
//! | program | what |
//! |---|---|
//! | `batch` | jobs over many keys: the engine against Lua, redis-py and redis-rs |
//! | `soak` | everything at once for a long time, with kills and restarts |
//! | `fuzz` | random and damaged input |
//!
//! All of them need `REDGREASE_ENGINE` in their environment, as `cargo xtask` sets it.

mod args;
mod client;
mod process;
mod random;

pub use args::Args;
pub use client::{Client, text_of};
pub use process::resident_kib;
pub use random::Random;

/// What went wrong, for the person who started the program.
pub type Outcome<T = ()> = Result<T, String>;

/// Runs a program: what it returns as an error is printed, and is its exit code.
pub fn main(run: impl FnOnce(&Args) -> Outcome) -> std::process::ExitCode {
    match Args::parse(std::env::args().skip(1)).and_then(|args| run(&args)) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            std::process::ExitCode::FAILURE
        }
    }
}
