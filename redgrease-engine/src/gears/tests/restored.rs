//! Scripts of stored sessions that run again.

use super::super::restore::restore_sessions;
use super::super::room::make_room;
use super::super::scope::{Collected, Restored};
use super::{run_again, with_python};
use crate::id::{Id, Shard};
use crate::redis::{OwnedReply, locked};
use crate::registration::ledger::{Mark, Stamp};
use crate::registration::stored::{StoredSession, decode, encode, store};
use crate::registration::{Name, registry};

/// The stored part of a session with these registrations, all of which are still registered.
fn of_registrations(numbers: &[u64]) -> Restored {
    Restored {
        made: numbers.iter().copied().map(Id::of).collect(),
        registrations: numbers.iter().copied().map(Id::of).collect(),
        replies: [].into(),
        names_later: false,
    }
}

/// The stored part of a session without registrations, whose script got these answers.
fn of_replies(replies: &[OwnedReply]) -> Restored {
    Restored {
        replies: replies.to_vec().into(),
        ..of_registrations(&[])
    }
}

fn ids(collected: &Collected) -> Vec<Id> {
    let all = collected.registrations.iter();
    all.map(|one| one.id).collect()
}

const THREE: &str = "
for name in ('restored-1', 'restored-2', 'restored-3'):
    GB('CommandReader', desc=name).register(trigger=name)
";

#[test]
fn commands_have_the_answers_that_they_had() {
    let replies = [
        OwnedReply::Text(b"one".to_vec()),
        OwnedReply::Integer(2),
        OwnedReply::Null,
        OwnedReply::Status("OK".to_owned()),
        OwnedReply::Array(vec![OwnedReply::Integer(3), OwnedReply::Null]),
    ];
    let script = "flat_error(repr([execute('GET', str(i)) for i in range(5)]))";
    let answers = run_again(script, of_replies(&replies)).unwrap_err();
    assert_eq!(answers, "['one', 2, None, 'OK', [3, None]]");
}

#[test]
fn a_command_whose_answer_was_not_kept_has_none() {
    let script = "flat_error(repr([execute('INCR', 'n'), execute('INCR', 'n')]))";
    let answers = run_again(script, of_replies(&[OwnedReply::Integer(1)])).unwrap_err();
    assert_eq!(answers, "[1, None]");
}

#[test]
fn a_command_that_failed_fails_again() {
    let script = "
try:
    execute('INCR', 'text')
except Exception as e:
    flat_error('caught: ' + str(e))
";
    let reply = OwnedReply::Error("ERR value is not an integer".to_owned());
    let error = run_again(script, of_replies(&[reply])).unwrap_err();
    assert_eq!(error, "caught: ERR value is not an integer\r\n");
}

#[test]
fn registrations_have_the_ids_that_they_had() {
    let had = [5_000_003, 5_000_001, 5_000_002];
    let collected = run_again(THREE, of_registrations(&had)).unwrap();
    assert_eq!(ids(&collected), had.map(Id::of));
    assert_eq!(collected.made, had.map(Id::of));
    // New registrations do not get an id that a restored one has.
    assert!(crate::registration::ids().next() > Id::of(5_000_003));
}

#[test]
fn registrations_that_were_unregistered_stay_out() {
    let restored = Restored {
        registrations: [Id::of(5_000_012)].into(),
        ..of_registrations(&[5_000_011, 5_000_012, 5_000_013])
    };
    let collected = run_again(THREE, restored).unwrap();
    assert_eq!(ids(&collected), [Id::of(5_000_012)]);
    let description = collected.registrations[0].description.as_deref();
    assert_eq!(description, Some("restored-2"));
    // The next time the script runs, its registrations are counted the same way.
    assert_eq!(collected.made.len(), 3);
}

#[test]
fn a_registration_that_the_script_did_not_make_before_stays_out() {
    let collected = run_again(THREE, of_registrations(&[5_000_021, 5_000_022])).unwrap();
    assert_eq!(ids(&collected), [5_000_021, 5_000_022].map(Id::of));
}

#[test]
fn a_run_is_left_out() {
    let script = "
run = GB('ShardsIDReader').run()
if not run.executionId: raise Exception()
GB('ShardsIDReader').run()
";
    let collected = run_again(script, of_registrations(&[])).unwrap();
    assert!(collected.run.is_none());
}

#[test]
fn a_time_event_of_a_key_is_left_to_the_key() {
    let script = "
if registerTE(5, lambda: None, 'key') is not True: raise Exception()
registerTE(6, lambda: None)
";
    let collected = run_again(script, of_registrations(&[])).unwrap();
    assert_eq!(collected.timers.len(), 1);
}

/// A session as it is stored.
fn stored(id: &str, script: &str, numbers: &[u64]) -> StoredSession {
    StoredSession {
        id: id.to_owned(),
        description: Some("as stored".to_owned()),
        script: script.as_bytes().to_vec(),
        made: numbers.iter().copied().map(Id::of).collect(),
        registrations: numbers.iter().copied().map(Id::of).collect(),
        ..StoredSession::default()
    }
}

