//! What the server tells about a command: its flags, and which of its words are keys.

use crate::redis::{Context, Element, ReplyKind, Rights, call};

#[derive(Debug)]
pub(super) struct CommandInfo {
    flags: Vec<String>,
    pub(super) keys: KeyPositions,
}

impl CommandInfo {
    /// `None` if there is no such command.
    pub(super) fn of(context: &Context, command: &str) -> Option<CommandInfo> {
        let words: [&[u8]; 2] = [b"INFO", command.as_bytes()];
        let reply = call(context, Rights::Engine, b"COMMAND", &words).ok()?;
        CommandInfo::read(reply.element(0)?)
    }

    fn read(info: Element<'_>) -> Option<CommandInfo> {
        if info.kind() != ReplyKind::Array {
            return None;
        }
        let flags = info.element(2)?;
        let flags = flags
            .elements()
            .map(|flag| String::from_utf8_lossy(flag.bytes()).into_owned())
            .collect();
        let number = |index| info.element(index).map(Element::integer);
        let keys = KeyPositions {
            first: number(3)?,
            last: number(4)?,
            step: number(5)?,
        };
        Some(CommandInfo { flags, keys })
    }

    #[cfg(test)]
    pub(super) fn for_test(flags: &[&str], keys: KeyPositions) -> CommandInfo {
        CommandInfo {
            flags: flags.iter().map(|&flag| flag.to_owned()).collect(),
            keys,
        }
    }

    pub(super) fn has(&self, flag: &str) -> bool {
        self.flags.iter().any(|one| one == flag)
    }
}

/// Where the keys of a command are.
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

    /// Whether any key among `count` words is as `fits` says.
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
