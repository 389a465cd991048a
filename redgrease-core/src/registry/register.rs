//! Registers the gears of a program: reads the sessions of the server, and sends what differs.

use super::asked;
#[cfg(feature = "aio")]
use super::exchange::drive_async;
use super::exchange::{Exchange, Kind, Link, drive};
use super::owned::{Terms, foreign_trigger};
use super::placed::placed;
use super::plan::{Sending, Sent, Step, plan};
use super::report::{Action, Report, SessionReport};
use super::set::{GearSet, gears, group};
use crate::commands::{Session, cmd, reply};
#[cfg(feature = "aio")]
use crate::connection::AsyncConnection;
use crate::connection::{Address, Connection, Endpoint, own};
use crate::error::{Error, ErrorKind, Result, full_text};
use crate::gear::Gear;
use crate::prelude::lacks_commands;
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
    drive_async(Some(con), exchange).await
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
    let limit = profile.registration_timeout.0;
    let primaries = endpoint.and_then(Endpoint::primaries);
    Ok(Exchange::new(kind, limit, |link| async move {
        let registered = register_sets(&link, &sets, &profile, primaries.as_deref(), begun).await;
        asked::answer(&registered);
        registered
    }))
}

/// Registers the sets of a program.
async fn register_sets(
    link: &Link,
    sets: &[GearSet],
    profile: &Profile,
    primaries: Option<&[Address]>,
    begun: Instant,
) -> Result<Report> {
    let terms = Terms {
        policy: profile.policy,
        take_over: profile.take_over,
        sets,
    };
    let mut report = Report::default();
    for set in sets {
        report.sessions.push(match primaries {
            None => register(link, set, profile, terms).await?,
            Some(primaries) => register_on_all(link, primaries, set, profile, terms).await?,
        });
    }
    if primaries.is_some() {
        link.close().await;
    }
    report.took = begun.elapsed();
    log(&report);
    Ok(report)
}

/// Registers one set on the primaries of a cluster, except those that cannot be reached. A server that tells the others leaves
/// nothing to do there. The report is that of the first primary that lacked the set.
pub(super) async fn register_on_all(
    link: &Link,
    primaries: &[Address],
    set: &GearSet,
    profile: &Profile,
    terms: Terms<'_>,
) -> Result<SessionReport> {
    let mut first: Option<SessionReport> = None;
    let mut unreachable = None;
    for primary in primaries {
        match link.open(primary.clone()).await {
            Err(e) if matches!(e.kind(), ErrorKind::Connect { .. }) && !link.is_over() => {
                log::warn!("{e}: `{}` is not registered there yet", set.id);
                unreachable = Some(e);
                continue;
            }
            opened => opened?,
        }
        let report = register(link, set, profile, terms).await?;
        match &first {
            Some(found) if found.action == Action::Sent || report.action != Action::Sent => {}
            _ => first = Some(report),
        }
    }
    first.ok_or_else(|| {
        unreachable.unwrap_or_else(|| {
            Error::config(
                "the cluster has no primary to register on: look with CLUSTER SHARDS which nodes are down",
            )
        })
    })
}

/// Registers one set.
pub(super) async fn register(
    link: &Link,
    set: &GearSet,
    profile: &Profile,
    terms: Terms<'_>,
) -> Result<SessionReport> {
    trace::registration(&set.id)
        .observe_async(compare_and_send(link, set, profile, terms))
        .await
}

async fn compare_and_send(
    link: &Link,
    set: &GearSet,
    profile: &Profile,
    terms: Terms<'_>,
) -> Result<SessionReport> {
    let begun = Instant::now();
    let mut overtaken = None;
    for _ in 0..MOST_ATTEMPTS {
        let sessions = match link.sessions().await {
            Err(e) if e.is_no_gears() && has_gears(link).await => return Err(too_old(e)),
            sessions => sessions?,
        };
        let sending = match plan(set, profile, &sessions, terms)? {
            Step::Keep(report) => return Ok(*report),
            Step::Send(sending) if asked::is_plan() => return Ok(sending.report),
            Step::Send(sending) => *sending,
        };
        let (script, outcome) = send(link, &sending).await;
        match outcome {
            Ok(()) => {}
            Err(e) if e.is_timeout() && link.survives_timeouts() => {
                settle(link, set, profile, terms, begun).await?;
            }
            Err(e) if is_overtaken(&e, &set.id) || is_cut(&e) => {
                overtaken = Some(e);
                continue;
            }
            Err(e) => {
                let sessions = if is_taken(&e) {
                    link.sessions().await.unwrap_or_default()
                } else {
                    Vec::new()
                };
                return Err(explain(e, set, profile, script, &sessions));
            }
        }
        let mut report = sending.report;
        report.took = begun.elapsed();
        return Ok(report);
    }
    Err(still_overtaken(set, overtaken))
}

