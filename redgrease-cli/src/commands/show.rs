//! `redgrease show`: everything about one registration, session or execution.

use super::cluster;
use super::names::{Known, short, short_session, subject};
use super::sources::{Sources, described};
use crate::app::App;
use crate::failure::Failure;
use crate::output::{Fields, decoded, one_line, text_of, without_passwords};
use redgrease_core::{
    Con, Execution, ExecutionPlan, ExecutionStep, GearsCommands as _, RegistrationInfo,
    Requirement, Session, SessionsOptions,
};
use redis::Value;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Ids, triggers or sessions
    ///
    /// `trigger:NAME`, `session:NAME`, `registration:ID` and `execution:ID` tell things of the same name apart.
    #[arg(value_name = "ID|TRIGGER|SESSION", required = true)]
    names: Vec<String>,
    /// The script, to show the lines of errors
    ///
    /// Servers do not tell the text of a script. Those that `redgrease sync` has sent are known without this option.
    #[arg(long, value_name = "FILE")]
    source: Option<PathBuf>,
    /// Add up the numbers of all shards of a cluster, as is done without this option
    #[arg(id = "cluster", long, hide = true)]
    _cluster: bool,
}

type Plans = BTreeMap<String, ExecutionPlan>;

pub(crate) fn run(app: &App, args: &Args) -> Result<(), Failure> {
    let source = args
        .source
        .as_deref()
        .map(super::script::read_file)
        .transpose()?;
    let mut con = app.connect()?;
    let mut known = Known::all(&mut con)?;
    known.registrations = cluster::registrations(&mut con)?;
    cluster::warn_of_missing(app, &known.registrations);
    let mut shown = Shown {
        sources: Sources::new(source),
        ..Shown::default()
    };
    let mut has_failed = false;
    for word in &args.names {
        let named = known.named(word);
        if named.is_empty() {
            has_failed = true;
            app.out
                .failure(&known.unknown(word, "registration, trigger, session or execution"));
        }
        for registration in named.registrations {
            shown.registration(&mut con, registration);
        }
        for session in named.sessions {
            shown.session(&mut con, &known, session)?;
        }
        for execution in named.executions {
            shown.execution(&mut con, execution)?;
        }
    }
    if app.out.is_json() {
        app.out.json(&json!({
            "registrations": shown.registrations,
            "sessions": shown.sessions,
            "executions": shown.executions,
        }))?;
    } else {
        for (number, text) in shown.texts.iter().enumerate() {
            if number > 0 {
                app.out.line("")?;
            }
            app.out.line(text)?;
        }
    }
    if has_failed {
        Err(Failure::said())
    } else {
        Ok(())
    }
}

#[derive(Default)]
struct Shown {
    sources: Sources,
    texts: Vec<Fields>,
    registrations: Vec<Json>,
    sessions: Vec<Json>,
    executions: Vec<Json>,
}

impl Shown {
    fn registration(&mut self, con: &mut Con, it: &RegistrationInfo) {
        let mut text = Fields::new(format!(
            "registration {} ({})",
            short(&it.id),
            without_passwords(&subject(it))
        ));
        text.add("id", &it.id);
        text.add("reader", &it.reader);
        text.add("mode", &it.mode);
        text.add_some("session", it.session.as_deref());
        text.add_some("description", it.description.as_deref());
        text.add(
            "runs",
            format_args!(
                "{} ({} succeeded, {} failed, {} aborted)",
                it.triggered, it.succeeded, it.failed, it.aborted
            ),
        );
        text.add(
            "durations",
            format_args!(
                "last {} ms, average {:.1} ms, total {} ms",
                it.last_run.as_millis(),
                it.average_run_ms,
                it.total_run.as_millis()
            ),
        );
        text.add_some("status", it.status.as_deref());
        text.add_some("shards", it.shards);
        for (name, value) in it.args.iter().chain(&it.extra) {
            if *value != redis::Value::Nil {
                text.add(name, without_passwords(&text_of(value)));
            }
        }
        let session = it.session.as_deref();
        let error = it.last_error.as_deref();
        let error = error.map(|error| self.sources.traceback(con, session, error));
        if let Some(error) = &error {
            text.add_styled("last error", format!("{}\n", error.styled()));
        }
        let mut row = json!(it);
        row["traceback"] = json!(error);
        self.registrations.push(row);
        self.texts.push(text);
    }

