//! The server's description of a command: its flags, and the positions of its keys.

use crate::redis::{Context, Element, ReplyKind, Rights, call};

/// The commands of the category `@connection` that leave the connection as it is.
const HARMLESS: [&str; 3] = ["ping", "echo", "command"];

/// A command that takes the password of another server. The server keeps passwords out of `SLOWLOG` and `MONITOR` for its own
/// commands only, not for what runs in their place.
const WITH_PASSWORD: &str = "migrate";

/// The commands that change the connection, although Redis 6.2 has them in other categories.
const CHANGING: [&str; 4] = ["select", "asking", "readonly", "readwrite"];

/// The part of `COMMAND INFO` that the engine needs.
#[derive(Debug)]
pub(super) struct CommandInfo {
    flags: Vec<String>,
    /// The categories of access rules.
    categories: Vec<String>,
    pub(super) keys: KeyPositions,
    /// Scripts may not run one of its subcommands.
    has_guarded_subcommands: bool,
}

impl CommandInfo {
    /// Asks the server. `None` if the server does not know the command, and for a subcommand such as
    /// `object|encoding`, which clients send as two words.
    pub(super) fn of(context: &Context, command: &str) -> Option<CommandInfo> {
        if command.contains('|') {
            return None;
        }
        let words: [&[u8]; 2] = [b"INFO", command.as_bytes()];
        let reply = call(context, Rights::Engine, b"COMMAND", &words).ok()?;
        CommandInfo::read(reply.element(0)?)
    }

    fn read(info: Element<'_>) -> Option<CommandInfo> {
        if info.kind() != ReplyKind::Array {
            return None;
        }
        let texts = |index| {
            let texts = info.element(index)?.elements();
            let texts = texts.map(|text| String::from_utf8_lossy(text.bytes()).into_owned());
            Some(texts.collect::<Vec<String>>())
        };
        let flags = texts(2)?;
        let categories = texts(6).unwrap_or_default();
        // Each with its name, its number of words and its flags. Before Redis 7.0, the command itself has the flag.
        let subcommands = info.element(9).into_iter().flat_map(Element::elements);
        let is_guarded = |subcommand: Element<'_>| {
            let flags = subcommand
                .element(2)
                .into_iter()
                .flat_map(Element::elements);
            flags.into_iter().any(|flag| flag.bytes() == b"noscript")
        };
        let has_guarded_subcommands = subcommands.into_iter().any(is_guarded);
        let number = |index| info.element(index).map(Element::integer);
        let keys = KeyPositions {
            first: number(3)?,
            last: number(4)?,
            step: number(5)?,
        };
        Some(CommandInfo {
            flags,
            categories,
            keys,
            has_guarded_subcommands,
        })
    }

    #[cfg(test)]
    pub(super) fn for_test(flags: &[&str], keys: KeyPositions) -> CommandInfo {
        CommandInfo {
            flags: flags.iter().map(|&flag| flag.to_owned()).collect(),
            categories: Vec::new(),
            keys,
            has_guarded_subcommands: false,
        }
    }

    #[cfg(test)]
    pub(super) fn in_category(mut self, category: &str) -> CommandInfo {
        self.categories.push(category.to_owned());
        self
    }

    /// `true` if the command changes the state of the connection that sends it, such as its database.
    pub(super) fn changes_the_connection(&self, name: &str) -> bool {
        let is_of_connections = self.categories.iter().any(|one| one == "@connection");
        (is_of_connections && !HARMLESS.contains(&name)) || CHANGING.contains(&name)
    }

    /// The reason why no gear may take the place of the command, or wait with its reply.
    pub(super) fn stays_with_the_server(name: &str) -> Option<&'static str> {
        if name.starts_with("rg.") {
            Some("Can not override a command of the engine")
        } else if name == WITH_PASSWORD {
            Some(
                "Can not override a command that takes a password: MONITOR and SLOWLOG would show it",
            )
        } else {
            None
        }
    }

    /// `true` if scripts may not run the command, or one of its subcommands.
    pub(super) fn is_kept_from_scripts(&self) -> bool {
        self.has("noscript") || self.has_guarded_subcommands
    }

    pub(super) fn has(&self, flag: &str) -> bool {
        self.flags.iter().any(|one| one == flag)
    }
}

