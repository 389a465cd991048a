//! `redgrease stats`: numbers of the engine.

use super::cluster;
use super::each::left_out_failure;
use super::names::{short, subject};
use crate::app::App;
use crate::failure::Failure;
use crate::output::{Fields, Table, without_passwords};
use redgrease_core::{Con, GearsCommands as _, PyStats, RegistrationInfo, cmd};
use serde_json::json;
use std::collections::BTreeMap;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The numbers of all shards of a cluster, as they are printed without this option
    #[arg(id = "cluster", long, hide = true)]
    _cluster: bool,
    /// Set the numbers of all registrations to zero; with `--profile`, the profile of the session
    #[arg(long)]
    reset: bool,
    /// Print the profile of a session: where its Python spends its time
    #[arg(long, value_name = "SESSION")]
    profile: Option<String>,
    /// Sort the profile: `tottime`, `cumtime`, `calls` or another key of Python's `pstats`
    #[arg(
        long,
        value_name = "KEY",
        requires = "profile",
        conflicts_with = "reset",
        value_parser = ORDERS,
        hide_possible_values = true
    )]
    order: Option<String>,
}

/// The keys of Python's `pstats`.
const ORDERS: [&str; 14] = [
    "calls",
    "cumtime",
    "cumulative",
    "file",
    "filename",
    "line",
    "module",
    "name",
    "ncalls",
    "nfl",
    "pcalls",
    "stdname",
    "time",
    "tottime",
];

pub(crate) fn run(app: &App, args: &Args) -> Result<(), Failure> {
    let mut con = app.connect()?;
    match (&args.profile, args.reset) {
        (Some(session), true) => {
            con.py_profile_reset(session)
                .map_err(|e| of_profile(session, e))?;
            app.out
                .note(format_args!("the profile of `{session}` is empty"));
            Ok(())
        }
        (Some(session), false) => profile(app, &mut con, session, args.order.as_deref()),
        (None, true) => {
            let cmd = if cluster::passes_on(&mut con)? {
                cmd::clear_registrations_stats_cluster()
            } else {
                cmd::clear_registrations_stats()
            };
            let done = "the numbers of all registrations are zero";
            if let Some(left_out) = cluster::change(&mut con, &cmd)? {
                return Err(left_out_failure(done, &left_out));
            }
            app.out.note(done);
            Ok(())
        }
        (None, false) => print(app, &mut con),
    }
}

fn profile(app: &App, con: &mut Con, session: &str, order: Option<&str>) -> Result<(), Failure> {
    let text = con
        .py_profile_stats(session, order)
        .map_err(|e| of_profile(session, e))?;
    if app.out.is_json() {
        return app
            .out
            .json(&json!({ "session": session, "profile": text }));
    }
    app.out.line(crate::output::clean(text.trim()))
}

/// Python cannot print an empty profile: the server answers its error.
fn of_profile(session: &str, error: redgrease_core::Error) -> Failure {
    if error.to_string().contains("Cannot create or construct a") {
        return Failure::failed(format!(
            "the session `{session}` has no profile: switch it on with `redgrease config set ProfileExecutions=1`, and call its gears"
        ));
    }
    error.into()
}

/// What one server says about itself.
#[derive(serde::Serialize)]
struct Server {
    shard: Option<String>,
    address: String,
    info: BTreeMap<String, String>,
    python: Option<PyStats>,
    /// Why it says nothing.
    error: Option<String>,
}

fn print(app: &App, con: &mut Con) -> Result<(), Failure> {
    let is_cluster = cluster::is_cluster(con)?;
    let mut registrations = cluster::registrations(con)?;
    cluster::warn_of_missing(app, &registrations);
    registrations.sort_by_key(|it| std::cmp::Reverse((it.total_run, it.triggered)));
    let servers = if is_cluster {
        of_nodes(app, con)?
    } else {
        let (info, python) = of_server(con)?;
        vec![Server {
            shard: None,
            address: String::new(),
            info,
            python: Some(python),
            error: None,
        }]
    };
    if app.out.is_json() {
        return app
            .out
            .json(&json!({ "servers": servers, "registrations": registrations }));
    }
    for server in &servers {
        app.out.line(fields(server))?;
        app.out.line("")?;
    }
    if registrations.is_empty() {
        app.out.note("the server has no registrations");
        return Ok(());
    }
    app.out.line(table(&registrations))?;
    Ok(())
}

