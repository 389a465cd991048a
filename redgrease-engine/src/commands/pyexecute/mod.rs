//! `RG.PYEXECUTE`: runs a script, which may run a plan once and register others.

mod answer;
mod request;

use crate::execution::{Execution, Id};
use crate::python::{PendingRun, Script, run_script};
use crate::redis::{
    Args, BlockedClient, Command, CommandFlags, Context, User, cannot_keep_rights, locked,
};
use crate::registration::{Origin, Registry, Session, put_in_force};
use answer::{Answer, Client};
use request::Request;
use std::sync::{Arc, OnceLock};
use std::thread;

/// `RG.PYEXECUTE script [option..] [REQUIREMENTS name..]`.
pub(super) struct PyExecute;

impl Command for PyExecute {
    const NAME: &'static str = "rg.pyexecute";
    const FLAGS: CommandFlags = CommandFlags::Admin;
    const ARITY: std::ops::RangeInclusive<usize> = 2..=usize::MAX;

    fn run(context: &Context, args: Args<'_>) {
        if !context.may_block() {
            return context.reply().error(
                "Can not run gears inside a multi exec, lua, or when blocking is not allowed",
            );
        }
        let request = match Request::parse(context, args) {
            Ok(request) => request,
            Err(message) => return context.reply().error(&message),
        };
        if let Some(reason) = cannot_keep_rights(context) {
            return context.reply().error(&reason);
        }
        let engine = crate::engine();
        // Before packages are installed for nothing.
        let check = |registry: &Registry| request.replaced_session(registry).map(drop);
        if let Err(message) = engine.registry.read(context, check) {
            return context.reply().error(&message);
        }
        if engine.has_installed(&request.requirements) && !request.reinstall {
            engine.use_packages(context, &request.requirements);
            request.perform(context).tell(Client::Current(context));
        } else if let Some(client) = BlockedClient::block(context) {
            install_first(request, client);
        } else {
            context.reply().error("ERR the client could not be blocked");
        }
    }
}

/// pip takes seconds to minutes: not on the main thread.
fn install_first(request: Request, client: BlockedClient) {
    let work = move || {
        let engine = crate::engine();
        let outcome = engine
            .requirements
            .install(&request.requirements, request.reinstall);
        let answer = match outcome {
            Ok(()) => locked(|context| {
                engine.use_packages(context, &request.requirements);
                request.perform(context)
            }),
            Err(failure) => Answer::Error(format!(
                "Could not satisfy requirements (look at redis log file for more information): {failure}"
            )),
        };
        answer.tell(Client::Blocked(client));
    };
    // If no thread can be had the closure is dropped, and with it the client: which answers it.
    if let Err(failure) = thread::Builder::new().name("rg-install".into()).spawn(work) {
        crate::redis::log(
            crate::redis::Level::Warning,
            &format!("requirements could not be installed: {failure}"),
        );
    }
}

impl Request {
    fn perform(self, context: &Context) -> Answer {
        let engine = crate::engine();
        // Again: while packages were installed somebody else may have made the session.
        let replaces = match engine
            .registry
            .read(context, |registry| self.replaced_session(registry))
        {
            Ok(replaces) => replaces,
            Err(message) => return Answer::Error(message),
        };
        let origin = Arc::new(self.origin());
        let script = Script {
            text: &origin.script,
            replaces: replaces.as_deref(),
            origin: &origin,
        };
        let ran = User::run(self.user.as_ref(), || run_script(context, script));
        let result = match ran {
            Ok(result) => result,
            Err(message) => return Answer::Error(message),
        };
        let mut result = result;
        let _ = origin.replies.set(std::mem::take(&mut result.replies));
        let execution = result
            .run
            .take()
            .map(|(id, run)| make_execution(id, run, self.user.clone()));
        let unblocking = self.unblocking;
        if let Some(execution) = &execution {
            execution.belongs_to(Arc::clone(&origin));
        }
        if result.registrations.is_empty() && result.timers.is_empty() {
            if execution.is_some() {
                engine.registry.write(context, |registry| {
                    registry.insert_running(Session::new(&origin));
                });
            }
            return match execution {
                None => Answer::Ok,
                Some(execution) if unblocking => Answer::Started(execution),
                Some(execution) => Answer::Wait(execution),
            };
        }
        put_in_force(context, &origin, result, replaces.as_deref());
        match execution {
            Some(execution) => Answer::OkAndStart(execution),
            None => Answer::Ok,
        }
    }

    fn origin(&self) -> Origin {
        Origin {
            id: self.id.clone(),
            description: self.description.clone(),
            requirements: self.requirements.clone(),
            script: self.script.as_slice().into(),
            user: self.user.clone(),
            replies: OnceLock::new(),
        }
    }
}

fn make_execution(id: Id, run: PendingRun, user: Option<User>) -> Arc<Execution> {
    Execution::new(id, run.plan, run.source, None, user)
}
