//! Registrations that take the place of a Redis command.
//!
//! The hooks of one command are a stack. The newest one that fits runs; `call_next` goes on with the next older one, and in
//! the end with the command itself. A command that a hook runs with `execute` does not meet that hook again.

use super::command_info::{CommandInfo, KeyPositions};
use super::reserved::Taken;
use super::{Registration, Registry, registry};
use crate::plan::Mode;
use crate::redis::Context;
use crate::scope::{self, RunningHook, Scope};
use std::sync::Arc;

/// The command that a registration takes the place of.
#[derive(Debug)]
pub(crate) struct Hook {
    /// In lower case.
    pub(crate) command: String,
    /// The beginning of a key that the command must have. `None` for any command of this name.
    pub(crate) key_prefix: Option<Vec<u8>>,
    pub(crate) in_order: bool,
    /// The command writes keys.
    pub(super) writes: bool,
    pub(super) keys: KeyPositions,
}

impl Hook {
    /// A hook of `command`. An error is the text that clients of RedisGears know.
    pub(crate) fn new(
        context: &Context,
        command: &str,
        key_prefix: Option<Vec<u8>>,
        in_order: bool,
    ) -> Result<Hook, String> {
        let command = command.to_ascii_lowercase();
        let Some(info) = CommandInfo::of(context, &command) else {
            return Err("Can not override an unexisting command".to_owned());
        };
        Hook::described(command, &info, key_prefix, in_order).map_err(str::to_owned)
    }

    fn described(
        command: String,
        info: &CommandInfo,
        key_prefix: Option<Vec<u8>>,
        in_order: bool,
    ) -> Result<Hook, &'static str> {
        if let Some(why) = CommandInfo::stays_with_the_server(&command) {
            return Err(why);
        }
        if info.is_kept_from_scripts() {
            return Err("Can not override a command which are not allowed inside a script");
        }
        if info.changes_the_connection(&command) {
            return Err(
                "Can not override a command that changes the connection: call_next can not run it for the client",
            );
        }
        if key_prefix.is_some() && info.has("movablekeys") {
            return Err("Can not override a command with moveable keys by key prefix");
        }
        if key_prefix.is_some() && info.keys.first <= 0 {
            return Err("Can not override a command by key prefix with none positive first key");
        }
        Ok(Hook {
            command,
            key_prefix,
            in_order,
            writes: info.has("write"),
            keys: info.keys,
        })
    }

    /// A hook of a command whose one key is its first argument.
    #[cfg(test)]
    pub(super) fn with_one_key(command: &str, key_prefix: Option<&str>) -> Hook {
        Hook {
            command: command.to_owned(),
            key_prefix: key_prefix.map(|prefix| prefix.as_bytes().to_vec()),
            in_order: false,
            writes: false,
            keys: KeyPositions::for_test(1, 1, 1),
        }
    }
}

/// The hook for a command: the newest one that fits, and older than any hook of this command that runs on this thread.
pub(crate) fn find<'a>(
    context: &Context,
    name: &[u8],
    words: usize,
    word: impl Fn(usize) -> Option<&'a [u8]>,
) -> Option<Arc<Registration>> {
    let running = scope::look(Scope::hooks, |hooks| {
        let same = |one: &&RunningHook| one.command.as_bytes().eq_ignore_ascii_case(name);
        hooks.iter().rev().find(same).map(|one| one.registration)
    });
    registry().read(context, |registry| {
        let stack = registry.hooks(name)?;
        stack.newest(running, words, &word).cloned()
    })
}

/// The command that `call_next` runs on this thread. `None` outside of a hook.
pub(crate) fn next_command() -> Option<String> {
    scope::look(Scope::hooks, |hooks| {
        hooks.last().map(|one| one.command.clone())
    })
}

