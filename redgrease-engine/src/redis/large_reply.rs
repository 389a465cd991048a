//! Replies that would take more memory than the gear may.
//!
//! The server builds a reply whole, and copies it, before the gear gets it. So the size is estimated before a command runs that reads
//! a whole collection.

use super::call::{ReplyKind, Rights, call};
use super::context::Context;
use super::used_memory::used_memory;

/// The server holds a reply while the gear makes its own copy.
const COPIES: usize = 2;

/// The commands that [`Part::of`] knows.
const READS_MUCH: [&str; 17] = [
    "smembers",
    "hgetall",
    "hkeys",
    "hvals",
    "dump",
    "sunion",
    "sdiff",
    "mget",
    "lrange",
    "zrange",
    "zrevrange",
    "zrangebyscore",
    "zrevrangebyscore",
    "zrangebylex",
    "xrange",
    "zrevrangebylex",
    "xrevrange",
];
const SORTS: [&str; 2] = ["sort", "sort_ro"];

/// `true` if the reply of a command with this name, in lower case, may be a whole collection.
pub(super) fn may_be_large(name: &str) -> bool {
    READS_MUCH.contains(&name) || SORTS.contains(&name)
}

/// The reason why the command is not run. `may_take` says whether the gear may take so many bytes.
pub(super) fn refusal(
    context: &Context,
    name: &[u8],
    args: &[&[u8]],
    may_take: impl Fn(usize) -> bool,
) -> Option<String> {
    let part = Part::of(name, args)?;
    if used_memory().is_none_or(|all| may_take(COPIES * all)) {
        return None;
    }
    let bytes = args.iter().take(part.keys()).fold(0, |sum: usize, key| {
        sum.saturating_add(part.size(context, key))
    });
    (!may_take(COPIES.saturating_mul(bytes))).then(|| {
        format!(
            "ERR the reply of {} has about {bytes} bytes, which is more than ExecutionMaxMemory leaves for it and its copy: read the data in parts, with a smaller range or with HSCAN, SSCAN or ZSCAN",
            String::from_utf8_lossy(name).to_ascii_uppercase()
        )
    })
}

/// What a command reads of its keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// The whole key, which is the first argument.
    Whole,
    /// Whole sets, which are all arguments.
    Sets(usize),
    /// Strings, which are all arguments. Other keys count as missing.
    Strings(usize),
    /// A range of elements, which is counted by this command.
    Range {
        counted_by: &'static [u8],
        from: i64,
        to: i64,
    },
}

impl Part {
    /// `None` for commands that do not read whole collections.
    fn of(name: &[u8], args: &[&[u8]]) -> Option<Part> {
        let name = name.to_ascii_lowercase();
        let rest = args.get(1..)?;
        let has = |word: &[u8]| rest.iter().any(|arg| arg.eq_ignore_ascii_case(word));
        let is_limited = has(b"limit") || has(b"count");
        let reads = |from: &[u8], to: &[u8]| {
            let is = |place: usize, word| {
                rest.get(place)
                    .is_some_and(|arg: &&[u8]| arg.eq_ignore_ascii_case(word))
            };
            (!is_limited && is(0, from) && is(1, to)).then_some(Part::Whole)
        };
        let range = |counted_by| {
            Some(Part::Range {
                counted_by,
                from: number(rest.first()?)?,
                to: number(rest.get(1)?)?,
            })
        };
        match name.as_slice() {
            b"smembers" | b"hgetall" | b"hkeys" | b"hvals" | b"dump" => Some(Part::Whole),
            b"sunion" | b"sdiff" => Some(Part::Sets(args.len())),
            b"mget" => Some(Part::Strings(args.len())),
            b"lrange" => range(b"LLEN"),
            b"zrange" | b"zrevrange" if !is_limited => range(b"ZCARD"),
            b"zrangebyscore" => reads(b"-inf", b"+inf"),
            b"zrevrangebyscore" => reads(b"+inf", b"-inf"),
            b"zrangebylex" | b"xrange" => reads(b"-", b"+"),
            b"zrevrangebylex" | b"xrevrange" => reads(b"+", b"-"),
            b"sort" | b"sort_ro" if !is_limited && !has(b"store") => Some(Part::Whole),
            _ => None,
        }
    }

