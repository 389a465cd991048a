//! Installing and restoring registrations.

use crate::execution::{self, Execution, Status, executions};
use crate::id::Id;
use crate::plan::{Mode, Plan, Reader, Source};
use crate::redis::{Context, KeyType, User, locked};
use crate::registration::cause::Triggered;
use crate::registration::keys::KeysFilter;
use crate::registration::stored::{dynamic, encode_dynamic};
use crate::registration::streams::{Failures, OnFailed, StreamsFilter};
use crate::registration::testing::{
    command, hook, keys, keys_filter, new_registration, registration, session, unique,
};
use crate::registration::{
    Event, NewRegistration, Owner, Registration, Session, activate_dynamic, add_stored, ids,
    install, install::make, registry, restore_dynamic,
};
use crate::scope::{Running, SessionInfo};
use crate::steps::{Filter, Map, Step};
use crate::testing::{function, with_python};
use std::sync::Arc;
use std::time::Duration;

/// Runs `body` with a session of its own name, which is removed in the end.
fn with_session(body: impl FnOnce(&Context, &Arc<SessionInfo>)) {
    with_python(|_| ());
    let info = session(&unique("session"));
    locked(|context| {
        body(context, &info);
        registry().write(context, |registry| registry.remove_session(&info.id));
    });
}

fn by_trigger(context: &Context, trigger: &str) -> Option<Arc<Registration>> {
    registry().read(context, |registry| {
        registry.by_trigger(trigger.as_bytes()).cloned()
    })
}

fn insert(context: &Context, info: &Arc<SessionInfo>, event: Event, mode: Mode) {
    let all = vec![registration(info, event, mode)];
    registry().write(context, |registry| {
        registry.insert(Session::new(info), all, None)
    });
}

#[test]
fn a_script_installs_its_registrations() {
    with_session(|context, info| {
        let trigger = unique("trigger");
        let new = new_registration(command(&trigger), Mode::Sync);
        let id = new.id;
        let installed = install(context, info, vec![new], vec![id], None);
        assert!(installed.on_registered.is_empty());
        let found = by_trigger(context, &trigger).unwrap();
        assert_eq!(found.id, id);
        assert!(Arc::ptr_eq(&found.session, info));
        assert!(found.is_straight, "no step keeps a record back");
        assert!(found.order.is_none());
    });
}

#[test]
fn the_functions_for_the_end_are_given_back_in_order() {
    with_session(|context, info| {
        let with_function = |name: &str| NewRegistration {
            on_registered: Some(with_python(|py| function(py, name))),
            ..new_registration(command(&unique("trigger")), Mode::Sync)
        };
        let new = vec![
            with_function("len"),
            new_registration(command(&unique("trigger")), Mode::Sync),
            with_function("max"),
        ];
        let installed = install(context, info, new, Vec::new(), None);
        let names: Vec<String> = with_python(|py| {
            let all = installed.on_registered.iter();
            all.map(|one| one.text(py)).collect()
        });
        assert_eq!(
            names,
            ["<built-in function len>", "<built-in function max>"]
        );
    });
}

#[test]
fn the_executions_of_replaced_registrations_end() {
    with_session(|context, info| {
        let trigger = unique("trigger");
        let new = || vec![new_registration(command(&trigger), Mode::Async)];
        install(context, info, new(), Vec::new(), None);
        let old = by_trigger(context, &trigger).unwrap();
        let execution = Execution::new(
            execution::ids().next(),
            Arc::clone(&old.plan),
            Source::Nothing,
            Arc::new(Triggered::new(&old, None)),
        );
        executions().insert(Arc::clone(&execution));
        install(context, info, new(), Vec::new(), Some(&info.id));
        assert_eq!(execution.status(), Status::Aborted);
        assert!(executions().get(execution.id).is_none());
        assert_ne!(by_trigger(context, &trigger).unwrap().id, old.id);
    });
}

fn refusal(context: &Context, owner: &Owner, event: Event) -> String {
    let new = new_registration(event, Mode::Async);
    activate_dynamic(context, owner, new, |_| unreachable!()).unwrap_err()
}

#[test]
fn a_gear_without_session_registers_nothing() {
    let lost = Owner::Execution(Running {
        user: None,
        session: None,
        of_registration: false,
        signals: Arc::default(),
    });
    locked(|context| {
        assert_eq!(
            refusal(context, &lost, command("t")),
            "this gear belongs to no session: nothing can be registered"
        );
    });
}

#[test]
fn a_gear_whose_session_was_replaced_registers_nothing() {
    with_session(|context, info| {
        let gone = "the session of this gear is gone: nothing can be registered";
        insert(context, info, command(&unique("trigger")), Mode::Sync);
        let before = session(&info.id);
        let owner = Owner::Session(before);
        assert_eq!(refusal(context, &owner, command(&unique("trigger"))), gone);
        let unknown = session(&unique("unknown"));
        let owner = Owner::Execution(Running {
            user: None,
            session: Some(Arc::downgrade(&unknown)),
            of_registration: true,
            signals: Arc::default(),
        });
        assert_eq!(refusal(context, &owner, command(&unique("trigger"))), gone);
    });
}

#[test]
fn a_gear_does_not_take_the_trigger_of_another() {
    with_session(|context, info| {
        let trigger = unique("trigger");
        insert(context, info, command(&trigger), Mode::Sync);
        let owner = Owner::Session(Arc::clone(info));
        assert_eq!(
            refusal(context, &owner, command(&trigger)),
            "trigger already registered"
        );
    });
}