/// How often a registration compares again, because another program has registered the session between comparing and
/// sending.
const MOST_ATTEMPTS: usize = 5;

/// Sends a script, and returns the one that was sent last. A server that does not know the options that guard other
/// programs gets it without them, and one without commands of its own gets it with redis-py. RedisGears is both.
async fn send<'a>(link: &Link, sending: &'a Sending) -> (&'a Sent, RedisResult<()>) {
    let mut script = &sending.script;
    let mut other = sending.with_redis_py.as_ref();
    let mut is_guarded = true;
    loop {
        let answer = sent(link.send(sending.command(script, is_guarded)).await);
        let Err(e) = &answer else {
            return (script, answer);
        };
        if is_guarded && is_unguarded(e) {
            is_guarded = false;
            for id in &sending.taken {
                if let Err(e) = sent(link.send(cmd::unregister(id, false)).await) {
                    return (script, Err(e));
                }
            }
        } else if lacks_commands(&full_text(e))
            && let Some(with_redis_py) = other.take()
        {
            script = with_redis_py;
        } else {
            return (script, answer);
        }
    }
}

/// Whether the server does not know `IF_DESCRIPTION` or `TAKE`.
fn is_unguarded(e: &RedisError) -> bool {
    let text = full_text(e);
    ["IF_DESCRIPTION", "TAKE"]
        .iter()
        .any(|word| text.ends_with(&format!("Unknown arguments were given: {word}")))
}

/// Whether another program has registered the session since it was compared.
fn is_overtaken(e: &RedisError, session: &str) -> bool {
    let text = full_text(e);
    ["already exists", "has changed"]
        .iter()
        .any(|what| text.contains(&format!("Session {session} {what}")))
}

/// Whether the server has let its waiting clients go, because slots of its cluster have no node. It may still be registering.
fn is_cut(e: &RedisError) -> bool {
    e.code() == Some("CLUSTERDOWN")
}

fn still_overtaken(set: &GearSet, cause: Option<RedisError>) -> Error {
    if let Some(e) = cause.as_ref().filter(|e| is_cut(e)) {
        return Error::from(e.clone());
    }
    let kind = ErrorKind::Registration {
        session: set.id.clone(),
        message: format!(
            "other programs have registered it {MOST_ATTEMPTS} times meanwhile: start this program again, and look with \
             RG.PYDUMPSESSIONS which programs register it"
        ),
    };
    match cause {
        Some(e) => Error::caused_by(kind, e),
        None => Error::new(kind),
    }
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
async fn settle(
    link: &Link,
    set: &GearSet,
    profile: &Profile,
    terms: Terms<'_>,
    begun: Instant,
) -> Result<()> {
    let sessions = loop {
        match link.sessions().await {
            Err(e) if e.is_timeout() && !link.is_over() && begun.elapsed() < SETTLE_LIMIT => {}
            answer => break answer?,
        }
    };
    let terms = Terms {
        policy: Policy::IfChanged,
        ..terms
    };
    match plan(set, profile, &sessions, terms)? {
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

/// The sets of this program with the gear, as this program would register them, and the place of the set of the gear.
pub(super) fn sets_with(gear: &'static Gear, profile: &Profile) -> Result<(Vec<GearSet>, usize)> {
    let mut all = profile.gears.clone().unwrap_or_else(gears);
    if !all.iter().any(|other| std::ptr::eq(*other, gear)) {
        all.push(gear);
    }
    let sets = group(&all, profile)?;
    let has_it = |set: &GearSet| set.gears.iter().any(|other| std::ptr::eq(*other, gear));
    let place = sets.iter().position(has_it);
    let place = place.ok_or_else(|| Error::new(ErrorKind::NoneFound))?;
    Ok((sets, place))
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
    script: &Sent,
    sessions: &[Session],
) -> Error {
    let text = full_text(&e);
    if is_taken(&e)
        && let Ok(gears) = placed(set, profile)
        && let Some((trigger, owner, program)) = foreign_trigger(&gears, set, sessions)
    {
        let kind = ErrorKind::TriggerOwned {
            trigger,
            owner: Some(owner),
            program,
            session: set.id.clone(),
        };
        return Error::caused_by(kind, e);
    }
    if text.starts_with("Could not satisfy requirements") {
        let requirements = script.requirements.clone();
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
        if matches!(session.action, Action::KeptNewer { .. }) || session.flapping.is_some() {
            log::warn!("{session}");
        }
    }
    log::info!(
        "gears registered in {} ms: {report}",
        report.took.as_millis()
    );
}
