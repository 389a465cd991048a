//! The owner of a registration: the user whose rights its handlers have.

use crate::redis::{Context, Standing, User};
use crate::registration::Registration;

/// Checks that the owner of a registration exists and is enabled. The error is the reason, and what to do.
pub(super) fn check(context: &Context, registration: &Registration) -> Result<(), String> {
    let user = User::or_default(registration.user.clone());
    let name = String::from_utf8_lossy(user.name());
    match user.standing(context) {
        Standing::Good => Ok(()),
        Standing::Gone => Err(format!(
            "its owner, the user {name}, does not exist any more: create the user again with ACL SETUSER, or register as another user"
        )),
        Standing::Disabled => Err(format!(
            "its owner, the user {name}, is disabled: enable the user with ACL SETUSER {name} on, or register as another user"
        )),
    }
}

/// The reason of a registration whose handler was refused a command.
pub(super) fn denied(registration: &Registration) -> String {
    let user = User::or_default(registration.user.clone());
    let name = String::from_utf8_lossy(user.name());
    format!(
        "its owner, the user {name}, has no right to a command of the handler: give the user the right with ACL SETUSER, or register as another user"
    )
}
