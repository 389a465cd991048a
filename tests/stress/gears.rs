//! The Python that is registered, and what can be said about it afterwards.

use crate::client::Client;

/// Keys that the readers read. None of the gears changes them.
pub(crate) const KEYS: usize = 5000;

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

const REGISTERED: &str = "
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

def nested(x):
    return execute('RG.TRIGGER', 'sync', x[1])[0]

for mode in ['sync', 'async', 'async_local']:
    GB('CommandReader').map(lambda x: x[1]).register(trigger=mode, mode=mode)
    GB('CommandReader').map(lambda x: execute('get', x[1])).register(trigger='get_' + mode, mode=mode)
    GB('CommandReader').map(increment).register(trigger='atomic_' + mode, mode=mode)
    GB('CommandReader').map(add_up).register(trigger='add_up_' + mode, mode=mode)
    GB('CommandReader').map(nested).register(trigger='nested_' + mode, mode=mode)
    GB('CommandReader').map(lambda x: 1 // 0).register(trigger='fail_' + mode, mode=mode)
";

/// Fills the database and registers the gears.
pub(crate) fn prepare(client: &mut Client) {
    let fill =
        "for i = 0, ARGV[1] - 1 do redis.call('set', 'k:' .. i, 'some words here ' .. i % 7) end";
    client.text(&["EVAL", fill, "0", &KEYS.to_string()]);
    assert_eq!(
        client.text(&["RG.PYEXECUTE", REGISTERED, "ID", "stress"]),
        "OK"
    );
}

/// Every call was counted, and counted once.
pub(crate) fn check_statistics(client: &mut Client) {
    for (trigger, statistics) in client.statistics() {
        let [triggered, succeeded, failed, aborted] = statistics;
        assert_eq!(
            triggered,
            succeeded + failed + aborted,
            "{trigger}: {statistics:?}"
        );
        let right = if trigger.starts_with("fail_") {
            failed
        } else {
            succeeded
        };
        assert_eq!(triggered, right, "{trigger}: {statistics:?}");
    }
}
