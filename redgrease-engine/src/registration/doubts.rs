//! Registrations that can never run, or not for all that they name. They are made all the same. The log says what is wrong, and
//! `RG.DUMPREGISTRATIONS` lists why a registration can never run at all.

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
        let Doubts { never, partly } = doubts(&self.event, |event| is_sent(context, event));
        let id = self.id;
        let tell = |what: &str| log(Level::Warning, &format!("registration {id} {what}"));
        for doubt in &partly {
            tell(&format!("does not run for all that it names: {doubt}"));
        }
        if !never.is_empty() {
            let never = never.join("; ");
            tell(&format!("can never run: {never}"));
            self.never_runs = Some(never);
        }
        self
    }
}

/// What is wrong with the event of a registration.
#[derive(Debug, Default, PartialEq, Eq)]
struct Doubts {
    /// Each of these is a reason why the registration can never run.
    never: Vec<String>,
    /// These are reasons why it does not run for all that it names.
    partly: Vec<String>,
}

/// Modules that are no source of other events than their commands: this one, and those that are part of a server, the scripting engine
/// of Valkey and the vector sets of Redis 8.
const BUILT_IN: [&[u8]; 3] = [b"rg", b"lua", b"vectorset"];

/// `true` if the server may send a key event of this name: a module may have events of its own.
fn is_sent(context: &Context, event: &str) -> bool {
    let name = event.to_ascii_lowercase();
    match CommandInfo::of(context, &name) {
        Some(command) if !command.has("module") && !event.contains('.') => false,
        Some(command) if command.has("module") && !name.starts_with("rg.") => true,
        _ => has_other_modules(context),
    }
}

/// `true` if a module is loaded that may send events of any name.
fn has_other_modules(context: &Context) -> bool {
    let Ok(list) = call(context, Rights::Engine, b"MODULE", &[b"LIST"]) else {
        return false;
    };
    let modules = list.borrow().elements();
    let mut names = modules.filter_map(|module| module.element(1).map(Element::bytes));
    names.any(|name| !BUILT_IN.contains(&name))
}

/// Looks at an event. `is_sent` is asked about names of key events that the engine does not know.
fn doubts(event: &Event, is_sent: impl Fn(&str) -> bool) -> Doubts {
    match event {
        Event::Streams(filter) => Doubts {
            never: Vec::from_iter(inner_star(&filter.prefix, "stream")),
            partly: Vec::new(),
        },
        Event::Keys(filter) => doubts_of_keys(filter, is_sent),
        Event::Command { .. } | Event::Hook(_) => Doubts::default(),
    }
}

fn doubts_of_keys(filter: &KeysFilter, is_sent: impl Fn(&str) -> bool) -> Doubts {
    let mut never = Vec::from_iter(inner_star(&filter.prefix, "key"));
    for (name, length) in [
        ("eventTypes", filter.events.as_ref().map(Vec::len)),
        ("keyTypes", filter.types.as_ref().map(Vec::len)),
        ("commands", filter.commands.as_ref().map(Vec::len)),
    ] {
        if length == Some(0) {
            never.push(format!(
                "{name} is an empty list, which nothing is in: leave it out to mean all"
            ));
        }
    }
    let events = filter.events.as_deref().unwrap_or_default();
    let knows =
        |list: &[&str], event: &String| list.iter().any(|one| one.eq_ignore_ascii_case(event));
    let unsent: Vec<&String> = events
        .iter()
        .filter(|event| knows(&NOT_TOLD, event) || (!knows(&SENT, event) && !is_sent(event)))
        .collect();
    let all_unsent = unsent.len() == events.len();
    let unsent: Vec<String> = unsent
        .into_iter()
        .map(|event| {
            format!(
                "the server sends no key event {event:?} to modules: name an event that it sends, such as \"set\""
            )
        })
        .collect();
    let mut partly = Vec::new();
    if all_unsent {
        never.extend(unsent);
    } else {
        partly = unsent;
    }
    let removed = !events.is_empty() && events.iter().all(|event| knows(&REMOVED, event));
    let types = filter.types.as_deref().unwrap_or(&[KeyType::Empty]);
    if removed && !types.contains(&KeyType::Empty) {
        never.push(format!(
            "the key does not exist any more after {}, and keyTypes leaves such keys out: add \"empty\" to keyTypes",
            events.join(" or ")
        ));
    }
    Doubts { never, partly }
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

    fn of_keys(change: impl FnOnce(&mut KeysFilter)) -> Doubts {
        let mut filter = keys_filter("k:*");
        change(&mut filter);
        doubts(&Event::Keys(filter), |event| event == "json.set")
    }

    fn names(all: &[&str]) -> Vec<String> {
        all.iter().map(|&one| one.to_owned()).collect()
    }

    #[test]
    fn a_star_inside_a_pattern_is_no_wildcard() {
        let doubts = |pattern: &str| doubts(&keys(pattern), |_| true);
        for fine in ["", "*", "k", "k:*"] {
            assert_eq!(doubts(fine), Doubts::default(), "{fine}");
        }
        for odd in ["a*b", "*a", "a**", "*a*"] {
            assert!(
                doubts(odd).never[0].contains("put one * at the end"),
                "{odd}"
            );
        }
    }

    #[test]
    fn events_that_no_server_sends() {
        let doubts = |events: &[&str]| of_keys(|filter| filter.events = Some(names(events)));
        assert_eq!(doubts(&["set", "DEL", "json.set"]), Doubts::default());
        for odd in ["get", "sett", "new", "loaded"] {
            for events in [&[odd][..], &["set", odd]] {
                let Doubts { never, partly } = doubts(events);
                let (said, other) = if events.len() == 1 {
                    (never, partly)
                } else {
                    (partly, never)
                };
                assert!(said[0].contains(&format!("{odd:?}")), "{said:?}");
                assert!(other.is_empty(), "{other:?}");
            }
        }
    }

    #[test]
    fn filters_that_let_nothing_through() {
        let never = |change: fn(&mut KeysFilter)| of_keys(change).never.len();
        assert_eq!(never(|filter| filter.events = Some(Vec::new())), 1);
        assert_eq!(never(|filter| filter.types = Some(Vec::new())), 1);
        assert_eq!(never(|filter| filter.commands = Some(Vec::new())), 1);
        let gone = |events: &[&str], types: &[KeyType]| {
            let doubts = of_keys(|filter| {
                filter.events = Some(names(events));
                filter.types = Some(types.to_vec());
            });
            doubts.never.len()
        };
        assert_eq!(gone(&["del", "Expired"], &[KeyType::String]), 1);
        assert_eq!(gone(&["del"], &[KeyType::String, KeyType::Empty]), 0);
        assert_eq!(gone(&["del", "set"], &[KeyType::String]), 0);
    }

    #[test]
    fn commands_can_always_run() {
        assert_eq!(doubts(&command("a*b"), |_| false), Doubts::default());
        assert_eq!(doubts(&hook("get"), |_| false), Doubts::default());
    }
}
