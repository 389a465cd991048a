//! The thread that samples the server. It keeps the last view while the server is away, and connects again.

use super::model::{History, Model, Source, View};
use super::thread_ended;
use crate::app::connect_to;
use crate::failure::Failure;
use redgrease_core::Con;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// What is known at the moment.
#[derive(Clone, Default, Serialize)]
pub(super) struct State {
    /// Grows with each change.
    pub(super) version: u64,
    pub(super) view: Option<Arc<View>>,
    pub(super) history: Arc<History>,
    /// The last rates of registrations that ran.
    pub(super) sparks: Arc<BTreeMap<String, Vec<f64>>>,
    /// Why the server cannot be asked.
    pub(super) trouble: Option<String>,
    /// When the sampling thread began to wait for the server.
    #[serde(skip)]
    pub(super) asking: Option<Instant>,
}

/// A server that is sampled until the program ends.
pub(super) struct Poller {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    woken: Mutex<bool>,
    wake: Condvar,
}

/// A reply that takes longer than this, and than three intervals, is late.
const LATE: Duration = Duration::from_secs(3);

impl Poller {
    pub(super) fn start(con: Con, url: String, interval: Duration) -> Result<Self, Failure> {
        let shared = Arc::new(Shared::default());
        let of_thread = Arc::clone(&shared);
        let run = move || sample_on(&of_thread, Source::new(con, &url), &url, interval);
        thread::Builder::new()
            .name("poller".to_owned())
            .spawn(run)
            .map_err(|_| thread_ended())?;
        Ok(Poller { shared })
    }

    /// What is known now. If the server owes a reply for long, that is a trouble.
    pub(super) fn state(&self, interval: Duration) -> State {
        let mut state = self.shared.state().clone();
        let late = state
            .asking
            .map(|it| it.elapsed())
            .filter(|it| *it > LATE.max(interval * 3));
        if let (None, Some(late)) = (&state.trouble, late) {
            state.trouble = Some(format!(
                "the server has not answered for {} seconds",
                late.as_secs()
            ));
        }
        state
    }

    /// Waits until the version is greater than `version`, for a short time at most.
    pub(super) fn wait(&self, version: u64, limit: Duration) {
        let state = self.shared.state();
        let changed = &self.shared.changed;
        drop(changed.wait_timeout_while(state, limit, |it| it.version <= version));
    }

    /// Samples at once.
    pub(super) fn wake(&self) {
        *self
            .shared
            .woken
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = true;
        self.shared.wake.notify_all();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state();
        change(&mut state);
        state.version += 1;
        self.changed.notify_all();
    }

    fn pause(&self, interval: Duration) {
        let woken = self.woken.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self
            .wake
            .wait_timeout_while(woken, interval, |woken| !*woken);
        let (mut woken, _) = waited.unwrap_or_else(PoisonError::into_inner);
        *woken = false;
    }
}

fn sample_on(shared: &Shared, source: Source, url: &str, interval: Duration) {
    let mut model = Model::default();
    let mut source = Some(source);
    loop {
        let begun = Instant::now();
        shared.state().asking = Some(begun);
        let sampled = match &mut source {
            Some(source) => source.sample().map_err(Failure::from),
            None => connect_to(url).and_then(|con| {
                let source = source.insert(Source::new(con, url));
                source.sample().map_err(Failure::from)
            }),
        };
        shared.state().asking = None;
        match sampled {
            Ok(sample) => {
                let view = Arc::new(model.view(&sample));
                shared.change(|state| {
                    state.view = Some(view);
                    state.history = Arc::new(model.history().clone());
                    state.sparks = Arc::new(model.sparks());
                    state.trouble = None;
                });
            }
            Err(failure) => {
                source = None;
                shared.change(|state| state.trouble = Some(failure.to_string()));
            }
        }
        // A poll that takes long is followed by a rest at least as long.
        let rest = interval
            .saturating_sub(begun.elapsed())
            .max(begun.elapsed());
        shared.pause(rest);
    }
}
