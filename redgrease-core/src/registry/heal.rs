//! Registers gears that a server has lost, because it was flushed, replaced or restarted without its data.
//!
//! Many tasks may miss the same gear at once. One of them registers it; the others wait, and then only repeat their
//! call. Tasks that miss gears of different sessions or on different servers do not wait for each other.

#[cfg(feature = "aio")]
use super::exchange::drive_async;
use super::exchange::{Exchange, Kind, Link, drive};
use super::owned::Terms;
use super::plan::plan;
use super::register::{register, register_on_all, sets_with};
use super::report::{Action, SessionReport};
use super::set::GearSet;
#[cfg(feature = "aio")]
use super::time_limit::TimeLimit;
use super::turns::Turns;
#[cfg(feature = "aio")]
use crate::connection::{AsyncCon, AsyncConnection};
use crate::connection::{Connection, Endpoint, known, own};
use crate::error::{Error, ErrorKind, Result};
use crate::gear::Gear;
use crate::profile::{self, Policy, Profile};
#[cfg(feature = "aio")]
use crate::trace;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;
#[cfg(feature = "aio")]
use std::time::Instant;

/// Counts attempts, to compare the time of an attempt with the time of a call.
static CLOCK: AtomicU64 = AtomicU64::new(0);

/// The attempts for each session on each server.
static ATTEMPTS: LazyLock<Mutex<HashMap<String, Arc<Attempts>>>> = LazyLock::new(Mutex::default);

/// The attempts to register one session on one server.
#[derive(Debug, Default)]
struct Attempts {
    turns: Arc<Turns>,
    /// Time of the last attempt, and its error if it failed.
    last: Mutex<Option<(u64, Option<Error>)>>,
}

impl Attempts {
    fn of(session: &str, server: Option<&str>) -> Arc<Self> {
        let key = format!("{session} {}", server.unwrap_or_default());
        let mut all = ATTEMPTS.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.entry(key).or_default())
    }
}

/// Made before a call is sent, so that it can tell which registrations came after the call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Healer {
    gear: &'static Gear,
    made_at: u64,
}

/// Result of an attempt that did not fail.
#[derive(Debug)]
pub(crate) enum Healed {
    /// The call can be repeated.
    Retry,
    /// The call would fail again, for this reason.
    Refused(String),
}

impl Healer {
    pub(crate) fn new(gear: &'static Gear) -> Self {
        Healer {
            gear,
            made_at: CLOCK.load(Ordering::Acquire),
        }
    }

    /// Registers the session of the gear, unless another task did since the call was sent. `left` is the time that the
    /// call has.
    pub(crate) fn heal<C: Connection + ?Sized>(
        self,
        con: &mut C,
        left: Option<Duration>,
    ) -> Result<Healed> {
        let endpoint = own::endpoint(|| con.get_db());
        drive(con, self.exchange(Kind::Blocking, endpoint, left))
    }

