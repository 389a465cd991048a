//! What a person may change.

use crate::app::connect_to;
use crate::failure::Failure;
use redgrease_core::{Con, Error, GearsCommands as _};
use serde::Deserialize;
use std::fmt;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Verb {
    Pause,
    Resume,
    Unregister,
    Abort,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Action {
    pub(super) verb: Verb,
    /// The registration, or the execution.
    pub(super) id: String,
}

impl Action {
    /// Does it over a connection of its own, because that of the samples may wait for a reply.
    pub(super) fn perform(&self, url: &str) -> Result<(), Failure> {
        let mut con = connect_to(url)?;
        let id = self.id.as_str();
        match self.verb {
            Verb::Pause if is_cluster(&mut con)? => con.pause_registrations_cluster(id),
            Verb::Pause => con.pause_registrations(id),
            Verb::Resume if is_cluster(&mut con)? => con.unpause_registrations_cluster(id),
            Verb::Resume => con.unpause_registrations(id),
            Verb::Unregister => con.unregister(id),
            Verb::Abort => con.abort_execution(id),
        }?;
        Ok(())
    }
}

fn is_cluster(con: &mut Con) -> Result<bool, Error> {
    Ok(con.info_cluster()?.is_some())
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Verb::Pause => "pause",
            Verb::Resume => "resume",
            Verb::Unregister => "unregister",
            Verb::Abort => "abort",
        })
    }
}
