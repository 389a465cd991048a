//! Commands that gears run.

use super::after_command::call_with_handlers;
use super::call::{CallError, CallReply, Rights};
use super::lock;
use super::rules::{self, Rules};
use super::used_memory::used_memory;
use super::user::User;

/// Runs a command of a gear with the rights of `user`, and then the handlers of the key events that it caused. Takes the
/// server's lock, unless this thread holds it. `None` if the gear was given up meanwhile: its commands have no effect any more.
///
/// `grew` is told the memory of the server before and after the command, and how much of it is freed soon.
///
/// # Errors
/// If a gear may not run the command, or the server does not run it.
pub(crate) fn call_for_gear(
    user: Option<&User>,
    command: &[u8],
    args: &[&[u8]],
    is_given_up: impl Fn() -> bool,
    grew: impl Fn(usize, usize, usize),
) -> Option<Result<CallReply, CallError>> {
    let held = lock::is_locked();
    lock::locked(|context| {
        if is_given_up() {
            return None;
        }
        let rules = rules::of(context, command, args);
        let checked = rules.map_or(Ok(()), |rules| check(rules, held, command, args));
        Some(match checked {
            Ok(()) => {
                let before = used_memory();
                let reply = call_with_handlers(context, Rights::User(user), command, args);
                if let (Some(before), Some(after)) = (before, used_memory()) {
                    let size = reply.as_ref().map_or(0, CallReply::size);
                    // The server may have allocated twice the size of the reply.
                    grew(before, after, 2 * size + TEMPORARY);
                }
                reply
            }
            Err(why) => Err(CallError::new(why)),
        })
    })
}

/// Memory that the server takes for the time of a command, in bytes.
const TEMPORARY: usize = 256;

/// Checks that a gear may run the command. `held` says that the gear holds the server's lock for longer than this command.
fn check(rules: Rules, held: bool, command: &[u8], args: &[&[u8]]) -> Result<(), String> {
    if let Some(why) = rules.refusal(command, args) {
        return Err(why);
    }
    // The server would free the client whose command runs, and then use it.
    if lock::is_main() && rules.ends_clients(args) {
        return Err(
            "ERR CLIENT KILL could end the client whose command runs: run it in an async gear, such as one with mode='async_local'"
                .to_owned(),
        );
    }
    // The server ends itself if it still has to tell its replicas of an earlier write of the gear.
    if held && rules.pauses_clients(args) {
        return Err(
            "ERR a sync gear, a script and an atomic block cannot pause clients: run the command in an async gear, outside of atomic()"
                .to_owned(),
        );
    }
    Ok(())
}
