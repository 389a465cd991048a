//! `RG.FLOOR word`, in builds for benchmarks only: blocks the client, and a worker thread replies with the word at once.
//!
//! This is the least possible cost of a reply from another thread. An async trigger costs more: the difference is the share
//! of Python and of the engine.

use crate::plan::Words;
use crate::redis::{Args, BlockedClient, Command, Context, Text};
use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, OnceLock, PoisonError};
use std::thread;

pub(super) struct Floor;

impl Command for Floor {
    const NAME: &'static str = "rg.floor";
    const ARITY: std::ops::RangeInclusive<usize> = 2..=2;

    fn run(context: &Context, args: Args<'_>) {
        if !context.may_block() {
            return context
                .reply()
                .error("ERR RG.FLOOR cannot block here: call it outside of MULTI and Lua");
        }
        let mut words = Words::default();
        for word in args.from(1) {
            words.push(Text::bytes(word));
        }
        match BlockedClient::block(context) {
            Some(client) => Workers::get().push((client, words)),
            None => context.reply().error("ERR the client could not be blocked"),
        }
    }
}

type Job = (BlockedClient, Words);

/// Threads and a queue like those of the engine's pool.
#[derive(Default)]
struct Workers {
    queue: Mutex<Queue>,
    work: Condvar,
}

#[derive(Default)]
struct Queue {
    ready: VecDeque<Job>,
    idle: usize,
}

impl Workers {
    fn get() -> &'static Workers {
        static WORKERS: OnceLock<Workers> = OnceLock::new();
        static STARTED: OnceLock<()> = OnceLock::new();
        let workers = WORKERS.get_or_init(Workers::default);
        STARTED.get_or_init(|| {
            for _ in 0..crate::config::get().execution_threads() {
                thread::spawn(|| workers.work());
            }
        });
        workers
    }

    fn push(&self, job: Job) {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.ready.push_back(job);
        let wake = queue.idle > 0;
        drop(queue);
        if wake {
            self.work.notify_one();
        }
    }

    fn work(&self) {
        loop {
            let (client, words) = self.take();
            client.answer(|reply| {
                let words = words.iter();
                reply.array(words.len());
                for word in words {
                    reply.bulk(word);
                }
            });
        }
    }

    fn take(&self) -> Job {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(job) = queue.ready.pop_front() {
                return job;
            }
            queue.idle += 1;
            queue = self
                .work
                .wait(queue)
                .unwrap_or_else(PoisonError::into_inner);
            queue.idle -= 1;
        }
    }
}
