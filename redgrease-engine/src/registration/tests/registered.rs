//! The registry: sessions and registrations that replace each other.

use crate::id::Id;
use crate::order::Ordered;
use crate::plan::Mode;
use crate::registration::reserved::Taken;
use crate::registration::streams::{Failures, OnFailed};
use crate::registration::testing::{
    self, command, hook, keys, new_registration, registration, session, session_with,
};
use crate::registration::timers::{NewTimer, Place, TimeEvent};
use crate::registration::{Event, Registration, Registry, Session};
use crate::scope::SessionInfo;
use crate::testing::{function, with_python};
use std::sync::Arc;
use std::time::Duration;

/// Puts a session with registrations for these events into the registry.
fn insert(
    registry: &mut Registry,
    name: &str,
    events: Vec<Event>,
    replaced: Option<&str>,
) -> (Vec<Arc<Registration>>, Vec<Arc<Registration>>) {
    let info = session(name);
    let made: Vec<Arc<Registration>> = events
        .into_iter()
        .map(|event| registration(&info, event, Mode::Sync))
        .collect();
    let old = registry.insert(Session::new(&info), made.clone(), replaced);
    (made, old)
}

/// Adds the event to an existing session.
fn add(registry: &mut Registry, name: &str, event: Event) -> Arc<Registration> {
    let info = Arc::clone(&registry.session(name).unwrap().info);
    let added = registration(&info, event, Mode::Sync);
    registry.add(name, Arc::clone(&added));
    added
}

fn ids<'a>(all: impl IntoIterator<Item = &'a Arc<Registration>>) -> Vec<Id> {
    all.into_iter().map(|one| one.id).collect()
}

fn names(registry: &Registry) -> Vec<&str> {
    registry
        .sessions()
        .map(|one| one.info.id.as_str())
        .collect()
}

#[test]
fn a_session_is_found_with_its_registrations() {
    let mut registry = Registry::default();
    let (made, old) = insert(&mut registry, "app", vec![command("t"), keys("k")], None);
    assert!(old.is_empty());
    assert_eq!(registry.len(), 2);
    let session = registry.session("app").unwrap();
    assert_eq!(session.registrations, ids(&made));
    assert_eq!(registry.session_of(made[0].id), Some("app"));
    assert_eq!(registry.by_trigger(b"t").unwrap().id, made[0].id);
    assert_eq!(registry.registration(made[1].id).unwrap().id, made[1].id);
    assert!(registry.by_trigger(b"T").is_none());
}

#[test]
fn an_upgraded_session_loses_its_old_registrations() {
    let mut registry = Registry::default();
    let (first, _) = insert(&mut registry, "app", vec![command("t"), keys("k")], None);
    let (second, old) = insert(&mut registry, "app", vec![command("t")], Some("app"));
    assert_eq!(ids(&old), ids(&first));
    assert_eq!(registry.len(), 1);
    assert_eq!(registry.by_trigger(b"t").unwrap().id, second[0].id);
    assert!(registry.key_registrations().iter().next().is_none());
    assert_eq!(names(&registry), ["app"]);
}

#[test]
fn a_session_takes_the_place_of_one_with_another_name() {
    let mut registry = Registry::default();
    let (first, _) = insert(&mut registry, "old", vec![command("t")], None);
    let (second, old) = insert(&mut registry, "new", vec![command("t")], Some("old"));
    assert_eq!(ids(&old), ids(&first));
    assert_eq!(names(&registry), ["new"]);
    assert_eq!(registry.by_trigger(b"t").unwrap().id, second[0].id);
}

#[test]
fn a_session_that_replaces_an_unknown_one_is_just_added() {
    let mut registry = Registry::default();
    insert(&mut registry, "app", vec![command("t")], None);
    let (_, old) = insert(&mut registry, "other", vec![command("u")], Some("unknown"));
    assert!(old.is_empty());
    assert_eq!(names(&registry), ["app", "other"]);
}

#[test]
fn a_trigger_belongs_to_one_session_until_it_is_freed() {
    let mut registry = Registry::default();
    assert_eq!(registry.check_trigger(b"t", None), Ok(()));
    let (made, _) = insert(&mut registry, "app", vec![command("t")], None);
    assert_eq!(
        registry.check_trigger(b"t", None),
        Err(Taken::ByRegistration)
    );
    assert_eq!(
        registry.check_trigger(b"t", Some("other")),
        Err(Taken::ByRegistration)
    );
    assert_eq!(registry.check_trigger(b"t", Some("app")), Ok(()));
    assert_eq!(registry.check_trigger(b"u", None), Ok(()));
    registry.remove(made[0].id);
    assert_eq!(registry.check_trigger(b"t", None), Ok(()));
    assert!(registry.by_trigger(b"t").is_none());
}

