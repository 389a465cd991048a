//! The owner of a registration: the user whose rights its handlers have.

use crate::redis::{Context, Standing, User};
use crate::registration::Registration;

/// Checks that the owner of a registration exists, is enabled and may read the stream. The error is the reason, and what to do.
pub(super) fn check(
    context: &Context,
    registration: &Registration,
    stream: &[u8],
) -> Result<(), String> {
    let user = User::or_default(registration.user.clone());
    let name = String::from_utf8_lossy(user.name());
    match user.standing(context) {
        Standing::Good => may_read(context, &user, stream).map_err(|why| {
            let stream = String::from_utf8_lossy(stream);
            format!(
                "its owner, the user {name}, has no right to read the stream {stream} with XREADGROUP ({why}): give the user the right with ACL SETUSER, or register as another user"
            )
        }),
        Standing::Gone => Err(format!(
            "its owner, the user {name}, does not exist any more: create the user again with ACL SETUSER, or register as another user"
        )),
        Standing::Disabled => Err(format!(
            "its owner, the user {name}, is disabled: enable the user with ACL SETUSER {name} on, or register as another user"
        )),
    }
}

/// The messages go to code with the rights of the user, so the user has to have the right to read them.
fn may_read(context: &Context, user: &User, stream: &[u8]) -> Result<(), String> {
    let words: [&[u8]; 7] = [
        b"XREADGROUP",
        b"GROUP",
        b"group",
        b"consumer",
        b"STREAMS",
        stream,
        b">",
    ];
    user.may_run(context, &words)
}

/// The reason of a registration whose handler was refused a command.
pub(super) fn denied(registration: &Registration) -> String {
    let user = User::or_default(registration.user.clone());
    let name = String::from_utf8_lossy(user.name());
    format!(
        "its owner, the user {name}, has no right to a command of the handler: give the user the right with ACL SETUSER, or register as another user"
    )
}