    /// The number of arguments that are keys.
    fn keys(self) -> usize {
        match self {
            Part::Sets(count) | Part::Strings(count) => count,
            Part::Whole | Part::Range { .. } => 1,
        }
    }

    /// The bytes that this part of the key takes in the server.
    fn size(self, context: &Context, key: &[u8]) -> usize {
        let ask = |command: &[u8], args: &[&[u8]]| {
            let reply = call(context, Rights::Engine, command, args).ok()?;
            (reply.kind() == ReplyKind::Integer).then(|| reply.borrow().integer())
        };
        if let Part::Strings(_) = self {
            return ask(b"STRLEN", &[key]).map_or(0, |bytes| usize::try_from(bytes).unwrap_or(0));
        }
        let whole = ask(b"MEMORY", &[b"USAGE", key]).unwrap_or(0);
        let bytes = match self {
            Part::Whole | Part::Sets(_) | Part::Strings(_) => whole,
            Part::Range {
                counted_by,
                from,
                to,
            } => match ask(counted_by, &[key]) {
                Some(all) if all > 0 => {
                    let share = i128::from(whole) * i128::from(elements(all, from, to));
                    i64::try_from(share / i128::from(all)).unwrap_or(whole)
                }
                _ => 0,
            },
        };
        usize::try_from(bytes).unwrap_or(0)
    }
}

fn number(word: &[u8]) -> Option<i64> {
    std::str::from_utf8(word).ok()?.parse().ok()
}

/// The number of elements from one index to another one, of so many. Negative indexes count from the end.
fn elements(all: i64, from: i64, to: i64) -> i64 {
    let index = |place: i64| {
        if place < 0 {
            place.saturating_add(all)
        } else {
            place
        }
    };
    let last = index(to).min(all.saturating_sub(1));
    last.saturating_sub(index(from).max(0))
        .saturating_add(1)
        .max(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_of_a_range_are_counted_as_the_server_does() {
        assert_eq!(elements(10, 0, -1), 10);
        assert_eq!(elements(10, 0, 3), 4);
        assert_eq!(elements(10, -3, -1), 3);
        assert_eq!(elements(10, 5, 100), 5);
        assert_eq!(elements(10, 7, 3), 0);
        assert_eq!(elements(10, 20, 30), 0);
        assert_eq!(elements(10, i64::MIN, i64::MAX), 10);
    }

    #[test]
    fn commands_that_read_whole_collections_are_known() {
        let part = |words: &[&str]| {
            let words: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
            Part::of(words[0], &words[1..])
        };
        assert_eq!(part(&["HGETALL", "k"]), Some(Part::Whole));
        assert_eq!(part(&["xrange", "k", "-", "+"]), Some(Part::Whole));
        assert_eq!(part(&["xrange", "k", "-", "+", "COUNT", "5"]), None);
        assert_eq!(part(&["xrange", "k", "1-1", "+"]), None);
        assert_eq!(part(&["mget", "a", "b"]), Some(Part::Strings(2)));
        assert_eq!(part(&["lrange", "k", "0", "x"]), None);
        assert_eq!(part(&["lrange", "k"]), None);
        assert_eq!(part(&["sort", "k", "LIMIT", "0", "5"]), None);
        assert_eq!(part(&["get", "k"]), None);
        for name in READS_MUCH.into_iter().chain(SORTS) {
            let range = if name.contains("score") {
                ["-inf", "+inf"]
            } else {
                ["-", "+"]
            };
            let words = |rest: [&'static str; 2]| part(&[name, "k", rest[0], rest[1]]);
            let backwards = || words([range[1], range[0]]);
            let found = words(["0", "1"])
                .or_else(|| words(range))
                .or_else(backwards);
            assert!(found.is_some(), "{name}");
        }
        let ranges = [
            part(&["lrange", "k", "0", "-1"]),
            part(&["ZRANGE", "k", "1", "2"]),
        ];
        assert!(
            ranges
                .iter()
                .all(|one| matches!(one, Some(Part::Range { .. })))
        );
    }
}
