//! Memory that Python takes past its own allocators: maps, libraries in C, blocks of NumPy.
//!
//! Nothing tells of such memory when it is taken. But the resident memory of the process grows, and the thread that touches it
//! first has page faults. So a run pays for what its thread has touched, as far as the process has grown and nothing else
//! explains it: neither the server, nor Python, nor the engine. It is better to miss some of it than to stop another run.

use crate::python::{RunningThread, memory_in_use};
use crate::redis::resident_memory_of_server;
use std::fs;
use std::time::{Duration, Instant};

/// Less memory is not counted, in bytes: the measurement is not exact.
const NOISE: i64 = 32 << 20;

/// A run pays for what it has taken in this time. A server that runs for long changes in many ways.
const REMEMBERED: Duration = Duration::from_mins(5);

/// The smallest page of memory, in bytes.
const PAGE: i64 = 4096;

/// What is measured of the process, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Measured {
    pub(super) resident: i64,
    pub(super) of_server: i64,
    pub(super) of_python: i64,
}

impl Measured {
    /// `None` where the system does not tell.
    fn now() -> Option<Measured> {
        let status = fs::read_to_string("/proc/self/status").ok()?;
        let kilobytes = |name| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.trim().trim_end_matches(" kB").parse::<i64>().ok()
        };
        // Not the pages of files, which the system takes back when it needs them.
        let resident = 1024 * (kilobytes("RssAnon:")? + kilobytes("RssShmem:")?);
        Some(Measured {
            resident,
            of_server: i64::try_from(resident_memory_of_server()?).ok()?,
            of_python: memory_in_use(),
        })
    }
}

/// What runs: the run, and the thread that it runs on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Run<K> {
    pub(super) key: K,
    /// The number that the system has for the thread.
    pub(super) thread: i32,
}

impl<K> Run<K> {
    pub(super) fn on(key: K, thread: &RunningThread) -> Option<Run<K>> {
        let thread = thread.number()?;
        Some(Run { key, thread })
    }
}

/// The memory that a run has taken past the allocators, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Taken {
    pub(super) bytes: i64,
    /// The growth of the process that nothing explains. Several runs together have not taken more.
    pub(super) unexplained: i64,
}

/// A run that is watched.
#[derive(Debug)]
struct Watched<K> {
    run: Run<K>,
    since: Instant,
    before: Measured,
    /// The most that the server and Python have used since.
    most: Measured,
    faults_before: i64,
}

impl<K> Watched<K> {
    fn begin(run: Run<K>, measured: Measured, now: Instant, faults: i64) -> Watched<K> {
        Watched {
            run,
            since: now,
            before: measured,
            most: measured,
            faults_before: faults,
        }
    }

    /// The memory that only this run explains, in bytes.
    fn taken(&mut self, measured: Measured, faults: i64) -> Taken {
        // Free memory may stay resident. So what was used once explains the growth from then on.
        self.most.of_server = self.most.of_server.max(measured.of_server);
        self.most.of_python = self.most.of_python.max(measured.of_python);
        let grown = measured.resident - self.before.resident;
        let explained = self.most.of_server - self.before.of_server + self.most.of_python
            - self.before.of_python;
        let touched = (faults - self.faults_before) * PAGE;
        let unexplained = (grown - explained).max(0);
        let bytes = unexplained.min(touched);
        Taken {
            bytes: if bytes < NOISE { 0 } else { bytes },
            unexplained,
        }
    }
}

/// The runs that are watched.
#[derive(Debug)]
pub(super) struct Sampler<K> {
    watched: Vec<Watched<K>>,
    resident: i64,
}

impl<K: Clone + PartialEq> Sampler<K> {
    pub(super) const fn new() -> Sampler<K> {
        Sampler {
            watched: Vec::new(),
            resident: 0,
        }
    }

    /// Looks at what runs now. Returns the memory that each run has taken past the allocators, and whether the process grows
    /// fast.
    pub(super) fn look(&mut self, runs: Vec<Run<K>>, now: Instant) -> (Vec<(K, Taken)>, bool) {
        if runs.is_empty() {
            self.watched.clear();
            return (Vec::new(), false);
        }
        let Some(measured) = Measured::now() else {
            return (Vec::new(), false);
        };
        let grows = measured.resident - self.resident > NOISE;
        self.resident = measured.resident;
        (self.look_at(runs, now, measured, faults), grows)
    }

