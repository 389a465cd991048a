//! Everything that is `unsafe`: the functions of the server, the dynamic linker, child processes.
#![allow(unsafe_code)]

mod child;
#[macro_use]
mod entry;
mod library;
mod server;

pub(crate) use child::{Heard, hear};
pub(crate) use entry::{Decision, REFUSED, load_module};

/// The number of the user that this process runs as.
pub(crate) fn user() -> u32 {
    // SAFETY: the function has no arguments and cannot fail.
    unsafe { libc::geteuid() }
}
