//! Work that a gear hands on to other threads, and the part of the surroundings that goes with it.

use super::chain::{call_chain, inside_gears};
use super::{Scope, Signals, apart_from_gear, is_atomic, leave_atomic, look, with};
use crate::id::Id;
use crate::python::{Gil, NotRun, Surroundings, with_carried};
use crate::redis::{User, is_main_thread, locked};
use std::cell::Cell;
use std::sync::Arc;

/// The part of the surroundings of a gear that goes with the work which the gear hands on.
///
/// What else shall go with the work is a field here: [`captured`] fills it, and [`HandedOn::enter`] makes it count.
#[derive(Debug)]
pub(crate) struct HandedOn {
    /// The user whose rights the gear had. Named even if it is the default user.
    user: User,
    /// The signals of the execution, or of the body of a script, that the work comes from. A sync call has none.
    pub(super) signals: Option<Arc<Signals>>,
    /// The gears that ran inside of each other, the outermost first.
    chain: Vec<Id>,
}

thread_local! {
    /// The code on this thread belongs to nobody, although its thread runs a gear.
    static IS_OF_NOBODY: Cell<bool> = const { Cell::new(false) };
}

/// Runs `body`, which belongs to nobody or does not.
fn of_nobody<R>(is_of_nobody: bool, body: impl FnOnce() -> R) -> R {
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            IS_OF_NOBODY.set(self.0);
        }
    }
    let _restore = Restore(IS_OF_NOBODY.replace(is_of_nobody));
    body()
}

/// The surroundings of a callback that no gear has handed on. It has no rights, also if it runs inside of a gear or on a thread
/// with a session.
#[derive(Debug)]
pub(crate) struct Nobody;

impl Surroundings for Nobody {
    fn enter(self: Arc<Self>, body: &mut dyn FnMut()) {
        let was_atomic = is_atomic();
        apart_from_gear(|| of_nobody(true, body));
        if !was_atomic {
            leave_atomic();
        }
    }

    fn are_of_gear(&self) -> bool {
        false
    }
}

impl Surroundings for HandedOn {
    fn enter(self: Arc<Self>, body: &mut dyn FnMut()) {
        let was_atomic = is_atomic();
        let body = || of_nobody(false, body);
        let user = Some(self.user.clone());
        apart_from_gear(|| {
            with(Scope::user, user, || {
                let chain = self.chain.clone();
                inside_gears(chain, || with(Scope::handed_on, Some(self), body));
            });
        });
        // The block would keep the server's lock while this thread works for others.
        if !was_atomic {
            leave_atomic();
        }
    }
}

/// `true` if the code on this thread belongs to a gear or a script that runs on it. The server's main thread runs gears only.
pub(crate) fn is_of_gear() -> bool {
    super::SCOPE.with(super::is_of_gear_in) || (is_main_thread() && !IS_OF_NOBODY.get())
}

/// The user whose rights the gear on this thread has.
fn user() -> User {
    let user = look(Scope::user, Clone::clone);
    User::or_default(user.or_else(|| {
        let is_of_command = super::sync_call().is_some() || is_main_thread();
        let by_script = look(Scope::script, Option::is_some);
        // A sync call leaves the decision to its context. All others name each user but the default one.
        (is_of_command && !by_script)
            .then(|| locked(User::of))
            .flatten()
    }))
}

/// What goes with the work that the code on this thread hands on. `None` if the code belongs to no gear that runs here.
pub(crate) fn captured() -> Option<Arc<dyn Surroundings>> {
    if !is_of_gear() {
        return None;
    }
    let user = user();
    let here = look(Scope::handed_on, Clone::clone);
    let chain = call_chain();
    let is_same = |here: &&Arc<HandedOn>| here.user == user && here.chain == chain;
    if let Some(here) = here.as_ref().filter(is_same) {
        return Some(Arc::<HandedOn>::clone(here));
    }
    let of_execution = || {
        look(Scope::execution, |running| {
            running.as_ref().map(|running| Arc::clone(&running.signals))
        })
    };
    let signals = of_execution()
        .or_else(|| look(Scope::body, Clone::clone))
        .or_else(|| here.and_then(|here| here.signals.clone()));
    Some(Arc::new(HandedOn {
        user,
        signals,
        chain,
    }))
}

/// Why code has no rights.
#[derive(Debug)]
pub(crate) enum NoRights<F> {
    /// No gear has handed it on, and its thread has no session. With the code.
    NoSession(F),
    /// It is a callback of an event loop that no gear has handed on. The session of its thread does not count: the thread works
    /// for others, too.
    OfNobody,
}

