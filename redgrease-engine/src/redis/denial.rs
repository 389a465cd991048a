//! The words for a command that its user may not run, and the entries of `ACL LOG` about it.
//!
//! From Redis 7.2 on, the server gives a module the words that a client gets, and logs the user whose rights counted. Redis 7.0
//! has other words for modules, and logs the user of the client that it finds in the context: `default` on threads. There the
//! engine asks before it runs the command, and writes the entry.

use super::call::{Rights, call};
use super::context::Context;
use super::raw;
use super::rules;
use super::user::{AsUser, User};

/// Beginning of the words of Redis 7.0 for a module.
const OF_7_0: &str = "acl verification failed";

/// The refusals that do not say what the user may not access. The first two are those of Redis 7.0.
const WITHOUT_NAME: [&str; 4] = [
    "NOPERM this user has no permissions to access one of the keys used as arguments",
    "NOPERM this user has no permissions to access one of the channels used as arguments",
    "NOPERM No permissions to access a key",
    "NOPERM No permissions to access a channel",
];

/// The number of bytes of a name that an error shows.
const SHOWN: usize = 128;

/// What a user may not access.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Denied {
    /// The command, with its subcommand.
    Command(Vec<u8>),
    Key(Vec<u8>),
    Channel(Vec<u8>),
}

/// `true` if this error says that a user has no right.
pub(super) fn is_denial(text: &[u8]) -> bool {
    text.starts_with(b"NOPERM")
}

/// The words that a client gets, for the words that Redis 7.0 has for a module. `None` for any other error. A `user` of `None`
/// is that of the context.
pub(super) fn for_client(
    context: &Context,
    user: Option<&User>,
    command: &[u8],
    args: &[&[u8]],
    error: &[u8],
) -> Option<String> {
    let error = std::str::from_utf8(error).ok()?;
    let why = error
        .strip_prefix("ERR ")
        .unwrap_or(error)
        .strip_prefix(OF_7_0)?;
    let denied = ask(context, user, command, args).unwrap_or_else(|| Denied::guessed(why, command));
    Some(denied.words_of_7_0())
}

/// A refusal of a command of a gear, with the key or channel if the words of the server omit it. The words stay the beginning:
/// clients look at them.
pub(super) fn for_gear(
    context: &Context,
    user: Option<&User>,
    command: &[u8],
    args: &[&[u8]],
    words: String,
) -> String {
    if !WITHOUT_NAME.contains(&words.trim_end()) {
        return words;
    }
    let (kind, name) = match ask(context, user, command, args) {
        Some(Denied::Key(name)) => ("key", name),
        Some(Denied::Channel(name)) => ("channel", name),
        _ => return words,
    };
    let (words, command) = (words.trim_end(), readable(command).to_lowercase());
    format!("{words}: '{command}' with the {kind} '{}'", readable(&name))
}

/// The refusal of a command that the user may not run, on a server that would log it under another user. Writes the entry of
/// `ACL LOG`. `strings` are the arguments.
pub(super) fn before_the_call(
    context: &Context,
    as_user: &AsUser<'_>,
    command: &[u8],
    args: &[&[u8]],
    strings: &[*mut raw::RedisModuleString],
) -> Option<String> {
    let user = as_user.user().filter(|_| logs_the_client())?;
    // The server's check looks for the keys without counting the arguments.
    let fits = rules::of(context, command, args).is_some_and(|rules| rules.takes(args.len()));
    if !fits || as_user.may_run(command, strings) {
        return None;
    }
    let denied = ask(context, Some(user), command, args)?;
    let (reason, object) = match &denied {
        Denied::Command(name) => (raw::REDISMODULE_ACL_LOG_CMD, name),
        Denied::Key(name) => (raw::REDISMODULE_ACL_LOG_KEY, name),
        Denied::Channel(name) => (raw::REDISMODULE_ACL_LOG_CHANNEL, name),
    };
    as_user.log_denial(object, reason);
    Some(denied.words_of_7_0())
}

/// `true` for a server that logs a refusal under the user of the client in the context: Redis 7.0.
fn logs_the_client() -> bool {
    // SAFETY: the statics are written once, while the module loads. Copies of them are read.
    unsafe {
        let by_name = raw::RedisModule_ACLAddLogEntryByUserName;
        let by_user = raw::RedisModule_ACLAddLogEntry;
        by_user.is_some() && by_name.is_none()
    }
}

