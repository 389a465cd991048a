//! `RG.PYEXECUTE`: runs a script, which may run a plan once and register others.

use crate::execution::{Execution, Id, Waiter};
use crate::python::{Callback, PendingRegistration, PendingRun, Script, announce, run_script};
use crate::redis::filter::look_at_commands;
use crate::redis::{Args, BlockedClient, Command, CommandFlags, Context, Reply, User, locked};
use crate::registration::timers::TimeEvent;
use crate::registration::{Event, Registration, Registry, Session, Stats};
use crate::registration::{streams, timers};
use crate::steps::is_straight;
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

#[derive(Debug)]
struct Request {
    script: Vec<u8>,
    id: String,
    description: Option<String>,
    unblocking: bool,
    upgrade: bool,
    replace_with: Option<String>,
    reinstall: bool,
    requirements: Vec<String>,
    /// With whose rights it runs.
    user: Option<User>,
}

impl Request {
    fn parse(context: &Context, args: Args<'_>) -> Result<Request, String> {
        let mut request = Request {
            script: args
                .get(1)
                .map(|word| word.bytes().to_vec())
                .unwrap_or_default(),
            id: String::new(),
            description: None,
            unblocking: false,
            upgrade: false,
            replace_with: None,
            reinstall: false,
            requirements: Vec::new(),
            user: User::of(context),
        };
        let mut id = None;
        let mut words = args.from(2);
        while let Some(word) = words.next() {
            let mut value = |name: &str| words.next().ok_or_else(|| format!("{name} is missing"));
            if word.is("UNBLOCKING") {
                request.unblocking = true;
            } else if word.is("UPGRADE") {
                request.upgrade = true;
            } else if word.is("FORCE_REINSTALL_REQUIREMENTS") {
                request.reinstall = true;
            } else if word.is("REPLACE_WITH") {
                request.replace_with = Some(value("REPLACE_WITH")?.lossy().into_owned());
            } else if word.is("DESCRIPTION") {
                request.description = Some(value("DESCRIPTION")?.lossy().into_owned());
            } else if word.is("ID") {
                let given = value("ID")?;
                if !Session::is_valid_id(given.bytes()) {
                    return Err(
                        "ID must be compose of: ['A'-'Z' | 'a'-'z' | '0' - '9' | '-' | '_']"
                            .to_owned(),
                    );
                }
                id = Some(given.lossy().into_owned());
            } else if word.is("REQUIREMENTS") {
                request.requirements = words
                    .by_ref()
                    .map(|word| word.lossy().into_owned())
                    .collect();
            } else {
                return Err(format!("Unknown arguments were given: {}", word.lossy()));
            }
        }
        request.id = id.unwrap_or_else(|| context.random_hex::<40>());
        // The exact text is what makes a requirement: the same one twice is one.
        let mut seen = std::collections::HashSet::new();
        request
            .requirements
            .retain(|name| seen.insert(name.clone()));
        // Without requirements there is nothing to install again.
        request.reinstall &= !request.requirements.is_empty();
        Ok(request)
    }

    /// The session that this script's registrations replace; an error if it may not run at all.
    fn replaced_session(&self, registry: &Registry) -> Result<Option<String>, String> {
        let exists = registry.session(&self.id).is_some();
        match &self.replace_with {
            Some(old) if exists => Err(format!(
                "Can not replace an existing session {} with {old}",
                self.id
            )),
            Some(old) if registry.session(old).is_none() => Err(format!(
                "Can not replace with {old}, session does not exists."
            )),
            Some(old) => Ok(Some(old.clone())),
            None if exists && !self.upgrade => Err(format!("Session {} already exists", self.id)),
            None => Ok(exists.then(|| self.id.clone())),
        }
    }

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
            super::registrations::abort_pending(&registration);
            super::registrations::forget_finished(&registration);
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

/// What the client gets.
enum Answer {
    Error(String),
    Ok,
    /// The script's registrations count; its run goes on in the background.
    OkAndStart(Arc<Execution>),
    /// The id; the client asks for the outcome when it likes.
    Started(Arc<Execution>),
    /// The outcome, when it is there.
    Wait(Arc<Execution>),
}

/// The client of this command: not blocked yet, or blocked while packages were installed.
enum Client<'a> {
    Current(&'a Context),
    Blocked(BlockedClient),
}

impl Client<'_> {
    fn answer(self, write: impl FnOnce(&Reply)) {
        match self {
            Client::Current(context) => write(&context.reply()),
            Client::Blocked(client) => client.answer(write),
        }
    }
}

impl Answer {
    fn tell(self, client: Client<'_>) {
        match self {
            Answer::Error(message) => client.answer(|reply| reply.error(&message)),
            Answer::Ok => client.answer(Reply::ok),
            Answer::OkAndStart(execution) => match start(execution) {
                Ok(()) => client.answer(Reply::ok),
                Err(message) => client.answer(|reply| reply.error(&message)),
            },
            Answer::Started(execution) => {
                let id = execution.id.to_string();
                match start(execution) {
                    Ok(()) => client.answer(|reply| reply.bulk(id.as_bytes())),
                    Err(message) => client.answer(|reply| reply.error(&message)),
                }
            }
            Answer::Wait(execution) => wait(&execution, client),
        }
    }
}

fn wait(execution: &Arc<Execution>, client: Client<'_>) {
    let blocked = match client {
        Client::Blocked(client) => client,
        Client::Current(context) => match BlockedClient::block(context) {
            Some(client) => client,
            None => return context.reply().error("ERR the client could not be blocked"),
        },
    };
    execution.forget_when_answered();
    if let Err(waiter) = execution.wait_for_outcome(Waiter::Outcome(blocked)) {
        return execution.answer(waiter);
    }
    if let Err(message) = start(Arc::clone(execution)) {
        execution.refuse(&message);
    }
}

fn start(execution: Arc<Execution>) -> Result<(), String> {
    let engine = crate::engine();
    let id = execution.id;
    engine
        .executions
        .insert(Arc::clone(&execution), engine.config.max_executions());
    let limit = engine.config.queue_size();
    engine.pool.submit(execution, limit).map_err(|_| {
        engine.executions.remove(id);
        super::trigger::full(limit)
    })
}
