//! A child process that is listened to for a limited time. No thread is used, because the server may close this library right
//! after a failure.

use std::io::{self, Read};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Bytes of the output that are read at most, and of the errors.
const MOST: usize = 256 * 1024;

/// How long the end of a killed child is awaited.
const REAPING: Duration = Duration::from_secs(1);

/// What a child process has said.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    pub(crate) output: Vec<u8>,
    pub(crate) errors: Vec<u8>,
    pub(crate) too_slow: bool,
    pub(crate) too_much: bool,
}

/// Runs a command until its output is `complete`, until it has closed its output, or until the time is over. Then ends it, with
/// all processes that it has started in its group. Its exit code is not asked for: the server may have collected it.
pub(crate) fn hear(
    command: &mut Command,
    patience: Duration,
    complete: fn(&[u8]) -> bool,
) -> io::Result<Heard> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .current_dir("/")
        .process_group(0);
    let mut child = command.spawn()?;
    let heard = listen(&mut child, patience, complete);
    end(&mut child);
    heard
}

fn listen(child: &mut Child, patience: Duration, complete: fn(&[u8]) -> bool) -> io::Result<Heard> {
    let deadline = Instant::now() + patience;
    let mut heard = Heard::default();
    let (mut output, mut errors) = (child.stdout.take(), child.stderr.take());
    while output.is_some() {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            heard.too_slow = true;
            break;
        }
        let descriptors = [
            output.as_ref().map_or(-1, AsRawFd::as_raw_fd),
            errors.as_ref().map_or(-1, AsRawFd::as_raw_fd),
        ];
        let [has_output, has_errors] = wait(descriptors, left)?;
        if has_output && read(&mut output, &mut heard.output)? {
            output = None;
        }
        if has_errors && read(&mut errors, &mut heard.errors)? {
            errors = None;
        }
        heard.too_much = heard.output.len() > MOST || heard.errors.len() > MOST;
        if heard.too_much || complete(&heard.output) {
            break;
        }
    }
    // The errors that were written before the end of the output.
    while errors.is_some() && !heard.too_slow && heard.errors.len() <= MOST {
        let descriptor = errors.as_ref().map_or(-1, AsRawFd::as_raw_fd);
        let [_, has_errors] = wait([-1, descriptor], Duration::ZERO)?;
        if !has_errors || read(&mut errors, &mut heard.errors)? {
            break;
        }
    }
    Ok(heard)
}

/// Waits until one of the descriptors can be read or is closed. Negative ones are left out.
fn wait(descriptors: [RawFd; 2], patience: Duration) -> io::Result<[bool; 2]> {
    let mut polled = descriptors.map(|fd| libc::pollfd {
        fd,
        events: libc::POLLIN,
        revents: 0,
    });
    let millis = i32::try_from(patience.as_millis()).unwrap_or(i32::MAX);
    let count = libc::nfds_t::try_from(polled.len()).unwrap_or(0);
    // SAFETY: the array has as many entries as are told, and lives through the call.
    let ready = unsafe { libc::poll(polled.as_mut_ptr(), count, millis) };
    if ready < 0 {
        let error = io::Error::last_os_error();
        // A signal for the server, such as the end of another child.
        if error.kind() == io::ErrorKind::Interrupted {
            return Ok([false; 2]);
        }
        return Err(error);
    }
    Ok(polled.map(|one| one.revents != 0))
}

/// Reads what is there. Returns `true` at the end.
fn read(pipe: &mut Option<impl Read>, into: &mut Vec<u8>) -> io::Result<bool> {
    let mut part = [0; 4096];
    let Some(pipe) = pipe else {
        return Ok(true);
    };
    match pipe.read(&mut part) {
        Ok(count) => {
            into.extend_from_slice(&part[..count]);
            Ok(count == 0)
        }
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(false),
        Err(error) => Err(error),
    }
}

/// Ends a child and its group, and collects it.
fn end(child: &mut Child) {
    if let Ok(group) = libc::pid_t::try_from(child.id()) {
        // SAFETY: the child was made the leader of this group and is not collected yet, so the number is not that of others.
        unsafe { libc::kill(-group, libc::SIGKILL) };
    }
    let deadline = Instant::now() + REAPING;
    while matches!(child.try_wait(), Ok(None)) && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, patience: Duration) -> Heard {
        let complete = |output: &[u8]| output.ends_with(b"end\n");
        hear(Command::new("sh").args(["-c", script]), patience, complete).unwrap()
    }

    const LONG: Duration = Duration::from_mins(1);

    #[test]
    fn output_and_errors_are_heard() {
        let heard = shell("echo one; echo two >&2", LONG);
        assert_eq!(
            (&heard.output[..], &heard.errors[..]),
            (&b"one\n"[..], &b"two\n"[..])
        );
        assert!(!heard.too_slow && !heard.too_much);
    }

    #[test]
    fn a_complete_answer_is_not_waited_behind() {
        let heard = shell("sleep 1000 & echo end; sleep 1000", LONG);
        assert_eq!(heard.output, b"end\n");
    }

    #[test]
    fn a_child_that_hangs_or_never_ends_its_output_is_ended() {
        assert!(shell("sleep 1000", Duration::from_millis(50)).too_slow);
        assert!(shell("yes", LONG).too_much);
        assert!(shell("yes >&2", LONG).too_much);
    }

    #[test]
    fn a_program_that_does_not_exist_is_an_error() {
        let error = hear(&mut Command::new("/no/such"), LONG, |_| true).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }
}