#[test]
fn the_removal_of_an_old_owner_leaves_a_trigger_to_the_new_one() {
    let mut registry = Registry::default();
    let (old, _) = insert(&mut registry, "old", vec![command("t"), keys("k")], None);
    let (new, _) = insert(&mut registry, "new", vec![command("t")], None);
    registry.remove(old[0].id);
    assert_eq!(registry.by_trigger(b"t").unwrap().id, new[0].id);
}

#[test]
fn hooks_of_a_command_are_a_stack_with_the_newest_on_top() {
    let mut registry = Registry::default();
    assert!(registry.hooks(b"get").is_none());
    let (first, _) = insert(&mut registry, "a", vec![hook("get"), hook("set")], None);
    let (second, _) = insert(&mut registry, "b", vec![hook("get")], None);
    let stack = |registry: &Registry| registry.hooks(b"GeT").map(|stack| ids(stack.all()));
    assert_eq!(stack(&registry), Some(vec![first[0].id, second[0].id]));
    assert_eq!(
        registry.hooks(b"set").map(|stack| ids(stack.all())),
        Some(vec![first[1].id])
    );
    registry.remove(first[0].id);
    assert_eq!(stack(&registry), Some(vec![second[0].id]));
    registry.remove(second[0].id);
    assert_eq!(stack(&registry), None);
    assert!(registry.hooks(b"\xff").is_none());
}

#[test]
fn registrations_of_keys_and_streams_are_listed_oldest_first() {
    let mut registry = Registry::default();
    let stream = || {
        Event::Streams(crate::registration::StreamsFilter::new(
            b"s".to_vec(),
            1,
            Duration::ZERO,
            Failures::new(OnFailed::Continue, Duration::ZERO),
            false,
        ))
    };
    let (first, _) = insert(&mut registry, "b", vec![keys("k"), stream()], None);
    let (second, _) = insert(&mut registry, "a", vec![stream(), keys("k")], None);
    assert_eq!(
        ids(registry.key_registrations().iter()),
        [first[0].id, second[1].id]
    );
    assert_eq!(
        ids(registry.stream_registrations().iter()),
        [first[1].id, second[0].id]
    );
    registry.remove(first[0].id);
    registry.remove(second[0].id);
    assert_eq!(ids(registry.key_registrations().iter()), [second[1].id]);
    assert_eq!(ids(registry.stream_registrations().iter()), [first[1].id]);
}

#[test]
fn a_registration_that_is_removed_leaves_the_others_of_its_session() {
    let mut registry = Registry::default();
    let (made, _) = insert(&mut registry, "app", vec![command("t"), command("u")], None);
    let removed = registry.remove(made[0].id).unwrap();
    assert_eq!(removed.id, made[0].id);
    assert!(registry.remove(made[0].id).is_none());
    assert_eq!(registry.session("app").unwrap().registrations, [made[1].id]);
    assert!(registry.registration(made[0].id).is_none());
    assert_eq!(registry.session_of(made[0].id), None);
}

#[test]
fn a_session_goes_with_its_last_registration() {
    let mut registry = Registry::default();
    let (made, _) = insert(&mut registry, "app", vec![command("t")], None);
    registry.remove(made[0].id);
    assert!(registry.session("app").is_none());
    assert_eq!(registry.sessions().count(), 0);
}

#[test]
fn a_session_that_is_gone_is_known_while_something_of_it_lives() {
    let mut registry = Registry::default();
    let (made, _) = insert(&mut registry, "app", vec![command("t")], None);
    assert!(registry.dead_sessions().is_empty());
    registry.remove_session("app");
    let dead: Vec<String> = registry
        .dead_sessions()
        .iter()
        .map(|one| one.id.clone())
        .collect();
    assert_eq!(dead, ["app"]);
    // The registration holds its session.
    drop(made);
    assert!(registry.dead_sessions().is_empty());
}

#[test]
fn a_session_that_another_one_overwrites_is_dead() {
    let mut registry = Registry::default();
    let first = session("app");
    registry.insert_running(Session::new(&first));
    insert(&mut registry, "app", vec![command("t")], None);
    let dead = registry.dead_sessions();
    assert!(Arc::ptr_eq(&dead[0], &first));
    assert!(!Arc::ptr_eq(&registry.session("app").unwrap().info, &first));
}

#[test]
fn removing_an_unknown_session_removes_nothing() {
    let mut registry = Registry::default();
    insert(&mut registry, "app", vec![command("t")], None);
    assert!(registry.remove_session("other").is_empty());
    assert_eq!(registry.len(), 1);
}

#[test]
fn a_running_session_lives_as_long_as_its_execution() {
    let mut registry = Registry::default();
    let running: Arc<SessionInfo> = session("app");
    registry.insert_running(Session::new(&running));
    assert!(registry.session("app").is_some());
    drop(running);
    assert!(registry.session("app").is_none());
    assert_eq!(registry.sessions().count(), 0);
}

