//! A script at work: its packages are installed, its body runs, and what it asked for is activated.

use super::answer::{Answer, Client};
use super::repeated;
use super::request::Request;
use crate::agreement::{self, Op, Refusal};
use crate::config::{self, OnDisconnect};
use crate::distribution::{Reads, on_all_shards};
use crate::execution::{Body, Ending, Execution, after_patience, bodies, note_abandoned};
use crate::gears::{
    Collected, PendingRun, Script, ScriptRun, activate, announce_all, ask_for_packages, bring,
    check_again, make_importable, restore_again, run_script, stored_of,
};
use crate::id::Id;
use crate::plan::Mode;
use crate::python::{Gil, Ledger, detached};
use crate::redis::{BlockedClient, CoarseInstant, Context, Level, locked, locked_to_write, log};
use crate::registration::{Registry, Session, registry, streams, take_away};
use crate::requirements;
use crate::scope::{self, Scope, SessionInfo};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;

/// A script that a client has sent.
pub(super) struct Sent {
    request: Arc<Request>,
    /// Taken by the thread that answers the client.
    client: Mutex<Option<BlockedClient>>,
}

/// What the body of a script has made.
struct Made {
    session: Arc<SessionInfo>,
    collected: Collected,
}

impl Made {
    /// The script has registered something, or has asked for a time event.
    fn registers(&self) -> bool {
        !self.collected.registrations.is_empty() || !self.collected.timers.is_empty()
    }
}

impl Sent {
    pub(super) fn new(request: Arc<Request>, client: BlockedClient) -> Arc<Sent> {
        Arc::new(Sent {
            request,
            client: Mutex::new(Some(client)),
        })
    }

    /// Installs the requirements on a thread of its own, then runs the script: pip takes seconds to minutes.
    pub(super) fn install_first(self: &Arc<Self>) {
        let sent = Arc::clone(self);
        let work = move || {
            match sent.install() {
            Ok(()) => {
                // Sessions may have waited for one of these packages.
                locked_to_write(|context| {
                    ask_for_packages(context, &sent.request.requirements);
                    restore_again(context, None);
                });
                sent.run();
            }
            Err(failure) => sent.end(Err(format!(
                "Could not satisfy requirements (look at redis log file for more information): {failure}"
            ))),
        }
        };
        if let Err(failure) = thread::Builder::new().name("rg-install".into()).spawn(work) {
            let error =
                format!("ERR requirements could not be installed, try again later: {failure}");
            log(Level::Warning, &error);
            self.end(Err(error));
        }
    }

    /// Installs the requirements. Blocks until pip has ended.
    fn install(&self) -> Result<(), String> {
        let store = requirements::store().ok_or("the engine is not ready")?;
        if !self.request.reinstall {
            bring(&self.request.requirements);
        }
        store
            .install(&self.request.requirements, self.request.reinstall)
            .map_err(|failure| failure.to_string())
    }

