//! `RG.PYEXECUTE`: runs a script, which may run a plan once and register others.

mod answer;
mod request;

use crate::commands::registrations;
use crate::execution::{Execution, Id};
use crate::python::{Callback, PendingRegistration, PendingRun, Script, announce, run_script};
use crate::redis::filter::look_at_commands;
use crate::redis::{Args, BlockedClient, Command, CommandFlags, Context, User, locked};
use crate::registration::timers::TimeEvent;
use crate::registration::{Event, Registration, Registry, Session, Stats};
use crate::registration::{streams, timers};
use crate::steps::is_straight;
use answer::{Answer, Client};
use request::Request;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

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
        let script = Script {
            text: &self.script,
            replaces: replaces.as_deref(),
        };
        let ran = User::run(self.user.as_ref(), || run_script(context, script));
        let result = match ran {
            Ok(result) => result,
            Err(message) => return Answer::Error(message),
        };
        let execution = result
            .run
            .map(|(id, run)| make_execution(id, run, self.user.clone()));
        if result.registrations.is_empty() && result.timers.is_empty() {
            return match execution {
                None => Answer::Ok,
                Some(execution) if self.unblocking => Answer::Started(execution),
                Some(execution) => Answer::Wait(execution),
            };
        }
        self.register(
            context,
            result.registrations,
            result.timers,
            replaces.as_deref(),
        );
        match execution {
            Some(execution) => Answer::OkAndStart(execution),
            None => Answer::Ok,
        }
    }

    /// Puts the registrations in force, all at once.
    fn register(
        &self,
        context: &Context,
        mut pending: Vec<PendingRegistration>,
        timers: Vec<(Callback, Duration)>,
        replaces: Option<&str>,
    ) {
        let engine = crate::engine();
        let callbacks: Vec<Callback> = pending
            .iter_mut()
            .filter_map(|one| one.on_registered.take())
            .collect();
        let registrations: Vec<Arc<Registration>> = pending
            .into_iter()
            .map(|one| make_registration(one, self.user.clone()))
            .collect();
        let time_events: Vec<Arc<TimeEvent>> = timers
            .into_iter()
            .map(|(function, interval)| TimeEvent::new(function, interval, self.user.clone()))
            .collect();
        let session = Session {
            id: self.id.clone(),
            description: self.description.clone(),
            requirements: self.requirements.clone(),
            registrations: Vec::new(),
            timers: time_events.clone(),
        };
        if registrations
            .iter()
            .any(|one| matches!(one.event, Event::Hook(_)))
        {
            look_at_commands(context);
        }
        let of_streams: Vec<Arc<Registration>> = registrations
            .iter()
            .filter(|one: &&Arc<Registration>| matches!(one.event, Event::Streams(_)))
            .cloned()
            .collect();
        let old = engine.registry.write(context, |registry| {
            registry.insert(session, registrations, replaces)
        });
        // Clients of Gears see that telling the other shards uses up one id of each kind.
        engine.registration_ids.next();
        engine.execution_ids.next();
        for registration in old {
            registrations::abort_pending(&registration);
            registrations::forget_finished(&registration);
        }
        User::run(self.user.as_ref(), || {
            context.enter(|| callbacks.iter().for_each(announce));
        });
        for timer in time_events {
            timers::start(context, timer);
        }
        for registration in of_streams {
            streams::start(context, &registration);
        }
    }
}

fn make_registration(pending: PendingRegistration, user: Option<User>) -> Arc<Registration> {
    let in_order = match &pending.event {
        Event::Command { in_order, .. } => *in_order,
        Event::Hook(hook) => hook.in_order,
        Event::Keys(_) | Event::Streams(_) => true,
    };
    Arc::new(Registration {
        id: pending.id,
        description: pending.description,
        straight: is_straight(&pending.plan.steps),
        plan: pending.plan,
        mode: pending.mode,
        event: pending.event,
        order: in_order.then(Arc::default),
        user,
        stats: Stats::default(),
        finished: Mutex::default(),
    })
}

fn make_execution(id: Id, run: PendingRun, user: Option<User>) -> Arc<Execution> {
    Execution::new(id, run.plan, run.source, None, user)
}