/// Asks the server what the user may not access. `None` if it does not say: the user may run the command, or no such command
/// exists.
fn ask(context: &Context, user: Option<&User>, command: &[u8], args: &[&[u8]]) -> Option<Denied> {
    let user = match user {
        Some(user) => user.clone(),
        None => User::or_default(User::of(context)),
    };
    let mut words = vec![b"DRYRUN", user.name(), command];
    words.extend(args);
    let reply = call(context, Rights::Engine, b"ACL", &words).ok()?;
    Denied::of(reply.bytes())
}

impl Denied {
    /// Parses a reply of `ACL DRYRUN`. A name of a user has no spaces.
    fn of(reply: &[u8]) -> Option<Denied> {
        const BEFORE: &[u8] = b" has no permissions to ";
        let at = reply
            .windows(BEFORE.len())
            .position(|part| part == BEFORE)?;
        let rest = reply.get(at + BEFORE.len()..)?;
        let name = |rest: &[u8], end: &[u8]| rest.strip_suffix(end).map(<[u8]>::to_vec);
        if let Some(rest) = rest.strip_prefix(b"run the '") {
            return name(rest, b"' command").map(Denied::Command);
        }
        let rest = rest.strip_prefix(b"access the '")?;
        name(rest, b"' key")
            .map(Denied::Key)
            .or_else(|| name(rest, b"' channel").map(Denied::Channel))
    }

    /// For a server that has no `ACL DRYRUN`, because it was renamed: the kind is in the words for modules.
    fn guessed(why: &str, command: &[u8]) -> Denied {
        if why.contains("keys") {
            Denied::Key(Vec::new())
        } else if why.contains("channel") {
            Denied::Channel(Vec::new())
        } else {
            Denied::Command(command.to_ascii_lowercase())
        }
    }

    /// The words that a client of Redis 7.0 gets.
    fn words_of_7_0(&self) -> String {
        let what = match self {
            Denied::Command(name) => format!("run the '{}' command", readable(name)),
            Denied::Key(_) => "access one of the keys used as arguments".to_owned(),
            Denied::Channel(_) => "access one of the channels used as arguments".to_owned(),
        };
        format!("NOPERM this user has no permissions to {what}")
    }
}

/// A name as one line of text.
fn readable(name: &[u8]) -> String {
    let shown = name.get(..SHOWN).unwrap_or(name);
    String::from_utf8_lossy(shown).replace(['\0', '\r', '\n'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_says_what_is_denied() {
        let of = |text: &str| Denied::of(text.as_bytes());
        let command = Some(Denied::Command(b"config|get".to_vec()));
        assert_eq!(
            of("This user has no permissions to run the 'config|get' command"),
            command
        );
        assert_eq!(
            of("User lim has no permissions to run the 'config|get' command"),
            command
        );
        let odd = "a' key' channel\r\n has no permissions to run the 'x";
        assert_eq!(
            of(&format!(
                "User ' has no permissions to access the '{odd}' key"
            )),
            Some(Denied::Key(odd.as_bytes().to_vec()))
        );
        assert_eq!(
            of("This user has no permissions to access the '' channel"),
            Some(Denied::Channel(Vec::new()))
        );
        assert_eq!(of("OK"), None);
        assert_eq!(of(""), None);
        assert_eq!(of("User x has no permissions to do this"), None);
    }

    #[test]
    fn the_words_are_those_of_a_client() {
        let guessed = |why: &str| Denied::guessed(why, b"GET").words_of_7_0();
        assert_eq!(
            guessed(", can't access at least one of the keys mentioned in the command arguments."),
            WITHOUT_NAME[0]
        );
        assert_eq!(
            guessed(", can't publish to the channel mentioned in the command."),
            WITHOUT_NAME[1]
        );
        assert_eq!(
            guessed(", can't run this command or subcommand."),
            "NOPERM this user has no permissions to run the 'get' command"
        );
        let odd = Denied::Command(b"a\r\nb".to_vec());
        assert!(!odd.words_of_7_0().contains(['\r', '\n']));
    }
}
