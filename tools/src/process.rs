//! Reads properties of a process from the operating system.

use crate::Outcome;
use std::time::Duration;

/// The resident memory of a process in KiB; 0 if it cannot be read.
#[must_use]
pub fn resident_kib(pid: u32) -> u64 {
    std::fs::read_to_string(format!("/proc/{pid}/status"))
        .ok()
        .and_then(|status| {
            let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
            line.split_whitespace().nth(1)?.parse().ok()
        })
        .unwrap_or(0)
}

/// The unit of CPU times in `/proc`, which is the same on every Linux.
const TICK: Duration = Duration::from_millis(10);

/// The CPU time of all threads of a process, in user and system mode; zero if it cannot be read.
#[must_use]
pub fn cpu_time(pid: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    TICK.saturating_mul(ticks(&stat).unwrap_or(0))
}

/// The time for which the threads of a process have run on a CPU, in nanoseconds. Threads that have ended are left out.
///
/// # Errors
/// If the system does not tell.
pub fn busy_nanos(pid: u32) -> Outcome<u64> {
    let dir = format!("/proc/{pid}/task");
    let failed = |error: std::io::Error| format!("{dir}: {error}");
    let mut sum = 0;
    for task in std::fs::read_dir(&dir).map_err(failed)? {
        let path = task.map_err(failed)?.path().join("schedstat");
        // A thread may end meanwhile.
        let text = std::fs::read_to_string(path).unwrap_or_default();
        sum += first_number(&text).unwrap_or(0);
    }
    Ok(sum)
}

fn first_number(text: &str) -> Option<u64> {
    text.split_whitespace().next()?.parse().ok()
}

/// `utime` and `stime`, the fields 14 and 15.
fn ticks(stat: &str) -> Option<u32> {
    // The name of the program is in parentheses, and may have spaces.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    let user: u32 = fields.next()?.parse().ok()?;
    let system: u32 = fields.next()?.parse().ok()?;
    Some(user.saturating_add(system))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cpu_time_is_read() {
        let stat = "7 (a name) with) S 1 7 7 0 -1 4194560 100 0 0 0 25 5 0 0 20 0 9 0 1";
        assert_eq!(ticks(stat), Some(30));
        assert_eq!(ticks("7"), None);
        assert_eq!(cpu_time(u32::MAX), Duration::ZERO);
        assert!(busy_nanos(std::process::id()).is_ok_and(|nanos| nanos > 0));
        assert!(busy_nanos(u32::MAX).is_err());
    }
}
