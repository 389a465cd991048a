//! Commands whose reply waits for the handlers of the key events that they cause (`commands=`).
//!
//! The engine runs the command in place of the server. The client is answered when all handlers have ended.

use super::command_info::{CommandInfo, KeyPositions};
use super::registry;
use crate::redis::{BlockedClient, Context, OwnedReply, Rights, call_with_handlers};
use crate::scope::{self, Scope, WithheldReply};
use std::sync::Arc;

/// A command that a registration of key events names.
#[derive(Debug)]
pub(crate) struct WatchedCommand {
    /// In lower case.
    pub(crate) name: String,
    pub(super) keys: KeyPositions,
}

impl WatchedCommand {
    /// The command with this name. An error is the text that clients of RedisGears know.
    pub(crate) fn new(context: &Context, command: &str) -> Result<WatchedCommand, String> {
        let name = command.to_ascii_lowercase();
        let Some(info) = CommandInfo::of(context, &name) else {
            return Err("bad reply on COMMAND command".to_owned());
        };
        WatchedCommand::described(name, &info).map_err(str::to_owned)
    }

    fn described(name: String, info: &CommandInfo) -> Result<WatchedCommand, &'static str> {
        if let Some(why) = CommandInfo::stays_with_the_server(&name) {
            return Err(why);
        }
        let refused = if info.is_kept_from_scripts() {
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
        Err(refused)
    }

    /// A command whose one key is its first argument.
    #[cfg(test)]
    pub(super) fn for_test(name: &str) -> WatchedCommand {
        WatchedCommand {
            name: name.to_owned(),
            keys: KeyPositions::for_test(1, 1, 1),
        }
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
    // Handlers do not run on a replica, so there is nothing to wait for.
    if !context.may_handle_events() || scope::look(Scope::withheld, Option::is_some) {
        return false;
    }
    registry().read(context, |registry| {
        registry.watchers().watch(name, count, word)
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
        call_with_handlers(context, Rights::User(user.as_ref()), name, &args)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Mode;
    use crate::redis::locked;
    use crate::registration::testing::{keys_filter, registration, session, unique};
    use crate::registration::{Event, Session};

    fn refusal(flags: &[&str], first: i64) -> Option<&'static str> {
        let info = CommandInfo::for_test(flags, KeyPositions::for_test(first, first, 1));
        WatchedCommand::described("set".to_owned(), &info).err()
    }

    #[test]
    fn only_commands_with_keys_at_fixed_places_are_watched() {
        assert_eq!(refusal(&["write"], 1), None);
        assert_eq!(
            refusal(&["noscript"], 1),
            Some("Can not hook a command which are not allowed inside a script")
        );
        assert_eq!(
            refusal(&["movablekeys"], 1),
            Some("Can not hook a command with moveable keys by key prefix")
        );
        assert_eq!(
            refusal(&[], 0),
            Some("Can not hook a command by key prefix with none positive first key")
        );
    }

    #[test]
    fn the_reply_of_a_watched_command_is_withheld_for_the_keys_of_its_registration() {
        let name = unique("watched");
        let info = session(&name);
        let mut filter = keys_filter("k:*");
        filter.commands = Some(vec![WatchedCommand::for_test(&name)]);
        let made = registration(&info, Event::Keys(filter), Mode::Async);
        locked(|context| {
            let withheld = |words: &[&str]| {
                let word = |index: usize| words.get(index).map(|word| word.as_bytes());
                takes_over(context, words[0].as_bytes(), words.len(), word)
            };
            assert!(!withheld(&[&name, "k:1"]));
            registry().write(context, |registry| {
                registry.insert(Session::new(&info), vec![Arc::clone(&made)], None)
            });
            assert!(withheld(&[&name, "k:1"]));
            assert!(withheld(&[&name.to_ascii_uppercase(), "k:1"]));
            assert!(!withheld(&[&name, "other", "k:1"]));
            assert!(!withheld(&[&name]));
            assert!(!withheld(&["other", "k:1"]));
            // The commands of a handler, while the reply of its command is withheld.
            let running = Arc::new(WithheldReply::new(Vec::new()));
            scope::with(Scope::withheld, Some(running), || {
                assert!(!withheld(&[&name, "k:1"]));
            });
            registry().write(context, |registry| registry.remove(made.id));
            assert!(!withheld(&[&name, "k:1"]));
        });
    }
}
