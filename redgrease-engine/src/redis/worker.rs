//! A thread that does jobs one after the other, so that the server goes on meanwhile.

use super::log::{Level, log};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, SendError, Sender, channel};
use std::thread;

type Job = Box<dyn FnOnce() + Send>;

/// A thread for jobs of one kind. It is started with the first job.
pub(crate) struct Worker {
    /// The name of the thread.
    name: &'static str,
    /// What the jobs do: a plural, for the log.
    jobs: &'static str,
    /// `None` inside if the thread could not be started.
    thread: OnceLock<Option<Sender<Job>>>,
}

impl Worker {
    pub(crate) const fn new(name: &'static str, jobs: &'static str) -> Worker {
        Worker {
            name,
            jobs,
            thread: OnceLock::new(),
        }
    }

    /// Runs the job on the thread, behind the jobs before it. Without the thread the job runs here.
    pub(crate) fn run(&self, job: Job) {
        let left = match self.thread.get_or_init(|| self.start()) {
            Some(thread) => thread.send(job).err().map(|SendError(job)| job),
            None => Some(job),
        };
        if let Some(job) = left {
            job();
        }
    }

    fn start(&self) -> Option<Sender<Job>> {
        let (sender, receiver) = channel();
        let jobs = self.jobs;
        let thread = thread::Builder::new().name(self.name.into());
        match thread.spawn(move || work(&receiver, jobs)) {
            Ok(_) => Some(sender),
            Err(failure) => {
                let why = format!(
                    "{jobs} hold up the server, because no thread could be started: {failure}. Raise the limit of threads, and \
                     start the server again"
                );
                log(Level::Warning, &why);
                None
            }
        }
    }
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Worker for {}", self.jobs)
    }
}

fn work(receiver: &Receiver<Job>, jobs: &str) {
    while let Ok(job) = receiver.recv() {
        if catch_unwind(AssertUnwindSafe(job)).is_err() {
            let message = format!("a job failed inside the engine ({jobs}): please report it");
            log(Level::Warning, &message);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_run_in_order_on_one_other_thread() {
        static WORKER: Worker = Worker::new("rg-test", "tests");
        let (sender, receiver) = channel();
        for number in 0..10 {
            let sender = sender.clone();
            let job = move || {
                assert_ne!(number, 4, "the thread outlives a job that fails");
                let name = thread::current().name().map(str::to_owned);
                let _ = sender.send((number, name));
            };
            WORKER.run(Box::new(job));
        }
        drop(sender);
        let ran: Vec<_> = receiver.iter().collect();
        let numbers: Vec<i32> = ran.iter().map(|(number, _)| *number).collect();
        assert_eq!(numbers, [0, 1, 2, 3, 5, 6, 7, 8, 9]);
        assert!(
            ran.iter()
                .all(|(_, name)| name.as_deref() == Some("rg-test"))
        );
    }
}
