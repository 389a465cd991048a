//! `Display` of [`Error`] and [`GearError`].

use super::{Error, ErrorKind, GearError, full_text};
use super::{connect, pipeline};
use std::fmt;
use std::time::Duration;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(of) = &self.0.of {
            write!(f, "{of}: ")?;
        }
        match &self.0.kind {
            ErrorKind::Gear(gear) => gear.fmt(f),
            ErrorKind::Script { traceback } => {
                write!(f, "the script failed on the server:\n{}", traceback.trim_end())
            }
            ErrorKind::UnknownTrigger { trigger, reason } => {
                unknown_trigger(f, trigger, reason.as_deref())
            }
            ErrorKind::NoPermission { command } => no_permission(f, command, self.as_redis()),
            ErrorKind::NoGears => f.write_str(
                "this server has no RG.* commands: load the RedGrease engine into it \
                 (`redis-server --loadmodule libredgrease_engine.so`), or use one with RedisGears 1.2; \
                 `redgrease serve` starts one",
            ),
            ErrorKind::NoneFound => f.write_str(
                "no gears found in this program: functions with `#[gear_command]`, `#[gear_keys]` etc. are collected \
                automatically, but a crate that is never named is not linked; write `use the_crate as _;` for each crate \
                that contains gears",
            ),
            ErrorKind::DuplicateTrigger { trigger, first, second } => write!(
                f,
                "two gears have the trigger `{trigger}`:\n  --> {first}\n  --> {second}\n\
                 give one of them another name: #[gear_command(trigger = \"..\")]"
            ),
            ErrorKind::TriggerOwned { trigger, owner, program, session } => {
                trigger_owned(f, trigger, owner.as_deref(), program.as_deref(), session)
            }
            ErrorKind::SessionOwned { session, theirs, ours, is_other } => {
                session_owned(f, session, theirs, ours, *is_other)
            }
            ErrorKind::Outdated { session, found } => write!(
                f,
                "the server holds other gears for the session `{session}` ({found}): register them \
                 (`Policy::IfNewer`), or use the program they were registered by"
            ),
            ErrorKind::Requirements { message, requirements } => write!(
                f,
                "the server could not install {}: {}",
                requirements.join(", "),
                message.trim_end()
            ),
            ErrorKind::Registration { session, message } => {
                write!(f, "the server refused the session `{session}`: {}", message.trim_end())
            }
            ErrorKind::RegistrationTimeout { command, limit } => unregistered(f, command, *limit),
            ErrorKind::Convert { of, message } => {
                if let Some(of) = of {
                    write!(f, "{of}: ")?;
                }
                f.write_str(message)
            }
            ErrorKind::Config { message } => f.write_str(message),
            ErrorKind::Connect { address } => {
                write!(f, "connecting to {address} failed")?;
                if let Some(source) = &self.0.source {
                    write!(f, ": {source}")?;
                }
                f.write_str(": ")?;
                f.write_str(connect::remedy(self.as_redis()))
            }
            ErrorKind::Timeout { of, limit, situation, registering } => {
                late(f, of.as_deref(), *limit, situation.as_deref(), *registering)
            }
            ErrorKind::PoolExhausted { size, in_use, waiting, waited } => write!(
                f,
                "no socket of the pool became free within {waited:?}, so nothing was sent: {in_use} of {size} sockets are \
                 in use, and {waiting} other calls wait for one: raise `PoolOptions::size(..)` or \
                 the shorter one of `PoolOptions::wait(..)` and the time limit of the call, or see with \
                 RG.DUMPEXECUTIONS what the server is busy with (the setting `ExecutionThreads` is the number of \
                 gears that run at once)"
            ),
            ErrorKind::Redis => match (self.as_redis(), &self.0.source) {
                // Most errors of RG.* have no code, and redis-rs takes their first word for the code.
                (Some(e), _) if let Some(failed) = pipeline::failed(e) => failed.fmt(f),
                (Some(e), _) if e.code() == Some("LOADING") => write!(
                    f,
                    "{}: nothing ran, so try again when the server has loaded its data (INFO persistence)",
                    full_text(e)
                ),
                (Some(e), _) if e.code() == Some("CLUSTERDOWN") && self.0.of.is_some() => write!(
                    f,
                    "{}: slots of the cluster have no node (CLUSTER SHARDS), and a server then lets the clients go that wait \
                     for gears: the gear may have had its effect, or still runs, so call it again only if it may run twice",
                    full_text(e)
                ),
                (Some(e), _) if e.code().is_some() => f.write_str(&full_text(e)),
                (Some(e), _) if self.0.of.is_some() && e.is_io_error() => connect::broken(f, e),
                (_, Some(source)) => source.fmt(f),
                (_, None) => f.write_str("the connection failed"),
            },
        }
    }
}

/// Prints that the server does not know a trigger.
fn unknown_trigger(f: &mut fmt::Formatter<'_>, trigger: &str, reason: Option<&str>) -> fmt::Result {
    f.write_str("the server knows no gear")?;
    if !trigger.is_empty() {
        write!(f, " `{trigger}`")?;
    }
    let register = "register it with `redgrease::start(..)` or `redgrease::register_all(..)`";
    write!(f, ": {}", reason.unwrap_or(register))
}

