//! Clients that repeat their jobs until they are stopped.

use crate::jobs::Job;
use crate::{Client, Outcome};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

/// Jobs, each repeated by one client, and the measured calls.
#[derive(Debug)]
pub struct Load {
    jobs: &'static [(&'static str, Job)],
    /// Pause of a client between two calls.
    pause: Duration,
    stopped: AtomicBool,
    server_ends: AtomicBool,
    measured: Mutex<BTreeMap<&'static str, Measured>>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Measured {
    calls: u64,
    slowest: Duration,
}

/// The running clients. Each returns its first failure.
pub type Clients<'scope> = Vec<ScopedJoinHandle<'scope, Outcome>>;

impl Load {
    /// A load of named jobs, with a pause between two calls of a client. Jobs of one name are
    /// measured together.
    #[must_use]
    pub fn new(jobs: &'static [(&'static str, Job)], pause: Duration) -> Self {
        Load {
            jobs,
            pause,
            stopped: AtomicBool::new(false),
            server_ends: AtomicBool::new(false),
            measured: Mutex::default(),
        }
    }

    /// Starts one client for each job. A call that takes longer than `bound` fails.
    ///
    /// # Errors
    /// If a client cannot connect.
    pub fn start<'scope>(
        &'scope self,
        scope: &'scope thread::Scope<'scope, '_>,
        url: &str,
        bound: Duration,
    ) -> Outcome<Clients<'scope>> {
        let clients = self.jobs.iter().map(|&(name, job)| {
            let mut client = Client::connect(url, bound)?;
            Ok(scope.spawn(move || self.repeat(name, job, &mut client)))
        });
        clients.collect()
    }

    fn repeat(&self, name: &'static str, job: Job, client: &mut Client) -> Outcome {
        let mut round = 0;
        while !self.stopped.load(Ordering::Relaxed) {
            let begun = Instant::now();
            let outcome = job(client, round);
            if outcome.is_err() && self.server_ends.load(Ordering::Relaxed) {
                break;
            }
            outcome.map_err(|error| format!("{name}: {error}"))?;
            self.note(name, begun.elapsed());
            round += 1;
            thread::sleep(self.pause);
        }
        Ok(())
    }

    /// Stops the clients after their current call, which must succeed.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Stops the clients because the server is about to end: from now on, calls may fail.
    pub fn stop_before_server_ends(&self) {
        self.server_ends.store(true, Ordering::Relaxed);
        self.stop();
    }

    fn note(&self, name: &'static str, taken: Duration) {
        if let Ok(mut measured) = self.measured.lock() {
            let one = measured.entry(name).or_default();
            one.calls += 1;
            one.slowest = one.slowest.max(taken);
        }
    }

    /// Number of successful calls of the jobs of a name.
    #[must_use]
    pub fn calls(&self, name: &str) -> u64 {
        self.measured
            .lock()
            .ok()
            .and_then(|measured| measured.get(name).map(|one| one.calls))
            .unwrap_or(0)
    }

    /// A table of the calls, their rate over `time`, and the slowest call of each name.
    #[must_use]
    pub fn table(&self, time: Duration) -> String {
        let mut table = format!(
            "{:<20} {:>9} {:>9} {:>12}\n",
            "job", "calls", "a second", "slowest"
        );
        if let Ok(measured) = self.measured.lock() {
            for (name, one) in measured.iter() {
                let rate = one.calls / time.as_secs().max(1);
                let slowest = one.slowest.as_secs_f64() * 1000.0;
                let _ = writeln!(
                    table,
                    "{name:<20} {:>9} {rate:>9} {slowest:>9.1} ms",
                    one.calls
                );
            }
        }
        table
    }
}

/// Waits for the clients.
///
/// # Errors
/// The failures of all clients, one a line.
pub fn join(clients: Clients<'_>) -> Outcome {
    let failures: Vec<String> = clients
        .into_iter()
        .filter_map(|client| {
            let ended = client.join();
            ended
                .unwrap_or_else(|_| Err("a client panicked".to_owned()))
                .err()
        })
        .collect();
    if failures.is_empty() {
        Ok(())
    } else {
        Err(failures.join("\n"))
    }
}
