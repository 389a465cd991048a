//! The names of the events that Redis and Valkey report about keys.

use crate::nearest;

/// All events. Modules report others, usually with a dot in their name.
const EVENTS: &[&str] = &[
    "append",
    "copy_to",
    "decrby",
    "del",
    "evicted",
    "expire",
    "expired",
    "geosearchstore",
    "georadiusstore",
    "getdel",
    "hdel",
    "hexpire",
    "hexpired",
    "hincrby",
    "hincrbyfloat",
    "hpersist",
    "hset",
    "incrby",
    "incrbyfloat",
    "keymiss",
    "linsert",
    "loaded",
    "lpop",
    "lpush",
    "lrem",
    "lset",
    "ltrim",
    "move_from",
    "move_to",
    "new",
    "overwritten",
    "persist",
    "pfadd",
    "pfmerge",
    "rename_from",
    "rename_to",
    "restore",
    "rpop",
    "rpush",
    "sadd",
    "sdiffstore",
    "set",
    "setbit",
    "setrange",
    "sinterstore",
    "sortstore",
    "spop",
    "srem",
    "sunionstore",
    "trimmed",
    "type_changed",
    "vadd",
    "vrem",
    "xadd",
    "xautoclaim",
    "xclaim",
    "xdel",
    "xgroup-create",
    "xgroup-createconsumer",
    "xgroup-delconsumer",
    "xgroup-destroy",
    "xgroup-setid",
    "xsetid",
    "xtrim",
    "zadd",
    "zdiffstore",
    "zincr",
    "zinterstore",
    "zpopmax",
    "zpopmin",
    "zrangestore",
    "zrem",
    "zremrangebylex",
    "zremrangebyrank",
    "zremrangebyscore",
    "zunionstore",
];

/// Commands that report an event of another name, with that name.
const OF_COMMANDS: &[(&str, &str)] = &[
    ("decr", "decrby"),
    ("expireat", "expire"),
    ("getset", "set"),
    ("hmset", "hset"),
    ("hsetnx", "hset"),
    ("incr", "incrby"),
    ("lpushx", "lpush"),
    ("move", "move_from"),
    ("mset", "set"),
    ("msetnx", "set"),
    ("pexpire", "expire"),
    ("pexpireat", "expire"),
    ("psetex", "set"),
    ("rename", "rename_from"),
    ("renamenx", "rename_from"),
    ("rpushx", "rpush"),
    ("setex", "set"),
    ("setnx", "set"),
    ("unlink", "del"),
    ("zincrby", "zincr"),
];

/// The event that is likely meant, for a name that no server reports. `None` for events, and for names that only a module
/// can know.
///
/// ```
/// use redgrease_syntax::event_instead_of;
///
/// assert_eq!(event_instead_of("hsett"), Some("hset"));
/// assert_eq!(event_instead_of("incr"), Some("incrby"));
/// assert_eq!(event_instead_of("hset"), None);
/// assert_eq!(event_instead_of("ts.add"), None);
/// ```
#[must_use]
pub fn event_instead_of(name: &str) -> Option<&'static str> {
    let lower = name.to_ascii_lowercase();
    if EVENTS.contains(&lower.as_str()) || name.contains('.') {
        return None;
    }
    let of_command = OF_COMMANDS.iter().find(|(command, _)| *command == lower);
    of_command
        .map(|(_, event)| *event)
        .or_else(|| nearest(&lower, EVENTS.iter().copied()))
}

#[cfg(test)]
mod tests {
    use super::{EVENTS, OF_COMMANDS, event_instead_of};

    #[test]
    fn events_are_events() {
        for event in EVENTS {
            assert_eq!(event_instead_of(event), None, "{event}");
        }
        for (command, event) in OF_COMMANDS {
            assert!(EVENTS.contains(event), "{event}");
            assert!(!EVENTS.contains(command), "{command}");
            assert!(crate::known_command(command).is_some(), "{command}");
        }
        assert_eq!(event_instead_of("HSET"), None);
        assert_eq!(event_instead_of("frobnicated"), None);
        assert_eq!(event_instead_of("evictd"), Some("evicted"));
    }
}
