//! Values whose functions have not been loaded yet, and when each is tried.

use super::KeyedTimer;
use crate::python::Holder;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

/// The time between two tries.
pub(super) const RETRY_INTERVAL: Duration = Duration::from_secs(5);
/// The number of tries: requirements may still be installed, and another shard may not answer at once.
const MAX_TRIES: u32 = 60;

/// A value whose function has not been loaded yet.
#[derive(Debug)]
pub(super) struct Waiting {
    timer: Weak<KeyedTimer>,
    /// The number of the ticket of a key that comes from another shard.
    number: Option<String>,
    tries: u32,
    /// The log has told of a failure.
    pub(super) is_told: bool,
    /// The answer of the shard that the key comes from.
    pub(super) answer: Option<Answer>,
    /// How long loading may hold up the server: longer while it starts.
    pub(super) holder: Holder,
    /// The time of the next try, if there is no answer before.
    due: Instant,
}

/// The answer of the shard that a key comes from.
#[derive(Debug)]
pub(super) enum Answer {
    /// It has no function for the key.
    Nothing,
    Bytes(Vec<u8>),
}

impl Waiting {
    pub(super) fn new(timer: &Arc<KeyedTimer>, holder: Holder, now: Instant) -> Waiting {
        Waiting {
            timer: Arc::downgrade(timer),
            number: timer.ticket().ok().map(|ticket| ticket.number),
            tries: 0,
            is_told: false,
            answer: None,
            holder,
            due: now,
        }
    }

    /// The value. `None` if its key is gone.
    pub(super) fn timer(&self) -> Option<Arc<KeyedTimer>> {
        self.timer.upgrade()
    }

    /// Waits for the next try, which does not count as one.
    pub(super) fn later(&mut self, now: Instant) {
        self.due = now + RETRY_INTERVAL;
    }

    /// A try has failed. Returns `false` if it was the last one.
    pub(super) fn try_again(&mut self, now: Instant) -> bool {
        self.tries += 1;
        self.later(now);
        self.tries < MAX_TRIES
    }

    fn is_due(&self, now: Instant) -> bool {
        self.answer.is_some() || self.due <= now
    }
}

/// All values that wait. There is one planned look at them at a time.
#[derive(Debug)]
pub(super) struct List {
    all: Vec<Waiting>,
    planned: Option<Instant>,
}

impl List {
    pub(super) const fn new() -> List {
        List {
            all: Vec::new(),
            planned: None,
        }
    }

    pub(super) fn add(&mut self, waiting: impl IntoIterator<Item = Waiting>) {
        self.all.extend(waiting);
    }

    /// The shard that keys come from has answered for this number. If it was started again after it had sent the bytes, it has nothing
    /// any more.
    pub(super) fn answered(&mut self, number: &str, bytes: Option<&[u8]>) {
        for one in &mut self.all {
            let is_here = bytes.is_none() && matches!(one.answer, Some(Answer::Bytes(_)));
            if one.number.as_deref() == Some(number) && !is_here {
                one.answer =
                    Some(bytes.map_or(Answer::Nothing, |bytes| Answer::Bytes(bytes.to_vec())));
            }
        }
    }

    /// Takes the values whose time has come.
    pub(super) fn take_due(&mut self, now: Instant) -> Vec<Waiting> {
        self.all.extract_if(.., |one| one.is_due(now)).collect()
    }

    /// The time of the next look. `None` if it is planned already, or nothing waits.
    pub(super) fn plan(&mut self, now: Instant) -> Option<Instant> {
        let times = self.all.iter();
        let next = times
            .map(|one| if one.is_due(now) { now } else { one.due })
            .min()?;
        if self.planned.is_some_and(|planned| planned <= next) {
            return None;
        }
        self.planned = Some(next);
        Some(next)
    }

    /// A look that was planned for this time begins. Returns `false` if an earlier one was planned in its place.
    pub(super) fn begins(&mut self, at: Instant) -> bool {
        let is_planned = self.planned == Some(at);
        if is_planned {
            self.planned = None;
        }
        is_planned
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::moved_timers::Ticket;
    use super::*;

    fn timers(count: usize) -> Vec<Arc<KeyedTimer>> {
        let ticket = |number: usize| Ticket {
            number: number.to_string(),
            ..Ticket::sample()
        };
        let value = |number| Arc::new(KeyedTimer::new(ticket(number).write(), Some(b"key")));
        (0..count).map(value).collect()
    }

    #[test]
    fn each_key_is_tried_once_in_an_interval() {
        let now = Instant::now();
        let timers = timers(100);
        let mut list = List::new();
        let mut tries = 0;
        for timer in &timers {
            list.add([Waiting::new(timer, Holder::Call, now)]);
            let mut due = list.take_due(now);
            assert_eq!(due.len(), 1);
            assert!(due.iter_mut().all(|one| one.try_again(now)));
            tries += due.len();
            list.add(due);
        }
        assert_eq!(tries, timers.len());
        list.answered("7", None);
        let answered = list.take_due(now);
        assert!(
            matches!(answered.as_slice(), [one] if matches!(one.answer, Some(Answer::Nothing)))
        );
        assert_eq!(list.take_due(now + RETRY_INTERVAL).len(), timers.len() - 1);
    }

    #[test]
    fn bytes_are_not_lost_to_a_later_answer() {
        let now = Instant::now();
        let timers = timers(1);
        let mut list = List::new();
        list.add([Waiting::new(&timers[0], Holder::Call, now)]);
        list.answered("0", None);
        list.answered("0", Some(b"bytes"));
        list.answered("0", None);
        let due = list.take_due(now);
        assert!(
            matches!(due.as_slice(), [one] if matches!(&one.answer, Some(Answer::Bytes(bytes)) if bytes == b"bytes"))
        );
    }

    #[test]
    fn a_try_is_the_last_one_in_the_end() {
        let now = Instant::now();
        let timers = timers(1);
        let mut one = Waiting::new(&timers[0], Holder::Call, now);
        let tries = (1..=2 * MAX_TRIES).find(|_| !one.try_again(now));
        assert_eq!(tries, Some(MAX_TRIES));
        let mut patient = Waiting::new(&timers[0], Holder::Call, now);
        for _ in 0..2 * MAX_TRIES {
            patient.later(now);
        }
        assert!(patient.try_again(now), "without Python no try was made");
    }

    #[test]
    fn there_is_one_planned_look() {
        let now = Instant::now();
        let timers = timers(2);
        let mut list = List::new();
        assert_eq!(list.plan(now), None);
        let mut later = Waiting::new(&timers[0], Holder::Call, now);
        later.later(now);
        list.add([later]);
        let in_a_while = list.plan(now).unwrap();
        assert_eq!((in_a_while, list.plan(now)), (now + RETRY_INTERVAL, None));
        list.add([Waiting::new(&timers[1], Holder::Call, now)]);
        assert_eq!((list.plan(now), list.plan(now)), (Some(now), None));
        assert!(list.begins(now));
        list.take_due(now);
        assert_eq!(list.plan(now), Some(in_a_while), "it is planned anew");
        assert!(list.begins(in_a_while) && !list.begins(in_a_while));
    }
}
