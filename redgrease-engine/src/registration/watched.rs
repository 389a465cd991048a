//! Commands whose reply waits for the handlers of the key events that they cause (`commands=`).
//!
//! The engine runs the command in place of the server. The client is answered when all handlers have ended.

use super::command_info::{CommandInfo, KeyPositions};
use super::{Event, matches_prefix, registry};
use crate::redis::{BlockedClient, Context, OwnedReply, Rights, call};
use crate::scope::{self, Scope, WithheldReply};
use std::sync::Arc;

/// A command that a registration of key events names.
#[derive(Debug)]
pub(crate) struct WatchedCommand {
    /// In lower case.
    pub(crate) name: String,
    keys: KeyPositions,
}

impl WatchedCommand {
    /// The command with this name. An error is the text that clients of RedisGears know.
    pub(crate) fn new(context: &Context, command: &str) -> Result<WatchedCommand, String> {
        let name = command.to_ascii_lowercase();
        let Some(info) = CommandInfo::of(context, &name) else {
            return Err("bad reply on COMMAND command".to_owned());
        };
        let why_not = if info.has("noscript") {
            "Can not hook a command which are not allowed inside a script"
        } else if info.has("movablekeys") {
            "Can not hook a command with moveable keys by key prefix"
        } else if info.keys.first <= 0 {
            "Can not hook a command by key prefix with none positive first key"
        } else {
            return Ok(WatchedCommand {
                name,
                keys: info.keys,
            });
        };
        Err(why_not.to_owned())
    }

    /// `true` if `name` is the name of this command.
    pub(super) fn is(&self, name: &[u8]) -> bool {
        self.name.as_bytes().eq_ignore_ascii_case(name)
    }
}

/// `true` if the reply of a command has to wait for handlers: a registration names the command and one of its keys.
pub(crate) fn takes_over<'a>(
    context: &Context,
    name: &[u8],
    count: usize,
    word: impl Fn(usize) -> Option<&'a [u8]>,
) -> bool {
    if scope::look(Scope::withheld, Option::is_some) {
        return false;
    }
    registry().read(context, |registry| {
        registry
            .key_registrations()
            .iter()
            .any(|registration| match &registration.event {
                Event::Keys(keys) => keys.commands.iter().flatten().any(|command| {
                    let fits = |key: &[u8]| matches_prefix(&keys.prefix, key);
                    command.is(name) && command.keys.any(count, &word, fits)
                }),
                _ => false,
            })
    })
}

/// Runs a command, and answers the client when the handlers of its events have ended.
pub(crate) fn run(context: &Context, words: Vec<Vec<u8>>) {
    let withheld = Arc::new(WithheldReply::new(words));
    let Some((name, args)) = withheld.words().split_first() else {
        return;
    };
    let args: Vec<&[u8]> = args.iter().map(Vec::as_slice).collect();
    let user = scope::look(Scope::user, Clone::clone);
    let outcome = scope::with(Scope::withheld, Some(Arc::clone(&withheld)), || {
        call(context, Rights::User(user.as_ref()), name, &args)
    });
    let reply = match outcome {
        Ok(reply) => OwnedReply::of(reply.borrow()),
        Err(failure) => return context.reply().error(&failure.message()),
    };
    let client = if withheld.is_waiting() && context.may_block() {
        BlockedClient::block(context)
    } else {
        None
    };
    match client {
        None => withheld.write(&context.reply(), &reply),
        Some(client) => withheld.answer_later(client, reply),
    }
}
