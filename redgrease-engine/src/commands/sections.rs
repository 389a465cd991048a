//! The sections of `INFO` that clients of RedisGears know, and the engine's own.

use super::rows::{self, Field};
use crate::execution::{abandoned, bodies, executions, pool, running};
use crate::gears::known_requirements;
use crate::python::{allocation, slow_event_loops};
use crate::redis::{Context, InfoSection as Section, InfoValue as Value};
use crate::registration::{Event, Registration, Session, registry};
use std::fmt::Display;

/// All sections, in the order that clients know. `python_version` is the version of the interpreter.
pub(crate) fn sections(context: &Context, python_version: &str) -> Vec<Section> {
    let bytes = allocation();
    let (registrations, sessions, unrestored) = registry().read(context, |registry| {
        let all: Vec<(String, Value)> = registry
            .registrations()
            .map(|(registration, session)| registration_fields(registration, session))
            .collect();
        let sessions: Vec<(String, Value)> = registry
            .sessions()
            .map(|session| (session.info.id.clone(), Value::Text(session.summary())))
            .collect();
        (all, sessions, registry.unrestored.len())
    });
    let section = |name, fields| Section { name, fields };
    vec![
        section(
            "",
            vec![
                text("nexecutions", executions().len()),
                text("nregistrations", registrations.len()),
            ],
        ),
        // Spelled as RedisGears spells it, by mistake: clients look for this name.
        section("regisrations", registrations),
        section(
            "plugins",
            vec![(
                "GearsPythonPlugin".to_owned(),
                Value::Fields(vec![("version", "10000".to_owned())]),
            )],
        ),
        section(
            "python_stats",
            vec![
                text("TotalAllocated", bytes.total),
                text("PeakAllocated", bytes.peak),
                text("CurrAllocated", bytes.current),
            ],
        ),
        section("python_requirements", requirements(context)),
        section("python_sessions", sessions),
        section("engine", engine(python_version, unrestored)),
    ]
}

fn text(name: &str, value: impl Display) -> (String, Value) {
    (name.to_owned(), Value::Text(value.to_string()))
}

/// The section about this engine.
fn engine(python_version: &str, unrestored: usize) -> Vec<(String, Value)> {
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
        text("python_version", python_version),
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
        text("unrestored_sessions", unrestored),
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
            (requirement.name, Value::Fields(as_text(&fields)))
        })
        .collect()
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
    fields.push(("PD", session.summary()));
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
    use crate::registration::streams::{OnFailed, StreamsFilter};
    use std::time::Duration;

    #[test]
    fn the_status_of_a_stream_is_shown_behind_its_name() {
        let second = Duration::from_secs(1);
        let filter = StreamsFilter::new(b"s".to_vec(), 1, second, OnFailed::Abort, second, true);
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
        let fields = engine("3.11", 2);
        let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
        let expected = [
            "engine_name",
            "engine_version",
            "python_version",
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
        ];
        assert_eq!(names, expected);
        assert!(matches!(&fields[2].1, Value::Text(version) if version == "3.11"));
    }
}
