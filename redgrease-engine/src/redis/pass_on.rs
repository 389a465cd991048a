//! Running a command of a client as the server would have run it.

use super::command::{Args, Text};
use super::context::Context;
use super::denial;
use super::filter;
use super::refusal;
use super::user;
use super::{call, guard, zero_bytes};
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
        let arguments = || -> Vec<&[u8]> { args.from(start + 1).map(Text::bytes).collect() };
        let Some(reply) = NonNull::new(reply) else {
            let words = refusal::words(errno, name.to_bytes(), &arguments());
            return context.reply().error(&words);
        };
        // Redis 7.0 has words for a user without rights that no client knows.
        let denied = zero_bytes::error_text(call::protocol(reply)).and_then(|text| {
            denial::for_client(context, None, name.to_bytes(), &arguments(), text)
        });
        match denied {
            Some(words) => context.reply().error(&words),
            None => {
                rm!(RedisModule_ReplyWithCallReply(ctx, reply.as_ptr()));
            }
        }
        rm!(RedisModule_FreeCallReply(reply.as_ptr()));
    }
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
