//! `redgrease ls`: the registrations of a server, and its sessions.

use super::cluster;
use super::names::{short, short_session, subject};
use super::sources::described;
use crate::app::App;
use crate::failure::Failure;
use crate::output::{Table, without_passwords};
use clap::ValueEnum;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use redgrease_core::{
    GearsCommands as _, Mode, ReaderType, RegistrationFilter, RegistrationInfo, SessionsOptions,
};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only registrations of this reader
    #[arg(long, value_name = "READER")]
    reader: Option<Reader>,
    /// Only registrations of this mode
    #[arg(long, value_name = "MODE", value_parser = modes())]
    mode: Option<Mode>,
    /// Only registrations of sessions whose id matches a glob pattern
    #[arg(long, value_name = "GLOB")]
    session: Option<String>,
    /// Only registrations whose description matches a glob pattern
    #[arg(long, value_name = "GLOB")]
    description: Option<String>,
    /// Only commands whose trigger matches a glob pattern
    #[arg(long, value_name = "GLOB")]
    trigger: Option<String>,
    /// Only registrations for events of this key; `*` at the end stands for all keys with the prefix
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    /// Only registrations that read this stream; `*` at the end stands for all streams with the prefix
    #[arg(long, value_name = "STREAM")]
    stream: Option<String>,
    /// Only registrations whose last run failed, or that have stopped
    #[arg(long)]
    failed: bool,
    /// Add up the numbers of all shards of a cluster, as is done without this option
    #[arg(id = "cluster", long, hide = true)]
    _cluster: bool,
    /// List the sessions, not the registrations
    #[arg(long, conflicts_with_all = ["reader", "mode", "description", "trigger", "key", "stream", "failed", "cluster"])]
    sessions: bool,
}

fn modes() -> impl TypedValueParser<Value = Mode> {
    PossibleValuesParser::new(["sync", "async_local", "async"]).try_map(|word| word.parse::<Mode>())
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Reader {
    #[value(alias = "CommandReader", alias = "commands")]
    Command,
    #[value(alias = "KeysReader", alias = "key")]
    Keys,
    #[value(alias = "StreamReader", alias = "streams")]
    Stream,
}

impl From<Reader> for ReaderType {
    fn from(reader: Reader) -> Self {
        match reader {
            Reader::Command => ReaderType::CommandReader,
            Reader::Keys => ReaderType::KeysReader,
            Reader::Stream => ReaderType::StreamReader,
        }
    }
}

pub(crate) fn run(app: &App, args: &Args) -> Result<(), Failure> {
    if args.sessions {
        return sessions(app, args.session.as_deref());
    }
    let mut con = app.connect()?;
    let mut rows = cluster::registrations(&mut con)?;
    cluster::warn_of_missing(app, &rows);
    let filter = args.filter();
    let total = rows.len();
    rows.retain(|row| filter.matches(row) && (!args.failed || has_failed(row)));
    rows.sort_by(|a, b| {
        a.session
            .cmp(&b.session)
            .then_with(|| subject(a).cmp(&subject(b)))
    });
    app.out.rows(&rows, || table(&rows))?;
    if rows.is_empty() && !app.out.is_json() {
        app.out.note(match total {
            0 => {
                "the server has no registrations: `redgrease run FILE` runs a script that registers"
                    .to_owned()
            }
            total => format!("none of {total} registrations matches"),
        });
    }
    Ok(())
}

/// Adds a condition to a filter.
type Add = fn(RegistrationFilter, String) -> RegistrationFilter;

impl Args {
    fn filter(&self) -> RegistrationFilter {
        let mut filter = RegistrationFilter::new();
        if let Some(reader) = self.reader {
            filter = filter.reader(reader.into());
        }
        if let Some(mode) = self.mode {
            filter = filter.mode(mode);
        }
        let texts: [(&Option<String>, Add); 5] = [
            (&self.session, RegistrationFilter::session),
            (&self.description, RegistrationFilter::description),
            (&self.trigger, RegistrationFilter::trigger),
            (&self.key, RegistrationFilter::key),
            (&self.stream, RegistrationFilter::stream),
        ];
        for (text, add) in texts {
            if let Some(text) = text {
                filter = add(filter, text.clone());
            }
        }
        filter
    }
}

/// Whether the last run failed, or the reading of a stream has stopped. A person has paused a stream on purpose.
fn has_failed(row: &RegistrationInfo) -> bool {
    let is_well = |status: &str| matches!(status, "OK" | "PAUSED");
    row.last_error.is_some() || row.status.as_deref().is_some_and(|status| !is_well(status))
}

fn table(rows: &[RegistrationInfo]) -> Table {
    let has_description = rows.iter().any(|row| row.description.is_some());
    let has_shards = rows.iter().any(|row| row.shards.is_some());
    let mut headings = vec![
        "id", "reader", "for", "mode", "session", "runs", "failed", "ms", "status",
    ];
    if has_shards {
        headings.push("shards");
    }
    if has_description {
        headings.push("description");
    }
    let mut table = Table::new(&headings);
    for row in rows {
        let mut cells = vec![
            short(&row.id),
            row.reader.trim_end_matches("Reader").to_lowercase(),
            without_passwords(&subject(row)),
            row.mode.clone(),
            row.session
                .as_deref()
                .map(short_session)
                .unwrap_or_default()
                .to_owned(),
            row.triggered.to_string(),
            row.failed.to_string(),
            format!("{:.1}", row.average_run_ms),
            row.status.clone().unwrap_or_default(),
        ];
        if has_shards {
            cells.push(row.shards.map(|n| n.to_string()).unwrap_or_default());
        }
        if has_description {
            cells.push(row.description.clone().unwrap_or_default());
        }
        table.row(cells);
    }
    table
}

fn sessions(app: &App, pattern: Option<&str>) -> Result<(), Failure> {
    let mut con = app.connect()?;
    let mut rows = con.dump_sessions(&SessionsOptions::new())?;
    if let Some(pattern) = pattern {
        rows.retain(|row| redgrease_syntax::glob_matches(pattern.as_bytes(), row.id.as_bytes()));
    }
    app.out.rows(&rows, || {
        let mut table = Table::new(&[
            "session",
            "registrations",
            "requirements",
            "references",
            "state",
            "description",
        ]);
        for row in &rows {
            let is_restored = !row.extra.contains_key("notRestored");
            table.row([
                short_session(&row.id),
                &row.registrations.len().to_string(),
                &without_passwords(&row.requirements.join(" ")),
                &row.ref_count.to_string(),
                match (row.dead, is_restored) {
                    (true, _) => "replaced",
                    (_, false) => "not restored",
                    _ => "",
                },
                &described(row).unwrap_or_default(),
            ]);
        }
        table
    })?;
    if rows.is_empty() && !app.out.is_json() {
        app.out.note("no session matches");
    }
    Ok(())
}
