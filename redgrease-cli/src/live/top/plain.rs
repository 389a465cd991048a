//! One snapshot as text.

use super::server_facts;
use crate::app::App;
use crate::failure::Failure;
use crate::live::columns::{Row, table};
use crate::live::poller::State;
use crate::live::text::{bytes, duration, rate};
use crate::output::{BAD, BOLD, DIM, one_line};
use std::sync::Arc;

pub(super) fn print(app: &App, state: &State) -> Result<(), Failure> {
    let Some(view) = state.view.as_ref().map(Arc::as_ref) else {
        return Err(Failure::said());
    };
    let server = &view.server;
    let facts = server_facts(server);
    app.out
        .line(format_args!("{BOLD}{}{BOLD:#}", facts.join(", ")))?;
    let totals = &view.totals;
    let optional = |ms: Option<f64>| ms.map_or_else(|| "-".to_owned(), duration);
    app.out.line(format_args!(
        "{} runs/s, {} failures/s, mean {}, lag {}, {} running, {} waiting, {} of Python",
        rate(totals.rate),
        rate(totals.failure_rate),
        optional(totals.mean_ms),
        optional(totals.lag_ms),
        totals.running,
        totals.waiting,
        bytes(totals.python_memory),
    ))?;
    for refusal in &view.refusals {
        app.out.warn(one_line(refusal));
    }
    section(app, "registrations", &view.registrations)?;
    section(app, "executions", &view.executions)?;
    section(app, "sessions", &view.sessions)?;
    section(app, "packages", &view.requirements)?;
    section(app, "shards", &view.shards)?;
    section(app, "errors", &view.problems)?;
    for problem in &view.problems {
        app.out
            .line(format_args!("\n{BAD}{}{BAD:#}", one_line(&problem.name)))?;
        for line in problem.traceback.text.lines() {
            app.out
                .line(format_args!("{DIM}{}{DIM:#}", one_line(line)))?;
        }
    }
    Ok(())
}

fn section<T: Row>(app: &App, title: &str, rows: &[T]) -> Result<(), Failure> {
    if rows.is_empty() {
        return Ok(());
    }
    app.out
        .line(format_args!("\n{BOLD}{title}{BOLD:#} {}", rows.len()))?;
    app.out.line(table(rows))
}
