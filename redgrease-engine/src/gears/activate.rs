//! Activating everything that a script asked for, in one step.

use super::packages::session_uses;
use super::scope::Collected;
use super::script::announce;
use crate::execution;
use crate::redis::Context;
use crate::registration::streams::Begin;
use crate::registration::timers::{self, TimeEvent};
use crate::registration::{self, install, registry, tell_session};
use crate::scope::{self, Scope, SessionInfo};
use std::sync::Arc;

/// Activates the registrations and time events of a script, in place of the session `replaces`, and tells replicas and the
/// AOF.
pub(crate) fn activate(
    context: &Context,
    session: &Arc<SessionInfo>,
    collected: Collected,
    replaces: Option<&str>,
) {
    activate_silently(context, session, collected, replaces, Begin::New);
    // Clients of RedisGears see that telling the other shards uses up one id of each kind.
    registration::ids().next();
    execution::ids().next();
    tell_session(context, &session.id, replaces);
}

/// The same without telling anybody.
pub(super) fn activate_silently(
    context: &Context,
    session: &Arc<SessionInfo>,
    collected: Collected,
    replaces: Option<&str>,
    begin: Begin,
) {
    let Collected {
        registrations,
        mut timers,
        made,
        ..
    } = collected;
    session_uses(context, &session.requirements);
    let mut installed = install(context, session, registrations, made, replaces);
    let functions = std::mem::take(&mut installed.on_registered);
    timers.extend(scope::with(Scope::user, session.user.clone(), || {
        announce(&functions)
    }));
    for timer in timers {
        let user = session.user.clone();
        let event = TimeEvent::new(timer, Some(Arc::clone(session)), user);
        registry().write(context, |registry| {
            registry.own_timer(&session.id, Arc::clone(&event));
        });
        timers::start(context, &event);
    }
    installed.start_streams(context, begin);
}
