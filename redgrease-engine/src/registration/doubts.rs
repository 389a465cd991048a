//! Registrations that can never run, or not for all that they name. They are made all the same: the log and
//! `RG.DUMPREGISTRATIONS` say what is wrong.

use super::command_info::CommandInfo;
use super::keys::KeysFilter;
use super::{Event, Registration};
use crate::redis::{Context, Element, KeyType, Level, Rights, call, log};

/// The key events of Redis and Valkey that modules are told of.
const SENT: [&str; 64] = [
    "append",
    "copy_to",
    "del",
    "evicted",
    "expire",
    "expired",
    "georadiusstore",
    "geosearchstore",
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
    "lpop",
    "lpush",
    "lrem",
    "lset",
    "ltrim",
    "move_from",
    "move_to",
    "persist",
    "pfadd",
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
    "xadd",
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

/// Key events that clients can subscribe to, and that modules are not told of.
const NOT_TOLD: [&str; 2] = ["new", "loaded"];

/// Events after which the key does not exist.
const REMOVED: [&str; 5] = ["del", "evicted", "expired", "move_from", "rename_from"];

impl Registration {
    /// Looks for reasons why the registration may never run, and writes them to the log.
    pub(super) fn examined(mut self, context: &Context) -> Registration {
        let is_sent = |event: &str| is_sent(context, event);
        self.doubts = doubts(&self.event, is_sent);
        if let Some(doubts) = &self.doubts {
            let id = self.id;
            log(
                Level::Warning,
                &format!("registration {id} may never run: {doubts}"),
            );
        }
        self
    }
}

/// `true` if the server may send a key event of this name: a module may have events of its own.
fn is_sent(context: &Context, event: &str) -> bool {
    match CommandInfo::of(context, &event.to_ascii_lowercase()) {
        Some(command) if !command.has("module") && !event.contains('.') => false,
        _ => has_other_modules(context),
    }
}

/// `true` if a module is loaded that may send events: neither this one nor the scripting engine of Valkey.
fn has_other_modules(context: &Context) -> bool {
    let Ok(list) = call(context, Rights::Engine, b"MODULE", &[b"LIST"]) else {
        return false;
    };
    let modules = list.borrow().elements();
    let mut names = modules.filter_map(|module| module.element(1).map(Element::bytes));
    names.any(|name| name != b"rg" && name != b"lua")
}

/// The reasons why a registration of `event` may never run. `is_sent` is asked about names of events that the engine does not
/// know.
fn doubts(event: &Event, is_sent: impl Fn(&str) -> bool) -> Option<String> {
    let doubts = match event {
        Event::Streams(filter) => Vec::from_iter(inner_star(&filter.prefix, "stream")),
        Event::Keys(filter) => doubts_of_keys(filter, is_sent),
        Event::Command { .. } | Event::Hook(_) => Vec::new(),
    };
    (!doubts.is_empty()).then(|| doubts.join("; "))
}

fn doubts_of_keys(filter: &KeysFilter, is_sent: impl Fn(&str) -> bool) -> Vec<String> {
    let mut doubts = Vec::from_iter(inner_star(&filter.prefix, "key"));
    let empty = [
        (
            "eventTypes",
            filter.events.as_ref().is_some_and(Vec::is_empty),
        ),
        ("keyTypes", filter.types.as_ref().is_some_and(Vec::is_empty)),
        (
            "commands",
            filter.commands.as_ref().is_some_and(Vec::is_empty),
        ),
    ];
    for (name, _) in empty.iter().filter(|(_, is_empty)| *is_empty) {
        doubts.push(format!(
            "{name} is an empty list, which nothing is in: leave it out to mean all"
        ));
    }
    for event in filter.events.iter().flatten() {
        let knows = |list: &[&str]| list.iter().any(|one| one.eq_ignore_ascii_case(event));
        if knows(&NOT_TOLD) || (!knows(&SENT) && !is_sent(event)) {
            doubts.push(format!(
                "the server sends no key event {event:?} to modules: name an event that it sends, such as \"set\""
            ));
        }
    }
    if let (Some(events), Some(types)) = (&filter.events, &filter.types) {
        let removed = |event: &String| REMOVED.iter().any(|one| one.eq_ignore_ascii_case(event));
        if !events.is_empty() && events.iter().all(removed) && !types.contains(&KeyType::Empty) {
            doubts.push(format!(
                "the key does not exist any more after {}, and keyTypes leaves such keys out: add \"empty\" to keyTypes",
                events.join(" or ")
            ));
        }
    }
    doubts
}

/// A pattern with a star that is not at its end.
fn inner_star(pattern: &[u8], what: &str) -> Option<String> {
    let (_, start) = pattern.split_last()?;
    start.contains(&b'*').then(|| {
        format!(
            "in the pattern {:?} of a {what}, a * that is not at the end stands for itself: put one * at the end",
            String::from_utf8_lossy(pattern)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registration::testing::{command, hook, keys, keys_filter};

    fn of_keys(change: impl FnOnce(&mut KeysFilter)) -> Option<String> {
        let mut filter = keys_filter("k:*");
        change(&mut filter);
        doubts(&Event::Keys(filter), |event| event == "json.set")
    }

    fn names(all: &[&str]) -> Option<Vec<String>> {
        Some(all.iter().map(|&one| one.to_owned()).collect())
    }

    #[test]
    fn a_star_inside_a_pattern_is_no_wildcard() {
        let doubts = |pattern: &str| doubts(&keys(pattern), |_| true);
        for fine in ["", "*", "k", "k:*"] {
            assert_eq!(doubts(fine), None, "{fine}");
        }
        for odd in ["a*b", "*a", "a**", "*a*"] {
            assert!(
                doubts(odd).unwrap().contains("put one * at the end"),
                "{odd}"
            );
        }
    }

    #[test]
    fn events_that_no_server_sends() {
        let doubts = |events: &[&str]| of_keys(|filter| filter.events = names(events));
        assert_eq!(doubts(&["set", "DEL", "json.set"]), None);
        for odd in ["get", "sett", "new", "loaded"] {
            let said = doubts(&["set", odd]).unwrap();
            assert!(said.contains(&format!("{odd:?}")), "{said}");
        }
    }

    #[test]
    fn filters_that_let_nothing_through() {
        assert!(of_keys(|filter| filter.events = Some(Vec::new())).is_some());
        assert!(of_keys(|filter| filter.types = Some(Vec::new())).is_some());
        assert!(of_keys(|filter| filter.commands = Some(Vec::new())).is_some());
        let gone = |events: &[&str], types: &[KeyType]| {
            of_keys(|filter| {
                filter.events = names(events);
                filter.types = Some(types.to_vec());
            })
        };
        assert!(gone(&["del", "Expired"], &[KeyType::String]).is_some());
        assert_eq!(gone(&["del"], &[KeyType::String, KeyType::Empty]), None);
        assert_eq!(gone(&["del", "set"], &[KeyType::String]), None);
    }

    #[test]
    fn commands_can_always_run() {
        assert_eq!(doubts(&command("a*b"), |_| false), None);
        assert_eq!(doubts(&hook("get"), |_| false), None);
    }
}
