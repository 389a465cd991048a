//! Registers gears that a server has lost, because it was flushed, replaced or restarted without its data.
//!
//! Many tasks may miss the same gear at once. One of them registers it; the others wait, and then only repeat their
//! call. Tasks that miss gears of different sessions or on different servers do not wait for each other.

#[cfg(feature = "aio")]
use super::exchange::drive_async;
use super::exchange::{Exchange, Kind, Link, drive};
use super::owned::Terms;
use super::register::{register, sets_with};
use super::report::{Action, SessionReport};
use super::set::GearSet;
use super::turns::Turns;
#[cfg(feature = "aio")]
use crate::connection::AsyncConnection;
use crate::connection::{Connection, Endpoint, known, own};
use crate::error::{Error, Result};
use crate::gear::Gear;
use crate::profile::{self, Policy, Profile};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

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

    /// Registers the session of the gear, unless another task did since the call was sent.
    pub(crate) fn heal<C: Connection + ?Sized>(self, con: &mut C) -> Result<Healed> {
        let endpoint = own::endpoint(|| con.get_db());
        drive(con, self.exchange(Kind::Blocking, endpoint))
    }

    /// [`heal`](Self::heal) over an async connection.
    #[cfg(feature = "aio")]
    pub(crate) async fn heal_async<C: AsyncConnection + ?Sized>(
        self,
        con: &mut C,
    ) -> Result<Healed> {
        let endpoint = own::endpoint(|| con.get_db());
        drive_async(con, self.exchange(Kind::Async, endpoint)).await
    }

    /// The attempt over a connection with this endpoint; `None` for connections of redis-rs.
    pub(super) fn exchange(
        self,
        kind: Kind,
        endpoint: Option<Arc<Endpoint>>,
    ) -> Exchange<'static, Result<Healed>> {
        Exchange::new(kind, |link| async move {
            let profile = endpoint
                .as_ref()
                .map_or_else(profile::default, |endpoint| endpoint.profile());
            if let Some(refused) = refused_by(profile.policy) {
                return Ok(refused);
            }
            let (sets, place) = sets_with(self.gear, &profile)?;
            let set = &sets[place];
            // A call takes nothing away from other programs.
            let terms = Terms {
                policy: profile.policy,
                take_over: false,
                sets: &sets,
            };
            let server = Server::reached_by(&link, endpoint).await;
            let attempts = Attempts::of(&set.id, server.identity().as_deref());
            let _turn = link.wait(&attempts.turns).await;
            if let Some(outcome) = self.done_meanwhile(&attempts) {
                return outcome;
            }
            let result = server.register(&link, set, &profile, terms).await;
            self.outcome(&attempts, result)
        })
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
        Server {
            endpoint,
            run_id: known::run_id(link.send(known::run_id_query()).await),
        }
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

fn refused_by(policy: Policy) -> Option<Healed> {
    matches!(policy, Policy::Never | Policy::Error).then(|| {
        Healed::Refused(format!(
            "the policy `{policy:?}` is to register nothing: start the program that registers it"
        ))
    })
}
