//! The session that running code belongs to.

use crate::plan::Mode;
use crate::redis::{User, locked};
use crate::registration::testing::{command, registration, session, unique};
use crate::registration::{Owner, Session, ids, registry};
use crate::scope::{self, Running, Scope, SessionInfo};
use std::sync::{Arc, OnceLock};

fn running(session: &Arc<SessionInfo>, of_registration: bool) -> Running {
    Running {
        user: Some(User::named(b"runner")),
        session: Some(Arc::downgrade(session)),
        of_registration,
        signals: Arc::default(),
    }
}

#[test]
fn no_code_has_no_owner() {
    assert!(Owner::current().is_none());
}

#[test]
fn a_given_session_comes_before_an_execution_and_that_before_a_sync_call() {
    let info = session("app");
    let id = ids().next();
    scope::in_sync_call(id, || {
        assert!(matches!(Owner::current(), Some(Owner::SyncCall(call)) if call == id));
        scope::with(Scope::execution, Some(running(&info, false)), || {
            assert!(matches!(Owner::current(), Some(Owner::Execution(_))));
            scope::with(Scope::given_session, Some(Arc::clone(&info)), || {
                let owner = Owner::current();
                assert!(matches!(owner, Some(Owner::Session(one)) if Arc::ptr_eq(&one, &info)));
            });
        });
    });
}

#[test]
fn an_execution_does_not_keep_its_session_alive() {
    let info = session("app");
    let owner = Owner::Execution(running(&info, false));
    locked(|context| {
        let found = owner.session(context);
        assert!(found.is_some_and(|found| Arc::ptr_eq(&found, &info)));
        assert_eq!(owner.user(context), Some(User::named(b"runner")));
        drop(info);
        assert!(owner.session(context).is_none());
    });
}

#[test]
fn a_sync_call_belongs_to_the_session_of_its_registration() {
    let info = session(&unique("owner"));
    let made = registration(&info, command(&unique("owner")), Mode::Sync);
    let owner = Owner::SyncCall(made.id);
    locked(|context| {
        assert!(owner.session(context).is_none(), "not registered");
        registry().write(context, |registry| {
            registry.insert(Session::new(&info), vec![Arc::clone(&made)], None)
        });
        let found = owner.session(context).unwrap();
        assert!(Arc::ptr_eq(&found, &info));
        registry().write(context, |registry| registry.remove_session(&info.id));
        assert!(owner.session(context).is_none());
    });
}

#[test]
fn a_thread_with_a_session_has_the_rights_of_its_user() {
    let info = Arc::new(SessionInfo {
        id: "app".to_owned(),
        description: None,
        requirements: Vec::new(),
        script: Arc::from(&b""[..]),
        user: Some(User::named(b"ann")),
        replies: OnceLock::new(),
        event_loop: OnceLock::new(),
        memory: Arc::default(),
    });
    let owner = Owner::Session(info);
    locked(|context| assert_eq!(owner.user(context), Some(User::named(b"ann"))));
}

#[test]
fn registrations_own_their_executions_and_sync_calls() {
    let info = session("app");
    assert!(Owner::SyncCall(ids().next()).is_registration());
    assert!(Owner::Execution(running(&info, true)).is_registration());
    assert!(!Owner::Execution(running(&info, false)).is_registration());
    assert!(!Owner::Session(info).is_registration());
}
