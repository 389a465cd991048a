//! The sections of `INFO` that clients of RedisGears know, and the engine's own.

use super::rows::{self, Field};
use crate::execution::{abandoned, bodies, executions, pool, running};
use crate::gears::known_requirements;
use crate::python::{allocation, slow_event_loops};
use crate::redis::{Context, InfoSection as Section, InfoValue as Value};
use crate::registration::streams::{dead_letters, dropped_messages};
use crate::registration::{
    Addresses, Event, Registration, Registry, Session, aborted_runs, failed_runs, registry,
};
use crate::requirements::without_credentials;
use std::fmt::Display;
use std::sync::OnceLock;

/// What the engine was put together from.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    /// The version of the interpreter, such as `3.11`.
    pub(crate) python_version: String,
    /// The program of the interpreter.
    pub(crate) python_program: String,
    /// The shared library of the interpreter.
    pub(crate) libpython: String,
    /// The library of this engine.
    pub(crate) engine_file: String,
}

static PARTS: OnceLock<Parts> = OnceLock::new();

/// Tells what the engine was put together from, once. Returns `false` if it was told before.
pub(crate) fn tell_parts(parts: Parts) -> bool {
    PARTS.set(parts).is_ok()
}

/// All sections, in the order that clients know.
pub(crate) fn sections() -> &'static [Section] {
    &[
        Section {
            name: "",
            fields: numbers,
        },
        // Spelled as RedisGears spells it, by mistake: clients look for this name.
        Section {
            name: "regisrations",
            fields: registrations,
        },
        Section {
            name: "plugins",
            fields: plugins,
        },
        Section {
            name: "python_stats",
            fields: memory,
        },
        Section {
            name: "python_requirements",
            fields: requirements,
        },
        Section {
            name: "python_sessions",
            fields: sessions,
        },
        Section {
            name: "engine",
            fields: engine,
        },
    ]
}

/// The server runs `INFO` at once, so a section lists so many rows at most.
const LISTED: usize = 1000;

fn numbers(context: &Context) -> Vec<(String, Value)> {
    let registrations = registry().read(context, Registry::len);
    vec![
        text("nexecutions", executions().len()),
        text("nregistrations", registrations),
    ]
}

fn registrations(context: &Context) -> Vec<(String, Value)> {
    registry().read(context, |registry| {
        let rows = registry.registrations().take(LISTED);
        let rows = rows.map(|(registration, session)| registration_fields(registration, session));
        let more = registry.len().saturating_sub(LISTED);
        rows.chain(not_listed("more_registrations", more)).collect()
    })
}

fn sessions(context: &Context) -> Vec<(String, Value)> {
    registry().read(context, |registry| {
        let row = |session: &Session| (session.info.id.clone(), Value::Text(summary(session)));
        let mut all = registry.sessions();
        let mut rows: Vec<_> = all.by_ref().take(LISTED).map(row).collect();
        rows.extend(not_listed("more_sessions", all.count()));
        rows
    })
}

/// The number of rows that are left out, if some are.
fn not_listed(name: &str, count: usize) -> Option<(String, Value)> {
    (count > 0).then(|| text(name, count))
}

fn plugins(_: &Context) -> Vec<(String, Value)> {
    vec![(
        "GearsPythonPlugin".to_owned(),
        Value::Fields(vec![("version", "10000".to_owned())]),
    )]
}

fn memory(_: &Context) -> Vec<(String, Value)> {
    let bytes = allocation();
    vec![
        text("TotalAllocated", bytes.total),
        text("PeakAllocated", bytes.peak),
        text("CurrAllocated", bytes.current),
    ]
}

fn text(name: &str, value: impl Display) -> (String, Value) {
    (name.to_owned(), Value::Text(value.to_string()))
}

/// The section about this engine.
fn engine(context: &Context) -> Vec<(String, Value)> {
    let counts = registry().read(context, Counts::of);
    engine_with(PARTS.get().unwrap_or(&Parts::default()), &counts)
}

/// What the registry holds.
#[derive(Debug, Default)]
struct Counts {
    unrestored: usize,
    sessions: usize,
    registrations: usize,
    stopped_streams: usize,
}

impl Counts {
    fn of(registry: &Registry) -> Self {
        Counts {
            unrestored: registry.unrestored.len(),
            sessions: registry.sessions().count(),
            registrations: registry.len(),
            stopped_streams: registry.stopped_streams(),
        }
    }
}

