//! `redgrease engine list`: the places of the engine, and which of them is used.

use crate::app::App;
use crate::failure::Failure;
use crate::output::Table;
use redgrease_embedded::{EnginePlace, PlaceKind, engine_places};
use serde::Serialize;
use std::path::PathBuf;

#[derive(Debug, Serialize)]
struct Row {
    is_used: bool,
    kind: &'static str,
    path: PathBuf,
    library: Option<PathBuf>,
    engines: Vec<File>,
    problem: Option<String>,
    remedy: Option<String>,
}

#[derive(Debug, Serialize)]
struct File {
    path: PathBuf,
    version: Option<String>,
    python: Option<String>,
}

pub(super) fn run(app: &App) -> Result<(), Failure> {
    let rows: Vec<Row> = engine_places().into_iter().map(row).collect();
    app.out.rows(&rows, || {
        let mut table = Table::new(&["used", "place", "path", "version", "python", "state"]);
        for row in &rows {
            table.row([
                if row.is_used { "*" } else { "" },
                row.kind,
                &row.path.to_string_lossy(),
                &one_of_each(row.engines.iter().map(|engine| engine.version.as_deref())),
                &one_of_each(row.engines.iter().map(|engine| engine.python.as_deref())),
                row.problem.as_deref().unwrap_or("usable"),
            ]);
        }
        table
    })?;
    for row in rows
        .iter()
        .filter(|row| !app.out.is_json() && row.remedy.is_some())
    {
        let remedy = row.remedy.as_deref().unwrap_or_default();
        app.out.note(format!("{}: {remedy}", row.path.display()));
    }
    if !rows.iter().any(|row| row.is_used) {
        app.out.note(
            "no place has an engine that can be used: install one with `redgrease engine install`",
        );
    }
    Ok(())
}

fn row(place: EnginePlace) -> Row {
    let file = |engine: redgrease_embedded::EngineFile| File {
        path: engine.path,
        version: engine.version,
        python: engine.python,
    };
    Row {
        is_used: place.is_used,
        kind: match place.kind {
            PlaceKind::Variable => "REDGREASE_ENGINE",
            PlaceKind::Target => "target directory",
            PlaceKind::User => "user",
            PlaceKind::Wheel => "Python package",
            PlaceKind::System => "system",
            _ => "other",
        },
        path: place.path,
        library: place.library,
        engines: place.engines.into_iter().map(file).collect(),
        problem: place.problem,
        remedy: place.remedy,
    }
}

/// The values without repetitions: `3.11, 3.12`.
fn one_of_each<'a>(values: impl Iterator<Item = Option<&'a str>>) -> String {
    let mut all: Vec<&str> = Vec::new();
    for value in values.map(|value| value.unwrap_or("?")) {
        if !all.contains(&value) {
            all.push(value);
        }
    }
    all.join(", ")
}
