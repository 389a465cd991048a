//! The commands that the engine runs in place of the server, and those that stay with the server although a registration names
//! them.

use super::hooks::{self, Hook};
use super::{Event, Registration, watched};
use crate::redis::{Context, cannot_keep_rights, filter};
use std::sync::Arc;

/// `true` if the engine runs a command in place of the server: a hook fits, or its reply waits for handlers.
pub(crate) fn takes_over(context: &Context, words: &filter::FilteredCommand<'_>) -> bool {
    let Some(name) = words.get(0) else {
        return false;
    };
    if filter::is_taken_over(name) {
        return false;
    }
    let word = |index: usize| words.get(index);
    let is_wanted = match hooks::find(context, name, words.len(), word) {
        Some(registration) => runs_here(context, &registration),
        None => watched::takes_over(context, name, words.len(), word),
    };
    // Gears work on database 0. A server that does not say which one is selected lets `handler` decide.
    is_wanted
        && words.database(context).is_none_or(|database| database == 0)
        && !words.is_of_subscriber(context)
}

/// `false` for a hook that leaves a command alone on a replica. Writes come from the master, where the hook has run. So may
/// every command of a script, because the server does not say who sent the script.
fn runs_here(context: &Context, hook: &Registration) -> bool {
    let writes = matches!(&hook.event, Event::Hook(hook) if hook.writes);
    !context.is_replica() || !(writes || context.is_in_lua())
}

/// The part of the server that a taken over command belongs to.
#[derive(Debug)]
pub(crate) enum Handler {
    /// This hook runs in place of the command.
    Hook(Arc<Registration>),
    /// The command runs, and its reply waits for handlers of key events.
    Watched,
    /// The command runs as if no registration named it.
    Server,
}

/// Decides about a taken over command when it runs. More is known than when [`takes_over`] saw it, and registrations may have
/// changed while the command waited in MULTI. `None` if no registration could ever name the command.
pub(crate) fn handler<'a>(
    context: &Context,
    name: &[u8],
    words: usize,
    word: impl Fn(usize) -> Option<&'a [u8]>,
) -> Option<Handler> {
    // A master or a file sends this command. Gears have run where the command first came from.
    if context.is_told() {
        return Some(Handler::Server);
    }
    let here = context.database() == 0;
    match hooks::find(context, name, words, &word) {
        Some(hook) if here && runs_here(context, &hook) => Some(Handler::Hook(hook)),
        Some(_) => Some(Handler::Server),
        None if watched::takes_over(context, name, words, &word) => Some(if here {
            Handler::Watched
        } else {
            Handler::Server
        }),
        None => could_be_named(context, name).then_some(Handler::Server),
    }
}

/// `true` if a registration could name this command, and a client that sends the command is held to its rights.
fn could_be_named(context: &Context, name: &[u8]) -> bool {
    let name = String::from_utf8_lossy(name);
    cannot_keep_rights(context).is_none() && Hook::new(context, &name, None, false).is_ok()
}