/// Prints that the user has no right to a command of the engine.
fn no_permission(
    f: &mut fmt::Formatter<'_>,
    command: &str,
    answer: Option<&redis::RedisError>,
) -> fmt::Result {
    if let Some(e) = answer {
        write!(f, "{}: ", full_text(e))?;
    }
    if command == "RG.PYEXECUTE" {
        f.write_str(
            "chains, scripts and registrations are sent as code, and a user who may send code can do everything \
             the server can do: send it as a user with `+rg.pyexecute`, or let a deployment program register the \
             gears and only call them here (`Policy::Never`)",
        )
    } else {
        write!(
            f,
            "let an administrator give the user the right (`ACL SETUSER name +{}`), or connect as another user",
            command.to_ascii_lowercase()
        )
    }
}

/// Prints that a reply did not arrive in time.
fn late(
    f: &mut fmt::Formatter<'_>,
    of: Option<&str>,
    limit: Option<Duration>,
    situation: Option<&str>,
    registering: bool,
) -> fmt::Result {
    if let Some(of) = of {
        write!(f, "{of}: ")?;
    }
    f.write_str("no reply ")?;
    match limit {
        Some(limit) => write!(f, "within {limit:?}")?,
        None => f.write_str("within the limit of the connection")?,
    }
    f.write_str(if registering {
        ": the server had lost the gear, and registering it again takes longer, so it did not run; a call after the server \
         has registered it is answered (RG.PYDUMPSESSIONS lists what it has): "
    } else {
        " (it may still be running on the server): "
    })?;
    if let Some(situation) = situation {
        write!(f, "{situation}: ")?;
    }
    f.write_str(match limit {
        Some(_) => "raise `.timeout(..)` or `Options::call_timeout(..)`",
        None => {
            "use a connection of `redgrease::connect(..)` or a `redgrease::Pool`, which have no limit, or raise its \
             response timeout"
        }
    })
}

/// Prints that a command of a registration was not answered in time.
fn unregistered(f: &mut fmt::Formatter<'_>, command: &str, limit: Duration) -> fmt::Result {
    write!(
        f,
        "registering failed, because the server did not answer {command} within {limit:?}: "
    )?;
    f.write_str(if command == "RG.PYEXECUTE" {
        "it may still be registering (installing requirements takes long), which RG.PYDUMPSESSIONS shows when it has ended: \
         start this program again, or raise `Options::registration_timeout(..)`"
    } else {
        "check that the server is not stopped or held by a long command (SLOWLOG), and that no firewall or proxy drops the \
         connection, and start this program again"
    })
}

/// Prints that another session has a trigger.
fn trigger_owned(
    f: &mut fmt::Formatter<'_>,
    trigger: &str,
    owner: Option<&str>,
    program: Option<&str>,
    session: &str,
) -> fmt::Result {
    write!(
        f,
        "the trigger `{trigger}` of the session `{session}` is already registered by "
    )?;
    match owner {
        Some(owner) => write!(f, "the session `{owner}`")?,
        None => f.write_str("another session")?,
    }
    if let Some(program) = program {
        write!(f, " of {program}")?;
    }
    f.write_str(
        ": give the gear another trigger, give this program a namespace of \
         its own (`Options::namespace`), or unregister the other one (RG.UNREGISTER)",
    )
}

/// Prints that a session belongs to another program, or to one that is not recognised.
fn session_owned(
    f: &mut fmt::Formatter<'_>,
    session: &str,
    theirs: &str,
    ours: &str,
    is_other: bool,
) -> fmt::Result {
    let (what, is_it_another) = if is_other {
        ("belongs to another program", "")
    } else {
        (
            "cannot be recognised as one of this program",
            "if that is another program, ",
        )
    };
    write!(
        f,
        "the session `{session}` on the server {what}, so nothing was registered: the server has it from {theirs}; this program \
         is {ours}: {is_it_another}give this program a session of its own (`[package.metadata.redgrease]` with \
         `session = \"team-name\"` in its Cargo.toml, or `Options::new().namespace(\"team\")`)"
    )?;
    f.write_str(if is_other {
        ", or replace the other program on purpose (`Options::new().take_over(true)`)"
    } else {
        "; if it is an earlier build of this program, start this one once with `Options::new().take_over(true)`, and write \
         `repository = \"..\"` or such a `session` into its Cargo.toml, by which later builds are recognised"
    })
}

/// Prints the exception, its location in the source and the source line in the layout of rustc.
impl fmt::Display for GearError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "gear `{}`: {}", self.trigger, self.exception)?;
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        let Some(frame) = self.frame() else {
            return Ok(());
        };
        let number = frame.line.to_string();
        let margin = " ".repeat(number.len());
        write!(
            f,
            "\n{margin}--> {}:{} in {}",
            frame.file, frame.line, frame.function
        )?;
        if let Some(source) = frame
            .source
            .as_deref()
            .filter(|line| !line.trim().is_empty())
        {
            write!(f, "\n{margin} |\n{number} | {source}")?;
            if let Some((start, end)) = frame.columns {
                let indent: String = source
                    .chars()
                    .take(start as usize)
                    .map(|c| if c == '\t' { '\t' } else { ' ' })
                    .collect();
                // The columns come from the server and may exceed the line.
                let length = source.chars().count() - indent.chars().count();
                let width = (end.saturating_sub(start) as usize).clamp(1, length.max(1));
                write!(f, "\n{margin} | {indent}{}", "^".repeat(width))?;
            }
        }
        if let Some(last) = self.frames.last().filter(|last| !last.own && frame.own) {
            write!(
                f,
                "\n{margin} = raised in {}:{} in {}",
                last.file, last.line, last.function
            )?;
        }
        Ok(())
    }
}

impl std::error::Error for GearError {}
