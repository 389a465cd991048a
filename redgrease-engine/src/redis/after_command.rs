//! Jobs that wait for the end of the command that caused them.
//!
//! The server tells of an event in the middle of a command, which may still use the key. A job that changed the key then would
//! corrupt memory before Redis 7.2, and replicas and the AOF would get its changes before those of the command. So a job waits
//! for the first of these moments:
//!
//! - a command that a gear runs has ended ([`call_with_handlers`]), for the jobs that this command caused;
//! - the whole command of a client has ended, a transaction or script included. Redis 7.2 and newer call a job then. Older
//!   servers run a timer without delay, which comes before the reply of the command is sent.

use super::call::{CallError, CallReply, Rights, call};
use super::context::Context;
use super::lock::{self, Guarded};
use super::log::{Level, log};
use super::paused::{WHILE_PAUSED, is_paused};
use super::raw;
use super::timer;
use std::collections::VecDeque;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

/// Work that may write. It gets a context with a user.
pub(crate) type Job = Box<dyn FnOnce(&Context) + Send>;

/// The delay of jobs for a later turn of the event loop.
const LATER: Duration = Duration::from_millis(1);

static JOBS: Guarded<Jobs> = Guarded::new(Jobs::new());

/// The jobs that wait, in the order of their events.
struct Jobs {
    waiting: VecDeque<(u64, Job)>,
    /// The number of the next job.
    next: u64,
    /// The server was asked to call [`run_all`] when the command has ended.
    called: bool,
    /// The timer that calls [`run_planned`] in a later turn of the event loop.
    planned: Option<timer::Timer>,
    /// A job runs. What it causes runs after it, not inside it.
    running: bool,
}

impl Jobs {
    const fn new() -> Jobs {
        Jobs {
            waiting: VecDeque::new(),
            next: 0,
            called: false,
            planned: None,
            running: false,
        }
    }

    fn add(&mut self, job: Job) {
        self.waiting.push_back((self.next, job));
        self.next += 1;
    }

    /// Takes the jobs from the number `first` on, unless a job runs.
    fn take(&mut self, first: u64) -> VecDeque<(u64, Job)> {
        if self.running {
            return VecDeque::new();
        }
        let older = self.waiting.partition_point(|(number, _)| *number < first);
        let taken = self.waiting.split_off(older);
        self.running = !taken.is_empty();
        taken
    }

    /// `true` if the server has to be asked for a call. From then on it counts as asked.
    fn needs_call(&mut self) -> bool {
        !self.waiting.is_empty() && !self.running && !std::mem::replace(&mut self.called, true)
    }

    /// `true` if a timer is needed for the jobs that are left.
    fn needs_plan(&self) -> bool {
        !self.waiting.is_empty() && !self.running && self.planned.is_none()
    }
}

/// Runs `job` when the command has ended that causes it, before the next command if possible. Jobs run in the order of their
/// events.
pub(crate) fn after_command(context: &Context, job: Job) {
    let needs_call = JOBS.write(context, |jobs| {
        jobs.add(job);
        jobs.needs_call()
    });
    if needs_call {
        ask_for_call(context);
    }
}

/// Runs `job` in the next turn of the event loop, or as soon as the server may write.
pub(super) fn soon(context: &Context, job: Job) {
    JOBS.write(context, |jobs| jobs.add(job));
    timer::after(context, Duration::ZERO, run_all);
}

/// Runs `command` as [`call`] does, and then the jobs that it caused.
pub(crate) fn call_with_handlers(
    context: &Context,
    rights: Rights<'_>,
    command: &[u8],
    args: &[&[u8]],
) -> Result<CallReply, CallError> {
    let first = JOBS.read(context, |jobs| jobs.next);
    let outcome = call(context, rights, command, args);
    if JOBS.read(context, |jobs| jobs.next != first) {
        run_from(context, first);
        if JOBS.write(context, Jobs::needs_call) {
            ask_for_call(context);
        }
    }
    outcome
}

/// Runs all jobs that wait. Jobs that they cause run in a later turn of the event loop, so that a chain of handlers that cause
/// each other without end does not keep the server from its clients.
fn run_all(context: &Context) {
    JOBS.write(context, |jobs| jobs.called = false);
    run_from(context, 0);
    if JOBS.read(context, Jobs::needs_plan) {
        let delay = if is_paused() { WHILE_PAUSED } else { LATER };
        let timer = timer::start(context, delay, run_planned);
        JOBS.write(context, |jobs| jobs.planned = timer);
    }
}

