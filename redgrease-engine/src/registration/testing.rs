//! Sessions and registrations for the unit tests.

use super::hooks::Hook;
use super::install::make;
use super::keys::KeysFilter;
use super::{Event, NewRegistration, Registration};
use crate::plan::{Mode, Plan, Reader};
use crate::scope::SessionInfo;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

/// A name that no other test of the process uses.
pub(super) fn unique(name: &str) -> String {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    format!("{name}-{}", NUMBER.fetch_add(1, Ordering::Relaxed))
}

pub(super) fn session(id: &str) -> Arc<SessionInfo> {
    session_with(id, &[])
}

pub(super) fn session_with(id: &str, requirements: &[&str]) -> Arc<SessionInfo> {
    Arc::new(SessionInfo {
        id: id.to_owned(),
        description: None,
        requirements: requirements.iter().map(|&one| one.to_owned()).collect(),
        script: Arc::from(&b"script"[..]),
        user: None,
        replies: OnceLock::new(),
        event_loop: OnceLock::new(),
        memory: Arc::default(),
    })
}

/// A registration as a script asks for it: without steps.
pub(super) fn new_registration(event: Event, mode: Mode) -> NewRegistration {
    NewRegistration {
        id: super::ids().next(),
        description: None,
        plan: Arc::new(Plan::new(Reader::Command, Arc::new([]))),
        mode,
        event,
        on_registered: None,
    }
}

/// A registration of `session` that is in no registry.
pub(super) fn registration(
    session: &Arc<SessionInfo>,
    event: Event,
    mode: Mode,
) -> Arc<Registration> {
    let user = session.user.clone();
    Arc::new(make(new_registration(event, mode), session, user))
}

pub(super) fn command(trigger: &str) -> Event {
    Event::Command {
        trigger: trigger.as_bytes().to_vec(),
        in_order: false,
    }
}

pub(super) fn hook(command: &str) -> Event {
    Event::Hook(Hook::with_one_key(command, None))
}

pub(super) fn keys(prefix: &str) -> Event {
    Event::Keys(keys_filter(prefix))
}

pub(super) fn keys_filter(prefix: &str) -> KeysFilter {
    KeysFilter {
        prefix: prefix.as_bytes().to_vec(),
        events: None,
        types: None,
        read_value: false,
        commands: None,
    }
}
