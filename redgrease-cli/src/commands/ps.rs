//! `redgrease ps`: the executions of a server.

use super::executions;
use super::names::short;
use crate::app::App;
use crate::failure::Failure;
use crate::output::{Table, one_line};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use redgrease_core::{
    Con, Execution, ExecutionFilter, ExecutionPlan, ExecutionStatus, GearsCommands as _,
};
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only executions with this status; can be given several times
    #[arg(long, value_name = "STATUS", value_parser = statuses())]
    status: Vec<ExecutionStatus>,
    /// Only executions that a registration began
    #[arg(long, conflicts_with = "scripts")]
    registered: bool,
    /// Only executions that a script began
    #[arg(long)]
    scripts: bool,
    /// Only the last executions
    #[arg(short = 'n', long, value_name = "COUNT", default_value_t = 100)]
    last: usize,
}

const STATUSES: [&str; 8] = [
    "created",
    "running",
    "pending_receive",
    "pending_run",
    "pending_cluster",
    "pending_termination",
    "done",
    "aborted",
];

fn statuses() -> impl TypedValueParser<Value = ExecutionStatus> {
    PossibleValuesParser::new(STATUSES).map(|word| ExecutionStatus::from(word.as_str()))
}

#[derive(Serialize)]
struct Row {
    #[serde(flatten)]
    execution: Execution,
    /// The shard that needed longest; `None` if the server does not tell.
    duration_ms: Option<u64>,
    results: Option<u64>,
    errors: usize,
    /// The last line of the first error.
    error: Option<String>,
    shards: usize,
}

pub(crate) fn run(app: &App, args: &Args) -> Result<(), Failure> {
    let mut con = app.connect()?;
    let mut filter = ExecutionFilter::new();
    for status in &args.status {
        filter = filter.status(status.clone());
    }
    if args.registered || args.scripts {
        filter = filter.registered(args.registered);
    }
    let (mut all, missing) = executions::list_and_missing(&mut con)?;
    for missing in &missing {
        app.out
            .warn(format_args!("not listed: {}", one_line(missing)));
    }
    let is_empty = all.is_empty();
    all.retain(|execution| filter.matches(execution));
    if !app.out.is_json()
        && let Some(body) = executions::body(&mut con)?
    {
        app.out.note(body.text());
    }
    let longest = longest(&mut con)?;
    let left_out = all.len().saturating_sub(args.last);
    let rows: Vec<Row> = all
        .split_off(left_out)
        .into_iter()
        .map(|execution| row(&mut con, execution, longest.as_ref()))
        .collect::<Result<_, _>>()?;
    app.out.rows(&rows, || table(&rows))?;
    if !app.out.is_json() {
        if rows.is_empty() {
            app.out.note(if is_empty {
                "the server has no executions"
            } else {
                "none of the executions of the server matches"
            });
        }
        if left_out > 0 {
            app.out.note(format_args!(
                "{left_out} older executions are left out: `-n {}` lists them",
                left_out + args.last
            ));
        }
    }
    Ok(())
}

/// The execution that runs longest, and for how many milliseconds: the duration of an execution is told only when it has ended. `None`
/// if the server does not tell.
fn longest(con: &mut Con) -> Result<Option<(String, u64)>, Failure> {
    let info: String = match redis::cmd("INFO").arg("rg_engine").query(con) {
        Ok(info) => info,
        Err(error) if error.code() == Some("NOPERM") => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let value = |name: &str| {
        info.lines()
            .find_map(|line| line.trim_end().strip_prefix(name))
    };
    let id = value("rg_longest_execution:").unwrap_or_default();
    let ms = value("rg_longest_execution_ms:").and_then(|ms| ms.parse().ok());
    Ok(ms.map(|ms| (id.to_owned(), ms)))
}

fn row(
    con: &mut Con,
    execution: Execution,
    running: Option<&(String, u64)>,
) -> Result<Row, Failure> {
    let plans: BTreeMap<String, ExecutionPlan> = match con.get_execution(&execution.id, None) {
        Ok(plans) => plans,
        Err(error) if error.is_connection() || error.is_no_permission() => return Err(error.into()),
        // It was dropped in the meantime, or its shard does not answer.
        Err(_) => BTreeMap::new(),
    };
    let id = execution.id.to_string();
    let millis = |it: Duration| u64::try_from(it.as_millis()).unwrap_or(u64::MAX);
    let duration_ms = match running {
        Some((running, ms)) if *running == id => Some(*ms),
        _ if !execution.status.is_over() => None,
        _ => plans.values().map(|plan| millis(plan.total_duration)).max(),
    };
    let errors: Vec<&String> = plans.values().flat_map(|plan| &plan.errors).collect();
    let error = errors
        .first()
        .map(|error| crate::output::Traceback::parse(error).error);
    Ok(Row {
        duration_ms,
        results: plans.values().filter_map(|plan| plan.results).max(),
        errors: errors.len(),
        error,
        shards: plans.len(),
        execution,
    })
}

fn table(rows: &[Row]) -> Table {
    let has_shards = rows.iter().any(|row| row.shards > 1);
    let has_errors = rows.iter().any(|row| row.errors > 0);
    let mut headings = vec!["id", "status", "begun by", "ms", "results"];
    if has_shards {
        headings.push("shards");
    }
    if has_errors {
        headings.push("error");
    }
    let mut table = Table::new(&headings);
    let number = |it: Option<u64>| it.map(|it| it.to_string()).unwrap_or_default();
    for row in rows {
        let mut cells = vec![
            short(&row.execution.id.to_string()),
            row.execution.status.to_string(),
            if row.execution.registered {
                "registration"
            } else {
                "script"
            }
            .to_owned(),
            number(row.duration_ms),
            number(row.results),
        ];
        if has_shards {
            cells.push(row.shards.to_string());
        }
        if has_errors {
            cells.push(row.error.clone().unwrap_or_default());
        }
        table.row(cells);
    }
    table
}
