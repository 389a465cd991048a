//! Registers the gears of a program: reads what the server has, sends what differs.

use super::options::{Options, Policy};
use super::plan::{Sending, Step, foreign_trigger, plan};
use super::report::{Action, Report, SessionReport};
use super::set::{GearSet, gears, group};
use super::spec::Gear;
use super::{namespace, package};
#[cfg(feature = "aio")]
use crate::commands::AsyncGearsCommands;
use crate::commands::{GearsCommands, Session, SessionsOptions};
#[cfg(feature = "aio")]
use crate::connection::AsyncConnection;
use crate::connection::Connection;
use crate::error::{Error, ErrorKind, Result, full_text};
use crate::trace;
use redis::{RedisResult, Value};
use std::sync::{Mutex, MutexGuard, PoisonError};
#[cfg(feature = "aio")]
use std::time::Duration;
use std::time::Instant;

/// What the last registration was told, which healing obeys.
static LATEST: Mutex<Latest> = Mutex::new(Latest {
    policy: Policy::IfNewer,
    gears: None,
});

struct Latest {
    policy: Policy,
    gears: Option<Vec<&'static Gear>>,
}

fn latest() -> MutexGuard<'static, Latest> {
    LATEST.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn policy() -> Policy {
    latest().policy
}

/// What the options say, checked before anything is sent.
fn prepare(options: &Options) -> Result<Vec<GearSet>> {
    let gears = options.gears.clone().unwrap_or_else(gears);
    let sets = group(&gears, options.namespace.as_deref())?;
    namespace::set(options.namespace.as_deref())?;
    package::set(&options.package);
    *latest() = Latest {
        policy: options.policy,
        gears: options.gears.clone(),
    };
    Ok(sets)
}

/// Registers every gear of this program over a connection of any kind. Idempotent: what the server has is not sent.
///
/// # Errors
///
/// When there are no gears, two have one trigger, a trigger belongs to another session, a requirement cannot be
/// installed, the server has no `RG.*` commands, or the connection fails.
pub fn register_all<C: Connection + ?Sized>(con: &mut C) -> Result<Report> {
    register_all_with(con, &Options::new())
}

/// [`register_all`] with options.
///
/// # Errors
///
/// Those of [`register_all`].
pub fn register_all_with<C: Connection + ?Sized>(con: &mut C, options: &Options) -> Result<Report> {
    let begun = Instant::now();
    let sets = prepare(options)?;
    let mut report = Report::default();
    for set in &sets {
        report
            .sessions
            .push(register_set(con, set, options.policy)?);
    }
    report.took = begun.elapsed();
    log(&report);
    Ok(report)
}

/// Registers every gear of this program over an async connection of any kind.
///
/// A connection that was not opened with `connect_async` drops an answer after its response timeout, half a second by
/// default. Installing requirements takes longer; then it is asked until the server has the gears.
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
/// Those of [`register_all`].
#[cfg(feature = "aio")]
pub async fn register_all_async_with<C: AsyncConnection + ?Sized>(
    con: &mut C,
    options: &Options,
) -> Result<Report> {
    let begun = Instant::now();
    let sets = prepare(options)?;
    let mut report = Report::default();
    for set in &sets {
        report
            .sessions
            .push(register_set_async(con, set, options.policy).await?);
    }
    report.took = begun.elapsed();
    log(&report);
    Ok(report)
}

/// Registers one set.
pub(super) fn register_set<C: Connection + ?Sized>(
    con: &mut C,
    set: &GearSet,
    policy: Policy,
) -> Result<SessionReport> {
    trace::registration(&set.id).observe(|| compare_and_send(con, set, policy))
}

fn compare_and_send<C: Connection + ?Sized>(
    con: &mut C,
    set: &GearSet,
    policy: Policy,
) -> Result<SessionReport> {
    let begun = Instant::now();
    let sessions = match con.dump_sessions(&SessionsOptions::new().verbose()) {
        Err(e) if e.is_no_gears() && con.py_stats().is_ok() => return Err(too_old(e)),
        sessions => sessions?,
    };
    let sending = match plan(set, namespace::get(), &sessions, policy)? {
        Step::Keep(report) => return Ok(report),
        Step::Send(sending) => *sending,
    };
    for id in &sending.taken {
        con.unregister(id)?;
    }
    match sent(con.req_command(&sending.command)) {
        Ok(()) => Ok(done(sending, begun)),
        Err(e) => {
            let sessions = if is_taken(&e) {
                con.dump_sessions(&SessionsOptions::new().verbose())
                    .unwrap_or_default()
            } else {
                Vec::new()
            };
            Err(explain(e, set, &sending, &sessions))
        }
    }
}