/// The positions of the keys among the words of a command, as `COMMAND INFO` gives them.
#[derive(Debug, Clone, Copy)]
pub(super) struct KeyPositions {
    pub(super) first: i64,
    last: i64,
    step: i64,
}

impl KeyPositions {
    #[cfg(test)]
    pub(super) fn for_test(first: i64, last: i64, step: i64) -> KeyPositions {
        KeyPositions { first, last, step }
    }

    /// `true` if `fits` returns `true` for any key among the `count` words of a command.
    pub(super) fn any<'a>(
        self,
        count: usize,
        word: impl Fn(usize) -> Option<&'a [u8]>,
        fits: impl Fn(&[u8]) -> bool,
    ) -> bool {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        let last = if self.last < 0 {
            count + self.last
        } else {
            self.last
        };
        let step = self.step.max(1);
        let first = if self.first <= 0 {
            i64::MAX
        } else {
            self.first
        };
        std::iter::successors(Some(first), move |place| place.checked_add(step))
            .take_while(move |&place| place <= last && place < count)
            .filter_map(|place| usize::try_from(place).ok())
            .any(|place| word(place).is_some_and(&fits))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The words that are looked at as keys.
    fn keys(first: i64, last: i64, step: i64, words: &[&str]) -> Vec<String> {
        let positions = KeyPositions::for_test(first, last, step);
        let seen = std::cell::RefCell::new(Vec::new());
        let word = |index: usize| words.get(index).map(|word| word.as_bytes());
        let found = positions.any(words.len(), word, |key| {
            let key = String::from_utf8_lossy(key).into_owned();
            seen.borrow_mut().push(key);
            false
        });
        assert!(!found);
        seen.into_inner()
    }

    #[test]
    fn keys_are_counted_from_the_first_to_the_last() {
        assert_eq!(keys(1, 1, 1, &["get", "a", "b"]), ["a"]);
        assert_eq!(keys(1, 2, 1, &["rename", "a", "b", "c"]), ["a", "b"]);
        assert_eq!(keys(2, 3, 1, &["x", "a", "b", "c", "d"]), ["b", "c"]);
    }

    #[test]
    fn a_step_leaves_words_out() {
        assert_eq!(keys(1, -1, 2, &["mset", "a", "1", "b", "2"]), ["a", "b"]);
        assert_eq!(keys(1, 4, 3, &["x", "a", "1", "2", "b"]), ["a", "b"]);
    }

    #[test]
    fn a_negative_last_counts_from_the_end() {
        assert_eq!(keys(1, -1, 1, &["del", "a", "b", "c"]), ["a", "b", "c"]);
        assert_eq!(keys(1, -2, 1, &["blpop", "a", "b", "0"]), ["a", "b"]);
        assert!(keys(1, -5, 1, &["del", "a"]).is_empty());
    }

    #[test]
    fn keys_end_with_the_words() {
        assert_eq!(keys(1, 9, 1, &["x", "a"]), ["a"]);
        assert!(keys(1, 1, 1, &["get"]).is_empty());
        assert!(keys(5, 9, i64::MAX, &["x", "a"]).is_empty());
    }

    #[test]
    fn a_command_without_a_first_key_has_no_keys() {
        assert!(keys(0, 0, 0, &["ping", "a"]).is_empty());
        assert!(keys(-1, -1, 1, &["x", "a"]).is_empty());
    }

    #[test]
    fn a_step_of_zero_is_one() {
        assert_eq!(keys(1, -1, 0, &["x", "a", "b"]), ["a", "b"]);
    }

    #[test]
    fn any_key_is_enough() {
        let words: [&[u8]; 3] = [b"del", b"a", b"b"];
        let word = |index: usize| words.get(index).copied();
        let positions = KeyPositions::for_test(1, -1, 1);
        assert!(positions.any(3, word, |key| key == b"b"));
        assert!(!positions.any(3, word, |key| key == b"del"));
    }

    #[test]
    fn flags_are_compared_whole() {
        let info = CommandInfo::for_test(&["write", "noscript"], KeyPositions::for_test(1, 1, 1));
        assert!(info.has("noscript"));
        assert!(!info.has("script"));
    }
}
