//! Names that one registration has at a time: a trigger, and a command with a hook that does not run at once.
//!
//! A session that is not restored keeps its names. Another session that took one of them would keep it from being restored for
//! good.

use super::{Event, Registry, hooks};
use crate::encoding::{Damaged, Input, write_bytes};
use crate::id::Id;
use crate::plan::Mode;
use crate::scope::SessionId;

/// A name that one registration has at a time.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Name {
    Trigger(Vec<u8>),
    /// A command, in lower case, whose hook does not run at once: no other hook can be put on top of it.
    Hook(String),
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Name::Trigger(trigger) => {
                write!(f, "the trigger {}", String::from_utf8_lossy(trigger))
            }
            Name::Hook(command) => write!(f, "the command {command}"),
        }
    }
}

impl Name {
    /// The name of a registration. `None` if the registration has no such name.
    pub(super) fn of(event: &Event, mode: Mode) -> Option<Name> {
        match event {
            Event::Command { trigger, .. } => Some(Name::Trigger(trigger.clone())),
            Event::Hook(hook) => Name::of_hook(&hook.command, mode),
            Event::Keys(_) | Event::Streams(_) => None,
        }
    }

    pub(super) fn of_hook(command: &str, mode: Mode) -> Option<Name> {
        (mode != Mode::Sync).then(|| Name::Hook(command.to_owned()))
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        match self {
            Name::Trigger(trigger) => {
                out.push(b'c');
                write_bytes(out, trigger);
            }
            Name::Hook(command) => {
                out.push(b'h');
                write_bytes(out, command.as_bytes());
            }
        }
    }

    pub(super) fn read(input: &mut Input<'_>) -> Result<Name, Damaged> {
        match input.tag()? {
            b'c' => Ok(Name::Trigger(input.bytes()?.to_vec())),
            b'h' => Ok(Name::Hook(input.text()?)),
            _ => Err(Damaged::Wrong),
        }
    }
}

/// The error for a trigger that another registration has, as RedisGears words it.
pub(super) const TRIGGER_TAKEN: &str = "trigger already registered";
/// The error for a hook on top of one that does not run at once, as RedisGears words it.
pub(crate) const NOT_ON_TOP: &str = "Can not override a none sync registration";

/// A name belongs to another registration.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// The registration can run.
    ByRegistration,
    /// The registration is not restored.
    ByUnrestored(Keeper),
}

impl Taken {
    /// The error for the script that asked for the name. `words` are those of clients of RedisGears.
    fn message(&self, words: &str) -> String {
        match self {
            Taken::ByRegistration => words.to_owned(),
            Taken::ByUnrestored(keeper) => {
                let Keeper { session, id, why } = keeper;
                let state = match why {
                    Some(_) => format!("of the session {session}, which is not restored yet"),
                    None => format!("of a gear of the session {session}, which is not restored"),
                };
                format!(
                    "{words}: registration {id} {state}, has the name: wait until it is restored, register with UPGRADE or \
                     REPLACE_WITH {session} in its place, or remove it with RG.UNREGISTER {id}"
                )
            }
        }
    }
}

/// The registration that keeps a name and is not restored.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Keeper {
    pub(crate) session: SessionId,
    pub(crate) id: Id,
    /// The reason why the session is not restored. `None` if the session is restored and only the registration is not.
    pub(crate) why: Option<String>,
}

impl Keeper {
    /// The registration, its session, and the reason why it is not restored, for the callers of a trigger.
    pub(crate) fn describe(&self) -> String {
        let Keeper { session, id, why } = self;
        match why {
            Some(why) => {
                format!(
                    "registration {id} of the session {session}, which is not restored yet: {why}"
                )
            }
            None => format!(
                "registration {id}, which a gear of the session {session} made, is not restored: the log says why"
            ),
        }
    }
}

