//! Activating the collection of a script, and scripts that meet the registrations of others.

use super::super::activate::activate_silently;
use super::super::script_run::ScriptRun;
use super::{run_session, session};
use crate::execution::{Cause, Ended, How};
use crate::redis::{User, locked};
use crate::registration::registry;
use crate::registration::streams::Begin;
use crate::scope::SessionInfo;
use crate::testing::{eval, repr, with_python};
use std::sync::Arc;
use std::time::Duration;

/// Runs and activates the script of a session, in place of the session `replaces`.
fn activate(session: &Arc<SessionInfo>, replaces: Option<&str>) -> Result<(), String> {
    let collected = run_session(session, replaces)?;
    locked(|context| activate_silently(context, session, collected, replaces, Begin::New));
    Ok(())
}

/// The session whose registration has the trigger.
fn owner(trigger: &str) -> Option<String> {
    locked(|context| {
        registry().read(context, |registry| {
            let owner = registry.by_trigger(trigger.as_bytes())?;
            Some(owner.session.id.clone())
        })
    })
}

#[test]
fn a_trigger_belongs_to_its_session_until_the_session_is_replaced() {
    let script = "GB('CommandReader').register(trigger='owned')";
    let [first, second, third] = ["owner-1", "owner-2", "owner-3"].map(|id| session(id, script));
    activate(&first, None).unwrap();
    assert_eq!(owner("owned").as_deref(), Some("owner-1"));
    for replaces in [None, Some("owner-3"), Some("no such session")] {
        let error = activate(&second, replaces).unwrap_err();
        assert!(error.contains("trigger already registered\\n"), "{error}");
    }
    assert_eq!(owner("owned").as_deref(), Some("owner-1"));
    activate(&third, Some("owner-1")).unwrap();
    assert_eq!(owner("owned").as_deref(), Some("owner-3"));
}

#[test]
fn a_replaced_session_loses_the_triggers_that_the_new_one_leaves_out() {
    let both = "
GB('CommandReader').register(trigger='both-1')
GB('CommandReader').register(trigger='both-2')
";
    let one = "GB('CommandReader').register(trigger='both-2')";
    activate(&session("both", both), None).unwrap();
    activate(&session("both", one), Some("both")).unwrap();
    assert_eq!(owner("both-1"), None);
    assert_eq!(owner("both-2").as_deref(), Some("both"));
}

#[test]
fn on_registered_is_called_when_the_registration_is_active() {
    let script = "
import builtins
builtins.announced = []
def announce(name):
    return lambda: builtins.announced.append(name)
for name in ('announced-1', 'announced-2'):
    GB('CommandReader').register(trigger=name, onRegistered=announce(name))
builtins.announced_before = list(builtins.announced)
";
    activate(&session("announced", script), None).unwrap();
    with_python(|py| {
        let expression = "(builtins.announced_before, builtins.announced)";
        let announced = repr(&eval(py, expression));
        assert_eq!(announced, "([], ['announced-1', 'announced-2'])");
    });
}

#[test]
fn registrations_have_the_user_of_their_session() {
    let script = "GB('CommandReader').register(trigger='of-ann')";
    let mut of_ann = session("of-ann", script);
    Arc::get_mut(&mut of_ann).unwrap().user = Some(User::named(b"ann"));
    activate(&of_ann, None).unwrap();
    let user = locked(|context| {
        registry().read(context, |registry| {
            registry.by_trigger(b"of-ann").unwrap().user.clone()
        })
    });
    assert_eq!(user, Some(User::named(b"ann")));
}

#[test]
fn the_run_of_a_script_lets_go_of_its_session_in_the_end() {
    let session = session("of-a-run", "");
    let run = ScriptRun::new(Some(Arc::clone(&session)), Some(User::named(b"ann")));
    assert!(Arc::ptr_eq(&run.session().unwrap(), &session));
    assert_eq!(run.surroundings().user, Some(User::named(b"ann")));
    assert!(run.keeps_results());
    run.ended(&Ended {
        how: How::Completed,
        error: None,
        traceback: None,
        aborted: false,
        denied: false,
        duration: Duration::ZERO,
    });
    assert!(run.session().is_none());
    assert_eq!(Arc::strong_count(&session), 1);
    let id = crate::execution::ids().next();
    assert_eq!(run.retire(id), None);
}
