//! Sessions: their summary, and their stored form.

use crate::plan::Mode;
use crate::redis::{OwnedReply, User, locked};
use crate::registration::install::make;
use crate::registration::stored::{decode, encode, store};
use crate::registration::testing::{command, new_registration, registration, session_with, unique};
use crate::registration::{Addresses, Registry, Session, ids, registry};
use crate::scope::SessionInfo;
use std::sync::{Arc, OnceLock};

#[test]
fn a_session_has_a_summary_in_one_line() {
    let info = session_with("app", &["six", "x; y == 'z'"]);
    let first = registration(&info, command("t"), Mode::Sync);
    let second = registration(&info, command("u"), Mode::Sync);
    let mut registry = Registry::default();
    let made = vec![Arc::clone(&first), Arc::clone(&second)];
    registry.insert(Session::new(&info), made, None);
    drop(info);
    // The two registrations hold their session.
    let expected = format!(
        "{{'sessionName':'app', 'sessionDescription':'null', 'refCount': 2, 'linkedTo': primary, \
         'dead': false, 'isInstallationNeeded':0, 'registrationsList':['{}','{}'], \
         'depsList':[{{'name':'six'}},{{'name':'x; y == \\'z\\''}}]}}",
        first.id, second.id
    );
    let summary = registry.session("app").unwrap().summary(Addresses::Whole);
    assert_eq!(summary, expected);
}

#[test]
fn a_session_without_registrations_has_empty_lists() {
    let info = Arc::new(SessionInfo {
        id: "app".to_owned(),
        description: Some("about".to_owned()),
        requirements: Vec::new(),
        script: Arc::from(&b""[..]),
        user: None,
        replies: OnceLock::new(),
        event_loop: OnceLock::new(),
        memory: Arc::default(),
    });
    let summary = Session::new(&info).summary(Addresses::Whole);
    assert!(
        summary.contains("'sessionDescription':'about'"),
        "{summary}"
    );
    assert!(
        summary.ends_with("'registrationsList':[], 'depsList':[]}"),
        "{summary}"
    );
    assert!(summary.contains("'refCount': 1,"), "{summary}");
}

#[test]
fn references_are_everything_that_holds_the_session() {
    let info = session_with("app", &[]);
    let session = Session::new(&info);
    assert_eq!(session.references(), 1);
    let made = registration(&info, command("t"), Mode::Sync);
    assert_eq!(session.references(), 2);
    drop((made, info));
    assert_eq!(session.references(), 0);
    assert!(!session.is_alive());
}

#[test]
fn a_stored_session_comes_back() {
    let info = Arc::new(SessionInfo {
        id: "app".to_owned(),
        description: Some("about".to_owned()),
        requirements: vec!["six".to_owned()],
        script: Arc::from(&b"script \xff"[..]),
        user: Some(User::named(b"ann")),
        replies: OnceLock::from(vec![OwnedReply::Integer(7)]),
        event_loop: OnceLock::new(),
        memory: Arc::default(),
    });
    let first = registration(&info, command("t"), Mode::Sync);
    let mut dynamic = make(new_registration(command("u"), Mode::Sync), &info, None);
    dynamic.dynamic = Some(Arc::from(&b"bytes"[..]));
    let id = dynamic.id;
    let gone = ids().next();
    let mut registry = Registry::default();
    let session = Session::with_registrations(&info, vec![gone, first.id]);
    registry.insert(session, vec![Arc::clone(&first)], None);
    registry.add("app", Arc::new(dynamic));
    let stored = registry.session("app").unwrap().store(&registry);
    assert_eq!(
        decode(&encode(std::slice::from_ref(&stored), &[])).map(|read| read.sessions),
        Ok(vec![stored.clone()])
    );
    assert_eq!(stored.id, "app");
    assert_eq!(stored.description.as_deref(), Some("about"));
    assert_eq!(stored.requirements, ["six"]);
    assert_eq!(stored.script, b"script \xff");
    assert_eq!(stored.user.as_deref(), Some(&b"ann"[..]));
    assert_eq!(stored.replies, [OwnedReply::Integer(7)]);
    assert_eq!(stored.made, [gone, first.id]);
    assert_eq!(stored.registrations, [first.id, id]);
    assert_eq!(stored.dynamic, [(id, Arc::from(&b"bytes"[..]))]);
    assert_eq!(stored.replaces, None);
}

#[test]
fn only_sessions_that_last_are_stored() {
    let lasting = session_with(&unique("lasting"), &[]);
    let running = session_with(&unique("running"), &[]);
    let trigger = unique("trigger");
    let names: Vec<String> = locked(|context| {
        let made = vec![registration(&lasting, command(&trigger), Mode::Sync)];
        registry().write(context, |registry| {
            registry.insert(Session::new(&lasting), made, None);
            registry.insert_running(Session::new(&running));
        });
        let all = decode(&store(context)).unwrap().sessions;
        registry().write(context, |registry| {
            registry.remove_session(&lasting.id);
            registry.remove_session(&running.id);
        });
        all.into_iter().map(|one| one.id).collect()
    });
    assert!(names.contains(&lasting.id));
    assert!(!names.contains(&running.id));
}
