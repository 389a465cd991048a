//! The gears of the soak.

use redgrease_tools::gears::{COMMANDS, fill, register};
use redgrease_tools::{Client, Outcome};

/// Coroutines in every mode, handlers of key events, and a function that runs every second.
const EVENTS: &str = "
import asyncio
import sys

async def later(x):
    await asyncio.sleep(0.001)
    return x[1]

for mode in ['sync', 'async', 'async_local']:
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

/// Handlers of stream messages in every mode. They count how often each message is handled.
const STREAMS: &str = "
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
    /// Largest number of messages that are delivered and not acknowledged.
    pub(crate) batch: usize,
    /// Whether the reader removes handled messages.
    pub(crate) trimmed: bool,
}

/// All streams of [`STREAMS`].
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

/// Creates the keys and registers the gears.
pub(crate) fn prepare(client: &mut Client) -> Outcome {
    fill(client)?;
    register(client, &format!("{COMMANDS}{EVENTS}"), "load")?;
    register(client, STREAMS, "streams")
}
