//! Putting registrations into the registry, and describing them to replicas and the AOF. Nothing here calls Python: the
//! functions that have to be called are returned to the caller.

use super::ledger::{Mark, Marks, added};
use super::reserved::Name;
use super::reserved::TRIGGER_TAKEN;
use super::stored::{self, StoredSession, dynamic};
use super::streams::{self, Begin};
use super::{
    Event, Owner, Pending, Registration, Registry, Session, Stats, end_executions, registry,
};
use crate::execution;
use crate::id::Id;
use crate::plan::{Mode, Plan};
use crate::python::{Callback, KeptWord};
use crate::redis::filter::look_at_commands;
use crate::redis::{
    Context, Level, READ_ONLY, User, log, replicate, replicate_to_aof, unreadable, will_save,
};
use crate::scope::{self, Scope, SessionId, SessionInfo};
use crate::steps::is_straight;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

/// The command that tells replicas and the AOF of a session.
const REGISTER: &std::ffi::CStr = c"rg.innerregister";
/// The command that tells them of another registration of a session.
const ADD: &std::ffi::CStr = c"rg.inneraddregistration";
/// The command that tells them that a registration is gone.
const UNREGISTER: &std::ffi::CStr = c"rg.innerunregister";

/// A registration that a script or a gear asks for.
#[derive(Debug)]
pub(crate) struct NewRegistration {
    pub(crate) id: Id,
    pub(crate) description: Option<String>,
    pub(crate) plan: Arc<Plan>,
    pub(crate) mode: Mode,
    pub(crate) event: Event,
    /// Called when the registration is active.
    pub(crate) on_registered: Option<Callback>,
}

impl NewRegistration {
    /// The name that no other registration may have. `None` if it has no such name.
    pub(crate) fn name(&self) -> Option<Name> {
        Name::of(&self.event, self.mode)
    }
}

/// The work that is left when the registrations of a script are in the registry.
#[derive(Debug)]
pub(crate) struct Installed {
    /// The functions that have to be called.
    pub(crate) on_registered: Vec<Callback>,
    streams: Vec<Arc<Registration>>,
    /// Streams that the registrations before have read.
    left: Vec<Vec<u8>>,
}

impl Installed {
    /// Reads the messages that are in streams already. The last step: `onRegistered` comes before the first message.
    pub(crate) fn start_streams(self, context: &Context, begin: Begin) {
        streams::start(context, &self.streams, begin);
        streams::take_over(context, &self.left);
    }
}

/// Puts the registrations of a script into the registry, in place of those of the session `replaces`. `made` are the ids of
/// all registrations that the script asked for, in order.
pub(crate) fn install(
    context: &Context,
    session: &Arc<SessionInfo>,
    registrations: Vec<NewRegistration>,
    made: Vec<Id>,
    replaces: Option<&str>,
) -> Installed {
    let mut on_registered = Vec::new();
    let mut all = Vec::new();
    for mut new in registrations {
        on_registered.extend(new.on_registered.take());
        let registration = make(new, session, session.user.clone());
        all.push(Arc::new(registration.examined(context)));
    }
    if all.iter().any(|one| one.takes_commands_over()) {
        look_at_commands(context);
    }
    let of_streams = |one: &&Arc<Registration>| matches!(one.event, Event::Streams(_));
    let streams = all.iter().filter(of_streams).cloned().collect();
    will_save(context);
    let session = Session::with_registrations(session, made);
    let old = registry().write(context, |registry| registry.insert(session, all, replaces));
    let left = end_executions(&old, Pending::Withdraw);
    Installed {
        on_registered,
        streams,
        left,
    }
}

/// Unregisters registrations that a script takes over, and tells replicas and the AOF. What is gone already is not missed.
/// Returns the streams that the registrations leave: see [`streams::take_over`].
pub(crate) fn take_away(context: &Context, ids: &[Id]) -> Vec<Vec<u8>> {
    let gone: Vec<Arc<Registration>> = registry().write(context, |registry| {
        ids.iter().filter_map(|&id| registry.remove(id)).collect()
    });
    if gone.is_empty() {
        return Vec::new();
    }
    let left = end_executions(&gone, Pending::Finish);
    for one in &gone {
        tell_removed(context, &one.id.to_string());
    }
    left
}