fn restore(sessions: &[StoredSession]) {
    with_python(|_| ());
    locked(|context| restore_sessions(context, &encode(sessions, &[]))).unwrap();
}

/// The registration that has the trigger.
fn owner(trigger: &str) -> Option<Id> {
    locked(|context| {
        registry().read(context, |registry| {
            let owner = registry.by_trigger(trigger.as_bytes())?;
            Some(owner.id)
        })
    })
}

fn is_session(id: &str) -> bool {
    locked(|context| registry().read(context, |registry| registry.session(id).is_some()))
}

#[test]
fn a_stored_session_is_active_afterwards() {
    let script = "GB('CommandReader').register(trigger='stored-active')";
    let session = stored("stored-active", script, &[5_000_031]);
    restore(std::slice::from_ref(&session));
    assert_eq!(owner("stored-active"), Some(Id::of(5_000_031)));
    let again = locked(|context| {
        registry().read(context, |registry| {
            registry.session("stored-active").unwrap().store(registry)
        })
    });
    let trigger = Name::Trigger(b"stored-active".to_vec());
    let session = StoredSession {
        names: Some(vec![(Id::of(5_000_031), trigger)]),
        ..session
    };
    assert_eq!(again, session);
}

#[test]
fn a_stored_session_takes_the_place_of_another_one() {
    let script = "GB('CommandReader').register(trigger='stored-replaced')";
    restore(&[stored("stored-old", script, &[5_000_041])]);
    let replacing = StoredSession {
        replaces: Some("stored-old".to_owned()),
        ..stored("stored-new", script, &[5_000_042])
    };
    restore(&[replacing]);
    assert_eq!(owner("stored-replaced"), Some(Id::of(5_000_042)));
    assert!(!is_session("stored-old"));
    // A session that is restored again takes its own place.
    restore(&[stored("stored-new", script, &[5_000_043])]);
    assert_eq!(owner("stored-replaced"), Some(Id::of(5_000_043)));
}

#[test]
fn a_stored_session_whose_script_fails_does_not_keep_others_from_being_restored() {
    let failing = "GB('CommandReader').register(trigger='stored-failing')\nraise Exception()";
    let good = "GB('CommandReader').register(trigger='stored-good')";
    restore(&[
        stored("stored-failing", failing, &[5_000_051]),
        stored("stored-good", good, &[5_000_052]),
    ]);
    assert_eq!(owner("stored-failing"), None);
    assert!(!is_session("stored-failing"));
    assert_eq!(owner("stored-good"), Some(Id::of(5_000_052)));
    let (kept, saved) = locked(|context| {
        let kept = registry().read(context, |registry| {
            let kept = registry.unrestored.get("stored-failing").unwrap();
            kept.stored.clone()
        });
        (kept, decode(&store(context)).unwrap().sessions)
    });
    assert_eq!(kept, stored("stored-failing", failing, &[5_000_051]));
    assert!(saved.contains(&kept));
    // A later version of the session takes its place.
    let mended = "GB('CommandReader').register(trigger='stored-failing')";
    restore(&[stored("stored-failing", mended, &[5_000_051])]);
    assert_eq!(owner("stored-failing"), Some(Id::of(5_000_051)));
    assert!(locked(|context| {
        registry().read(context, |all| {
            all.unrestored.get("stored-failing").is_none()
        })
    }));
}

#[test]
fn damaged_bytes_change_nothing() {
    let script = "GB('CommandReader').register(trigger='stored-damaged')";
    let mut bytes = encode(&[stored("stored-damaged", script, &[5_000_061])], &[]);
    bytes.pop();
    let outcome = locked(|context| restore_sessions(context, &bytes));
    assert!(outcome.is_err());
    assert_eq!(owner("stored-damaged"), None);
}

#[test]
fn names_of_a_session_of_another_shard_are_checked_when_it_is_activated() {
    let taken = "GB('CommandReader').register(trigger='room-1')";
    restore(&[stored("room-newer", taken, &[5_000_061])]);
    let restored = Restored {
        names_later: true,
        ..of_registrations(&[5_000_062])
    };
    assert_eq!(run_again(taken, restored).unwrap().registrations.len(), 1);
    let refused = run_again(taken, of_registrations(&[5_000_062])).unwrap_err();
    assert!(refused.contains("trigger already registered"), "{refused}");
    // The session that changed later keeps the name.
    let older = stored("room-older", taken, &[5_000_062]);
    let older = StoredSession {
        names: Some(vec![(Id::of(5_000_062), Name::Trigger(b"room-1".to_vec()))]),
        ..older
    };
    let stamp = |counter| Stamp {
        counter,
        shard: Shard::own(),
    };
    locked(|context| {
        registry().write(context, |registry| {
            let (stamp, removed) = (stamp(1_000_005), None);
            registry.ledger.take("room-newer", Mark { stamp, removed });
        });
        make_room(context, &older, stamp(1_000_004)).keep(context);
    });
    assert_eq!(owner("room-1"), Some(Id::of(5_000_061)));
}
