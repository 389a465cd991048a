//! The user that sends a command, and what belongs to it.

use super::context::Context;
use super::raw;
use super::user::{AsUser, User};

/// A user with the right to this command may do everything that the server process can do.
pub(super) const SENDS_CODE: &[u8] = b"rg.pyexecute";

/// The user of a client, a gear or a script that sends a command. A gear sends with the rights of its user.
#[derive(Debug, Clone)]
pub(crate) struct Requester {
    /// `None` for a master, a file and the engine itself, and on servers that do not tell the user.
    user: Option<User>,
    may_send_code: bool,
}

impl Requester {
    pub(crate) fn of(context: &Context) -> Requester {
        let user = if context.is_told() {
            None
        } else {
            User::calling(context)
        };
        // A user that was deleted while its gear ran has no right.
        let may_send_code = AsUser::new(context, user.as_ref())
            .is_ok_and(|as_user| as_user.may_run(SENDS_CODE, &[]));
        Requester {
            user,
            may_send_code,
        }
    }

    /// `true` if the user has the right to `RG.PYEXECUTE`.
    pub(crate) fn may_send_code(&self) -> bool {
        self.may_send_code
    }

    /// The user. `None` for a master, a file and the engine itself.
    pub(crate) fn user(&self) -> Option<&User> {
        self.user.as_ref()
    }

    /// `true` if the user may see, drop and abort the work of `owner`. `None` is the default user.
    pub(crate) fn may_handle_work_of(&self, owner: Option<&User>) -> bool {
        self.may_send_code || self.user.as_ref().is_none_or(|user| user.is(owner))
    }

    /// Writes into `ACL LOG` that the user has no right to a command.
    pub(super) fn log_denial(&self, context: &Context, command: &str) {
        if let Ok(user) = AsUser::new(context, self.user.as_ref()) {
            let reason = raw::REDISMODULE_ACL_LOG_CMD;
            user.log_denial(command.as_bytes(), reason);
        }
    }
}
