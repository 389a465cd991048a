//! Doing all jobs for a while, and what is measured.

use crate::client::Client;
use crate::jobs::JOBS;
use redgrease_embedded::Server;
use std::collections::BTreeMap;
use std::fmt;
use std::thread;
use std::time::{Duration, Instant};

/// What came of it.
pub(crate) struct Report {
    duration: Duration,
    jobs: BTreeMap<&'static str, Measured>,
    /// Every client stops at its first failure.
    pub(crate) failures: Vec<String>,
}

#[derive(Default)]
struct Measured {
    calls: i64,
    slowest: Duration,
}

/// Has one client for each job do it until the time is over.
pub(crate) fn run(server: &Server, duration: Duration) -> Report {
    let end = Instant::now() + duration;
    let mut report = Report {
        duration,
        jobs: BTreeMap::new(),
        failures: Vec::new(),
    };
    thread::scope(|scope| {
        let clients: Vec<_> = JOBS
            .into_iter()
            .map(|(name, job)| {
                let mut client = Client::connect(server);
                let work = move || {
                    let mut measured = Measured::default();
                    let mut failure = None;
                    let mut round = 0;
                    while failure.is_none() && Instant::now() < end {
                        let begun = Instant::now();
                        failure = job(&mut client, round).err();
                        measured.slowest = measured.slowest.max(begun.elapsed());
                        round += 1;
                        measured.calls += i64::from(failure.is_none());
                    }
                    (measured, failure)
                };
                (name, scope.spawn(work))
            })
            .collect();
        for (name, client) in clients {
            let (measured, failure) = client.join().unwrap();
            report
                .failures
                .extend(failure.map(|failure| format!("{name}: {failure}")));
            let together = report.jobs.entry(name).or_default();
            together.calls += measured.calls;
            together.slowest = together.slowest.max(measured.slowest);
        }
    });
    report
}

impl Report {
    /// How often the jobs of a name were done.
    pub(crate) fn calls(&self, name: &str) -> i64 {
        self.jobs.get(name).map_or(0, |measured| measured.calls)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<20} {:>9} {:>9} {:>12}",
            "job", "calls", "a second", "slowest"
        )?;
        for (name, measured) in &self.jobs {
            let rate = measured.calls / i64::try_from(self.duration.as_secs()).unwrap_or(1).max(1);
            let slowest = measured.slowest.as_secs_f64() * 1000.0;
            writeln!(
                f,
                "{name:<20} {:>9} {rate:>9} {slowest:>9.1} ms",
                measured.calls
            )?;
        }
        Ok(())
    }
}
