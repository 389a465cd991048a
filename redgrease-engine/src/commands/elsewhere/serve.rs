//! The questions of other shards about executions and commands.

use super::request::{Request, When};
use crate::cluster::{Kind, Question, questions};
use crate::encoding::Input;
use crate::execution::{Execution, Job, Waiter, executions};
use crate::id::Id;
use crate::redis::{OwnedReply, Worker, locked};
use std::sync::Arc;

/// Runs commands that had to wait for the end of an execution.
static LATER: Worker = Worker::new("rg-shards", "commands of other shards");

/// Answers the questions of other shards from now on. Does nothing on a server that was not started for a cluster.
pub(crate) fn start() {
    if let Some(questions) = questions() {
        questions.on(Kind::COMMAND, answer);
        questions.on(Kind::DROPPED, drop_part);
    }
}

fn answer(question: Question) {
    let Ok(request) = Request::read(question.content()) else {
        return question.refuse(
            "it could not read the command: use the same version of the engine on all shards",
        );
    };
    let reply = match locked(|context| request.run(context)) {
        Ok(reply) => reply,
        Err(reason) => return question.refuse(&reason),
    };
    let running = waits(&request, &reply)
        .then(|| execution_of(&request))
        .flatten();
    let Some(execution) = running else {
        return question.answer(&reply);
    };
    when_ended(&execution, move || {
        let again =
            (request.when == When::AgainAtEnd).then(|| locked(|context| request.run(context)));
        match again {
            None => question.answer(&reply),
            Some(Ok(reply)) => question.answer(&reply),
            Some(Err(reason)) => question.refuse(&reason),
        }
    });
}

/// The error of a command that asks for the results of an execution that runs.
pub(in crate::commands) const STILL_RUNNING: &str = "execution is still running";

/// `true` if the answer has to wait for the end of the execution. A command that was refused does not wait.
fn waits(request: &Request, reply: &[u8]) -> bool {
    match request.when {
        When::Now | When::Checked => false,
        When::AtEnd => !reply.starts_with(b"-"),
        When::AgainAtEnd => {
            OwnedReply::parse(reply) == Some(OwnedReply::Error(STILL_RUNNING.to_owned()))
        }
    }
}

fn execution_of(request: &Request) -> Option<Arc<Execution>> {
    executions().get(Id::parse(request.words.get(1)?)?)
}

/// Runs a job on a thread that may take the server's lock, when the execution has ended.
fn when_ended(execution: &Execution, job: impl FnOnce() + Send + 'static) {
    let job = Job::new(move || LATER.run(Box::new(job)));
    if let Err(Waiter::Job(job)) = execution.wait_for_outcome(Waiter::Job(job)) {
        job.run();
    }
}

/// An execution was dropped on the shard that began it: its part here goes, too.
fn drop_part(question: Question) {
    let execution = Id::read(&mut Input::new(question.content()))
        .ok()
        .and_then(|id| executions().get(id));
    if let Some(execution) = execution {
        let id = execution.id;
        when_ended(&execution, move || drop(executions().remove(id)));
    }
    question.answer(b"");
}
