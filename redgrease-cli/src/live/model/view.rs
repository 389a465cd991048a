//! What is shown: the same for the terminal, the page and `--json`.

use super::merged::lag;
use super::problems::Problem;
use super::reply::{readable, text};
use super::sample::{Sample, ShardExecution};
use super::traceback::local;
use crate::commands::described;
use crate::output::without_passwords;
use crate::sync::source::path as sync_path;
use redgrease_core::{ExecutionPlan, RegistrationInfo, Requirement, Session};
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::UNIX_EPOCH;

#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct View {
    /// Milliseconds since 1970.
    pub(crate) at: u64,
    pub(crate) server: ServerView,
    pub(crate) totals: Totals,
    pub(crate) registrations: Vec<RegistrationView>,
    pub(crate) executions: Vec<ExecutionView>,
    pub(crate) sessions: Vec<SessionView>,
    pub(crate) requirements: Vec<RequirementView>,
    pub(crate) shards: Vec<ShardView>,
    /// The last errors, the newest first.
    pub(crate) problems: Vec<Problem>,
    /// The engine's fields of `INFO`.
    pub(crate) engine: BTreeMap<String, String>,
    /// Questions that the server refuses to this user.
    pub(crate) refusals: Vec<String>,
}

#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct ServerView {
    pub(crate) name: String,
    pub(crate) address: String,
    pub(crate) engine: Option<String>,
    pub(crate) python: Option<String>,
    pub(crate) uptime_s: Option<u64>,
    pub(crate) clients: Option<u64>,
    pub(crate) memory: Option<u64>,
    pub(crate) commands_per_s: Option<u64>,
    /// The time that one look at the server takes.
    pub(crate) poll_ms: f64,
}

#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Totals {
    pub(crate) registrations: usize,
    pub(crate) sessions: usize,
    /// Runs of registrations since the last look, each second.
    pub(crate) rate: f64,
    pub(crate) failure_rate: f64,
    /// The mean duration of the runs since the last look; `None` if there were none.
    pub(crate) mean_ms: Option<f64>,
    /// The same of the slowest registration.
    pub(crate) slowest_ms: Option<f64>,
    /// The greatest lag of a stream.
    pub(crate) lag_ms: Option<f64>,
    pub(crate) running: usize,
    pub(crate) waiting: u64,
    pub(crate) failed: u64,
    /// Memory of Python on all shards.
    pub(crate) python_memory: u64,
}

#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct RegistrationView {
    pub(crate) id: String,
    /// The trigger, the pattern of keys, or the stream.
    pub(crate) name: String,
    pub(crate) reader: String,
    pub(crate) mode: String,
    pub(crate) description: Option<String>,
    pub(crate) session: Option<String>,
    /// The path of the script, if `redgrease sync` has sent it.
    pub(crate) script: Option<String>,
    /// The state of a stream reader.
    pub(crate) status: Option<String>,
    pub(crate) triggered: u64,
    pub(crate) succeeded: u64,
    pub(crate) failed: u64,
    pub(crate) aborted: u64,
    pub(crate) rate: f64,
    pub(crate) failure_rate: f64,
    /// The mean duration of the runs since the last look.
    pub(crate) recent_ms: Option<f64>,
    pub(crate) mean_ms: f64,
    pub(crate) last_ms: u64,
    pub(crate) total_ms: u64,
    pub(crate) lag_ms: Option<f64>,
    /// The last run has failed.
    pub(crate) is_failing: bool,
    pub(crate) shards: Option<u64>,
    /// All other arguments and fields.
    pub(crate) details: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct ExecutionView {
    pub(crate) id: String,
    pub(crate) status: String,
    pub(crate) is_over: bool,
    /// Whether an event or a command started it, and not a script.
    pub(crate) registered: bool,
    pub(crate) shard: Option<String>,
    /// Of an execution that runs: since it was seen first.
    pub(crate) duration_ms: u64,
    pub(crate) results: Option<u64>,
    pub(crate) errors: Vec<String>,
    pub(crate) steps: Vec<String>,
}