/// Registers one set.
#[cfg(feature = "aio")]
pub(super) async fn register_set_async<C: AsyncConnection + ?Sized>(
    con: &mut C,
    set: &GearSet,
    policy: Policy,
) -> Result<SessionReport> {
    trace::registration(&set.id)
        .observe_async(compare_and_send_async(con, set, policy))
        .await
}

#[cfg(feature = "aio")]
async fn compare_and_send_async<C: AsyncConnection + ?Sized>(
    con: &mut C,
    set: &GearSet,
    policy: Policy,
) -> Result<SessionReport> {
    let begun = Instant::now();
    let sessions = match con.dump_sessions(&SessionsOptions::new().verbose()).await {
        Err(e) if e.is_no_gears() && con.py_stats().await.is_ok() => return Err(too_old(e)),
        sessions => sessions?,
    };
    let sending = match plan(set, namespace::get(), &sessions, policy)? {
        Step::Keep(report) => return Ok(report),
        Step::Send(sending) => *sending,
    };
    for id in &sending.taken {
        con.unregister(id).await?;
    }
    match sent(con.req_packed_command(&sending.command).await) {
        Ok(()) => Ok(done(sending, begun)),
        Err(e) if e.is_timeout() => {
            settled(con, set, begun).await?;
            Ok(done(sending, begun))
        }
        Err(e) => {
            let sessions = if is_taken(&e) {
                con.dump_sessions(&SessionsOptions::new().verbose())
                    .await
                    .unwrap_or_default()
            } else {
                Vec::new()
            };
            Err(explain(e, set, &sending, &sessions))
        }
    }
}

/// Waits for a registration whose answer was dropped by a connection with a response timeout.
///
/// Commands of one connection are answered in their order: as soon as the sessions are, the registration is through.
#[cfg(feature = "aio")]
async fn settled<C: AsyncConnection + ?Sized>(
    con: &mut C,
    set: &GearSet,
    begun: Instant,
) -> Result<()> {
    let sessions = loop {
        match con.dump_sessions(&SessionsOptions::new().verbose()).await {
            Err(e) if e.is_timeout() && begun.elapsed() < PATIENCE => {}
            answer => break answer?,
        }
    };
    match plan(set, namespace::get(), &sessions, Policy::IfChanged)? {
        Step::Keep(_) => Ok(()),
        Step::Send(_) => Err(Error::new(ErrorKind::Registration {
            session: set.id.clone(),
            message: "it failed, but this connection gave up before the reason came: register over a connection \
                      of `redgrease::connect_async(..)`, which waits"
                .to_owned(),
        })),
    }
}

/// How long a registration may go on behind a connection that does not wait for it.
#[cfg(feature = "aio")]
const PATIENCE: Duration = Duration::from_mins(5);

/// The set a gear belongs to, as this program would register it.
pub(super) fn set_of(gear: &'static Gear) -> Result<GearSet> {
    let mut all = latest().gears.clone().unwrap_or_else(gears);
    if !all.iter().any(|other| std::ptr::eq(*other, gear)) {
        all.push(gear);
    }
    group(&all, namespace::get())?
        .into_iter()
        .find(|set| set.gears.iter().any(|other| std::ptr::eq(*other, gear)))
        .ok_or_else(|| Error::new(ErrorKind::NoneFound))
}

/// The server has RG.* commands, but none about sessions.
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

fn done(sending: Sending, begun: Instant) -> SessionReport {
    let mut report = sending.report;
    report.took = begun.elapsed();
    report
}

/// Whether a registration failed because somebody else has the trigger.
fn is_taken(e: &redis::RedisError) -> bool {
    full_text(e).contains("trigger already registered")
}

/// What the server's refusal of a registration means.
fn explain(e: redis::RedisError, set: &GearSet, sending: &Sending, sessions: &[Session]) -> Error {
    let text = full_text(&e);
    if is_taken(&e)
        && let Some((trigger, owner)) = foreign_trigger(set, namespace::get(), sessions)
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