/// Runs the jobs for which a later turn was planned.
fn run_planned(context: &Context) {
    JOBS.write(context, |jobs| jobs.planned = None);
    run_all(context);
}

/// Runs the jobs from the number `first` on.
fn run_from(context: &Context, first: u64) {
    if is_paused() {
        return;
    }
    let jobs = JOBS.write(context, |jobs| jobs.take(first));
    if jobs.is_empty() {
        return;
    }
    for (_, job) in jobs {
        // A panic that reached the server would abort the process.
        if catch_unwind(AssertUnwindSafe(|| job(context))).is_err() {
            log(
                Level::Warning,
                "a key event failed inside the engine: please report it",
            );
        }
    }
    JOBS.write(context, |jobs| jobs.running = false);
}

/// Asks the server to call [`run_all`] when the command has ended. A server that is too old for that, or refuses, runs a timer.
fn ask_for_call(context: &Context) {
    // Unit tests run without a server.
    if cfg!(test) {
        return;
    }
    // SAFETY: the context is live and locked. The callback lives as long as the process and needs no data.
    let accepted = unsafe {
        raw::RedisModule_AddPostNotificationJob.is_some_and(|add| {
            let ended: raw::RedisModulePostNotificationJobFunc = Some(command_has_ended);
            add(context.as_ptr(), ended, std::ptr::null_mut(), None) == super::api::OK
        })
    };
    if !accepted {
        // The server looks at the oldest timer only: an older one that is late would delay this one, too.
        if let Some(planned) = JOBS.write(context, |jobs| jobs.planned.take()) {
            timer::stop(context, planned);
        }
        timer::after(context, Duration::ZERO, run_all);
    }
}

unsafe extern "C" fn command_has_ended(_: *mut raw::RedisModuleCtx, _: *mut c_void) {
    // SAFETY: the server calls this with its lock held, on the thread that ran the command.
    let outcome = catch_unwind(|| unsafe { lock::assume_locked(run_all) });
    if outcome.is_err() {
        log(
            Level::Warning,
            "key events failed inside the engine: please report it",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    type Done = Arc<Mutex<Vec<u32>>>;

    fn notes(done: &Done, number: u32) -> Job {
        let done = Arc::clone(done);
        Box::new(move |_| done.lock().unwrap().push(number))
    }

    #[test]
    fn a_command_runs_the_jobs_that_it_caused_and_no_older_ones() {
        let done = Done::default();
        let mut jobs = Jobs::new();
        jobs.add(notes(&done, 1));
        let first = jobs.next;
        jobs.add(notes(&done, 2));
        jobs.add(notes(&done, 3));
        let numbers: Vec<u64> = jobs.take(first).iter().map(|(number, _)| *number).collect();
        assert_eq!(numbers, [1, 2]);
        assert_eq!(jobs.waiting.len(), 1);
    }

    #[test]
    fn the_server_is_asked_once_for_all_jobs() {
        let done = Done::default();
        let mut jobs = Jobs::new();
        assert!(!jobs.needs_call());
        jobs.add(notes(&done, 1));
        assert!(jobs.needs_call());
        jobs.add(notes(&done, 2));
        assert!(!jobs.needs_call());
    }

    #[test]
    fn a_plan_for_later_does_not_keep_the_next_command_from_its_call() {
        let done = Done::default();
        let mut jobs = Jobs::new();
        jobs.add(notes(&done, 1));
        assert!(jobs.needs_plan());
        jobs.add(notes(&done, 2));
        assert!(jobs.needs_call());
    }

    #[test]
    fn a_job_that_causes_a_job_ends_first() {
        let done = Done::default();
        let mut jobs = Jobs::new();
        jobs.add(notes(&done, 1));
        assert_eq!(jobs.take(0).len(), 1);
        jobs.add(notes(&done, 2));
        assert!(jobs.take(0).is_empty());
        assert!(!jobs.needs_call());
        jobs.running = false;
        assert!(jobs.needs_call());
        assert_eq!(jobs.take(0).len(), 1);
    }
}
