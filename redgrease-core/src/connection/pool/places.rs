//! A limited number of places, handed out in the order of arrival, to threads and to tasks.

use super::metrics::Waits;
use std::collections::{BTreeMap, BTreeSet};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Instant;

/// A fair semaphore. Blocking and async callers wait in one line.
#[derive(Debug)]
pub(crate) struct Places {
    size: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    taken: usize,
    next: u64,
    /// The line, by number of arrival.
    waiting: BTreeMap<u64, Waker>,
    /// Numbers that have got a place and do not know it yet.
    granted: BTreeSet<u64>,
    waits: Waits,
}

/// A place. It is free again when this is dropped.
#[derive(Debug)]
pub(crate) struct Place(Arc<Places>);

/// A future of a place.
pub(crate) struct Taking {
    places: Arc<Places>,
    begun: Instant,
    /// The number in the line, after the first poll found no free place.
    number: Option<u64>,
}

/// The state of the places at one moment.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Crowd {
    pub(crate) size: usize,
    pub(crate) in_use: usize,
    pub(crate) waiting: usize,
    pub(super) waits: Waits,
}

impl Crowd {
    /// The sum of both.
    pub(super) fn with(self, other: Crowd) -> Crowd {
        Crowd {
            size: self.size.saturating_add(other.size),
            in_use: self.in_use + other.in_use,
            waiting: self.waiting + other.waiting,
            waits: Waits {
                count: self.waits.count + other.waits.count,
                total: self.waits.total.saturating_add(other.waits.total),
                given_up: self.waits.given_up + other.waits.given_up,
            },
        }
    }
}

impl Places {
    pub(crate) fn new(size: usize) -> Arc<Self> {
        Arc::new(Places {
            size,
            state: Mutex::default(),
        })
    }

    /// Waits for a place. Dropping the future leaves the line.
    pub(crate) fn take(self: &Arc<Self>) -> Taking {
        Taking {
            places: Arc::clone(self),
            begun: Instant::now(),
            number: None,
        }
    }

    /// Blocks the thread until a place is free, or until the deadline.
    pub(crate) fn take_before(self: &Arc<Self>, deadline: Option<Instant>) -> Option<Place> {
        let mut taking = pin!(self.take());
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        let mut context = Context::from_waker(&waker);
        loop {
            if let Poll::Ready(place) = taking.as_mut().poll(&mut context) {
                return Some(place);
            }
            match deadline {
                None => thread::park(),
                Some(deadline) => match deadline.checked_duration_since(Instant::now()) {
                    Some(left) => thread::park_timeout(left),
                    None => return None,
                },
            }
        }
    }

    /// A place, if one is free and no other caller waits for it.
    pub(super) fn take_free(self: &Arc<Self>) -> Option<Place> {
        let mut state = self.state();
        if state.taken >= self.size {
            return None;
        }
        state.taken += 1;
        drop(state);
        Some(Place(Arc::clone(self)))
    }

    /// Counts a caller that has given up.
    pub(super) fn count_given_up(&self) {
        self.state().waits.given_up += 1;
    }

    pub(crate) fn crowd(&self) -> Crowd {
        let state = self.state();
        Crowd {
            size: self.size,
            in_use: state.taken,
            waiting: state.waiting.len(),
            waits: state.waits,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands the place to the first in the line.
    fn give_back(&self) {
        let mut state = self.state();
        match state.waiting.pop_first() {
            Some((number, waker)) => {
                state.granted.insert(number);
                drop(state);
                waker.wake();
            }
            None => state.taken -= 1,
        }
    }
}

impl Future for Taking {
    type Output = Place;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Place> {
        let this = self.get_mut();
        let mut state = this.places.state();
        match this.number {
            None if state.taken < this.places.size => state.taken += 1,
            None => {
                let number = state.next;
                state.next += 1;
                state.waiting.insert(number, context.waker().clone());
                this.number = Some(number);
                return Poll::Pending;
            }
            Some(number) if state.granted.remove(&number) => {
                this.number = None;
                state.waits.count += 1;
                state.waits.total += this.begun.elapsed();
            }
            Some(number) => {
                state.waiting.insert(number, context.waker().clone());
                return Poll::Pending;
            }
        }
        drop(state);
        Poll::Ready(Place(Arc::clone(&this.places)))
    }
}

impl Drop for Taking {
    fn drop(&mut self) {
        let Some(number) = self.number else { return };
        let mut state = self.places.state();
        state.waiting.remove(&number);
        let was_granted = state.granted.remove(&number);
        drop(state);
        if was_granted {
            self.places.give_back();
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.give_back();
    }
}

/// Wakes a thread.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn poll(taking: &mut Taking) -> Option<Place> {
        match Pin::new(taking).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(place) => Some(place),
            Poll::Pending => None,
        }
    }

    fn figures(places: &Places) -> (usize, usize) {
        let crowd = places.crowd();
        (crowd.in_use, crowd.waiting)
    }

    #[test]
    fn the_line_is_served_in_the_order_of_arrival() {
        let places = Places::new(1);
        let first = poll(&mut places.take()).unwrap();
        let (mut second, mut third) = (places.take(), places.take());
        assert!(poll(&mut second).is_none() && poll(&mut third).is_none());
        assert_eq!(figures(&places), (1, 2));
        drop(first);
        // The place belongs to the first in the line, also before it looks.
        assert!(poll(&mut places.take()).is_none());
        assert!(poll(&mut third).is_none());
        let second = poll(&mut second).unwrap();
        assert_eq!(figures(&places), (1, 1));
        drop(second);
        drop(poll(&mut third).unwrap());
        assert_eq!(figures(&places), (0, 0));
        assert_eq!(places.crowd().waits.count, 2);
    }

    #[test]
    fn a_dropped_future_leaves_the_line_and_passes_its_place_on() {
        let places = Places::new(1);
        let first = poll(&mut places.take()).unwrap();
        let (mut second, mut third) = (places.take(), places.take());
        assert!(poll(&mut second).is_none() && poll(&mut third).is_none());
        drop(first);
        drop(second);
        let third = poll(&mut third).unwrap();
        let mut fourth = places.take();
        assert!(poll(&mut fourth).is_none());
        drop(fourth);
        assert_eq!(figures(&places), (1, 0));
        drop(third);
        assert_eq!(figures(&places), (0, 0));
    }

    #[test]
    fn threads_give_up_at_the_deadline() {
        let places = Places::new(1);
        let only = places.take_before(None).unwrap();
        let soon = Instant::now() + Duration::from_millis(5);
        assert!(places.take_before(Some(soon)).is_none());
        assert_eq!(figures(&places), (1, 0));
        drop(only);
        assert!(places.take_before(Some(soon)).is_some());
    }

    #[test]
    fn many_threads_never_hold_more_places_than_there_are() {
        use std::sync::atomic::{AtomicUsize, Ordering};
        let places = Places::new(3);
        let inside = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..12 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        let place = places.take_before(None).unwrap();
                        assert!(inside.fetch_add(1, Ordering::SeqCst) < 3);
                        thread::yield_now();
                        inside.fetch_sub(1, Ordering::SeqCst);
                        drop(place);
                    }
                });
            }
        });
        assert_eq!(figures(&places), (0, 0));
    }
}
