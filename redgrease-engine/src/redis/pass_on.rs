//! Running a command of a client as the server would have run it.

use super::call::CallReply;
use super::command::{Args, Text};
use super::context::Context;
use super::denial;
use super::filter;
use super::raw;
use super::refusal;
use super::several_slots;
use super::user;
use super::{guard, held_back, zero_bytes};
use std::ffi::{CStr, CString};
use std::ptr::NonNull;

/// Runs the words of `args` from `start` on as a command, in the database and with the rights of the client of `context`, and
/// replies with its reply. No gear replaces the command.
pub(crate) fn pass_on(context: &Context, args: Args<'_>, start: usize) {
    match run(context, args, start, format(context)) {
        Ok(reply) => reply.send(context),
        Err(words) => context.reply().error(&words),
    }
}

/// The server's words for a command that the client of `context` may not run. The server writes them to `ACL LOG`. From Redis 7.2
/// on, `D` makes sure that the command does not run, whatever the server decides.
pub(super) fn refused(context: &Context, args: Args<'_>, start: usize) -> String {
    // SAFETY: the static is written once, while the module loads. A copy of it is read.
    let knows_dry_runs = unsafe { raw::RedisModule_ACLAddLogEntryByUserName }.is_some();
    let format = if knows_dry_runs { c"!0CEDv" } else { c"!0CEv" };
    match run(context, args, start, format) {
        Ok(reply) => zero_bytes::error_text(reply.protocol()).map_or_else(
            || NO_RIGHT.to_owned(),
            |text| String::from_utf8_lossy(text).into_owned(),
        ),
        Err(words) if denial::is_denial(words.as_bytes()) => words,
        Err(_) => NO_RIGHT.to_owned(),
    }
}

const NO_RIGHT: &str = "NOPERM this user has no permissions to run the command";

/// Runs the words. The error is the reason why the server does not run them.
fn run(
    context: &Context,
    args: Args<'_>,
    start: usize,
    format: &CStr,
) -> Result<CallReply, String> {
    let words = args.raw_from(start);
    let name = args
        .get(start)
        .and_then(|name| CString::new(name.bytes()).ok());
    let (Some(name), Some(arguments)) = (name, words.get(1..)) else {
        return Err("ERR unknown command".to_owned());
    };
    // SAFETY: the words are those of the client's command, which runs.
    if several_slots::must_look(arguments.len())
        && unsafe { several_slots::has_several(context, &mut words.to_vec()) }
    {
        return Err(refusal::FOREIGN_KEYS.to_owned());
    }
    // SAFETY: the context is live and locked. The format announces a vector of strings, which the server keeps until the
    // command of `context` has ended.
    let (reply, errno) = unsafe {
        let _passes = filter::pass_next();
        *libc::__errno_location() = 0;
        let reply = rm!(RedisModule_Call(
            context.as_ptr(),
            name.as_ptr(),
            format.as_ptr(),
            arguments.as_ptr(),
            arguments.len()
        ));
        (reply, *libc::__errno_location())
    };
    let arguments = || -> Vec<&[u8]> { args.from(start + 1).map(Text::bytes).collect() };
    // SAFETY: the reply is that of the call above, and nothing else frees it.
    let Some(mut reply) = NonNull::new(reply).map(|raw| unsafe { CallReply::from_raw(raw) }) else {
        return Err(refusal::words(errno, name.to_bytes(), &arguments()));
    };
    if reply.protocol().is_empty() {
        reply = held_back::take(context).unwrap_or(reply);
    }
    // Redis 7.0 has words for a user without rights that no client knows.
    let denied = zero_bytes::error_text(reply.protocol())
        .and_then(|text| denial::for_client(context, None, name.to_bytes(), &arguments(), text));
    denied.map_or(Ok(reply), Err)
}

/// The format of the call: `!` replicates, `v` is a vector of strings and its length. From Redis 7.0.6 on, `0` replies in the
/// client's protocol, `E` says why a command is refused, and for clients `C` runs the command as the user, `S` and `M` refuse
/// it where the server would. A command that is told has no user, and is never refused.
fn format(context: &Context) -> &'static CStr {
    match (user::is_supported(), context.is_told()) {
        (false, _) => c"!v",
        (true, true) => c"!0Ev",
        (true, false) if guard::is_guarded() => c"!0CESv",
        (true, false) => c"!0CESMv",
    }
}