#[test]
fn a_running_session_does_not_replace_a_registered_one() {
    let mut registry = Registry::default();
    let (made, _) = insert(&mut registry, "app", vec![command("t")], None);
    let other = session("app");
    registry.insert_running(Session::new(&other));
    assert_eq!(registry.session("app").unwrap().registrations, ids(&made));
}

#[test]
fn a_running_session_takes_the_place_of_one_that_has_ended() {
    let mut registry = Registry::default();
    let ended = session_with("app", &["old"]);
    registry.insert_running(Session::new(&ended));
    drop(ended);
    let running = session_with("app", &["new"]);
    registry.insert_running(Session::new(&running));
    assert_eq!(registry.requirement_users(|one| one == "new"), 1);
    assert_eq!(registry.requirement_users(|one| one == "old"), 0);
}

#[test]
fn sessions_are_listed_by_name() {
    let mut registry = Registry::default();
    for name in ["b", "c", "a"] {
        insert(&mut registry, name, vec![command(name)], None);
    }
    assert_eq!(names(&registry), ["a", "b", "c"]);
}

/// Clients of RedisGears see the order of its hash table.
#[test]
fn registrations_are_listed_in_the_order_of_a_hash_table() {
    let mut registry = Registry::default();
    let mut expected = Ordered::default();
    for number in 0..20 {
        let name = format!("session{number}");
        let (made, _) = insert(&mut registry, &name, vec![command(&name)], None);
        expected.add(made[0].id.key(), (made[0].id, name));
    }
    let listed: Vec<(Id, String)> = registry
        .registrations()
        .map(|(one, session)| (one.id, session.info.id.clone()))
        .collect();
    let expected: Vec<(Id, String)> = expected.iter().map(|(_, row)| row.clone()).collect();
    assert_eq!(listed, expected);
    assert!(!listed.is_sorted(), "not by their ids");
}

#[test]
fn registrations_have_increasing_ids() {
    let ids: Vec<Id> = (0..3)
        .map(|_| new_registration(command("t"), Mode::Sync).id)
        .collect();
    assert!(ids.is_sorted());
    assert_ne!(ids[0], ids[1]);
}

#[test]
fn a_registration_can_be_added_to_a_session_that_exists() {
    let mut registry = Registry::default();
    let (made, _) = insert(&mut registry, "app", vec![command("t")], None);
    let added = add(&mut registry, "app", command("u"));
    let all = &registry.session("app").unwrap().registrations;
    assert_eq!(*all, [made[0].id, added.id]);
    assert_eq!(registry.by_trigger(b"u").unwrap().id, added.id);
    let info = session("other");
    registry.add(
        "other",
        testing::registration(&info, command("v"), Mode::Sync),
    );
    assert!(registry.by_trigger(b"v").is_none(), "no such session");
    assert_eq!(registry.len(), 2);
}

#[test]
fn requirements_are_counted_by_session() {
    let mut registry = Registry::default();
    for (name, requirements) in [("a", &["six", "numpy"][..]), ("b", &["six"])] {
        let info = session_with(name, requirements);
        let made = vec![registration(&info, command(name), Mode::Sync)];
        registry.insert(Session::new(&info), made, None);
    }
    assert_eq!(registry.requirement_users(|one| one == "six"), 2);
    assert_eq!(registry.requirement_users(|one| one == "numpy"), 1);
    assert_eq!(registry.requirement_users(|one| one == "si"), 0);
    registry.remove_session("a");
    assert_eq!(registry.requirement_users(|one| one == "six"), 1);
}

fn time_event() -> Arc<TimeEvent> {
    let function = with_python(|py| function(py, "lambda: None"));
    let timer = NewTimer {
        function,
        interval: Duration::from_mins(1),
        place: Place::OneShard,
    };
    TimeEvent::new(timer, None, None)
}

#[test]
fn a_time_event_stops_with_its_session() {
    let mut registry = Registry::default();
    insert(&mut registry, "app", vec![command("t")], None);
    let (own, other) = (time_event(), time_event());
    registry.own_timer("app", Arc::clone(&own));
    registry.own_timer("other", Arc::clone(&other));
    assert_eq!(registry.session("app").unwrap().timers.len(), 1);
    assert!(!own.is_stopped());
    registry.remove_session("app");
    assert!(own.is_stopped());
    assert!(!other.is_stopped(), "it belongs to no session");
}

#[test]
fn a_session_with_a_time_event_outlives_its_registrations() {
    let mut registry = Registry::default();
    let (made, _) = insert(&mut registry, "app", vec![command("t")], None);
    let event = time_event();
    registry.own_timer("app", Arc::clone(&event));
    registry.remove(made[0].id);
    assert!(registry.session("app").is_some());
    assert!(!event.is_stopped());
}