/// Checks that a new hook of `command` may be registered. Hooks of the session `replaced` do not count.
pub(crate) fn check(
    registry: &Registry,
    command: &str,
    replaced: Option<&str>,
) -> Result<(), Taken> {
    let stays =
        |one: &&Arc<Registration>| replaced.is_none() || registry.session_of(one.id) != replaced;
    let blocked = registry.hooks(command.as_bytes()).is_some_and(|stack| {
        let mut hooks = stack.all().iter();
        hooks.any(|one| one.mode != Mode::Sync && stays(&one))
    });
    if blocked {
        Err(Taken::ByRegistration)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redis::locked;
    use crate::registration::testing::{registration, session, unique};
    use crate::registration::{Event, Session};

    fn described(flags: &[&str], first: i64, prefix: Option<&str>) -> Result<Hook, &'static str> {
        let keys = KeyPositions::for_test(first, first, 1);
        let prefix = prefix.map(|prefix| prefix.as_bytes().to_vec());
        let info = CommandInfo::for_test(flags, keys);
        Hook::described("get".to_owned(), &info, prefix, true)
    }

    #[test]
    fn a_command_that_scripts_may_not_run_is_not_hooked() {
        let refused = "Can not override a command which are not allowed inside a script";
        assert_eq!(described(&["noscript"], 1, None).unwrap_err(), refused);
    }

    #[test]
    fn commands_of_the_engine_and_commands_with_passwords_are_not_hooked() {
        for name in ["rg.configset", "rg.trigger", "migrate"] {
            let info = CommandInfo::for_test(&["fast"], KeyPositions::for_test(1, 1, 1));
            let refused = Hook::described(name.to_owned(), &info, None, false).unwrap_err();
            assert!(
                refused.starts_with("Can not override a command"),
                "{refused}"
            );
        }
    }

    #[test]
    fn a_command_that_changes_the_connection_is_not_hooked() {
        let described = |name: &str, category: &str| {
            let info = CommandInfo::for_test(&["fast"], KeyPositions::for_test(0, 0, 0));
            let info = info.in_category(category);
            Hook::described(name.to_owned(), &info, None, false).map(|_| ())
        };
        for name in ["select", "asking", "readonly", "readwrite", "client"] {
            let refused = described(name, "@connection").unwrap_err();
            assert!(refused.contains("changes the connection"), "{refused}");
        }
        for name in ["ping", "echo", "command"] {
            assert_eq!(described(name, "@connection"), Ok(()));
        }
        assert_eq!(described("publish", "@pubsub"), Ok(()));
    }

    #[test]
    fn a_key_prefix_needs_keys_at_fixed_places() {
        let refused = "Can not override a command with moveable keys by key prefix";
        let movable = &["movablekeys"];
        assert_eq!(described(movable, 1, Some("k")).unwrap_err(), refused);
        assert!(described(movable, 1, None).is_ok());
        let refused = "Can not override a command by key prefix with none positive first key";
        assert_eq!(described(&[], 0, Some("k")).unwrap_err(), refused);
        assert!(described(&[], 0, None).is_ok());
    }

    #[test]
    fn a_hook_keeps_the_options_that_were_asked_for() {
        let hook = described(&["write"], 1, Some("k")).unwrap();
        assert_eq!(hook.command, "get");
        assert_eq!(hook.key_prefix.as_deref(), Some(&b"k"[..]));
        assert!(hook.in_order);
    }

    /// Hooks of a command, each with its key prefix and its mode: one per session. They are removed in the end.
    fn with_hooks(
        hooks: &[(Option<&str>, Mode)],
        body: impl FnOnce(&Context, &str, &[Arc<Registration>]),
    ) {
        let command = unique("hooked");
        locked(|context| {
            let made: Vec<Arc<Registration>> = hooks
                .iter()
                .map(|(prefix, mode)| {
                    let info = session(&unique("hooks"));
                    let event = Event::Hook(Hook::with_one_key(&command, *prefix));
                    let made = registration(&info, event, *mode);
                    registry().write(context, |registry| {
                        registry.insert(Session::new(&info), vec![Arc::clone(&made)], None)
                    });
                    made
                })
                .collect();
            body(context, &command, &made);
            registry().write(context, |registry| {
                for one in made {
                    registry.remove(one.id);
                }
            });
        });
    }

    fn found(context: &Context, words: &[&str]) -> Option<crate::id::Id> {
        let word = |index: usize| words.get(index).map(|word| word.as_bytes());
        find(context, words[0].as_bytes(), words.len(), word).map(|one| one.id)
    }

    #[test]
    fn the_newest_hook_that_fits_is_found() {
        let hooks = [
            (None, Mode::Sync),
            (Some("k"), Mode::Sync),
            (Some("key"), Mode::Sync),
        ];
        with_hooks(&hooks, |context, command, made| {
            assert_eq!(found(context, &[command, "key:1"]), Some(made[2].id));
            assert_eq!(found(context, &[command, "k:1"]), Some(made[1].id));
            assert_eq!(found(context, &[command, "other"]), Some(made[0].id));
            assert_eq!(found(context, &[command]), Some(made[0].id));
        });
    }

    #[test]
    fn the_name_of_a_command_has_no_case() {
        with_hooks(&[(None, Mode::Sync)], |context, command, made| {
            let upper = command.to_ascii_uppercase();
            assert_eq!(found(context, &[&upper]), Some(made[0].id));
            assert_eq!(found(context, &["unhooked"]), None);
        });
    }

    #[test]
    fn a_hook_with_a_prefix_leaves_other_keys_to_the_server() {
        with_hooks(&[(Some("k"), Mode::Sync)], |context, command, _| {
            assert_eq!(found(context, &[command, "other", "k"]), None);
            assert_eq!(found(context, &[command]), None);
        });
    }

    #[test]
    fn a_running_hook_meets_only_older_ones() {
        let hooks = [(None, Mode::Sync), (None, Mode::Sync), (None, Mode::Sync)];
        with_hooks(&hooks, |context, command, made| {
            let running = |index: usize| RunningHook {
                command: command.to_owned(),
                registration: made[index].id,
            };
            scope::inside_hook(running(2), || {
                assert_eq!(found(context, &[command]), Some(made[1].id));
                assert_eq!(next_command().as_deref(), Some(command));
                scope::inside_hook(running(0), || {
                    assert_eq!(found(context, &[command]), None);
                });
            });
            assert_eq!(next_command(), None);
        });
    }

    #[test]
    fn a_hook_of_another_command_does_not_count_as_running() {
        with_hooks(&[(None, Mode::Sync)], |context, command, made| {
            let other = RunningHook {
                command: "other".to_owned(),
                registration: made[0].id,
            };
            scope::inside_hook(other, || {
                assert_eq!(found(context, &[command]), Some(made[0].id));
            });
        });
    }

    #[test]
    fn a_hook_is_put_on_top_of_sync_hooks_only() {
        with_hooks(&[(None, Mode::Sync)], |context, command, _| {
            registry().read(context, |all| assert_eq!(check(all, command, None), Ok(())));
        });
        for mode in [Mode::Async, Mode::AsyncLocal] {
            with_hooks(
                &[(None, mode), (None, Mode::Sync)],
                |context, command, made| {
                    registry().read(context, |all| {
                        assert_eq!(check(all, command, None), Err(Taken::ByRegistration));
                        let owner = |index: usize| all.session_of(made[index].id);
                        assert_eq!(check(all, command, owner(0)), Ok(()));
                        assert_eq!(check(all, command, owner(1)), Err(Taken::ByRegistration));
                    });
                },
            );
        }
    }
}