    fn look_at(
        &mut self,
        runs: Vec<Run<K>>,
        now: Instant,
        measured: Measured,
        faults: impl Fn(i32) -> Option<i64>,
    ) -> Vec<(K, Taken)> {
        let mut before = std::mem::take(&mut self.watched);
        let mut all = Vec::new();
        for run in runs {
            let Some(faults) = faults(run.thread) else {
                continue;
            };
            let known = before.iter().position(|one| one.run == run);
            let known = known.map(|place| before.swap_remove(place));
            let known = known.filter(|one| now.saturating_duration_since(one.since) < REMEMBERED);
            let mut watched = known.unwrap_or_else(|| Watched::begin(run, measured, now, faults));
            let taken = watched.taken(measured, faults);
            all.push((watched.run.key.clone(), taken));
            self.watched.push(watched);
        }
        all
    }
}

/// The page faults of a thread of this process for which no file was read.
fn faults(thread: i32) -> Option<i64> {
    let stat = fs::read_to_string(format!("/proc/self/task/{thread}/stat")).ok()?;
    // The name of the thread, in brackets, may contain anything.
    let fields = stat.rsplit_once(')')?.1;
    fields.split_ascii_whitespace().nth(7)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEGABYTE: i64 = 1 << 20;

    fn measured(resident: i64, of_server: i64, of_python: i64) -> Measured {
        Measured {
            resident: resident * MEGABYTE,
            of_server: of_server * MEGABYTE,
            of_python: of_python * MEGABYTE,
        }
    }

    /// Looks at runs, each with its page faults in megabytes, and returns what they have taken in megabytes.
    fn look(
        sampler: &mut Sampler<u32>,
        at: Instant,
        runs: &[(u32, i64)],
        measured: Measured,
    ) -> Vec<i64> {
        let all = runs.iter().map(|&(key, _)| Run {
            key,
            thread: key.cast_signed(),
        });
        let faults = |thread: i32| {
            let run = runs.iter().find(|(key, _)| key.cast_signed() == thread)?;
            Some(run.1 * MEGABYTE / PAGE)
        };
        let taken = sampler.look_at(all.collect(), at, measured, faults);
        taken
            .iter()
            .map(|(_, taken)| taken.bytes / MEGABYTE)
            .collect()
    }

    #[test]
    fn a_run_pays_for_what_its_thread_has_touched() {
        let (mut sampler, now) = (Sampler::new(), Instant::now());
        let runs = |first, second| [(1, first), (2, second)];
        look(&mut sampler, now, &runs(5, 7), measured(100, 50, 20));
        let taken = look(&mut sampler, now, &runs(405, 8), measured(500, 50, 20));
        assert_eq!(taken, [400, 0]);
    }

    #[test]
    fn growth_of_the_server_and_of_python_is_explained() {
        let (mut sampler, now) = (Sampler::new(), Instant::now());
        look(&mut sampler, now, &[(1, 0)], measured(100, 50, 20));
        let taken = look(&mut sampler, now, &[(1, 900)], measured(900, 450, 420));
        assert_eq!(taken, [0]);
    }

    #[test]
    fn memory_that_was_freed_and_stays_resident_is_explained() {
        let (mut sampler, now) = (Sampler::new(), Instant::now());
        look(&mut sampler, now, &[(1, 0)], measured(900, 800, 20));
        // The data is flushed, its pages stay.
        let taken = look(&mut sampler, now, &[(1, 900)], measured(900, 50, 20));
        assert_eq!(taken, [0]);
        let taken = look(&mut sampler, now, &[(1, 900)], measured(900, 50, 700));
        assert_eq!(taken, [0]);
        let taken = look(&mut sampler, now, &[(1, 2000)], measured(1700, 50, 700));
        assert_eq!(taken, [120]);
    }

    #[test]
    fn another_run_on_the_thread_begins_anew() {
        let (mut sampler, now) = (Sampler::new(), Instant::now());
        look(&mut sampler, now, &[(1, 0)], measured(100, 50, 20));
        look(&mut sampler, now, &[(2, 0)], measured(100, 50, 20));
        let taken = look(&mut sampler, now, &[(1, 900)], measured(900, 50, 20));
        assert_eq!(taken, [0]);
    }

    #[test]
    fn what_was_taken_long_ago_is_forgotten() {
        let (mut sampler, now) = (Sampler::new(), Instant::now());
        look(&mut sampler, now, &[(1, 0)], measured(100, 50, 20));
        let later = now + REMEMBERED;
        let taken = look(&mut sampler, later, &[(1, 900)], measured(900, 50, 20));
        assert_eq!(taken, [0]);
    }

    #[test]
    fn the_page_faults_of_this_thread_grow() {
        let number = fs::read_link("/proc/thread-self").unwrap();
        let number = number.file_name().unwrap().to_str().unwrap();
        let number = number.parse().unwrap();
        let before = faults(number).unwrap();
        let touched = std::hint::black_box(vec![1_u8; 64 << 20]);
        assert!(faults(number).unwrap() > before, "{}", touched.len());
    }
}
