//! Registering again what a server has lost: it was flushed, replaced or restarted without its data.
//!
//! Many tasks may find the same gear missing at once. One of them registers, the others wait and only call again.

use super::options::Policy;
use super::register::{policy, register_set, set_of};
use super::report::{Action, SessionReport};
use super::set::GearSet;
use super::spec::Gear;
use crate::connection::{Address, Con, Connection, known, own};
#[cfg(feature = "aio")]
use crate::connection::{AsyncCon, AsyncConnection};
use crate::error::{Error, Result};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};

/// Counts attempts, so that it can be said what came after what.
static CLOCK: AtomicU64 = AtomicU64::new(0);
/// The last attempt for each session on each server, and why it failed if it did.
static ATTEMPTS: LazyLock<Mutex<HashMap<String, Attempt>>> = LazyLock::new(Mutex::default);
type Attempt = (u64, Option<Error>);

static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
#[cfg(feature = "aio")]
static ONE_AT_A_TIME_ASYNC: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// Made before a call is tried, so that it is known afterwards whether somebody else registered meanwhile.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Healer {
    gear: &'static Gear,
    made_at: u64,
}

/// What came of it.
#[derive(Debug)]
pub(crate) enum Healed {
    /// The call can be made once more.
    Retry,
    /// It would fail again, for this reason.
    Refused(String),
}

impl Healer {
    pub(crate) fn new(gear: &'static Gear) -> Self {
        Healer {
            gear,
            made_at: CLOCK.load(Ordering::Acquire),
        }
    }

    /// Registers the session of the gear, unless somebody else just did.
    pub(crate) fn heal<C: Connection + ?Sized>(self, con: &mut C) -> Result<Healed> {
        if let Some(refused) = refused_by_policy() {
            return Ok(refused);
        }
        let set = set_of(self.gear)?;
        let own = own::address(|| con.get_db());
        let key = key(&set, own.as_ref());
        let _one_at_a_time = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(outcome) = self.done_meanwhile(&key) {
            return outcome;
        }
        // A connection of its own: that of the call may have a limit that pip does not keep to.
        let result = match own {
            Some(address) => {
                Con::to(&address).and_then(|mut con| register_set(&mut con, &set, policy()))
            }
            None => match same_server(con) {
                Some(mut own) => register_set(&mut own, &set, policy()),
                None => register_set(con, &set, policy()),
            },
        };
        self.outcome(key, result)
    }

    /// Registers the session of the gear, unless somebody else just did.
    #[cfg(feature = "aio")]
    pub(crate) async fn heal_async<C: AsyncConnection + ?Sized>(
        self,
        con: &mut C,
    ) -> Result<Healed> {
        use super::register::register_set_async as register;

        if let Some(refused) = refused_by_policy() {
            return Ok(refused);
        }
        let set = set_of(self.gear)?;
        let own = own::address(|| con.get_db());
        let key = key(&set, own.as_ref());
        let _one_at_a_time = ONE_AT_A_TIME_ASYNC.lock().await;
        if let Some(outcome) = self.done_meanwhile(&key) {
            return outcome;
        }
        let result = match own {
            Some(address) => match AsyncCon::to(&address).await {
                Ok(mut con) => register(&mut con, &set, policy()).await,
                Err(e) => Err(e),
            },
            None => match same_server_async(con).await {
                Some(mut own) => register(&mut own, &set, policy()).await,
                None => register(con, &set, policy()).await,
            },
        };
        self.outcome(key, result)
    }

    fn done_meanwhile(self, key: &str) -> Option<Result<Healed>> {
        let attempts = ATTEMPTS.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, failure) = attempts.get(key)?;
        (*at > self.made_at).then(|| failure.clone().map_or(Ok(Healed::Retry), Err))
    }

    fn outcome(self, key: String, result: Result<SessionReport>) -> Result<Healed> {
        let at = CLOCK.fetch_add(1, Ordering::AcqRel) + 1;
        let failure = result.as_ref().err().cloned();
        ATTEMPTS
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(key, (at, failure));
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

fn refused_by_policy() -> Option<Healed> {
    let policy = policy();
    matches!(policy, Policy::Never | Policy::Error).then(|| {
        Healed::Refused(format!(
            "the policy `{policy:?}` is to register nothing: start the program that registers it"
        ))
    })
}

fn key(set: &GearSet, address: Option<&Address>) -> String {
    match address {
        Some(address) => format!("{} {address}", set.id),
        None => set.id.clone(),
    }
}

/// A connection of ours to the server a foreign connection leads to, if `connect` was given that server.
fn same_server<C: Connection + ?Sized>(con: &mut C) -> Option<Con> {
    let addresses = known::known();
    if addresses.is_empty() {
        return None;
    }
    let wanted = known::run_id(con.req_command(&known::run_id_query()))?;
    addresses.iter().find_map(|address| {
        let mut own = Con::to(address).ok()?;
        let found = known::run_id(redis::ConnectionLike::req_command(
            &mut own,
            &known::run_id_query(),
        ))?;
        (found == wanted).then_some(own)
    })
}

/// A connection of ours to the server a foreign connection leads to, if `connect_async` was given that server.
#[cfg(feature = "aio")]
async fn same_server_async<C: AsyncConnection + ?Sized>(con: &mut C) -> Option<AsyncCon> {
    use redis::aio::ConnectionLike as _;

    let addresses = known::known();
    if addresses.is_empty() {
        return None;
    }
    let query = known::run_id_query();
    let wanted = known::run_id(con.req_packed_command(&query).await)?;
    for address in &addresses {
        if let Ok(mut own) = AsyncCon::to(address).await
            && known::run_id(own.req_packed_command(&query).await).as_ref() == Some(&wanted)
        {
            return Some(own);
        }
    }
    None
}
