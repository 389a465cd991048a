//! Registers the gears of a program: reads the sessions of the server, and sends what differs.

#[cfg(feature = "aio")]
use super::exchange::drive_async;
use super::exchange::{Exchange, Kind, Link, drive};
use super::plan::{Sending, Step, foreign_trigger, plan};
use super::report::{Action, Report, SessionReport};
use super::set::{GearSet, gears, group};
use crate::commands::{Session, cmd, reply};
#[cfg(feature = "aio")]
use crate::connection::AsyncConnection;
use crate::connection::{Connection, Endpoint, own};
use crate::error::{Error, ErrorKind, Result, full_text};
use crate::gear::Gear;
use crate::profile::{self, Options, Policy, Profile};
use crate::trace;
use redis::{RedisError, RedisResult, Value};
use std::time::{Duration, Instant};

/// Registers every gear of this program over a connection of any kind. Idempotent: gears that the server already has
/// are not sent.
///
/// # Errors
///
/// When there are no gears, two gears have the same trigger, a trigger belongs to another session, a requirement cannot
/// be installed, the server has no `RG.*` commands, or the connection fails.
pub fn register_all<C: Connection + ?Sized>(con: &mut C) -> Result<Report> {
    register_all_with(con, &Options::new())
}

/// [`register_all`] with options.
///
/// # Errors
///
/// Those of [`register_all`], and a second namespace for connections of redis-rs.
pub fn register_all_with<C: Connection + ?Sized>(con: &mut C, options: &Options) -> Result<Report> {
    let endpoint = own::endpoint(|| con.get_db());
    let exchange = exchange(Kind::Blocking, options, endpoint.as_deref())?;
    drive(con, exchange)
}

/// Registers every gear of this program over an async connection of any kind.
///
/// A connection that was not opened with `connect_async` drops an answer after its response timeout, half a second by
/// default. Installing requirements takes longer. In that case the server is asked for its sessions until it has
/// registered the gears.
///
/// # Errors
///
/// Those of [`register_all`].
#[cfg(feature = "aio")]
pub async fn register_all_async<C: AsyncConnection + ?Sized>(con: &mut C) -> Result<Report> {
    register_all_async_with(con, &Options::new()).await
}

/// [`register_all_async`] with options.
///
/// # Errors
///
/// Those of [`register_all_with`].
#[cfg(feature = "aio")]
pub async fn register_all_async_with<C: AsyncConnection + ?Sized>(
    con: &mut C,
    options: &Options,
) -> Result<Report> {
    let endpoint = own::endpoint(|| con.get_db());
    let exchange = exchange(Kind::Async, options, endpoint.as_deref())?;
    drive_async(con, exchange).await
}

/// The registration of all gears over a connection with this endpoint; `None` for connections of redis-rs. Checks the
/// options before anything is sent.
pub(super) fn exchange(
    kind: Kind,
    options: &Options,
    endpoint: Option<&Endpoint>,
) -> Result<Exchange<'static, Result<Report>>> {
    let begun = Instant::now();
    let profile = Profile::of(options)?;
    let gears = profile.gears.clone().unwrap_or_else(gears);
    let sets = group(&gears, &profile)?;
    match endpoint {
        Some(endpoint) => {
            endpoint.carry(&profile);
            profile::propose_default(&profile);
        }
        None => profile::replace_default(&profile)?,
    }
    Ok(Exchange::new(kind, |link| async move {
        let mut report = Report::default();
        for set in &sets {
            report.sessions.push(register(&link, set, &profile).await?);
        }
        report.took = begun.elapsed();
        log(&report);
        Ok(report)
    }))
}

/// Registers one set.
pub(super) async fn register(
    link: &Link,
    set: &GearSet,
    profile: &Profile,
) -> Result<SessionReport> {
    trace::registration(&set.id)
        .observe_async(compare_and_send(link, set, profile))
        .await
}