impl Registry {
    /// The registration that keeps the name and is not restored.
    pub(crate) fn keeper(&self, name: &Name) -> Option<Keeper> {
        let of_session = self.unrestored.iter().find_map(|one| {
            Some(Keeper {
                session: one.stored.id.clone(),
                id: one.holder(name)?,
                why: Some(one.why.clone()),
            })
        });
        of_session.or_else(|| {
            self.sessions().find_map(|session| {
                let gears = &mut session.unrestored.iter();
                let gear = gears.find(|gear| gear.name.as_ref() == Some(name))?;
                Some(Keeper {
                    session: session.info.id.clone(),
                    id: gear.id,
                    why: None,
                })
            })
        })
    }

    /// Checks that a script which replaces the session `replaced` may wait for the event: neither a registration that can run
    /// keeps it from that, nor one that is not restored. An error begins with the words of RedisGears.
    pub(crate) fn check_event(&self, event: &Event, replaced: Option<&str>) -> Result<(), String> {
        let (name, words, others) = match event {
            Event::Command { trigger, .. } => (
                Name::Trigger(trigger.clone()),
                TRIGGER_TAKEN,
                self.check_trigger(trigger, replaced),
            ),
            Event::Hook(hook) => (
                Name::Hook(hook.command.clone()),
                NOT_ON_TOP,
                hooks::check(self, &hook.command, replaced),
            ),
            Event::Keys(_) | Event::Streams(_) => return Ok(()),
        };
        others
            .and_then(|()| self.check_reserved(&name, replaced))
            .map_err(|taken| taken.message(words))
    }

    /// Checks that another registration may have the name, as [`Registry::check_event`] does.
    pub(crate) fn check_name(&self, name: &Name) -> Result<(), String> {
        let (words, others) = match name {
            Name::Trigger(trigger) => (TRIGGER_TAKEN, self.check_trigger(trigger, None)),
            Name::Hook(command) => (NOT_ON_TOP, hooks::check(self, command, None)),
        };
        others
            .and_then(|()| self.check_reserved(name, None))
            .map_err(|taken| taken.message(words))
    }

    /// Checks that no registration which can run has the trigger, as [`Registry::check_event`] does.
    pub(crate) fn check_free(&self, trigger: &[u8], replaced: Option<&str>) -> Result<(), String> {
        self.check_trigger(trigger, replaced)
            .map_err(|taken| taken.message(TRIGGER_TAKEN))
    }

    /// Checks that no registration which is not restored keeps the name. Those of the session `replaced` do not count.
    fn check_reserved(&self, name: &Name, replaced: Option<&str>) -> Result<(), Taken> {
        match self.keeper(name) {
            Some(keeper) if replaced != Some(keeper.session.as_str()) => {
                Err(Taken::ByUnrestored(keeper))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registration::testing::{command, hook, keys};

    #[test]
    fn names_are_read_as_they_were_written() {
        for name in [
            Name::Trigger(b"t\0\xff".to_vec()),
            Name::Hook("get".to_owned()),
        ] {
            let mut bytes = Vec::new();
            name.write(&mut bytes);
            let mut input = Input::new(&bytes);
            assert_eq!(Name::read(&mut input), Ok(name));
            assert_eq!(input.end(()), Ok(()));
            for end in 0..bytes.len() {
                assert!(Name::read(&mut Input::new(&bytes[..end])).is_err());
            }
        }
        assert_eq!(Name::read(&mut Input::new(b"x")), Err(Damaged::Wrong));
    }

    #[test]
    fn hooks_that_run_at_once_share_their_command() {
        let trigger = Name::Trigger(b"t".to_vec());
        assert_eq!(Name::of(&command("t"), Mode::Async), Some(trigger));
        let get = Some(Name::Hook("get".to_owned()));
        assert_eq!(Name::of(&hook("get"), Mode::Async), get);
        assert_eq!(Name::of(&hook("get"), Mode::AsyncLocal), get);
        assert_eq!(Name::of(&hook("get"), Mode::Sync), None);
        assert_eq!(Name::of(&keys("k"), Mode::Async), None);
    }
}
