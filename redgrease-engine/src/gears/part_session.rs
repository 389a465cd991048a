//! The session of a part: of a run that another shard of the cluster has begun, and that goes on here.
//!
//! The shard that begins a run sends a [`SessionOutline`] with it. The other shards call [`session_of_part`], read the plan in
//! that session (`distribution/session.rs`), and make an execution whose cause has it. So the functions of the plan find their
//! packages, and the session pays for the memory that they take.

use super::packages::{ask_for_packages, has_installed, install, make_importable};
use crate::distribution::{Found, Then, Wanted};
use crate::execution::Once;
use crate::id::Id;
use crate::redis::{Context, locked};
use crate::registration::{Session, registry};
use crate::requirements::without_credentials;
use crate::scope::{SessionInfo, SessionOutline};
use std::sync::Arc;
use std::thread;

/// Calls `then` with the session in which the part runs. Its packages are installed and importable.
///
/// A part of a registration that this shard has runs in the session of the registration. Else it is the session of this shard
/// with the same id, packages and owner. If this shard has none, it is one that ends with the part, when the last reference is
/// dropped. Until then clients see it among the sessions of this shard.
///
/// `then` is called at once, if nothing has to be installed or made importable. Otherwise it is called later, on another
/// thread and without the server's lock: installing takes seconds to minutes. An error does not name the shard.
pub(crate) fn session_of_part(context: &Context, wanted: Wanted, then: Then) {
    let outline = wanted.session;
    if let Some(found) = wanted.registration.and_then(|id| registered(context, id)) {
        return then(Ok(found));
    }
    if let Some(found) = find(context, &outline) {
        return then(Ok(found));
    }
    if outline.requirements.is_empty() {
        return then(Ok(make(context, &outline)));
    }
    let then = Once::new(then);
    let prepared = then.clone();
    let work = move || prepared.call(prepare(&outline));
    if let Err(failure) = thread::Builder::new().name("rg-install".into()).spawn(work) {
        then.call(Err(format!(
            "the packages of the session cannot be installed, try again later: no thread could be started: {failure}"
        )));
    }
}

/// The registration of this shard that the part runs.
fn registered(context: &Context, id: Id) -> Option<Found> {
    registry().read(context, |registry| {
        let registration = registry.registration(id)?;
        Some(Found {
            session: Arc::clone(&registration.session),
            plan: Some(Arc::clone(&registration.plan)),
        })
    })
}

/// The session of this shard in which the part may run.
fn find(context: &Context, outline: &SessionOutline) -> Option<Found> {
    registry().read(context, |registry| {
        let session = registry.session(&outline.id)?;
        outline
            .fits(&session.info)
            .then(|| only(Arc::clone(&session.info)))
    })
}

/// A session whose plan has to be read.
fn only(session: Arc<SessionInfo>) -> Found {
    Found {
        session,
        plan: None,
    }
}

/// A session for the part, which clients see while it is in use.
fn make(context: &Context, outline: &SessionOutline) -> Found {
    let session = Arc::new(outline.to_session());
    registry().write(context, |registry| {
        registry.insert_running(Session::new(&session));
    });
    only(session)
}

/// Installs the packages of a session, and makes the session unless another part has made it meanwhile.
fn prepare(outline: &SessionOutline) -> Result<Found, String> {
    let names = &outline.requirements;
    if !has_installed(names) {
        install(names).map_err(|why| {
            let shown: Vec<String> = names.iter().map(|name| without_credentials(name)).collect();
            format!("{why} (the run needs {})", shown.join(", "))
        })?;
    }
    make_importable();
    Ok(locked(|context| {
        ask_for_packages(context, names);
        find(context, outline).unwrap_or_else(|| make(context, outline))
    }))
}
