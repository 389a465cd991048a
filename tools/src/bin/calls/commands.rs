//! The commands that are measured.

/// What a command is compared with, besides PING.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Command {
    pub(crate) name: &'static str,
    pub(crate) words: &'static [&'static str],
    /// The word in the reply, which shows that the command did its work.
    pub(crate) expected: &'static str,
    /// The command of the module that does nothing, and is answered in the same way.
    pub(crate) floor: Option<&'static str>,
    /// The function of Lua that does the same.
    pub(crate) lua: Option<&'static str>,
}

const CALL: &str = "floor.call";
const THREAD: &str = "floor.thread";

/// In the order of the table.
pub(crate) const ALL: &[Command] = &[
    plain("PING", &["PING"], "PONG"),
    plain("GET", &["GET", "bench:key"], "value"),
    plain(CALL, &["FLOOR.CALL", "x", "hello"], "hello"),
    plain("floor.inside", &["FLOOR.INSIDE", "x", "hello"], "hello"),
    plain(THREAD, &["FLOOR.THREAD", "x", "hello"], "hello"),
    plain(
        "FCALL echo",
        &["FCALL", "bench_echo", "0", "hello"],
        "hello",
    ),
    plain(
        "FCALL get",
        &["FCALL", "bench_get", "0", "bench:key"],
        "value",
    ),
    gear(
        "sync",
        &["RG.TRIGGER", "bench_sync", "hello"],
        "hello",
        CALL,
        "FCALL echo",
    ),
    gear(
        "sync, execute('get')",
        &["RG.TRIGGER", "bench_get", "bench:key"],
        "value",
        CALL,
        "FCALL get",
    ),
    gear(
        "async_local",
        &["RG.TRIGGER", "bench_local", "hello"],
        "hello",
        THREAD,
        "FCALL echo",
    ),
];

const fn plain(
    name: &'static str,
    words: &'static [&'static str],
    expected: &'static str,
) -> Command {
    Command {
        name,
        words,
        expected,
        floor: None,
        lua: None,
    }
}

const fn gear(
    name: &'static str,
    words: &'static [&'static str],
    expected: &'static str,
    floor: &'static str,
    lua: &'static str,
) -> Command {
    Command {
        name,
        words,
        expected,
        floor: Some(floor),
        lua: Some(lua),
    }
}

/// The gears. The functions of Lua below do the same: like a gear, they reply with a list of one record.
pub(crate) const GEARS: &str = "
GB('CommandReader').map(lambda x: x[1]).register(trigger='bench_sync', mode='sync')
GB('CommandReader').map(lambda x: x[1]).register(trigger='bench_local', mode='async_local')
GB('CommandReader').map(lambda x: execute('get', x[1])).register(trigger='bench_get', mode='sync')
";

pub(crate) const LUA: &str = "#!lua name=bench
redis.register_function('bench_echo', function(keys, args) return { args[1] } end)
redis.register_function('bench_get', function(keys, args) return { redis.call('get', args[1]) } end)";