async fn compare_and_send(link: &Link, set: &GearSet, profile: &Profile) -> Result<SessionReport> {
    let begun = Instant::now();
    let sessions = match link.sessions().await {
        Err(e) if e.is_no_gears() && has_gears(link).await => return Err(too_old(e)),
        sessions => sessions?,
    };
    let sending = match plan(set, profile, &sessions, profile.policy)? {
        Step::Keep(report) => return Ok(report),
        Step::Send(sending) => *sending,
    };
    for id in &sending.taken {
        reply::ok(link.send(cmd::unregister(id, false)).await?)?;
    }
    match sent(link.send(sending.command.clone()).await) {
        Ok(()) => {}
        Err(e) if e.is_timeout() && link.survives_timeouts() => {
            settle(link, set, profile, begun).await?;
        }
        Err(e) => {
            let sessions = if is_taken(&e) {
                link.sessions().await.unwrap_or_default()
            } else {
                Vec::new()
            };
            return Err(explain(e, set, profile, &sending, &sessions));
        }
    }
    let mut report = sending.report;
    report.took = begun.elapsed();
    Ok(report)
}

/// Whether the server has `RG.*` commands at all.
async fn has_gears(link: &Link) -> bool {
    let stats = link.send(cmd::py_stats()).await;
    stats.is_ok_and(|stats| reply::stats(stats).is_ok())
}

/// Waits for a registration whose answer was dropped by a connection with a response timeout.
///
/// A server answers the commands of one connection in their order. So the registration has ended as soon as the server
/// lists its sessions.
async fn settle(link: &Link, set: &GearSet, profile: &Profile, begun: Instant) -> Result<()> {
    let sessions = loop {
        match link.sessions().await {
            Err(e) if e.is_timeout() && begun.elapsed() < SETTLE_LIMIT => {}
            answer => break answer?,
        }
    };
    match plan(set, profile, &sessions, Policy::IfChanged)? {
        Step::Keep(_) => Ok(()),
        Step::Send(_) => Err(Error::new(ErrorKind::Registration {
            session: set.id.clone(),
            message: "it failed, but this connection gave up before the reason came: register over a connection \
                      of `redgrease::connect_async(..)`, which waits"
                .to_owned(),
        })),
    }
}

/// The longest time that [`settle`] waits.
const SETTLE_LIMIT: Duration = Duration::from_mins(5);

/// The set of a gear, as this program would register it.
pub(super) fn set_of(gear: &'static Gear, profile: &Profile) -> Result<GearSet> {
    let mut all = profile.gears.clone().unwrap_or_else(gears);
    if !all.iter().any(|other| std::ptr::eq(*other, gear)) {
        all.push(gear);
    }
    group(&all, profile)?
        .into_iter()
        .find(|set| set.gears.iter().any(|other| std::ptr::eq(*other, gear)))
        .ok_or_else(|| Error::new(ErrorKind::NoneFound))
}

/// The error for a server that has `RG.*` commands, but no commands about sessions.
fn too_old(e: Error) -> Error {
    let message = "this server has RedisGears, but a version without sessions: \
                   registering needs RedisGears 1.2.2 or later, or the RedGrease engine";
    Error::caused_by(
        ErrorKind::Config {
            message: message.to_owned(),
        },
        e,
    )
}

fn sent(answer: RedisResult<Value>) -> RedisResult<()> {
    answer?.extract_error().map(drop)
}

/// Whether a registration failed because another session has the trigger.
fn is_taken(e: &RedisError) -> bool {
    full_text(e).contains("trigger already registered")
}

/// The error for a registration that the server refused.
fn explain(
    e: RedisError,
    set: &GearSet,
    profile: &Profile,
    sending: &Sending,
    sessions: &[Session],
) -> Error {
    let text = full_text(&e);
    if is_taken(&e)
        && let Some((trigger, owner)) = foreign_trigger(set, profile, sessions)
    {
        let kind = ErrorKind::TriggerOwned {
            trigger,
            owner: Some(owner),
            session: set.id.clone(),
        };
        return Error::caused_by(kind, e);
    }
    if text.starts_with("Could not satisfy requirements") {
        let requirements = sending.requirements.clone();
        return Error::caused_by(
            ErrorKind::Requirements {
                message: text,
                requirements,
            },
            e,
        );
    }
    let error = Error::from(e);
    match error.kind() {
        ErrorKind::Script { traceback } => {
            let kind = ErrorKind::Registration {
                session: set.id.clone(),
                message: traceback.clone(),
            };
            Error::caused_by(kind, error)
        }
        _ => error,
    }
}

fn log(report: &Report) {
    for session in &report.sessions {
        if matches!(session.action, Action::KeptNewer { .. }) {
            log::warn!("{session}");
        }
    }
    log::info!(
        "gears registered in {} ms: {report}",
        report.took.as_millis()
    );
}
