//! Names of registrations, executions and sessions on the command line.

use crate::failure::Failure;
use crate::output::clean;
use redgrease_core::{
    Con, Execution, GearsCommands as _, RegistrationInfo, Session, SessionsOptions,
};
use redgrease_syntax::nearest;

/// The id of a registration or an execution as people see it: `0-12`, and on a cluster the beginning of the shard, `3fa94c01-12`.
pub(crate) fn short(id: &str) -> String {
    const SHARD: usize = 8;
    match id.rsplit_once('-') {
        Some((shard, number)) if shard.chars().all(|c| c == '0') && !shard.is_empty() => {
            format!("0-{number}")
        }
        Some((shard, number)) if shard.len() > SHARD && shard.is_ascii() => {
            format!("{}-{number}", &shard[..SHARD])
        }
        _ => id.to_owned(),
    }
}

/// The id of a session as people see it. Servers give sessions without a name 40 digits.
pub(crate) fn short_session(id: &str) -> &str {
    const SHOWN: usize = 12;
    let is_generated = id.len() == 40 && id.bytes().all(|b| b.is_ascii_hexdigit());
    if is_generated { &id[..SHOWN] } else { id }
}

/// Whether a word is an id, or a short form of it.
fn is_id(word: &str, id: &str) -> bool {
    let is_short = || {
        let (begun, number) = word.rsplit_once('-')?;
        let (shard, of) = id.rsplit_once('-')?;
        Some(!begun.is_empty() && number == of && shard.starts_with(begun))
    };
    word == id || is_short().unwrap_or(false)
}

/// Whether a word is the id of a session, or the beginning of one that a server made.
fn is_session(word: &str, id: &str) -> bool {
    const LEAST: usize = 6;
    word == id || (short_session(id) != id && word.len() >= LEAST && id.starts_with(word))
}

/// What a registration is for: its trigger, hooked command, keys or stream.
pub(crate) fn subject(registration: &RegistrationInfo) -> String {
    let hook = || {
        let command = registration.args.get("hook").map(crate::output::text_of)?;
        Some(format!("hook {}", command.to_uppercase()))
    };
    registration
        .trigger()
        .or_else(hook)
        .or_else(|| registration.prefix())
        .or_else(|| registration.stream())
        .unwrap_or_default()
}

/// Everything that a server has, to find what words stand for.
pub(crate) struct Known {
    pub(crate) registrations: Vec<RegistrationInfo>,
    pub(crate) sessions: Vec<Session>,
    pub(crate) executions: Vec<Execution>,
}

/// What a word stands for. It may be several things.
#[derive(Debug, Default)]
pub(crate) struct Named<'a> {
    pub(crate) registrations: Vec<&'a RegistrationInfo>,
    pub(crate) sessions: Vec<&'a Session>,
    pub(crate) executions: Vec<&'a Execution>,
}

impl Named<'_> {
    pub(crate) fn is_empty(&self) -> bool {
        self.registrations.is_empty() && self.sessions.is_empty() && self.executions.is_empty()
    }
}

impl Known {
    /// Registrations and sessions.
    pub(crate) fn gears(con: &mut Con) -> Result<Self, Failure> {
        Ok(Known {
            registrations: con.dump_registrations()?,
            sessions: con.dump_sessions(&SessionsOptions::new())?,
            executions: Vec::new(),
        })
    }

    /// Everything.
    pub(crate) fn all(con: &mut Con) -> Result<Self, Failure> {
        let executions = super::executions::list(con)?;
        Ok(Known {
            executions,
            ..Known::gears(con)?
        })
    }

    /// What a word stands for: an id or its short form, a trigger or a session, or one of them with its kind before it,
    /// `trigger:name`.
    pub(crate) fn named(&self, word: &str) -> Named<'_> {
        let (kind, name) = match word.split_once(':') {
            Some((kind @ ("registration" | "trigger" | "session" | "execution"), name)) => {
                (Some(kind), name)
            }
            _ => (None, word),
        };
        let may_be = |of: &str| kind.is_none_or(|kind| kind == of);
        let is_registration = |it: &&RegistrationInfo| {
            may_be("registration") && is_id(name, &it.id)
                || may_be("trigger") && it.trigger().as_deref() == Some(name)
        };
        Named {
            registrations: self.registrations.iter().filter(is_registration).collect(),
            sessions: self
                .sessions
                .iter()
                .filter(|it| may_be("session") && is_session(name, &it.id))
                .collect(),
            executions: self
                .executions
                .iter()
                .filter(|it| may_be("execution") && is_id(name, &it.id.to_string()))
                .collect(),
        }
    }

    /// The error about a word that stands for nothing.
    pub(crate) fn unknown(&self, word: &str, kinds: &str) -> Failure {
        let ids = self.registrations.iter().map(|it| short(&it.id));
        let names: Vec<String> = self
            .registrations
            .iter()
            .filter_map(RegistrationInfo::trigger)
            .chain(self.sessions.iter().map(|it| it.id.clone()))
            .chain(ids)
            .chain(self.executions.iter().map(|it| short(&it.id.to_string())))
            .collect();
        let remedy = if self.executions.is_empty() {
            "`redgrease ls` lists the registrations, and `redgrease ls --sessions` the sessions"
        } else {
            "`redgrease ls` lists the registrations, `redgrease ls --sessions` the sessions, and `redgrease ps` the executions"
        };
        let text = match nearest(word, names.iter().map(String::as_str)) {
            Some(near) => {
                format!("the server has no {kinds} `{word}`: did you mean `{near}`? {remedy}")
            }
            None => format!("the server has no {kinds} `{word}`: {remedy}"),
        };
        Failure::failed(clean(&text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ZEROS: &str = "0000000000000000000000000000000000000000-12";
    const SHARD: &str = "3fa94c0188aa94c0188aa94c0188aa94c0188aab-7";

    #[test]
    fn short_ids_stand_for_the_long_ones() {
        assert_eq!(
            (short(ZEROS).as_str(), short(SHARD).as_str()),
            ("0-12", "3fa94c01-7")
        );
        for (word, id, is) in [
            ("0-12", ZEROS, true),
            (ZEROS, ZEROS, true),
            ("0-1", ZEROS, false),
            ("12", ZEROS, false),
            ("-12", ZEROS, false),
            ("3fa94c01-7", SHARD, true),
            ("3fb-7", SHARD, false),
        ] {
            assert_eq!(is_id(word, id), is, "{word}");
        }
    }

    #[test]
    fn the_beginning_of_a_made_name_is_enough_and_of_a_given_one_is_not() {
        let made = "2cae001c886c9f31257127e980cb08709dc51152";
        assert_eq!(short_session(made), "2cae001c886c");
        assert!(is_session("2cae001c886c", made) && !is_session("2ca", made));
        assert_eq!(short_session("orders"), "orders");
        assert!(is_session("orders", "orders") && !is_session("orders", "orders_2"));
    }
}
