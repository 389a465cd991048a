//! Commands whose reply waits for the handlers of the key events they cause (`commands=`).
//!
//! The command is run; handlers see it with `get_command`, and may put another reply in its place
//! with `override_reply`. The client is answered when all of them have ended.

use super::command_info::{CommandInfo, KeyPositions};
use super::{Event, matches_prefix};
use crate::python::{Handle, attached, reply_with};
use crate::redis::{BlockedClient, Context, OwnedReply, Reply, Rights, call};
use std::cell::RefCell;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A command that a registration of key events asks for.
#[derive(Debug)]
pub(crate) struct HeldCommand {
    /// Lower case.
    pub(crate) name: String,
    keys: KeyPositions,
}

impl HeldCommand {
    /// `command`, or why it cannot be held, in the words clients know.
    pub(crate) fn new(context: &Context, command: &str) -> Result<HeldCommand, String> {
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
            return Ok(HeldCommand {
                name,
                keys: info.keys,
            });
        };
        Err(why_not.to_owned())
    }
}

/// One command that is being held.
#[derive(Debug)]
pub(crate) struct Held {
    words: Vec<Vec<u8>>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    instead: Option<Handle>,
    /// Executions that have not ended.
    under_way: usize,
    /// The client and its reply, once the command itself has ended.
    waiting: Option<(BlockedClient, OwnedReply)>,
}

thread_local! {
    static CURRENT: RefCell<Option<Arc<Held>>> = const { RefCell::new(None) };
}

/// The command that is held on this thread.
pub(crate) fn current() -> Option<Arc<Held>> {
    CURRENT.with_borrow(Clone::clone)
}

/// Runs `body` for the command `held`.
pub(crate) fn inside<R>(held: Option<&Arc<Held>>, body: impl FnOnce() -> R) -> R {
    struct Restore(Option<Arc<Held>>);
    impl Drop for Restore {
        fn drop(&mut self) {
            CURRENT.set(self.0.take());
        }
    }
    let Some(held) = held else { return body() };
    let _restore = Restore(CURRENT.replace(Some(Arc::clone(held))));
    body()
}

/// Whether a command has to be held.
pub(crate) fn takes_over<'a>(
    context: &Context,
    name: &[u8],
    count: usize,
    word: impl Fn(usize) -> Option<&'a [u8]>,
) -> bool {
    if CURRENT.with_borrow(Option::is_some) {
        return false;
    }
    crate::engine().registry.read(context, |registry| {
        registry
            .key_registrations()
            .iter()
            .any(|registration| match &registration.event {
                Event::Keys(keys) => keys.commands.iter().flatten().any(|command| {
                    command.name.as_bytes().eq_ignore_ascii_case(name)
                        && command
                            .keys
                            .any(count, &word, |key| matches_prefix(&keys.prefix, key))
                }),
                _ => false,
            })
    })
}

/// Runs a command, and answers it when the handlers of its events have ended.
pub(crate) fn run(context: &Context, words: Vec<Vec<u8>>) {
    let held = Arc::new(Held {
        words,
        state: Mutex::default(),
    });
    let Some((name, args)) = held.words.split_first() else {
        return;
    };
    let args: Vec<&[u8]> = args.iter().map(Vec::as_slice).collect();
    let outcome = inside(Some(&held), || call(context, Rights::Caller, name, &args));
    let reply = match outcome {
        Ok(reply) => OwnedReply::of(&reply),
        Err(failure) => return context.reply().error(&failure.message()),
    };
    let client = if held.state().under_way > 0 && context.may_block() {
        BlockedClient::block(context)
    } else {
        None
    };
    match client {
        None => held.answer(&context.reply(), &reply),
        Some(client) => {
            let answer_now = {
                let mut state = held.state();
                state.waiting = Some((client, reply));
                state.under_way == 0
            };
            if answer_now {
                held.answer_waiting();
            }
        }
    }
}

impl Held {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether handlers of this command were asked for.
    pub(crate) fn is_among(&self, commands: &[HeldCommand]) -> bool {
        let Some(name) = self.words.first() else {
            return false;
        };
        commands
            .iter()
            .any(|command| command.name.as_bytes().eq_ignore_ascii_case(name))
    }

    pub(crate) fn words(&self) -> &[Vec<u8>] {
        &self.words
    }

    /// Puts another reply in place of the command's. `false` if that was done already.
    pub(crate) fn answer_instead(&self, value: Handle) -> bool {
        let mut state = self.state();
        if state.instead.is_some() {
            return false;
        }
        state.instead = Some(value);
        true
    }

    /// An execution was started for it.
    pub(crate) fn begun(&self) {
        self.state().under_way += 1;
    }

    /// An execution that was started for it has ended.
    pub(crate) fn ended(&self) {
        let last = {
            let mut state = self.state();
            state.under_way = state.under_way.saturating_sub(1);
            state.under_way == 0
        };
        if last {
            self.answer_waiting();
        }
    }

    fn answer_waiting(&self) {
        let waiting = self.state().waiting.take();
        if let Some((client, reply)) = waiting {
            client.answer(|to| self.answer(to, &reply));
        }
    }

    fn answer(&self, to: &Reply, reply: &OwnedReply) {
        let instead = self.state().instead.take();
        match instead {
            None => reply.write(to),
            Some(value) => attached(|py| reply_with(to, &value.into_bound(py))),
        }
    }
}
