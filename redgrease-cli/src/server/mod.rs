//! The engine and servers.
//!
//! | path | purpose |
//! |---|---|
//! | `engine/` | `redgrease engine`: installs, lists and removes the engine on this machine |
//! | `doctor/` | `redgrease doctor`: looks for what is wrong with a server and with this machine |
//! | `serve.rs` | `redgrease serve`: a server or a cluster for the programs of this machine |
//! | `follow.rs` | reads a log while it grows |
//! | `pythons.rs` | the Pythons of this machine |

pub(crate) mod doctor;
pub(crate) mod engine;
mod follow;
mod pythons;
pub(crate) mod serve;
