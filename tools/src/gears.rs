//! Gears and keys that the soak and the stress test share.

use crate::{Client, Outcome};

/// Number of the keys `k:0`, `k:1` and so on. The readers read them, and no gear changes them.
pub const KEYS: usize = 5000;

/// Commands in every mode: `MODE`, `get_MODE`, `atomic_MODE`, `add_up_MODE` and `fail_MODE`.
pub const COMMANDS: &str = "
def increment(x):
    with atomic():
        value = int(execute('get', 'counter') or 0)
        execute('set', 'counter', value + 1)
    return value

def add_up(x):
    total = 0
    for number in range(int(x[1])):
        total += number
    return total

for mode in ['sync', 'async', 'async_local']:
    GB('CommandReader').map(lambda x: x[1]).register(trigger=mode, mode=mode)
    GB('CommandReader').map(lambda x: execute('get', x[1])).register(trigger='get_' + mode, mode=mode)
    GB('CommandReader').map(increment).register(trigger='atomic_' + mode, mode=mode)
    GB('CommandReader').map(add_up).register(trigger='add_up_' + mode, mode=mode)
    GB('CommandReader').map(lambda x: 1 // 0).register(trigger='fail_' + mode, mode=mode)
";

/// A run that never ends.
pub const ENDLESS: &str = "
def forever(x):
    while True:
        pass
GB('ShardsIDReader').map(forever).run()
";

/// A run that never ends and holds the server's lock most of the time. An abort must release the
/// lock.
pub const ENDLESS_ATOMIC: &str = "
def forever(x):
    while True:
        with atomic():
            execute('incr', 'endless')
GB('ShardsIDReader').map(forever).run()
";

/// Creates the keys.
///
/// # Errors
/// If the server refuses the script.
pub fn fill(client: &mut Client) -> Outcome {
    let script =
        "for i = 0, ARGV[1] - 1 do redis.call('set', 'k:' .. i, 'some words here ' .. i % 7) end";
    client
        .call(&["EVAL", script, "0", &KEYS.to_string()])
        .map(drop)
}

/// Registers what a script registers, as one session.
///
/// # Errors
/// If the script fails, or returns results.
pub fn register(client: &mut Client, script: &str, session: &str) -> Outcome {
    let reply = client.text(&["RG.PYEXECUTE", script, "ID", session])?;
    if reply == "OK" {
        Ok(())
    } else {
        Err(format!("session {session} was answered {reply}"))
    }
}