/// The registration of a session, with the rights of `user`.
pub(super) fn make(
    new: NewRegistration,
    session: &Arc<SessionInfo>,
    user: Option<User>,
) -> Registration {
    Registration {
        id: new.id,
        description: new.description,
        is_straight: is_straight(&new.plan.steps),
        word: KeptWord::new(),
        plan: new.plan,
        mode: new.mode,
        order: new.event.order(),
        event: new.event,
        session: Arc::clone(session),
        user,
        dynamic: None,
        never_runs: None,
        stats: Stats::default(),
        kept_executions: Mutex::default(),
        unregistered: AtomicBool::new(false),
    }
}

/// Tells replicas and the AOF of a session that has replaced `replaces`.
pub(crate) fn tell_session(context: &Context, session: &str, replaces: Option<&str>) {
    let stored = registry().read(context, |registry| {
        registry.session(session).map(|session| StoredSession {
            replaces: replaces.map(str::to_owned),
            ..session.store(registry)
        })
    });
    if let Some(stored) = stored {
        replicate(context, REGISTER, &stored::encode(&[stored], &[]));
    }
}

/// Tells replicas and the AOF of a session that is not restored.
pub(crate) fn tell_stored(context: &Context, stored: &StoredSession) {
    replicate(
        context,
        REGISTER,
        &stored::encode(std::slice::from_ref(stored), &[]),
    );
}

/// Notes the last changes of sessions, as far as they are later than what is known, and tells replicas and the AOF.
pub(crate) fn tell_marks(context: &Context, marks: &[(SessionId, Mark)]) {
    let later: Marks = registry().write(context, |registry| {
        let marks = marks.iter();
        let later = marks.filter(|(session, mark)| registry.ledger.take(session, *mark));
        later.cloned().collect()
    });
    if !later.is_empty() {
        will_save(context);
        replicate(context, REGISTER, &stored::encode(&[], &later));
    }
}

/// Tells the AOF of all sessions, because it is rewritten without them.
pub(crate) fn tell_aof(context: &Context) {
    let sessions = stored::store(context);
    if !sessions.is_empty() {
        replicate_to_aof(context, REGISTER, &sessions);
    }
}

/// Tells replicas and the AOF that a registration is gone.
pub(crate) fn tell_removed(context: &Context, id: &str) {
    replicate(context, UNREGISTER, id.as_bytes());
}

/// Activates a registration that a running gear asks for, in the session that the gear belongs to. `announce` gets the
/// function that has to be called before replicas are told. Returns the id of the registration.
pub(crate) fn activate_dynamic(
    context: &Context,
    owner: &Owner,
    mut new: NewRegistration,
    announce: impl FnOnce(Callback),
) -> Result<Id, String> {
    if context.is_read_only() {
        return Err(READ_ONLY.to_owned());
    }
    let Some(session) = owner.session(context) else {
        return Err("this gear belongs to no session: nothing can be registered".to_owned());
    };
    registry().read(context, |registry| {
        check_session(registry, owner, &session)?;
        registry.check_event(&new.event, None)?;
        if registry.registration(new.id).is_some() {
            // This server was a replica when the id was taken, and its master has used the same id.
            new.id = super::ids().next();
        }
        Ok::<(), String>(())
    })?;
    let id = new.id;
    let on_registered = new.on_registered.take();
    let mut registration = make(new, &session, owner.user(context)).examined(context);
    match dynamic::encode(&registration) {
        Ok(bytes) => registration.dynamic = Some(bytes.into()),
        Err(why) => log(
            Level::Warning,
            &format!("a registration that a running gear made is gone after a restart: {why}"),
        ),
    }
    let is_first = add(context, &session, registration, Begin::New);
    // Clients of RedisGears see that telling the other shards uses up an id.
    execution::ids().next();
    if let Some(function) = on_registered {
        announce(function);
    }
    tell_dynamic(context, &session, id, is_first);
    added(&session.id, id);
    Ok(id)
}