    /// Runs the script as soon as there is a thread for it.
    pub(super) fn run(self: &Arc<Self>) {
        let (working, refused) = (Arc::clone(self), Arc::clone(self));
        let work = move |py: Gil<'_>| -> Ending {
            let made = working.run_body(py);
            Box::new(move |stopped| working.end(stopped.map_or(made, Err)))
        };
        let body = Body::new(
            self.request.id.clone(),
            self.request.replace_with.clone(),
            self.request.user.clone(),
            Box::new(work),
            Box::new(move |why| refused.end(Err(why))),
        );
        self.end_without_client(&body);
        if let Err(error) = bodies().push(&body) {
            self.end(Err(error));
        }
    }

    /// The setting `AbortOnDisconnect` decides about the body when its client disconnects.
    fn end_without_client(self: &Arc<Self>, body: &Arc<Body>) {
        let client = self.client.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(client) = &*client else {
            return;
        };
        let body = Arc::downgrade(body);
        match config::get().on_disconnect() {
            OnDisconnect::Abort => client.when_disconnected(move || {
                if let Some(body) = body.upgrade() {
                    body.abort(|| ());
                }
            }),
            // The work of a script that installs packages has begun with that. Nobody waits for one with `UNBLOCKING`.
            OnDisconnect::AbortPending
                if !self.request.unblocking && self.request.requirements.is_empty() =>
            {
                let sent = Arc::downgrade(self);
                let since = CoarseInstant::now();
                client.when_disconnected(move || {
                    after_patience(since, move || {
                        if let (Some(sent), Some(body)) = (sent.upgrade(), body.upgrade()) {
                            sent.drop_abandoned(&body);
                        }
                    });
                });
            }
            OnDisconnect::AbortPending | OnDisconnect::GoOn => {}
        }
    }

    /// Drops the body if it has not begun, and no other client has sent the same request.
    fn drop_abandoned(&self, body: &Arc<Body>) {
        let is_joined = locked(|context| repeated::is_joined(context, &self.request));
        if !is_joined && body.withdraw() {
            note_abandoned(&format!("the script of session {}", self.request.id));
        }
    }

    fn run_body(&self, py: Gil<'_>) -> Result<Made, String> {
        // Checked again: another client may have made the session meanwhile.
        let replaces = detached(py, || {
            locked(|context| {
                ask_for_packages(context, &self.request.requirements);
                self.replaces(context)
            })
        })?;
        // Another shard may make the session while the script runs: this script replaces it then.
        let replaces = replaces.or_else(|| self.request.upgrade.then(|| self.request.id.clone()));
        if !self.request.requirements.is_empty() {
            make_importable();
        }
        let session = Arc::new(self.session());
        let script = Script {
            text: &session.script,
            replaces: replaces.as_deref(),
            takes: &self.request.takes,
            session: &session,
        };
        let collected = scope::with(Scope::user, self.request.user.clone(), || {
            let mut collected = run_script(py, script)?;
            let mut registrations = collected.registrations.iter();
            let is_asked = registrations.any(|one| one.on_registered.is_some());
            // In a cluster nothing is registered until all shards agree.
            if is_asked && !agreement::is_on() {
                detached(py, || {
                    locked(|context| {
                        let takes = &self.request.takes;
                        check_again(context, &collected, replaces.as_deref(), takes)
                    })
                })?;
                announce_all(py, &mut collected);
            }
            Ok::<Collected, String>(collected)
        })?;
        Ok(Made { session, collected })
    }

    /// The session whose registrations the script replaces.
    fn replaces(&self, context: &Context) -> Result<Option<String>, String> {
        registry().read(context, |registry: &Registry| {
            self.request.replaced_session(registry)
        })
    }

    fn session(&self) -> SessionInfo {
        let request = &self.request;
        SessionInfo {
            id: request.id.clone(),
            description: request.description.clone(),
            requirements: request.requirements.clone(),
            script: request.script.as_slice().into(),
            user: request.user.clone(),
            replies: OnceLock::new(),
            event_loop: OnceLock::new(),
            memory: Ledger::of_session(&request.id),
        }
    }

    /// Activates what the script asked for, and answers the client. The first call counts.
    fn end(self: &Arc<Self>, made: Result<Made, String>) {
        let client = self
            .client
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let Some(client) = client else {
            return;
        };
        let registers = made.as_ref().is_ok_and(Made::registers);
        let made = match made {
            Ok(made) if registers && agreement::is_on() => {
                return self.end_everywhere(made, client);
            }
            made => made,
        };
        let answer = |context: &Context| {
            let answer = match made {
                Ok(made) => self.activate(context, made).unwrap_or_else(Answer::Error),
                Err(why) => Answer::Error(why),
            };
            repeated::answered(context, &self.request, &answer);
            answer
        };
        let answer = if registers {
            locked_to_write(answer)
        } else {
            locked(answer)
        };
        answer.tell(Client::Blocked(client));
    }

    /// As [`Sent::end`], on all shards of the cluster.
    fn end_everywhere(self: &Arc<Self>, made: Made, client: BlockedClient) {
        let ops = locked(|context| self.ops(context, &made));
        let sent = Arc::clone(self);
        let end = move |context: &Context, agreed: Result<(), Refusal>| {
            let agreed = agreed.map_err(|refusal| refusal.why);
            let answer = agreed.and_then(|()| sent.activate(context, made));
            let is_made = answer.is_ok();
            let answer = answer.unwrap_or_else(Answer::Error);
            let tell: agreement::Answer = Box::new(move || {
                locked(|context| repeated::answered(context, &sent.request, &answer));
                answer.tell(Client::Blocked(client));
            });
            if is_made { Ok(tell) } else { Err(tell) }
        };
        match ops {
            Ok(ops) => agreement::propose(ops, Box::new(end)),
            Err(why) => {
                let (Ok(tell) | Err(tell)) =
                    locked(|context| end(context, Err(Refusal::lasting(why))));
                tell();
            }
        }
    }

    /// What the script changes.
    fn ops(&self, context: &Context, made: &Made) -> Result<Vec<Op>, String> {
        let replaces = self.replaces(context)?;
        let (collected, takes) = (&made.collected, &self.request.takes);
        check_again(context, collected, replaces.as_deref(), takes)?;
        let _ = made.session.replies.set(collected.replies.clone());
        let stored = stored_of(&made.session, collected, replaces.as_deref());
        let mut ops = registry().read(context, |registry| {
            let remove = |id: &Id| Op::remove(registry, *id, false);
            takes.iter().filter_map(remove).collect::<Vec<_>>()
        });
        ops.push(Op::Put(Box::new(stored)));
        Ok(ops)
    }

    /// Activates everything in one step: no other client sees a part of it.
    fn activate(&self, context: &Context, made: Made) -> Result<Answer, String> {
        let replaces = self.replaces(context)?;
        let registers = made.registers();
        let Made {
            session,
            mut collected,
        } = made;
        if registers {
            let takes = &self.request.takes;
            check_again(context, &collected, replaces.as_deref(), takes)?;
        }
        let _ = session.replies.set(std::mem::take(&mut collected.replies));
        let execution = collected
            .run
            .take()
            .map(|(id, run)| make_execution(id, run, &session));
        if !registers {
            if execution.is_some() {
                registry().write(context, |registry| {
                    registry.insert_running(Session::new(&session));
                });
            }
            return Ok(match execution {
                None => Answer::Ok,
                Some(execution) if self.request.unblocking => Answer::Started(execution),
                Some(execution) => Answer::Wait(execution),
            });
        }
        let left = take_away(context, &self.request.takes);
        activate(context, &session, collected, replaces.as_deref());
        streams::take_over(context, &left);
        Ok(match execution {
            Some(execution) => Answer::OkAndStart(execution),
            None => Answer::Ok,
        })
    }
}

fn make_execution(id: Id, run: PendingRun, session: &Arc<SessionInfo>) -> Arc<Execution> {
    let cause = ScriptRun::new(Some(Arc::clone(session)), session.user.clone());
    let execution = Execution::new(id, run.plan, run.source, Arc::new(cause));
    if run.mode == Mode::Async {
        on_all_shards(&execution, Reads::Everywhere);
    }
    execution
}
