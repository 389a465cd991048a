//! The sections of `INFO` that clients of Gears know, and the engine's own.

use crate::engine::Engine;
use crate::python::allocation;
use crate::redis::{Context, InfoSection as Section, InfoValue as Value};
use crate::registration::{Event, Registration, Session};

/// All of them, in the order clients know.
pub(crate) fn sections(engine: &Engine, context: &Context) -> Vec<Section> {
    let bytes = allocation();
    let (registrations, sessions) = engine.registry.read(context, |registry| {
        let all: Vec<(String, Value)> = registry
            .registrations()
            .map(|(registration, session)| registration_fields(registration, session))
            .collect();
        let sessions: Vec<(String, Value)> = registry
            .sessions()
            .map(|session| (session.origin.id.clone(), Value::Text(session.summary())))
            .collect();
        (all, sessions)
    });
    let section = |name, fields| Section { name, fields };
    let text = |name: &str, value: String| (name.to_owned(), Value::Text(value));
    vec![
        section(
            "",
            vec![
                text("nexecutions", engine.executions.len().to_string()),
                text("nregistrations", registrations.len().to_string()),
            ],
        ),
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
                text("TotalAllocated", bytes.total.to_string()),
                text("PeakAllocated", bytes.peak.to_string()),
                text("CurrAllocated", bytes.current.to_string()),
            ],
        ),
        section("python_requirements", requirements(engine, context)),
        section("python_sessions", sessions),
        section("engine", own(engine)),
    ]
}

/// What there is to know about this engine itself.
fn own(engine: &Engine) -> Vec<(String, Value)> {
    let text = |name: &str, value: String| (name.to_owned(), Value::Text(value));
    vec![
        text("engine_name", "redgrease".to_owned()),
        text("engine_version", env!("CARGO_PKG_VERSION").to_owned()),
        text("python_version", engine.python_version.clone()),
        text("executions", engine.executions.len().to_string()),
        text("waiting_executions", engine.pool.waiting().to_string()),
        text(
            "replaced_threads",
            engine.pool.replaced_threads().to_string(),
        ),
    ]
}

fn requirements(engine: &Engine, context: &Context) -> Vec<(String, Value)> {
    let yes_no = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
    engine
        .known_requirements(context)
        .into_iter()
        .map(|(requirement, users)| {
            let fields = vec![
                ("GearReqVersion", "2".to_owned()),
                ("Name", requirement.name.clone()),
                ("IsDownloaded", yes_no(requirement.is_downloaded)),
                ("IsInstalled", yes_no(requirement.is_installed)),
                ("CompiledOs", requirement.compiled_os),
                ("Wheels", listed(Some(requirement.wheels.iter()))),
                ("RefCount", users.to_string()),
            ];
            (requirement.name, Value::Fields(fields))
        })
        .collect()
}

fn registration_fields(registration: &Registration, session: &Session) -> (String, Value) {
    let stats = registration.stats.snapshot();
    let or_none = |text: Option<&str>| text.unwrap_or("None").to_owned();
    let mut fields = vec![
        ("desc", or_none(registration.description.as_deref())),
        ("reader", registration.plan.reader.as_str().to_owned()),
        ("mode", registration.mode.as_str().to_owned()),
        ("numTriggered", stats.triggered.to_string()),
        ("numSuccess", stats.succeeded.to_string()),
        ("numFailures", stats.failed.to_string()),
        ("numAborted", stats.aborted.to_string()),
        ("lastRunDurationMS", stats.last_millis.to_string()),
        ("totalRunDurationMS", stats.total_millis.to_string()),
        ("avgRunDurationMS", stats.average_millis.to_string()),
    ];
    if let Event::Streams(filter) = &registration.event {
        let lag = filter.lag();
        fields.push(("lastEstimatedLagMS", lag.last.to_string()));
        fields.push(("avgEstimatedLagMS", lag.average().to_string()));
    }
    fields.push(("lastError", or_none(stats.last_error.as_deref())));
    waits_for(&registration.event, &mut fields);
    fields.push(("PD", session.summary()));
    (registration.id.to_string(), Value::Fields(fields))
}

fn waits_for(event: &Event, fields: &mut Vec<(&'static str, String)>) {
    let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let flag = |flag: bool| i32::from(flag).to_string();
    match event {
        Event::Command { trigger, in_order } => {
            fields.push(("trigger", shown(trigger)));
            fields.push(("inorder", flag(*in_order)));
        }
        Event::Hook(hook) => {
            fields.push(("trigger", hook.command.clone()));
            fields.push(("inorder", flag(hook.in_order)));
        }
        Event::Keys(filter) => {
            let types = filter.types.as_ref();
            let commands = filter.commands.as_ref();
            fields.push(("regex", shown(&filter.prefix)));
            fields.push((
                "eventTypes",
                listed(filter.events.as_ref().map(|names| names.iter())),
            ));
            fields.push((
                "keyTypes",
                listed(types.map(|types| types.iter().map(|kind| kind.as_str()))),
            ));
            fields.push((
                "hookCommands",
                listed(commands.map(|all| all.iter().map(|one| &one.name))),
            ));
        }
        Event::Streams(filter) => {
            fields.push(("batchSize", filter.batch.to_string()));
            fields.push(("durationMS", filter.duration.as_millis().to_string()));
            fields.push(("stream", shown(&filter.prefix)));
            fields.push(("status", filter.status().as_str().to_owned()));
            fields.push(("trimStream", flag(filter.trim)));
            fields.push(("onFailedPolicy", filter.on_failed.as_str().to_owned()));
            let interval = filter.retry_interval.as_secs().to_string();
            fields.push(("retryInterval", interval));
        }
    }
}

/// `[a|b]`, or `None` if there is no list.
fn listed<T: AsRef<str>>(items: Option<impl Iterator<Item = T>>) -> String {
    let Some(items) = items else {
        return "None".to_owned();
    };
    let items: Vec<String> = items.map(|item| item.as_ref().to_owned()).collect();
    format!("[{}]", items.join("|"))
}
