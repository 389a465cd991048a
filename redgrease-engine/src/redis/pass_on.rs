//! Running a command of a client as the server would have run it.

use super::command::Args;
use super::context::Context;
use super::filter;
use super::user;
use std::ffi::{CStr, CString};
use std::ptr::NonNull;

/// Runs the words of `args` from `start` on as a command, in the database and with the rights of the client of `context`, and
/// replies with its reply. No gear replaces the command.
pub(crate) fn pass_on(context: &Context, args: Args<'_>, start: usize) {
    let words = args.raw_from(start);
    let name = args
        .get(start)
        .and_then(|name| CString::new(name.bytes()).ok());
    let (Some(name), Some(arguments)) = (name, words.get(1..)) else {
        return context.reply().error("ERR unknown command");
    };
    let ctx = context.as_ptr();
    // SAFETY: the context is live and locked. The format announces a vector of strings, which the server keeps until the
    // command of `context` has ended. The reply is freed once, while the context is live.
    unsafe {
        let _passes = filter::pass_next();
        *libc::__errno_location() = 0;
        let reply = rm!(RedisModule_Call(
            ctx,
            name.as_ptr(),
            format(context).as_ptr(),
            arguments.as_ptr(),
            arguments.len()
        ));
        let errno = *libc::__errno_location();
        match NonNull::new(reply) {
            Some(reply) => {
                rm!(RedisModule_ReplyWithCallReply(ctx, reply.as_ptr()));
                rm!(RedisModule_FreeCallReply(reply.as_ptr()));
            }
            None => context.reply().error(&refusal(errno)),
        }
    }
}

/// The format of the call: `!` replicates, `v` is a vector of strings and its length. From Redis 7.0.6 on, `0` replies in the
/// client's protocol, `E` says why a command is refused, and for clients `C` runs the command as the user, `S` and `M` refuse
/// it where the server would. A command that is told has no user, and is never refused.
fn format(context: &Context) -> &'static CStr {
    match (user::is_supported(), context.is_told()) {
        (false, _) => c"!v",
        (true, true) => c"!0Ev",
        (true, false) => c"!0CESMv",
    }
}

/// The error for a command that an older server did not run.
fn refusal(errno: i32) -> String {
    match errno {
        libc::ENOENT => "ERR unknown command".to_owned(),
        libc::EINVAL => "ERR wrong number of arguments".to_owned(),
        other => format!("ERR {}", std::io::Error::from_raw_os_error(other)),
    }
}