fn engine_with(parts: &Parts, counts: &Counts) -> Vec<(String, Value)> {
    let running = running();
    let (longest, millis) = running.first().map_or((String::new(), 0), |one| {
        (one.id.to_string(), one.running_for().as_millis())
    });
    let scripts = bodies().running();
    let (script, script_millis) = scripts.first().map_or((String::new(), 0), |one| {
        (one.session.clone(), one.running_for().as_millis())
    });
    vec![
        text("engine_name", "redgrease"),
        text("engine_version", env!("CARGO_PKG_VERSION")),
        text("python_version", &parts.python_version),
        text("python_program", &parts.python_program),
        text("libpython", &parts.libpython),
        text("engine_file", &parts.engine_file),
        text("executions", executions().len()),
        text("waiting_executions", pool().waiting()),
        text("refused_executions", pool().refused()),
        text("abandoned_executions", abandoned()),
        text(
            "replaced_threads",
            pool().replaced_threads() + bodies().left_behind(),
        ),
        text("running_executions", running.len()),
        text("slow_threads", pool().slow_threads()),
        text("additional_threads", pool().additional_threads()),
        text("slow_event_loops", slow_event_loops()),
        text("longest_execution", longest),
        text("longest_execution_ms", millis),
        text("running_scripts", scripts.len()),
        text("waiting_scripts", bodies().waiting()),
        text("longest_script", script),
        text("longest_script_ms", script_millis),
        text("unrestored_sessions", counts.unrestored),
        text("sessions", counts.sessions),
        text("registrations", counts.registrations),
        text("stopped_streams", counts.stopped_streams),
        text("failed_runs", failed_runs()),
        text("aborted_runs", aborted_runs()),
        text("dead_letters", dead_letters()),
        text("dropped_messages", dropped_messages()),
        text("python_memory", allocation().current),
    ]
}

/// Fields that `INFO` does not show.
const NOT_SHOWN: [&str; 2] = ["Path", "IsInReqDictionary"];

fn requirements(context: &Context) -> Vec<(String, Value)> {
    known_requirements(context)
        .into_iter()
        .map(|(requirement, users)| {
            let mut fields = rows::requirement(&requirement, users);
            fields.retain(|(name, _)| !NOT_SHOWN.contains(name));
            let mut fields = as_text(&fields);
            mask(&mut fields, "Name");
            (
                without_credentials(&requirement.name),
                Value::Fields(fields),
            )
        })
        .collect()
}

/// The summary of a session, with masked addresses: `INFO` answers users who may not send code, and does not say which user asks.
fn summary(session: &Session) -> String {
    session.summary(Addresses::Masked)
}

/// Replaces the passwords of addresses in one field.
fn mask(fields: &mut [(&'static str, String)], name: &str) {
    for (_, text) in fields.iter_mut().filter(|(field, _)| *field == name) {
        *text = without_credentials(text);
    }
}

fn registration_fields(registration: &Registration, session: &Session) -> (String, Value) {
    let description = registration.description.as_deref().unwrap_or("None");
    let reader = registration.plan.reader.as_str();
    let mut fields = vec![
        ("desc", description.to_owned()),
        ("reader", reader.to_owned()),
    ];
    fields.extend(as_text(&rows::statistics(registration)));
    fields.extend(as_text(&arguments(&registration.event)));
    fields.push(("PD", summary(session)));
    mask(&mut fields, "lastError");
    (registration.id.to_string(), Value::Fields(fields))
}

/// The arguments of a registration. `INFO` shows the status of a registration of streams behind the name of the stream.
fn arguments(event: &Event) -> Vec<Field> {
    let mut fields = rows::arguments(event);
    let stream = fields.iter().position(|(name, _)| *name == "stream");
    if let (Some(stream), Some(status)) = (stream, rows::status(event)) {
        fields.insert(stream + 1, status);
    }
    fields
}

fn as_text(fields: &[Field]) -> Vec<(&'static str, String)> {
    fields
        .iter()
        .map(|(name, value)| (*name, value.text()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registration::streams::{Failures, OnFailed, StreamsFilter};
    use std::time::Duration;

    #[test]
    fn the_status_of_a_stream_is_shown_behind_its_name() {
        let second = Duration::from_secs(1);
        let filter = StreamsFilter::new(
            b"s".to_vec(),
            1,
            second,
            Failures::new(OnFailed::Abort, second),
            true,
        );
        let fields = as_text(&arguments(&Event::Streams(filter)));
        let expected = [
            ("batchSize", "1"),
            ("durationMS", "1000"),
            ("stream", "s"),
            ("status", "OK"),
            ("trimStream", "1"),
            ("onFailedPolicy", "abort"),
            ("retryInterval", "1"),
        ];
        assert_eq!(fields, expected.map(|(name, text)| (name, text.to_owned())));
    }

    #[test]
    fn the_arguments_of_a_trigger_have_no_status() {
        let event = Event::Command {
            trigger: b"t".to_vec(),
            in_order: false,
        };
        let names: Vec<&str> = arguments(&event).iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["trigger", "inorder"]);
    }

    #[test]
    fn the_engine_tells_of_itself() {
        let parts = Parts {
            python_version: "3.11".to_owned(),
            ..Parts::default()
        };
        let fields = engine_with(&parts, &Counts::default());
        let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
        let expected = [
            "engine_name",
            "engine_version",
            "python_version",
            "python_program",
            "libpython",
            "engine_file",
            "executions",
            "waiting_executions",
            "refused_executions",
            "abandoned_executions",
            "replaced_threads",
            "running_executions",
            "slow_threads",
            "additional_threads",
            "slow_event_loops",
            "longest_execution",
            "longest_execution_ms",
            "running_scripts",
            "waiting_scripts",
            "longest_script",
            "longest_script_ms",
            "unrestored_sessions",
            "sessions",
            "registrations",
            "stopped_streams",
            "failed_runs",
            "aborted_runs",
            "dead_letters",
            "dropped_messages",
            "python_memory",
        ];
        assert_eq!(names, expected);
        assert!(matches!(&fields[2].1, Value::Text(version) if version == "3.11"));
    }
}
