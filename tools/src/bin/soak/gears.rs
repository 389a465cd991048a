//! The Python that is registered.

/// Commands in every mode, a handler of key events, and a function whose time comes every second.
pub(crate) const REGISTERED: &str = "
import asyncio
import sys

def increment(x):
    with atomic():
        value = int(execute('get', 'counter') or 0)
        execute('set', 'counter', value + 1)
    return value

def add_up(x):
    return sum(range(int(x[1])))

async def later(x):
    await asyncio.sleep(0.001)
    return x[1]

for mode in ['sync', 'async', 'async_local']:
    GB('CommandReader').map(lambda x: x[1]).register(trigger=mode, mode=mode)
    GB('CommandReader').map(lambda x: execute('get', x[1])).register(trigger='get_' + mode, mode=mode)
    GB('CommandReader').map(increment).register(trigger='atomic_' + mode, mode=mode)
    GB('CommandReader').map(add_up).register(trigger='add_up_' + mode, mode=mode)
    GB('CommandReader').map(lambda x: 1 // 0).register(trigger='fail_' + mode, mode=mode)
    GB('CommandReader').map(later).register(trigger='later_' + mode, mode=mode)

GB('KeysReader').foreach(lambda x: execute('incr', 'events:sync')).register(
    'ev:*', eventTypes=['set'], mode='sync')
GB('KeysReader').foreach(lambda x: execute('incr', 'events:async')).register(
    'ev:*', eventTypes=['set'], mode='async_local')

def begin():
    registerTE(1, lambda: execute('incr', 'ticks'))

GB('CommandReader').map(lambda x: sys.getallocatedblocks()).register(trigger='blocks', mode='sync')
GB('CommandReader').map(lambda x: 0).register(trigger='timed', mode='sync', onRegistered=begin)
";

/// Handlers of messages, in every mode, which note each message by its number.
pub(crate) const STREAMS: &str = "
def handle(x):
    execute('hincrby', 'handled:' + x['key'], x['value']['n'], 1)

GB('StreamReader').foreach(handle).register('m:sync', mode='sync', batch=1)
GB('StreamReader').foreach(handle).register('m:local', mode='async_local', batch=10, duration=50)
GB('StreamReader').foreach(handle).register(
    'm:async', mode='async', batch=7, duration=50, trimStream=False,
    onFailedPolicy='retry', onFailedRetryInterval=1)
";

/// A stream of [`STREAMS`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stream {
    pub(crate) name: &'static str,
    /// How many messages are in flight at most.
    pub(crate) batch: usize,
    /// Whether the reader removes the messages that were handled.
    pub(crate) trimmed: bool,
}

/// All of them.
pub(crate) const ALL_STREAMS: [Stream; 3] = [
    Stream {
        name: "m:sync",
        batch: 1,
        trimmed: true,
    },
    Stream {
        name: "m:local",
        batch: 10,
        trimmed: true,
    },
    Stream {
        name: "m:async",
        batch: 7,
        trimmed: false,
    },
];

/// Never ends by itself.
pub(crate) const ENDLESS: &str = "
def forever(x):
    while True:
        pass
GB('ShardsIDReader').map(forever).run()
";

/// Never ends, and holds the server's lock most of the time: an abort must give it back.
pub(crate) const ENDLESS_ATOMIC: &str = "
def forever(x):
    while True:
        with atomic():
            execute('incr', 'endless')
GB('ShardsIDReader').map(forever).run()
";
