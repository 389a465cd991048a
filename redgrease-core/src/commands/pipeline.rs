//! Commands and gear calls in redis-rs pipelines.

use crate::error::{Error, Result};
use crate::gear::{GearKind, Mode};
use crate::request::Call;
use redis::Cmd;

/// A pipeline that commands can be added to.
#[doc(hidden)]
pub trait Piped {
    /// Appends a command.
    fn piped(&mut self, cmd: Cmd);
    /// Whether the pipeline is a transaction (MULTI/EXEC).
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

/// Appends a gear call. Fails for a gear that cannot run inside a transaction if the pipeline is one.
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
            "gear `{}` cannot be called inside a transaction, because a transaction cannot wait for it: give the \
             gear `mode = \"sync\"`, or use a pipeline without `.atomic()`",
            gear.name()
        )));
    }
    pipeline.piped(call.to_cmd()?);
    Ok(())
}