    fn session(&mut self, con: &mut Con, known: &Known, it: &Session) -> Result<(), Failure> {
        let options = SessionsOptions::new().verbose().session(&it.id);
        let mut verbose = con.dump_sessions(&options)?;
        // It may have ended in the meantime.
        let it = verbose.first_mut().map_or(it, |it| {
            for row in &mut it.requirement_rows {
                row.name = without_passwords(&row.name);
            }
            it
        });
        let mut text = Fields::new(format!("session {}", short_session(&it.id)));
        text.add("id", &it.id);
        text.add_some("description", described(it));
        text.add("references", it.ref_count);
        if it.linked != "primary" {
            text.add("linked", &it.linked);
        }
        if it.dead {
            text.add("state", "replaced; executions of it still run");
        }
        for (name, value) in &it.extra {
            text.add(name, without_passwords(&text_of(value)));
        }
        let requirements = it.requirement_rows.iter().map(requirement);
        let requirements: Vec<String> = requirements.collect();
        if !requirements.is_empty() {
            text.add_styled("requirements", requirements.join("\n") + "\n");
        }
        let mut lines = String::new();
        for id in &it.registrations {
            let registration = known.registrations.iter().find(|row| row.id == *id);
            let line = match registration {
                Some(row) => format!(
                    "{} {} {} ({} runs, {} failed)",
                    short(id),
                    row.reader,
                    without_passwords(&subject(row)),
                    row.triggered,
                    row.failed
                ),
                None => short(id),
            };
            lines.push_str(&crate::output::one_line(&line));
            lines.push('\n');
        }
        text.add_styled("registrations", lines);
        self.sessions.push(json!(it));
        self.texts.push(text);
        Ok(())
    }

    fn execution(&mut self, con: &mut Con, it: &Execution) -> Result<(), Failure> {
        let plans: Plans = match con.get_execution(&it.id, None) {
            Ok(plans) => plans,
            Err(error) if error.is_connection() => return Err(error.into()),
            // It was dropped in the meantime.
            Err(_) => Plans::new(),
        };
        let mut text = Fields::new(format!("execution {}", short(&it.id.to_string())));
        text.add("id", &it.id);
        text.add("status", &it.status);
        text.add(
            "begun by",
            if it.registered {
                "a registration"
            } else {
                "a script"
            },
        );
        for (shard, plan) in &plans {
            let name = |name: &str| match plans.len() {
                1 => name.to_owned(),
                _ => format!("{} {name}", &shard[..shard.len().min(8)]),
            };
            text.add(
                &name("duration"),
                format_args!("{} ms", plan.total_duration.as_millis()),
            );
            text.add_some(&name("results"), plan.results);
            if plans.len() > 1 {
                text.add(&name("status"), &plan.status);
            }
            // Times are measured with ProfileExecutions alone.
            let is_measured = plan.steps.iter().any(|step| !step.duration.is_zero());
            let step = |step: &ExecutionStep| {
                let time = if is_measured {
                    format!(" ({} ms)", step.duration.as_millis())
                } else {
                    String::new()
                };
                let arg = without_addresses(&step.arg);
                one_line(&format!("{} {arg}{time}", step.kind))
            };
            let steps: Vec<String> = plan.steps.iter().map(step).collect();
            text.add_styled(&name("steps"), steps.join("\n") + "\n");
            for error in &plan.errors {
                text.add_styled(
                    &name("error"),
                    self.sources.traceback(con, None, error).styled() + "\n",
                );
            }
        }
        let mut row = json!(it);
        row["plans"] = json!(plans);
        if let Some(records) = records(con, it)? {
            let lines = records
                .iter()
                .take(SHOWN)
                .map(|record| one_line(&text_of(record)));
            let mut lines: Vec<String> = lines.collect();
            if let more @ 1.. = records.len().saturating_sub(SHOWN) {
                lines.push(format!("and {more} more: --json prints all"));
            }
            if !lines.is_empty() {
                text.add_styled("records", lines.join("\n") + "\n");
            }
            row["records"] = records.iter().map(decoded).collect();
        }
        self.executions.push(row);
        self.texts.push(text);
        Ok(())
    }
}

/// The text of a Python object without its place in memory: `<function f at 0x7f12>`.
fn without_addresses(text: &str) -> String {
    const AT: &str = " at 0x";
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once(AT) {
        out.push_str(before);
        rest = behind.trim_start_matches(|c: char| c.is_ascii_hexdigit());
    }
    out + rest
}

/// How many records people see.
const SHOWN: usize = 100;

/// The records of an execution that has ended, as far as the server keeps them.
fn records(con: &mut Con, it: &Execution) -> Result<Option<Vec<Value>>, Failure> {
    if !it.status.is_over() {
        return Ok(None);
    }
    match con.get_results::<Value>(&it.id) {
        Ok(results) => Ok(Some(results.values)),
        Err(error) if error.is_connection() => Err(error.into()),
        // It was dropped in the meantime.
        Err(_) => Ok(None),
    }
}

/// A package with what is installed for it.
fn requirement(it: &Requirement) -> String {
    let versions: Vec<String> = it
        .wheels
        .iter()
        .filter_map(|wheel| super::req::pinned(wheel))
        .collect();
    let state = match (it.is_installed, &*versions) {
        (false, _) => "not installed".to_owned(),
        (true, []) => "installed".to_owned(),
        (true, versions) => versions.join(" "),
    };
    crate::output::one_line(&format!("{} ({state})", it.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_in_memory_are_left_out() {
        for (text, shown) in [
            ("<function <lambda> at 0x7f12ab>", "<function <lambda>>"),
            ("<a at 0x1> <b at 0x2>", "<a> <b>"),
            ("look at it", "look at it"),
        ] {
            assert_eq!(without_addresses(text), shown);
        }
    }
}