fn check_session(
    registry: &Registry,
    owner: &Owner,
    session: &Arc<SessionInfo>,
) -> Result<(), String> {
    let is_gone = match registry.session(&session.id) {
        Some(current) => !Arc::ptr_eq(&current.info, session),
        None => owner.is_registration(),
    };
    if is_gone {
        return Err("the session of this gear is gone: nothing can be registered".to_owned());
    }
    Ok(())
}

/// Adds a registration to a session, which is made if it does not exist. Returns `true` if the session has no other one.
fn add(
    context: &Context,
    session: &Arc<SessionInfo>,
    registration: Registration,
    begin: Begin,
) -> bool {
    will_save(context);
    let registration = Arc::new(registration);
    if registration.takes_commands_over() {
        look_at_commands(context);
    }
    let is_first = registry().write(context, |registry| {
        let is_first = registry
            .session(&session.id)
            .is_none_or(|session| !session.lasts());
        if registry.session(&session.id).is_none() {
            registry.insert(Session::new(session), Vec::new(), None);
        }
        registry.add(&session.id, Arc::clone(&registration));
        is_first
    });
    if let Event::Streams(_) = registration.event {
        streams::start(context, &[registration], begin);
    }
    is_first
}

/// Tells replicas and the AOF of a registration that a running gear made; of the whole session if they do not know it yet.
fn tell_dynamic(context: &Context, session: &SessionInfo, id: Id, is_first: bool) {
    let told = registry().read(context, |registry| {
        if is_first {
            let session = registry.session(&session.id)?.store(registry);
            return Some((REGISTER, stored::encode(&[session], &[])));
        }
        let bytes = registry.registration(id)?.dynamic.as_ref()?;
        let bytes = stored::encode_dynamic(&session.id, id, bytes);
        Some((ADD, bytes))
    });
    if let Some((command, bytes)) = told {
        replicate(context, command, &bytes);
    }
}

/// Tells replicas and the AOF of a registration that a running gear of another shard made.
pub(crate) fn tell_added(context: &Context, session: &str, id: Id, bytes: &[u8]) {
    replicate(context, ADD, &stored::encode_dynamic(session, id, bytes));
}

/// Activates a registration of a running gear that a master or the AOF tells of.
pub(crate) fn restore_dynamic(context: &Context, bytes: &[u8]) -> Result<(), String> {
    let (session, id, bytes) =
        stored::decode_dynamic(bytes).map_err(|why| unreadable(context, why.message()))?;
    let is_kept = registry().write(context, |registry| {
        let kept = Arc::clone(&bytes);
        registry.unrestored.add_registration(&session, id, kept)
    });
    if is_kept {
        super::ids().reserve(id);
        return Ok(());
    }
    let info = registry().read(context, |registry| {
        registry
            .session(&session)
            .map(|session| Arc::clone(&session.info))
    });
    let info = info.ok_or_else(|| format!("there is no session {session} to add to"))?;
    add_stored(context, &info, id, bytes)
}

/// Activates a stored registration of a running gear in its session.
pub(crate) fn add_stored(
    context: &Context,
    session: &Arc<SessionInfo>,
    id: Id,
    bytes: Arc<[u8]>,
) -> Result<(), String> {
    super::ids().reserve(id);
    // The packages that its functions refer to are those of the session.
    let given = Some(Arc::clone(session));
    let decode = || dynamic::decode(context, id, &bytes);
    let (new, user) = scope::with(Scope::given_session, given, decode)?;
    if let Event::Command { trigger, .. } = &new.event {
        let other = registry().read(context, |registry| {
            let owner = registry.by_trigger(trigger).map(|owner| owner.id);
            owner.filter(|&owner| owner != id)
        });
        if let Some(other) = other {
            return Err(format!(
                "{TRIGGER_TAKEN}: registration {other} has it: remove that one with RG.UNREGISTER {other}"
            ));
        }
    }
    let mut registration = make(new, session, user).examined(context);
    registration.dynamic = Some(bytes);
    add(context, session, registration, Begin::Again);
    Ok(())
}
