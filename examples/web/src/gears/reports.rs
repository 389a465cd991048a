//! Reports, which take their time.

use redgrease::prelude::*;

/// Makes a report: waits for another system for this many seconds, in a thread of the executions.
#[gear_command]
pub async fn report(name: &str, seconds: f64) -> String {
    python! {
        import time

        time.sleep(seconds)
        count = cmd.incr("reports:" + name)
        return f "{name}: report {count}"
    }
}

/// Makes a report that only computes. It holds the interpreter of the server as much as it can.
#[gear_command]
pub async fn computed_report(name: &str, seconds: f64) -> String {
    python! {
        import time

        end = time.monotonic() + seconds
        rounds = 0
        while time.monotonic() < end:
            rounds += sum(range(100))
        return f "{name}: report {cmd.incr('reports:' + name)}"
    }
}
