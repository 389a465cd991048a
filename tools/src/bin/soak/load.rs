//! Clients that do the jobs until they are told to stop.

use crate::jobs::{JOBS, KEYS};
use crate::{BOUND, gears};
use redgrease_tools::{Client, Outcome};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

/// Clients rest this long between two calls: the point is how they meet, not how many they are.
const REST: Duration = Duration::from_millis(2);

#[derive(Debug, Default)]
pub(crate) struct Load {
    stop: AtomicBool,
    measured: Mutex<BTreeMap<&'static str, Measured>>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Measured {
    calls: u64,
    slowest: Duration,
}

/// Fills the database and registers the gears.
pub(crate) fn prepare(client: &mut Client) -> Outcome {
    let fill =
        "for i = 0, ARGV[1] - 1 do redis.call('set', 'k:' .. i, 'some words here ' .. i % 7) end";
    client.call(&["EVAL", fill, "0", &KEYS.to_string()])?;
    for (script, session) in [(gears::REGISTERED, "load"), (gears::STREAMS, "streams")] {
        let answer = client.text(&["RG.PYEXECUTE", script, "ID", session])?;
        if answer != "OK" {
            return Err(format!("session {session} was answered {answer}"));
        }
    }
    Ok(())
}

/// The clients that were started; each ends with its failure, if it had one.
pub(crate) type Clients<'scope> = Vec<ScopedJoinHandle<'scope, Outcome>>;

impl Load {
    /// Starts one client for each job.
    pub(crate) fn start<'scope>(
        &'scope self,
        scope: &'scope thread::Scope<'scope, '_>,
        url: &str,
    ) -> Outcome<Clients<'scope>> {
        JOBS.into_iter()
            .map(|(name, job)| {
                let mut client = Client::connect(url, BOUND)?;
                Ok(scope.spawn(move || {
                    let mut round = 0;
                    while !self.stop.load(Ordering::Relaxed) {
                        let begun = Instant::now();
                        let outcome = job(&mut client, round);
                        // What fails because the server is being ended is no failure.
                        if self.stop.load(Ordering::Relaxed) {
                            break;
                        }
                        outcome.map_err(|error| format!("{name}: {error}"))?;
                        self.note(name, begun.elapsed());
                        round += 1;
                        thread::sleep(REST);
                    }
                    Ok(())
                }))
            })
            .collect()
    }

    pub(crate) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    fn note(&self, name: &'static str, taken: Duration) {
        if let Ok(mut measured) = self.measured.lock() {
            let one = measured.entry(name).or_default();
            one.calls += 1;
            one.slowest = one.slowest.max(taken);
        }
    }

    /// How often each job was done, and the slowest time of each.
    pub(crate) fn table(&self) -> String {
        let mut table = format!("{:<14} {:>9} {:>12}\n", "job", "calls", "slowest");
        if let Ok(measured) = self.measured.lock() {
            for (name, one) in measured.iter() {
                let slowest = one.slowest.as_secs_f64() * 1000.0;
                let _ = writeln!(table, "{name:<14} {:>9} {slowest:>9.1} ms", one.calls);
            }
        }
        table
    }
}

/// Waits for the clients; the first failure counts.
pub(crate) fn join(clients: Clients<'_>) -> Outcome {
    let mut outcome = Ok(());
    for client in clients {
        let ended = client
            .join()
            .unwrap_or_else(|_| Err("a client failed itself".to_owned()));
        outcome = outcome.and(ended);
    }
    outcome
}