fn of_nodes(app: &App, con: &mut Con) -> Result<Vec<Server>, Failure> {
    let mut servers = Vec::new();
    for node in app.nodes(con)? {
        let answer = node
            .connect()
            .map_err(Into::into)
            .and_then(|mut con| of_server(&mut con));
        let (info, python, error) = match answer {
            Ok((info, python)) => (info, Some(python), None),
            Err(failure) => (BTreeMap::new(), None, Some(failure.to_string())),
        };
        servers.push(Server {
            shard: node.shard,
            address: node.address,
            info,
            python,
            error,
        });
    }
    Ok(servers)
}

fn of_server(
    con: &mut impl redis::ConnectionLike,
) -> Result<(BTreeMap<String, String>, PyStats), Failure> {
    // RedisGears has no such section.
    let info: String = redis::cmd("INFO").arg("rg_engine").query(con)?;
    Ok((parse(&info), con.py_stats()?))
}

/// The lines of `INFO`, without the prefix of the module.
fn parse(info: &str) -> BTreeMap<String, String> {
    info.lines()
        .filter_map(|line| line.trim_end().split_once(':'))
        .map(|(name, value)| {
            (
                name.strip_prefix("rg_").unwrap_or(name).to_owned(),
                value.to_owned(),
            )
        })
        .collect()
}

fn fields(server: &Server) -> Fields {
    let mut heading = "engine".to_owned();
    if let Some(shard) = &server.shard {
        heading = format!(
            "engine of the shard {} at {}",
            &shard[..shard.len().min(8)],
            server.address
        );
    }
    let mut fields = Fields::new(heading);
    for (name, value) in &server.info {
        if !value.is_empty() {
            fields.add(&name.replace('_', " "), without_passwords(value));
        }
    }
    if let Some(python) = &server.python {
        let sizes = [
            ("python memory now", python.current_allocated),
            ("python memory peak", python.peak_allocated),
            ("python memory in total", python.total_allocated),
        ];
        for (name, bytes) in sizes {
            fields.add(name, indicatif::HumanBytes(bytes));
        }
    }
    fields.add_some("error", server.error.as_deref());
    fields
}

fn table(registrations: &[RegistrationInfo]) -> Table {
    let lag = |it: &RegistrationInfo| {
        it.extra
            .get("avgEstimatedLagMS")
            .map(crate::output::text_of)
    };
    let has_lag = registrations.iter().any(|it| lag(it).is_some());
    let mut headings = vec![
        "id",
        "for",
        "runs",
        "succeeded",
        "failed",
        "aborted",
        "total ms",
        "average ms",
        "last ms",
    ];
    if has_lag {
        headings.push("lag ms");
    }
    let mut table = Table::new(&headings);
    for it in registrations {
        let mut cells = vec![
            short(&it.id),
            without_passwords(&subject(it)),
            it.triggered.to_string(),
            it.succeeded.to_string(),
            it.failed.to_string(),
            it.aborted.to_string(),
            it.total_run.as_millis().to_string(),
            format!("{:.1}", it.average_run_ms),
            it.last_run.as_millis().to_string(),
        ];
        if has_lag {
            cells.push(lag(it).unwrap_or_default());
        }
        table.row(cells);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn info_is_read() {
        let info = parse(
            "# rg_engine\r\nrg_sessions:1\r\nrg_engine_file:/a:b.so\r\nrg_longest_execution:\r\n",
        );
        assert_eq!(info["sessions"], "1");
        assert_eq!(info["engine_file"], "/a:b.so");
        assert_eq!(info["longest_execution"], "");
    }
}
