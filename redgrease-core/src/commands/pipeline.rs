//! Commands and calls in pipelines of redis-rs.

use crate::error::{Error, Result};
use crate::gear::{GearKind, Mode};
use crate::request::Call;
use redis::Cmd;

/// What commands are collected in.
#[doc(hidden)]
pub trait Piped {
    /// Adds a command.
    fn piped(&mut self, cmd: Cmd);
    /// Whether its commands will be sent between MULTI and EXEC.
    fn is_atomic(&self) -> bool;
}

impl Piped for redis::Pipeline {
    fn piped(&mut self, cmd: Cmd) {
        self.add_command(cmd);
    }

    fn is_atomic(&self) -> bool {
        self.is_transaction()
    }
}

/// Adds a call, unless the server would refuse it.
pub(super) fn add<P: Piped + ?Sized, T>(pipeline: &mut P, call: &Call<T>) -> Result<()> {
    let gear = call.gear();
    let is_sync = matches!(
        gear.spec().kind,
        GearKind::Command {
            mode: Mode::Sync,
            ..
        }
    );
    if pipeline.is_atomic() && !is_sync {
        return Err(Error::config(format!(
            "gear `{}` cannot be called inside a transaction, because nothing in one may wait: give it \
             `mode = \"sync\"`, or send it in a pipeline without `.atomic()`",
            gear.name()
        )));
    }
    pipeline.piped(call.to_cmd()?);
    Ok(())
}