#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct SessionView {
    pub(crate) id: String,
    pub(crate) description: Option<String>,
    pub(crate) registrations: usize,
    pub(crate) requirements: Vec<String>,
    pub(crate) references: u64,
    pub(crate) is_dead: bool,
    pub(crate) rate: f64,
    pub(crate) failed: u64,
    /// Why the session does not run after a restart of the server.
    pub(crate) not_restored: Option<String>,
}

#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct RequirementView {
    pub(crate) name: String,
    pub(crate) is_installed: bool,
    pub(crate) is_downloaded: bool,
    pub(crate) sessions: u64,
    pub(crate) wheels: Vec<String>,
    pub(crate) os: String,
}

#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct ShardView {
    pub(crate) id: String,
    pub(crate) address: String,
    pub(crate) slots: String,
    pub(crate) executions: usize,
    pub(crate) pending_messages: u64,
    pub(crate) python_memory: Option<u64>,
    /// Why the shard does not answer.
    pub(crate) silent: Option<String>,
}

impl View {
    pub(super) fn of(sample: &Sample) -> Self {
        let since = sample.at.duration_since(UNIX_EPOCH).unwrap_or_default();
        let scripts = sample.sessions.iter().filter_map(|it| {
            let path = sync_path(it.description.as_deref()?)?;
            Some((it.id.as_str(), local(&path)))
        });
        let scripts: BTreeMap<&str, String> = scripts.collect();
        let registrations: Vec<_> = sample
            .registrations
            .iter()
            .map(|it| registration(&scripts, it))
            .collect();
        let executions: Vec<_> = sample
            .executions
            .iter()
            .map(|it| execution(sample, it))
            .collect();
        let lags = registrations.iter().filter_map(|it| it.lag_ms);
        View {
            at: u64::try_from(since.as_millis()).unwrap_or_default(),
            server: server(sample),
            totals: Totals {
                registrations: registrations.len(),
                sessions: sample.sessions.len(),
                lag_ms: lags.reduce(f64::max),
                running: executions
                    .iter()
                    .filter(|it| it.status == "running")
                    .count(),
                waiting: waiting(sample),
                failed: registrations.iter().map(|it| it.failed).sum(),
                python_memory: sample.memory.values().map(|it| it.current_allocated).sum(),
                ..Totals::default()
            },
            sessions: sample
                .sessions
                .iter()
                .map(|it| session(it, &registrations))
                .collect(),
            registrations,
            executions,
            requirements: sample.requirements.iter().map(requirement).collect(),
            shards: shards(sample),
            problems: Vec::new(),
            engine: sample.info.engine(),
            refusals: sample.refusals.clone(),
        }
    }
}

/// Executions that wait for a thread. Servers without this figure list them.
fn waiting(sample: &Sample) -> u64 {
    sample
        .info
        .number("rg_waiting_executions")
        .unwrap_or_else(|| {
            let listed = sample.executions.iter();
            let waiting = listed.filter(|it| it.execution.status.to_string() == "created");
            waiting.count() as u64
        })
}

fn server(sample: &Sample) -> ServerView {
    let info = &sample.info;
    let own = |name| {
        info.text(name)
            .filter(|it| !it.is_empty())
            .map(str::to_owned)
    };
    ServerView {
        name: info.server(),
        address: sample.address.clone(),
        engine: own("rg_engine_version"),
        python: own("rg_python_version"),
        uptime_s: info.number("uptime_in_seconds"),
        clients: info.number("connected_clients"),
        memory: info.number("used_memory"),
        commands_per_s: info.number("instantaneous_ops_per_sec"),
        poll_ms: sample.cost_ms,
    }
}

