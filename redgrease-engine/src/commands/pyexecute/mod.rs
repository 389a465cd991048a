//! `RG.PYEXECUTE`: runs a script.

mod answer;
mod repeated;
mod request;

use crate::execution::Execution;
use crate::gears::{
    PendingRun, Script, ScriptRun, activate, has_installed, restore_again, run_script, use_packages,
};
use crate::id::Id;
use crate::redis::{
    Args, BlockedClient, Command, CommandFlags, Context, User, cannot_keep_rights, locked_to_write,
};
use crate::registration::{Registry, Session, registry};
use crate::requirements;
use crate::scope::{self, Scope, SessionInfo};
use answer::{Answer, Client};
use request::Request;
use std::sync::{Arc, OnceLock};
use std::thread;

/// `RG.PYEXECUTE script [option..] [REQUIREMENTS name..]`.
pub(super) struct PyExecute;

impl Command for PyExecute {
    const NAME: &'static str = "rg.pyexecute";
    const MAY_REPLICATE: bool = true;
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
        if repeated::joins(context, &request) {
            return;
        }
        // Checked before packages are installed for nothing.
        let check = |registry: &Registry| request.replaced_session(registry).map(drop);
        if let Err(message) = registry().read(context, check) {
            return context.reply().error(&message);
        }
        let request = Arc::new(request);
        if has_installed(&request.requirements) && !request.reinstall {
            use_packages(context, &request.requirements);
            let answer = request.perform(context);
            repeated::answered(context, &request, &answer);
            answer.tell(Client::Current(context));
        } else if let Some(client) = BlockedClient::block(context) {
            repeated::installs(context, &request);
            install_first(context, request, client);
        } else {
            context.reply().error("ERR the client could not be blocked");
        }
    }
}

/// Installs the requirements on a thread of its own, then runs the script: pip takes seconds to minutes.
fn install_first(context: &Context, request: Arc<Request>, client: BlockedClient) {
    let unstarted = Arc::clone(&request);
    let work = move || {
        let installed = request.install();
        let answer = locked_to_write(|context| {
            let answer = match installed {
                Ok(()) => {
                    use_packages(context, &request.requirements);
                    // Sessions may have waited for one of these packages.
                    restore_again(context);
                    request.perform(context)
                }
                Err(failure) => Answer::Error(format!(
                    "Could not satisfy requirements (look at redis log file for more information): {failure}"
                )),
            };
            repeated::answered(context, &request, &answer);
            answer
        });
        answer.tell(Client::Blocked(client));
    };
    // If no thread can be started the closure is dropped, and with it the blocked client, which is answered then.
    if let Err(failure) = thread::Builder::new().name("rg-install".into()).spawn(work) {
        let error = format!("ERR requirements could not be installed, try again later: {failure}");
        crate::redis::log(crate::redis::Level::Warning, &error);
        repeated::answered(context, &unstarted, &Answer::Error(error));
    }
}

impl Request {
    /// Runs the script and activates its registrations.
    fn perform(&self, context: &Context) -> Answer {
        // Checked again: another client may have made the session while packages were installed.
        let find = |registry: &Registry| self.replaced_session(registry);
        let replaces = match registry().read(context, find) {
            Ok(replaces) => replaces,
            Err(message) => return Answer::Error(message),
        };
        let session = Arc::new(self.session());
        let script = Script {
            text: &session.script,
            replaces: replaces.as_deref(),
            session: &session,
        };
        let ran = scope::with(Scope::user, self.user.clone(), || {
            run_script(context, script)
        });
        let mut collected = match ran {
            Ok(collected) => collected,
            Err(message) => return Answer::Error(message),
        };
        let _ = session.replies.set(std::mem::take(&mut collected.replies));
        let execution = collected
            .run
            .take()
            .map(|(id, run)| make_execution(id, run, &session, self.user.clone()));
        let unblocking = self.unblocking;
        if collected.registrations.is_empty() && collected.timers.is_empty() {
            if execution.is_some() {
                registry().write(context, |registry| {
                    registry.insert_running(Session::new(&session));
                });
            }
            return match execution {
                None => Answer::Ok,
                Some(execution) if unblocking => Answer::Started(execution),
                Some(execution) => Answer::Wait(execution),
            };
        }
        activate(context, &session, collected, replaces.as_deref());
        match execution {
            Some(execution) => Answer::OkAndStart(execution),
            None => Answer::Ok,
        }
    }

    /// Installs the requirements. Blocks until pip has ended.
    fn install(&self) -> Result<(), String> {
        let store = requirements::store().ok_or("the engine is not ready")?;
        store
            .install(&self.requirements, self.reinstall)
            .map_err(|failure| failure.to_string())
    }

    fn session(&self) -> SessionInfo {
        SessionInfo {
            id: self.id.clone(),
            description: self.description.clone(),
            requirements: self.requirements.clone(),
            script: self.script.as_slice().into(),
            user: self.user.clone(),
            replies: OnceLock::new(),
        }
    }
}

fn make_execution(
    id: Id,
    run: PendingRun,
    session: &Arc<SessionInfo>,
    user: Option<User>,
) -> Arc<Execution> {
    let cause = ScriptRun::new(Some(Arc::clone(session)), user);
    Execution::new(id, run.plan, run.source, Arc::new(cause))
}