#[test]
fn a_gear_does_not_hook_a_command_above_an_async_hook() {
    with_session(|context, info| {
        let name = unique("command");
        insert(context, info, hook(&name), Mode::Async);
        let owner = Owner::Session(Arc::clone(info));
        assert_eq!(
            refusal(context, &owner, hook(&name)),
            "Can not override a none sync registration"
        );
    });
}

/// A registration with steps, as a running gear makes it.
fn dynamic_registration(info: &Arc<SessionInfo>, event: Event) -> Registration {
    let steps: Vec<Step> = with_python(|py| {
        vec![
            Map(function(py, "lambda x: x + 1")).into(),
            Filter(function(py, "lambda x: x > 0")).into(),
        ]
    });
    let new = NewRegistration {
        description: Some("about".to_owned()),
        plan: Arc::new(Plan::new(Reader::Keys, steps.into())),
        ..new_registration(event, Mode::AsyncLocal)
    };
    make(new, info, Some(User::named(b"ann")))
}

#[test]
fn a_dynamic_registration_comes_back_with_its_functions() {
    with_session(|context, info| {
        let registration = dynamic_registration(info, command("t"));
        let bytes = dynamic::encode(&registration).unwrap();
        let id = ids().next();
        let (new, user) = dynamic::decode(context, id, &bytes).unwrap();
        assert_eq!(new.id, id);
        assert_eq!(user, Some(User::named(b"ann")));
        assert_eq!(new.description.as_deref(), Some("about"));
        assert_eq!(
            (new.plan.reader, new.mode),
            (Reader::Keys, Mode::AsyncLocal)
        );
        assert!(new.on_registered.is_none());
        assert_eq!(
            format!("{:?}", new.event),
            format!("{:?}", registration.event)
        );
        with_python(|py| {
            let functions: Vec<_> = new.plan.functions().collect();
            assert_eq!(functions.len(), 2);
            let argument = crate::python::integer(py, 4);
            let results: Vec<String> = functions
                .iter()
                .map(|one| one.call1(&argument).unwrap().to_string())
                .collect();
            assert_eq!(results, ["5", "True"]);
        });
    });
}

#[test]
fn every_event_of_a_dynamic_registration_comes_back() {
    let streams = StreamsFilter::new(
        b"s*".to_vec(),
        3,
        Duration::from_millis(5),
        Failures::new(OnFailed::Abort, Duration::from_secs(1)),
        true,
    );
    let keys = KeysFilter {
        events: Some(vec!["set".to_owned()]),
        types: Some(vec![KeyType::String]),
        read_value: true,
        ..keys_filter("k*")
    };
    for event in [Event::Streams(streams), Event::Keys(keys), keys_event()] {
        with_session(|context, info| {
            let registration = dynamic_registration(info, event);
            let bytes = dynamic::encode(&registration).unwrap();
            let (new, _) = dynamic::decode(context, ids().next(), &bytes).unwrap();
            assert_eq!(
                format!("{:?}", new.event),
                format!("{:?}", registration.event)
            );
        });
    }
}

fn keys_event() -> Event {
    keys("*")
}

#[test]
fn every_cut_of_a_dynamic_registration_is_noticed() {
    with_session(|context, info| {
        let bytes = dynamic::encode(&dynamic_registration(info, command("t"))).unwrap();
        for end in 0..bytes.len() {
            let read = dynamic::decode(context, ids().next(), &bytes[..end]);
            assert!(read.is_err(), "cut at {end}");
        }
        let longer = [&bytes[..], b"\0"].concat();
        assert!(dynamic::decode(context, ids().next(), &longer).is_err());
    });
}

#[test]
fn a_function_that_cannot_leave_the_process_is_not_stored() {
    with_session(|_, info| {
        let lock = "(lambda lock: lambda x: lock)(__import__('threading').Lock())";
        let new = NewRegistration {
            plan: Arc::new(Plan::new(
                Reader::Command,
                Arc::new([with_python(|py| Map(function(py, lock))).into()]),
            )),
            ..new_registration(command("t"), Mode::Sync)
        };
        assert!(dynamic::encode(&make(new, info, None)).is_err());
    });
}

#[test]
fn a_stored_registration_gets_its_number_back() {
    with_session(|context, info| {
        let trigger = unique("trigger");
        let bytes = dynamic::encode(&dynamic_registration(info, command(&trigger))).unwrap();
        let id = Id::of(1_000_000_000);
        add_stored(context, info, id, bytes.clone().into()).unwrap();
        let found = by_trigger(context, &trigger).unwrap();
        assert_eq!(found.id, id);
        assert_eq!(found.user, Some(User::named(b"ann")));
        assert_eq!(found.dynamic.as_deref(), Some(bytes.as_slice()));
        assert!(ids().next() > id, "the number is in use");
    });
}

#[test]
fn a_told_registration_is_added_to_its_session() {
    with_session(|context, info| {
        insert(context, info, command(&unique("trigger")), Mode::Sync);
        let trigger = unique("trigger");
        let bytes = dynamic::encode(&dynamic_registration(info, command(&trigger))).unwrap();
        let id = ids().next();
        restore_dynamic(context, &encode_dynamic(&info.id, id, &bytes)).unwrap();
        assert_eq!(by_trigger(context, &trigger).unwrap().id, id);
        let count = registry().read(context, |registry| {
            registry.session(&info.id).unwrap().registrations.len()
        });
        assert_eq!(count, 2);
    });
}

#[test]
fn a_told_registration_needs_its_session() {
    locked(|context| {
        let name = unique("unknown");
        let told = encode_dynamic(&name, Id::of(7), b"");
        assert_eq!(
            restore_dynamic(context, &told),
            Err(format!("there is no session {name} to add to"))
        );
        assert!(restore_dynamic(context, b"").is_err());
    });
}
