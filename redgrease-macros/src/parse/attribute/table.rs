//! The table of all keys: an example of each, and the attributes that have it.

use crate::parse::Kind;

/// One key.
pub(super) struct Key {
    pub(super) name: &'static str,
    /// The key with a value, in backticks.
    pub(super) example: &'static str,
    on: &'static [Kind],
}

const COMMAND: &[Kind] = &[Kind::Command];
const KEYS: &[Kind] = &[Kind::Keys];
const STREAM: &[Kind] = &[Kind::Stream];
const EVERY: &[Kind] = &[Kind::Every];
const EVENTS: &[Kind] = &[Kind::Command, Kind::Keys, Kind::Stream];
const PYTHON: &[Kind] = &[Kind::Command, Kind::Keys, Kind::Stream, Kind::Every];
const ALL: &[Kind] = &Kind::ALL;

const TABLE: &[Key] = &[
    key(
        "trigger",
        "`trigger = \"name\"` or `trigger = unique`",
        COMMAND,
    ),
    key("prefix", "`prefix = \"user:*\"`", KEYS),
    key("events", "`events = [\"hset\"]`", KEYS),
    key("key_types", "`key_types = [\"hash\"]`", KEYS),
    key("commands", "`commands = [\"HSET\"]`", KEYS),
    key("read_value", "`read_value = false`", KEYS),
    key("batch", "`batch = 100`", STREAM),
    key("duration", "`duration = \"1s\"`", STREAM),
    key("on_failed", "`on_failed = \"retry\"`", STREAM),
    key("retry_interval", "`retry_interval = \"5s\"`", STREAM),
    key("max_retries", "`max_retries = 3`", STREAM),
    key("dead_letter", "`dead_letter = \"failed\"`", STREAM),
    key("backoff", "`backoff = 2.0`", STREAM),
    key("max_interval", "`max_interval = \"1m\"`", STREAM),
    key("trim", "`trim = false`", STREAM),
    key("per_shard", "`per_shard = true`", EVERY),
    key(
        "requirements",
        "`requirements = [\"requests>=2.31\"]`",
        PYTHON,
    ),
    key("mode", "`mode = \"async_local\"`", EVENTS),
    key("description", "`description = \"what it does\"`", PYTHON),
    key("on_registered", "`on_registered = python! { .. }`", PYTHON),
    key(
        "module",
        "`module = helpers` or `module = \"gears/helpers.py\"`",
        PYTHON,
    ),
    key("python", "`python = \"3.9\"`", PYTHON),
    key("replace", "`replace = true`", COMMAND),
    key("hook", "`hook = \"HGET\"`", COMMAND),
    key("keyprefix", "`keyprefix = \"user:\"`", COMMAND),
    key("inorder", "`inorder = true`", COMMAND),
    key("count_calls", "`count_calls = true`", COMMAND),
    key("allow", "`allow = [\"unknown-import\"]`", PYTHON),
    key("handle", "`handle = Name`", ALL),
    key("crate", "`crate = my_library::redgrease`", ALL),
];

const fn key(name: &'static str, example: &'static str, on: &'static [Kind]) -> Key {
    Key { name, example, on }
}

/// The keys of an attribute.
pub(super) fn keys(kind: Kind) -> impl Iterator<Item = &'static Key> {
    TABLE.iter().filter(move |key| key.on.contains(&kind))
}

/// The attributes that have a key.
pub(super) fn owners(name: &str) -> &'static [Kind] {
    TABLE
        .iter()
        .find(|key| key.name == name)
        .map_or(&[], |key| key.on)
}
