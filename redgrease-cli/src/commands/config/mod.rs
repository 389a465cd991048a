//! `redgrease config`: the settings of a server.
//!
//! * `known`: the table of settings.

mod known;

use super::cluster;
use super::each::{Changes, left_out_failure};
use crate::app::App;
use crate::failure::Failure;
use crate::output::{Table, json_of, one_line, without_passwords};
use known::{SETTINGS, known};
use redgrease_core::{Con, ConfigValue, Error, ErrorKind, GearsCommands as _, cmd};
use redgrease_syntax::nearest;
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Option<Action>,
    /// The settings of all servers of a cluster, as is done without this option
    #[arg(id = "cluster", long, global = true, hide = true)]
    _cluster: bool,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Print settings; one name prints the value alone
    Get {
        #[arg(value_name = "NAME", required = true)]
        names: Vec<String>,
    },
    /// Change settings until the server restarts
    Set {
        #[arg(value_name = "NAME=VALUE", required = true, value_parser = setting)]
        settings: Vec<(String, String)>,
        /// Allow names that are no setting of the engine: gears read them with `configGet`
        #[arg(long)]
        custom: bool,
    },
}

fn setting(word: &str) -> Result<(String, String), String> {
    match word.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write NAME=VALUE".to_owned()),
    }
}

pub(crate) fn run(app: &App, args: &Args) -> Result<(), Failure> {
    match &args.action {
        None => {
            let names: Vec<&str> = SETTINGS.iter().map(|it| it.name).collect();
            let mut con = app.connect()?;
            let rows = read(&mut con, &names)?;
            // A server that lacks a setting is older, or RedisGears.
            let rows: Vec<Row> = rows.into_iter().filter(|row| row.error.is_none()).collect();
            warn_of_missing(app, &rows);
            print(app, &rows)
        }
        Some(Action::Get { names }) => get(app, names),
        Some(Action::Set { settings, custom }) => set(app, settings, *custom),
    }
}

/// A setting, and its value on each server.
struct Row {
    name: String,
    /// The values by shard; one without a shard outside of a cluster.
    values: Vec<(Option<String>, Option<ConfigValue>)>,
    /// Shards that do not tell.
    missing: Vec<String>,
    error: Option<Failure>,
}

fn read(con: &mut Con, names: &[&str]) -> Result<Vec<Row>, Failure> {
    if cluster::passes_on(con)? {
        let settings = con.config_get_cluster(names)?;
        let row = |it: redgrease_core::ClusterSetting| Row {
            error: match &*it.missing {
                [] if it.values.values().all(Option::is_none) => Some(unknown(&it.name)),
                _ => None,
            },
            missing: it.missing,
            values: it
                .values
                .into_iter()
                .map(|(shard, value)| (Some(shard), value))
                .collect(),
            name: it.name,
        };
        return Ok(settings.into_iter().map(row).collect());
    }
    let entries = con.config_get(names)?;
    let row = |(name, entry): (&&str, Result<ConfigValue, Error>)| {
        let (values, error) = match entry {
            Ok(value) => (vec![(None, Some(value))], None),
            Err(error) if is_unknown(&error) => (Vec::new(), Some(unknown(name))),
            Err(error) => (Vec::new(), Some(error.into())),
        };
        Row {
            name: (*name).to_owned(),
            values,
            missing: Vec::new(),
            error,
        }
    };
    Ok(names.iter().zip(entries).map(row).collect())
}

fn is_unknown(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Config { message, .. } if message.starts_with("Unsupported config parameter"))
}

fn unknown(name: &str) -> Failure {
    let guess = nearest(name, SETTINGS.iter().map(|it| it.name));
    let guess = guess
        .map(|near| format!("did you mean `{near}`? "))
        .unwrap_or_default();
    Failure::failed(format!(
        "the server has no setting `{}`: {guess}`redgrease config` lists all",
        one_line(name)
    ))
}

fn get(app: &App, names: &[String]) -> Result<(), Failure> {
    // Servers know them in the case of the table alone.
    let names: Vec<&str> = names
        .iter()
        .map(|name| known(name).map_or(name.as_str(), |it| it.name))
        .collect();
    let mut con = app.connect()?;
    let rows = read(&mut con, &names)?;
    warn_of_missing(app, &rows);
    let mut has_failed = false;
    for failure in rows.iter().filter_map(|row| row.error.as_ref()) {
        has_failed = true;
        app.out.failure(failure);
    }
    let rows: Vec<Row> = rows
        .into_iter()
        .filter(|row| !row.values.is_empty())
        .collect();
    match &*rows {
        [row] if names.len() == 1 && !app.out.is_json() => app.out.line(shown(row))?,
        _ => print(app, &rows)?,
    }
    if has_failed {
        Err(Failure::said())
    } else {
        Ok(())
    }
}

fn warn_of_missing(app: &App, rows: &[Row]) {
    let missing: BTreeSet<&String> = rows.iter().flat_map(|row| &row.missing).collect();
    for missing in missing {
        app.out
            .warn(format_args!("not counted: {}", one_line(missing)));
    }
}

