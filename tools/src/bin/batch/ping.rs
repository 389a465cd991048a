//! Measures how long other clients wait during a job.

use crate::BOUND;
use redgrease_tools::{Client, Outcome};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Pause between two PINGs: short enough to notice every pause of a millisecond.
const GAP: Duration = Duration::from_micros(200);

/// Runs `work` and measures the slowest PING of another connection in that time.
pub(crate) fn meanwhile<T>(url: &str, work: impl FnOnce() -> T) -> Outcome<(T, Duration)> {
    let mut client = Client::connect(url, BOUND)?;
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let pings = scope.spawn(|| {
            let mut slowest = Duration::ZERO;
            while !over.load(Ordering::Relaxed) {
                let begun = Instant::now();
                // A BUSY reply during a script does not count as served: PING is repeated.
                while let Err(error) = client.call(&["PING"]) {
                    if !error.contains("BUSY") {
                        return Err(error);
                    }
                    thread::sleep(GAP);
                }
                slowest = slowest.max(begun.elapsed());
                thread::sleep(GAP);
            }
            Ok(slowest)
        });
        let done = work();
        over.store(true, Ordering::Relaxed);
        let slowest = pings
            .join()
            .unwrap_or_else(|_| Err("the thread that sends PING failed".to_owned()))?;
        Ok((done, slowest))
    })
}