    /// [`heal`](Self::heal) over an async connection. Over one of this crate, the registration is a task of its own: it goes
    /// on for other calls when the time of this one is over, or its future is dropped.
    #[cfg(feature = "aio")]
    pub(crate) async fn heal_async<C: AsyncConnection + ?Sized>(
        self,
        con: &mut C,
        left: Option<Duration>,
    ) -> Result<Healed> {
        let Some(endpoint) = own::endpoint(|| con.get_db()) else {
            return drive_async(Some(con), self.exchange(Kind::Async, None, left)).await;
        };
        let begun = Instant::now();
        let profile = endpoint.profile();
        let asked = Arc::clone(&profile);
        let reaching = Exchange::new(Kind::Async, left, |link| async move {
            match self.refused(&link, &asked).await {
                Some(refused) => Err(refused),
                None => Ok(Server::reached_by(&link, Some(endpoint)).await),
            }
        });
        let server = match drive_async(Some(con), reaching).await {
            Ok(server) => server,
            Err(refused) => return Ok(refused),
        };
        let limit = profile.registration_timeout.0;
        let exchange = Exchange::new(Kind::Async, limit, |link| async move {
            self.attempt(&link, &server, &profile).await
        });
        let healing = drive_async::<AsyncCon, _>(None, exchange);
        let healing = tokio::spawn(trace::surroundings().enter_async(healing));
        let left = left.map(|left| left.saturating_sub(begun.elapsed()));
        match tokio::time::timeout(left.unwrap_or(Duration::MAX), healing).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(e)) if e.is_panic() => std::panic::resume_unwind(e.into_panic()),
            Ok(Err(e)) => Err(Error::config(format!(
                "the gear could not be registered again: {e}: call it from a tokio runtime that does not end"
            ))),
            Err(_) => Err(TimeLimit::new(left).unanswered()),
        }
    }

    /// The attempt over a connection with this endpoint; `None` for connections of redis-rs.
    pub(super) fn exchange(
        self,
        kind: Kind,
        endpoint: Option<Arc<Endpoint>>,
        left: Option<Duration>,
    ) -> Exchange<'static, Result<Healed>> {
        let profile = endpoint
            .as_ref()
            .map_or_else(profile::default, |endpoint| endpoint.profile());
        let limit = profile.registration_timeout.0;
        let limit = left.map_or(limit, |left| {
            Some(limit.map_or(left, |limit| limit.min(left)))
        });
        Exchange::new(kind, limit, |link| async move {
            if let Some(refused) = self.refused(&link, &profile).await {
                return Ok(refused);
            }
            let server = Server::reached_by(&link, endpoint).await;
            self.attempt(&link, &server, &profile).await
        })
    }

    /// The reason why the policy registers nothing, if it does not: with the other program, if the session is one of that.
    pub(super) async fn refused(self, link: &Link, profile: &Profile) -> Option<Healed> {
        let policy = profile.policy;
        if !matches!(policy, Policy::Never | Policy::Error) {
            return None;
        }
        let mut reason = format!("the policy `{policy:?}` is to register nothing: ");
        match self.other_program(link, profile).await {
            Some(owned) => reason.push_str(&owned.to_string()),
            None => reason.push_str("start the program that registers it"),
        }
        Some(Healed::Refused(reason))
    }

    /// The error that the session of the gear belongs to another program, if the user may look and it does.
    async fn other_program(self, link: &Link, profile: &Profile) -> Option<Error> {
        let (sets, place) = sets_with(self.gear, profile).ok()?;
        let sessions = link.sessions().await.ok()?;
        let terms = Terms {
            policy: Policy::IfNewer,
            take_over: false,
            sets: &sets,
        };
        let error = plan(sets.get(place)?, profile, &sessions, terms).err()?;
        matches!(error.kind(), ErrorKind::SessionOwned { .. }).then_some(error)
    }

    /// Waits for the turn to register the session on the server, and registers it if that is still necessary.
    async fn attempt(self, link: &Link, server: &Server, profile: &Profile) -> Result<Healed> {
        let (sets, place) = sets_with(self.gear, profile)?;
        let set = &sets[place];
        // A call takes nothing away from other programs.
        let terms = Terms {
            policy: profile.policy,
            take_over: false,
            sets: &sets,
        };
        let attempts = Attempts::of(&set.id, server.identity().as_deref());
        let _turn = link.wait(&attempts.turns).await?;
        if let Some(outcome) = self.done_meanwhile(&attempts) {
            return outcome;
        }
        let result = server.register(link, set, profile, terms).await;
        if result.is_err() && link.is_over() {
            // Another call may have more time.
            return result.map(|_| Healed::Retry);
        }
        self.outcome(&attempts, result)
    }

    fn done_meanwhile(self, attempts: &Attempts) -> Option<Result<Healed>> {
        let last = attempts.last.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, failure) = last.as_ref()?;
        (*at > self.made_at).then(|| failure.clone().map_or(Ok(Healed::Retry), Err))
    }

    fn outcome(self, attempts: &Attempts, result: Result<SessionReport>) -> Result<Healed> {
        let at = CLOCK.fetch_add(1, Ordering::AcqRel) + 1;
        let failure = result.as_ref().err().cloned();
        *attempts.last.lock().unwrap_or_else(PoisonError::into_inner) = Some((at, failure));
        let report = result?;
        match &report.action {
            Action::KeptNewer { version } => Ok(Healed::Refused(format!(
                "the server has the session `{}` from the newer version {version}, which lacks it: \
                 update this program",
                report.session
            ))),
            Action::Sent => {
                log::warn!(
                    "the server had lost the gear `{}`: {report}",
                    self.gear.name()
                );
                Ok(Healed::Retry)
            }
            _ => Ok(Healed::Retry),
        }
    }
}

/// The server that a call was sent to.
struct Server {
    /// `None` for connections of redis-rs.
    endpoint: Option<Arc<Endpoint>>,
    /// `None` if the server does not tell it.
    run_id: Option<String>,
}

impl Server {
    async fn reached_by(link: &Link, endpoint: Option<Arc<Endpoint>>) -> Self {
        let is_cluster = endpoint.as_ref().is_some_and(|e| e.primaries().is_some());
        let run_id = if is_cluster {
            // Each node has its own.
            None
        } else {
            known::run_id(link.send(known::run_id_query()).await)
        };
        Server { endpoint, run_id }
    }

    /// The run id, which is the same over every connection, else the address.
    fn identity(&self) -> Option<String> {
        let address = || Some(self.endpoint.as_ref()?.address().to_string());
        self.run_id.clone().or_else(address)
    }

    /// Registers a set over a separate connection if possible: the connection of the call may have a response timeout,
    /// and pip may take longer.
    async fn register(
        &self,
        link: &Link,
        set: &GearSet,
        profile: &Profile,
        terms: Terms<'_>,
    ) -> Result<SessionReport> {
        if let Some(primaries) = self.endpoint.as_ref().and_then(|e| e.primaries()) {
            return register_on_all(link, &primaries, set, profile, terms).await;
        }
        match &self.endpoint {
            Some(endpoint) => link.open(endpoint.address().clone()).await?,
            None => self.open_candidate(link).await,
        }
        register(link, set, profile, terms).await
    }

    /// Opens a separate connection to the known server with the same run id, if there is one.
    async fn open_candidate(&self, link: &Link) {
        if self.run_id.is_none() {
            return;
        }
        for address in known::candidates() {
            if link.open(address).await.is_ok() {
                if known::run_id(link.send(known::run_id_query()).await) == self.run_id {
                    return;
                }
                link.close().await;
            }
        }
    }
}