fn print(app: &App, rows: &[Row]) -> Result<(), Failure> {
    let rows_json: Vec<Json> = rows.iter().map(row_json).collect();
    app.out.rows(&rows_json, || {
        let mut table = Table::new(&["setting", "value", "type", "change", "meaning"]);
        for row in rows {
            let it = known(&row.name);
            table.row([
                row.name.as_str(),
                &shown(row),
                it.map_or("custom", |it| it.kind),
                if it.is_none_or(|it| it.is_writable) {
                    "yes"
                } else {
                    "no"
                },
                it.map_or("", |it| it.meaning),
            ]);
        }
        table
    })
}

/// The value, or those of the shards if they differ.
fn shown(row: &Row) -> String {
    let mut values = row.values.iter().map(|(_, value)| text(value.as_ref()));
    let first = values.next().unwrap_or_default();
    if values.all(|value| value == first) {
        return first;
    }
    let values = row.values.iter().map(|(shard, value)| {
        let shard = shard.as_deref().unwrap_or_default();
        format!("{}: {}", &shard[..shard.len().min(8)], text(value.as_ref()))
    });
    values.collect::<Vec<_>>().join(", ")
}

fn text(value: Option<&ConfigValue>) -> String {
    match value {
        None => String::new(),
        Some(ConfigValue::Other(value)) => match json_of(value) {
            Json::Array(items) => {
                let items: Vec<String> = items
                    .iter()
                    .map(|it| it.as_str().map_or_else(|| it.to_string(), str::to_owned))
                    .collect();
                without_passwords(&one_line(&items.join(" ")))
            }
            other => without_passwords(&one_line(&other.to_string())),
        },
        Some(value) => without_passwords(&one_line(&value.to_string())),
    }
}

fn value_json(value: Option<&ConfigValue>) -> Json {
    match value {
        None => Json::Null,
        Some(ConfigValue::Int(number)) => (*number).into(),
        Some(ConfigValue::Other(value)) => json_of(value),
        Some(value) => without_passwords(&value.to_string()).into(),
    }
}

fn row_json(row: &Row) -> Json {
    let it = known(&row.name);
    let mut json = json!({
        "name": row.name,
        "type": it.map_or("custom", |it| it.kind),
        "writable": it.is_none_or(|it| it.is_writable),
        "meaning": it.map(|it| it.meaning),
    });
    match &*row.values {
        [(None, value)] => json["value"] = value_json(value.as_ref()),
        values => {
            let by_shard = values.iter().map(|(shard, value)| {
                (
                    shard.clone().unwrap_or_default(),
                    value_json(value.as_ref()),
                )
            });
            json["values"] = Json::Object(by_shard.collect());
        }
    }
    json
}

fn set(app: &App, settings: &[(String, String)], is_custom: bool) -> Result<(), Failure> {
    for (name, _) in settings {
        match known(name) {
            Some(it) if !it.is_writable => {
                return Err(Failure::failed(format!(
                    "{} cannot be changed while the server runs: give it as an argument of the module (`--loadmodule .. {} VALUE`)",
                    it.name, it.name
                )));
            }
            None if !is_custom => {
                let guess = nearest(name, SETTINGS.iter().map(|it| it.name));
                let guess = guess
                    .map(|near| format!("did you mean `{near}`? "))
                    .unwrap_or_default();
                return Err(Failure::usage(format!(
                    "the engine has no setting `{}`, so nothing was changed: {guess}`--custom` stores a setting of your own, which gears read with `configGet`",
                    one_line(name)
                )));
            }
            _ => {}
        }
    }
    let pairs: Vec<(&str, &str)> = settings
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let mut con = app.connect()?;
    let mut changes = Changes::default();
    let mut set: Vec<&str> = Vec::new();
    if cluster::passes_on(&mut con)? {
        // All settings are changed, or none is.
        let left_out = cluster::change(&mut con, &cmd::config_set_cluster(&pairs))
            .map_err(|error| Failure::from(error).of("nothing was changed"))?;
        set.extend(pairs.iter().map(|(name, _)| name));
        if let Some(left_out) = left_out {
            let change = format!("{} changed", were(&set));
            changes.refuse(app, &set.join(" "), &left_out_failure(&change, &left_out));
        }
    } else {
        for ((name, _), entry) in pairs.iter().zip(con.config_set(&pairs)?) {
            match entry {
                Ok(_) => set.push(name),
                Err(error) => {
                    let kind = known(name).map_or(String::new(), |it| format!(" ({})", it.kind));
                    let error = one_line(&error.to_string());
                    let failure = Failure::failed(format!(
                        "{name} was not changed: {error}: give it a value of its type{kind}"
                    ));
                    changes.refuse(app, name, &failure);
                }
            }
        }
    }
    for name in &set {
        changes.note_done(name);
    }
    if !set.is_empty() {
        let what = if set.len() == pairs.len() {
            String::new()
        } else {
            format!("{} ", were(&set))
        };
        app.out.note(format_args!(
            "{what}changed until the server restarts: an argument of the module (`--loadmodule .. NAME VALUE`) stays longer"
        ));
    }
    changes.end(app)
}

/// `MaxExecutions was`, `MaxExecutions, LockMaxTime were`.
fn were(names: &[&str]) -> String {
    let verb = if names.len() == 1 { "was" } else { "were" };
    one_line(&format!("{} {verb}", names.join(", ")))
}
