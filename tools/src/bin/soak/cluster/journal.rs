//! Counts operations by their outcome, and notices those that hang.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

/// Parts of the messages of calls that could not be served, because something in the cluster was away or on its way.
const HONEST: [(&str, &str); 24] = [
    ("max idle", "a shard was silent for too long"),
    ("does not answer", "a shard did not answer"),
    ("did not answer", "a shard did not answer"),
    ("started again", "a shard was started again"),
    ("oading the dataset", "a shard was started again"),
    ("not in the cluster", "a shard had left"),
    ("left the cluster", "a shard had left"),
    ("MOVED", "a key was elsewhere"),
    ("ASK ", "a key was elsewhere"),
    ("TRYAGAIN", "a slot was moving"),
    ("CLUSTERDOWN", "the cluster was down"),
    ("ClusterDown", "the cluster was down"),
    ("READONLY", "a replica was asked"),
    ("read only replica", "a replica was asked"),
    ("MASTERDOWN", "a replica was asked"),
    ("replica", "a replica was asked"),
    ("another change", "two changes met"),
    ("is being changed", "two changes met"),
    ("do not agree about it yet", "two changes met"),
    ("UNBLOCKED", "a master was replaced"),
    // A master that is replaced ends the connections of clients that wait.
    ("unexpected end of file", "a connection broke"),
    ("roken pipe", "a connection broke"),
    ("onnection reset", "a connection broke"),
    ("onnection refused", "a connection broke"),
];

#[derive(Debug, Default)]
struct Entry {
    count: u64,
    slowest: Duration,
}

/// The operations of all threads.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    counts: Mutex<BTreeMap<(&'static str, String), Entry>>,
    running: Mutex<Vec<(ThreadId, &'static str, Instant)>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Journal {
    /// Does an operation. `None` if it failed for an honest reason.
    pub(crate) fn honest<T>(
        &self,
        name: &'static str,
        operation: impl FnOnce() -> Result<T, String>,
    ) -> Result<Option<T>, String> {
        let begun = Instant::now();
        let own = thread::current().id();
        locked(&self.running).push((own, name, begun));
        let outcome = operation();
        locked(&self.running).retain(|(thread, ..)| *thread != own);
        let (kind, outcome) = match outcome {
            Ok(done) => ("done", Ok(Some(done))),
            Err(error) => match HONEST.iter().find(|(part, _)| error.contains(part)) {
                Some((_, kind)) => (*kind, Ok(None)),
                None => ("FAILED", Err(format!("{name}: {error}"))),
            },
        };
        self.note(name, kind, begun.elapsed());
        outcome
    }

    /// Counts something.
    pub(crate) fn note(&self, name: &'static str, kind: &str, time: Duration) {
        let mut counts = locked(&self.counts);
        let entry = counts.entry((name, kind.to_owned())).or_default();
        entry.count += 1;
        entry.slowest = entry.slowest.max(time);
    }

    pub(crate) fn count(&self, name: &'static str, kind: &str) -> u64 {
        let counts = locked(&self.counts);
        counts
            .get(&(name, kind.to_owned()))
            .map_or(0, |entry| entry.count)
    }

    /// How often servers were started again. Each time counts twice: when it begins, and when it has ended.
    pub(crate) fn restarts(&self) -> u64 {
        self.sum(&["restart"])
    }

    /// What has happened to servers so far.
    pub(crate) fn changes(&self) -> u64 {
        self.sum(&["restart", "failover", "pause"])
    }

    fn sum(&self, names: &[&str]) -> u64 {
        let counts = locked(&self.counts);
        let of_names = counts.iter().filter(|((name, _), _)| names.contains(name));
        of_names.map(|(_, entry)| entry.count).sum()
    }

    /// An operation that has taken longer.
    pub(crate) fn hanging(&self, bound: Duration) -> Option<String> {
        let running = locked(&self.running);
        let hung = running.iter().find(|(_, _, since)| since.elapsed() > bound);
        hung.map(|(_, name, since)| format!("`{name}`, since {:?},", since.elapsed()))
    }

    pub(crate) fn table(&self) -> String {
        let mut table = format!(
            "{:<28} {:<34} {:>9} {:>12}\n",
            "operation", "outcome", "count", "slowest"
        );
        for ((name, kind), entry) in locked(&self.counts).iter() {
            let slowest = entry.slowest.as_secs_f64() * 1000.0;
            let _ = writeln!(
                table,
                "{name:<28} {kind:<34} {:>9} {slowest:>9.1} ms",
                entry.count
            );
        }
        table
    }
}
