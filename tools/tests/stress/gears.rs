//! The gears of the stress test, and the check of their statistics.

use crate::listings;
use redgrease_tools::Client;
use redgrease_tools::gears::{COMMANDS, fill, register};

/// Commands in every mode that trigger a sync command.
const NESTED: &str = "
def nested(x):
    return execute('RG.TRIGGER', 'sync', x[1])[0]

for mode in ['sync', 'async', 'async_local']:
    GB('CommandReader').map(nested).register(trigger='nested_' + mode, mode=mode)
";

/// Creates the keys and registers the gears.
pub(crate) fn prepare(client: &mut Client) {
    fill(client).unwrap();
    register(client, &format!("{COMMANDS}{NESTED}"), "stress").unwrap();
}

/// Checks that every call was counted once.
pub(crate) fn check_statistics(client: &mut Client) {
    for (trigger, statistics) in listings::statistics(client) {
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
