//! The commands that Redis and Valkey have without modules, and those that a gear cannot run.

mod containers;
mod table;

use crate::nearest;
pub use containers::is_subcommand;
#[cfg(feature = "validate")]
pub(crate) use containers::nearest_subcommand;
use table::COMMANDS;

/// A command of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct KnownCommand {
    /// The name in lower case.
    pub name: &'static str,
    /// The fewest arguments, without the name.
    pub fewest: usize,
    /// The most arguments. `None` if there is no limit, or if it is not known.
    pub most: Option<usize>,
}

/// The command with this name, in any case.
///
/// ```
/// let set = redgrease_syntax::known_command("SET").unwrap();
/// assert_eq!((set.fewest, set.most), (2, None));
/// assert!(redgrease_syntax::known_command("HGETT").is_none());
/// ```
#[must_use]
pub fn known_command(name: &str) -> Option<KnownCommand> {
    let lower = name.to_ascii_lowercase();
    let at = COMMANDS
        .binary_search_by_key(&lower.as_str(), |(name, ..)| name)
        .ok()?;
    let (name, fewest, most) = COMMANDS[at];
    Some(KnownCommand {
        name,
        fewest: usize::from(fewest.saturating_sub(1)),
        most: most.checked_sub(1).map(usize::from),
    })
}

/// Whether a name can only be that of a module's command, such as `JSON.GET`.
#[must_use]
pub fn is_module_command(name: &str) -> bool {
    name.contains('.')
}

/// The command whose name is most similar, in lower case.
///
/// ```
/// assert_eq!(redgrease_syntax::nearest_command("HGETT"), Some("hget"));
/// ```
#[must_use]
pub fn nearest_command(name: &str) -> Option<&'static str> {
    let lower = name.to_ascii_lowercase();
    nearest(&lower, COMMANDS.iter().map(|(name, ..)| *name))
}

/// Commands that need what a gear does not have. Sorted by name. A `|` is in front of a subcommand. The reasons are those of the
/// engine. Commands that block are in `python/waiting.rs`.
#[cfg(feature = "validate")]
const REFUSED: &[(&str, Needs)] = &[
    ("asking", Needs::Connection),
    ("auth", Needs::Login),
    ("client|caching", Needs::Connection),
    ("client|no-evict", Needs::Connection),
    ("client|no-touch", Needs::Connection),
    ("client|reply", Needs::Connection),
    ("client|setinfo", Needs::Connection),
    ("client|setname", Needs::Connection),
    ("client|tracking", Needs::Connection),
    ("discard", Needs::Transaction),
    ("exec", Needs::Transaction),
    ("hello", Needs::Connection),
    ("multi", Needs::Transaction),
    ("psync", Needs::Connection),
    ("punsubscribe", Needs::Listening),
    ("quit", Needs::Connection),
    ("readonly", Needs::Connection),
    ("readwrite", Needs::Connection),
    ("replconf", Needs::Connection),
    ("reset", Needs::Connection),
    ("select", Needs::Database),
    ("sunsubscribe", Needs::Listening),
    ("sync", Needs::Connection),
    ("unsubscribe", Needs::Listening),
    ("unwatch", Needs::Transaction),
    ("watch", Needs::Transaction),
];

#[cfg(feature = "validate")]
#[derive(Clone, Copy)]
enum Needs {
    Connection,
    Transaction,
    Database,
    Login,
    Listening,
}

/// The reason why a gear cannot run a command, and what to do instead.
#[cfg(feature = "validate")]
pub(crate) fn refused(
    command: &str,
    subcommand: Option<&str>,
) -> Option<(&'static str, &'static str)> {
    let mut name = command.to_ascii_lowercase();
    if name == "client" {
        name = format!("{name}|{}", subcommand?.to_ascii_lowercase());
    }
    let at = REFUSED
        .binary_search_by_key(&name.as_str(), |(name, _)| name)
        .ok()?;
    Some(match REFUSED[at].1 {
        Needs::Connection => (
            "changes a connection, and a gear has none",
            "let the client run it",
        ),
        Needs::Transaction => (
            "belongs to a transaction of a connection, and a gear has no connection",
            "run the commands inside `with atomic():`",
        ),
        Needs::Database => (
            "changes the database of a connection, and a gear works on database 0",
            "let a client copy or move the keys with COPY or MOVE",
        ),
        Needs::Login => (
            "changes the user of a connection, and a gear has the rights of the user that called or registered it",
            "let that user call it",
        ),
        Needs::Listening => (
            "waits for messages, which a gear cannot receive",
            "let a client receive them, or use `#[gear_stream]`",
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::{COMMANDS, is_module_command, known_command, nearest_command};

    #[test]
    fn the_table_is_sorted() {
        assert!(COMMANDS.is_sorted_by(|a, b| a.0 < b.0));
        for (name, fewest, most) in COMMANDS {
            assert!(*most == 0 || fewest <= most, "{name}");
            assert!(!name.chars().any(|c| c.is_ascii_uppercase()), "{name}");
        }
    }

    #[test]
    fn the_case_does_not_matter() {
        for name in ["get", "GET", "Get"] {
            let get = known_command(name).unwrap();
            assert_eq!((get.name, get.fewest, get.most), ("get", 1, Some(1)));
        }
        assert!(is_module_command("JSON.GET") && !is_module_command("GET"));
    }

    #[test]
    fn typing_errors() {
        for (wrong, right) in [
            ("HGETT", Some("hget")),
            ("sett", Some("set")),
            ("EXPIER", Some("expire")),
            ("MYCOMMAND", None),
        ] {
            assert_eq!(nearest_command(wrong), right, "{wrong}");
        }
    }

    #[cfg(feature = "validate")]
    #[test]
    fn refused_commands() {
        use super::{REFUSED, refused};
        assert!(REFUSED.is_sorted_by(|a, b| a.0 < b.0));
        for (name, _) in REFUSED {
            let (command, subcommand) = name
                .split_once('|')
                .map_or((*name, None), |(a, b)| (a, Some(b)));
            assert!(refused(command, subcommand).is_some(), "{name}");
            let internal = matches!(command, "replconf" | "psync" | "sync");
            assert!(internal || known_command(command).is_some(), "{name}");
        }
        assert!(refused("CLIENT", Some("LIST")).is_none());
        assert!(refused("client", Some("SetName")).is_some());
        assert!(refused("GET", None).is_none());
    }
}
