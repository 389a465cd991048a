//! Users whose work comes from another shard of a cluster. Each server has users of its own.

use super::context::Context;
use super::requester::SENDS_CODE;
use super::user::{Standing, User};

impl User {
    /// Checks that gears and commands of another shard may act for the user on this server. The error is the reason, and what to
    /// do.
    pub(crate) fn may_act(&self, context: &Context) -> Result<(), String> {
        let name = String::from_utf8_lossy(self.name());
        match self.standing(context) {
            Standing::Good => Ok(()),
            Standing::Gone => Err(format!(
                "the user '{name}' does not exist there: create the user on all shards"
            )),
            Standing::Disabled => Err(format!(
                "the user '{name}' is switched off there: switch the user on on all shards"
            )),
        }
    }

    /// Checks that code which the user has sent to another shard may run on this server.
    pub(crate) fn may_send_code(&self, context: &Context) -> Result<(), String> {
        self.may_run(context, &[SENDS_CODE, b"code"])
            .map_err(|why| {
                let name = String::from_utf8_lossy(self.name());
                format!(
                    "the user '{name}', who has sent the code, has no right to RG.PYEXECUTE there ({why}): give the user the right on \
                     all shards"
                )
            })
    }
}