/// Runs `body` in the surroundings that count for the code on this thread, which may be a thread or a callback of Python: those
/// of the gear that runs here, or else those that were handed on to the code. With neither, it has the rights of the owner of
/// the session that the thread was given.
///
/// # Errors
/// If the code belongs to nobody.
pub(crate) fn with_rights<R, F: FnOnce() -> R>(py: Gil<'_>, body: F) -> Result<R, NoRights<F>> {
    if is_of_gear() {
        return Ok(body());
    }
    let body = match with_carried(py, body) {
        Ok(outcome) => return Ok(outcome),
        Err(NotRun::NothingCarried(body)) => body,
        Err(NotRun::OfNobody(_)) => return Err(NoRights::OfNobody),
    };
    let owner = look(Scope::given_session, |session| {
        session.as_ref().map(|session| session.user.clone())
    });
    match owner {
        Some(owner) => Ok(with(Scope::user, Some(User::or_default(owner)), body)),
        None => Err(NoRights::NoSession(body)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Running, in_sync_call, is_given_up, sync_call};
    use super::*;
    use crate::id::IdCounter;

    fn ann() -> User {
        User::named(b"ann")
    }

    /// What `ann` hands on in an execution with these signals.
    fn of_execution(signals: &Arc<Signals>) -> Arc<dyn Surroundings> {
        let running = Running {
            user: Some(ann()),
            session: None,
            of_registration: false,
            signals: Arc::clone(signals),
        };
        let captured = || with(Scope::user, Some(ann()), captured);
        with(Scope::execution, Some(running), captured).unwrap()
    }

    fn enter(work: &Arc<dyn Surroundings>, body: impl FnOnce()) {
        let mut body = Some(body);
        Arc::clone(work).enter(&mut || body.take().unwrap()());
        assert!(body.is_none(), "it ran");
    }

    #[test]
    fn code_of_nobody_hands_nothing_on() {
        assert!(!is_of_gear() && captured().is_none());
    }

    #[test]
    fn work_has_the_user_and_nothing_else_of_its_gear_and_of_its_thread() {
        let work = of_execution(&Arc::default());
        let (user, id) = (|| look(Scope::user, Clone::clone), IdCounter::new().next());
        in_sync_call(id, || {
            with(Scope::user, Some(User::named(b"bob")), || {
                enter(&work, || {
                    assert_eq!((user(), sync_call()), (Some(ann()), None));
                    assert!(look(Scope::execution, Option::is_none) && is_of_gear());
                });
                assert_eq!((user(), sync_call()), (Some(User::named(b"bob")), Some(id)));
            });
        });
        assert_eq!(user(), None);
    }

    #[test]
    fn work_ends_with_an_execution_that_was_given_up_also_if_other_work_hands_it_on() {
        let signals = Arc::default();
        let work = of_execution(&signals);
        let mut inner = None;
        enter(&work, || {
            assert!(!is_given_up());
            inner = captured();
        });
        let with_owner = || with(Scope::user, Some(User::named(b"owner")), captured);
        let mut of_owner = None;
        enter(&work, || of_owner = with_owner());
        signals.give_up();
        for work in [work, inner.unwrap(), of_owner.unwrap()] {
            enter(&work, || assert!(is_given_up()));
        }
        assert!(!is_given_up());
    }

    #[test]
    fn a_block_that_work_leaves_open_is_closed() {
        let work = of_execution(&Arc::default());
        enter(&work, || assert!(super::super::enter_atomic(None).is_ok()));
        assert!(!is_atomic());
        assert!(super::super::enter_atomic(None).is_ok());
        enter(&work, || assert!(is_atomic()));
        assert!(is_atomic() && leave_atomic());
    }

    #[test]
    fn a_gear_gets_no_rights_from_the_session_of_its_thread() {
        crate::testing::with_python(|py| {
            let user = || look(Scope::user, Clone::clone);
            assert!(with_rights(py, user).is_err(), "of nobody");
            with(Scope::user, Some(ann()), || {
                assert_eq!(with_rights(py, user).ok(), Some(Some(ann())));
            });
        });
    }

    #[test]
    fn work_of_nobody_has_no_rights_also_inside_of_a_gear() {
        let nobody: Arc<dyn Surroundings> = Arc::new(Nobody);
        let (id, of_gear) = (IdCounter::new().next(), of_execution(&Arc::default()));
        in_sync_call(id, || {
            enter(&nobody, || {
                assert!(!is_of_gear() && sync_call().is_none());
                assert!(captured().is_none(), "it hands no rights on");
                enter(&of_gear, || assert!(is_of_gear()));
                assert!(!is_of_gear());
            });
            assert_eq!(sync_call(), Some(id));
        });
    }
}