fn registration(scripts: &BTreeMap<&str, String>, row: &RegistrationInfo) -> RegistrationView {
    let name = row
        .trigger()
        .or_else(|| row.prefix())
        .or_else(|| row.stream());
    let fields = row.args.iter().chain(&row.extra);
    RegistrationView {
        id: row.id.clone(),
        name: name.unwrap_or_default(),
        reader: row.reader.clone(),
        mode: row.mode.clone(),
        description: row.description.clone(),
        script: row
            .session
            .as_ref()
            .and_then(|it| scripts.get(it.as_str()).cloned()),
        session: row.session.clone(),
        status: row.status.clone(),
        triggered: row.triggered,
        succeeded: row.succeeded,
        failed: row.failed,
        aborted: row.aborted,
        mean_ms: row.average_run_ms,
        last_ms: millis(row.last_run),
        total_ms: millis(row.total_run),
        lag_ms: lag(row),
        is_failing: row.last_error.is_some(),
        shards: row.shards,
        details: fields
            .map(|(name, value)| (name.clone(), without_passwords(&readable(value))))
            .collect(),
        ..RegistrationView::default()
    }
}

fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn execution(sample: &Sample, row: &ShardExecution) -> ExecutionView {
    let execution = &row.execution;
    let id = execution.id.to_string();
    let plan = sample.plans.get(&id);
    let steps = plan.map(|plan| plan.steps.iter());
    ExecutionView {
        status: execution.status.to_string(),
        is_over: execution.status.is_over(),
        registered: execution.registered,
        shard: row.shard.clone(),
        duration_ms: plan.map_or(0, |plan| millis(plan.total_duration)),
        results: plan.and_then(|plan| plan.results),
        errors: plan.map(errors).unwrap_or_default(),
        steps: steps
            .into_iter()
            .flatten()
            .map(|step| format!("{} {}", step.kind, step.arg).trim_end().to_owned())
            .collect(),
        id,
    }
}

fn errors(plan: &ExecutionPlan) -> Vec<String> {
    plan.errors.iter().map(|it| without_passwords(it)).collect()
}

fn session(row: &Session, registrations: &[RegistrationView]) -> SessionView {
    let own = registrations
        .iter()
        .filter(|it| it.session.as_ref() == Some(&row.id));
    SessionView {
        id: row.id.clone(),
        description: described(row),
        registrations: row.registrations.len(),
        requirements: row
            .requirements
            .iter()
            .map(|it| without_passwords(it))
            .collect(),
        references: row.ref_count,
        is_dead: row.dead,
        rate: 0.0,
        failed: own.map(|it| it.failed).sum(),
        not_restored: row
            .extra
            .get("notRestored")
            .map(text)
            .filter(|it| !it.is_empty()),
    }
}

fn requirement(row: &Requirement) -> RequirementView {
    RequirementView {
        name: without_passwords(&row.name),
        is_installed: row.is_installed,
        is_downloaded: row.is_downloaded,
        sessions: row.ref_count,
        wheels: row.wheels.clone(),
        os: row.compiled_os.clone(),
    }
}

fn shards(sample: &Sample) -> Vec<ShardView> {
    let Some(cluster) = &sample.cluster else {
        return Vec::new();
    };
    let of = |id: &str| {
        let executions = sample.executions.iter();
        executions
            .filter(|it| it.shard.as_deref() == Some(id))
            .count()
    };
    let mut shards: Vec<ShardView> = Vec::new();
    for row in &cluster.shards {
        let slots = format!("{}-{}", row.min_slot, row.max_slot);
        // A shard has one row for each range of slots.
        if let Some(known) = shards.iter_mut().find(|it| it.id == row.id) {
            known.slots = format!("{} {slots}", known.slots);
            continue;
        }
        let host = if row.ip.contains(':') {
            format!("[{}]", row.ip)
        } else {
            row.ip.clone()
        };
        shards.push(ShardView {
            id: row.id.clone(),
            address: format!("{host}:{}", row.port),
            slots,
            executions: of(&row.id),
            pending_messages: row.pending_messages,
            python_memory: sample.memory.get(&row.id).map(|it| it.current_allocated),
            silent: sample.silent.get(&row.id).cloned(),
        });
    }
    shards
}
