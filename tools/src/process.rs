//! Reads properties of a process from the operating system.

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
    }
}
