//! Putting the parts together, once, while the module loads.

use crate::agreement;
use crate::cluster;
use crate::commands::{self, Parts};
use crate::config::{self, Config};
use crate::distribution;
use crate::execution::{bodies, pool};
use crate::gears;
use crate::python;
use crate::redis::{Context, Level, Listeners, Text, cannot_keep_rights, library_path, log};
use crate::registration::{
    keyed_timers, keys, moved_timers, stored, streams, taken_over, tell_aof, timer_shard,
};
use crate::requirements::{self, Settings, Store};
use std::path::{Path, PathBuf};

/// The functions that the callbacks of the server call.
pub(crate) static LISTENERS: Listeners = Listeners {
    load,
    loaded: on_loaded,
    info: commands::sections,
    key_event: keys::on_event,
    stream_event: streams::on_event,
    take_over: taken_over::takes_over,
    ready: on_ready,
    emptied: streams::all_are_gone,
    swapped: streams::all_are_others,
    cluster_message: cluster::on_message,
    before_sleep: python::before_sleep,
    after_sleep: python::after_sleep,
    save: stored::store,
    rewritten: tell_aof,
    load_registrations: gears::restore_all,
    load_timer_key: keyed_timers::load,
    dump_timer_key: moved_timers::dump,
    shut_down: on_shut_down,
    not_shut_down: on_not_shut_down,
};

fn load(context: &Context, arguments: &[Text<'_>], chosen: Option<&Path>) -> Result<(), String> {
    let config = config::get();
    read_arguments(config, arguments)?;
    // Before Python is started, which can be done once in a process.
    if let Some(reason) = cannot_keep_rights(context) {
        let reason = reason.trim_start_matches("ERR ");
        return Err(format!("could not load the RedGrease engine: {reason}"));
    }
    let setting = Some(config.text("PythonExecutable")).filter(|path| !path.is_empty());
    let executable = chosen.map(Path::to_owned).or(setting.map(PathBuf::from));
    let interpreter = python::start(executable.as_deref(), gears::install)?;
    let (major, minor) = interpreter.version;
    let parts = Parts {
        python_version: format!("{major}.{minor}"),
        python_program: interpreter.executable.to_string_lossy().into_owned(),
        libpython: interpreter.library.to_string_lossy().into_owned(),
        engine_file: library_path(),
    };
    if !commands::tell_parts(parts) {
        return Err("the engine is loaded already: load it once per server".to_owned());
    }
    let directory = installation_directory(config);
    show_in_force(config, &directory, &interpreter)?;
    requirements::open(requirement_store(config, directory, &interpreter));
    gears::make_importable();
    commands::register_all(context)?;
    let threads = config.execution_threads();
    pool().start(threads)?;
    let version = env!("CARGO_PKG_VERSION");
    log(
        Level::Notice,
        &format!(
            "RedGrease engine {version}, Python {major}.{minor} ({}), {threads} worker threads",
            interpreter.executable.display()
        ),
    );
    Ok(())
}

/// Reads the arguments of the module: names and values of settings in turn.
fn read_arguments(config: &Config, arguments: &[Text<'_>]) -> Result<(), String> {
    config.forget();
    config.set_while_loading(b"Plugin", library_path().as_bytes())?;
    for pair in arguments.chunks(2) {
        let [name, value] = pair else {
            let name = pair.first().map(|name| name.lossy()).unwrap_or_default();
            return Err(format!(
                "the module argument {name} has no value: give name and value"
            ));
        };
        config.set_while_loading(name.bytes(), value.bytes())?;
    }
    Ok(())
}

/// The directory of the virtual environments.
fn installation_directory(config: &Config) -> PathBuf {
    let given = config.text("PythonInstallationDir");
    let directory = if given.is_empty() {
        PathBuf::from("redgrease-python")
    } else {
        given.into()
    };
    // Absolute: child processes may have another working directory.
    std::path::absolute(&directory).unwrap_or(directory)
}

/// Writes into the settings what the engine made of them, so that `RG.CONFIGGET` shows it.
fn show_in_force(
    config: &Config,
    directory: &Path,
    interpreter: &python::Interpreter,
) -> Result<(), String> {
    let executable = interpreter.executable.to_string_lossy().into_owned();
    for (name, value) in [
        (
            "PythonInstallationDir",
            directory.to_string_lossy().into_owned(),
        ),
        ("PythonExecutable", executable),
        ("ExecutionThreads", config.execution_threads().to_string()),
    ] {
        config.set_while_loading(name.as_bytes(), value.as_bytes())?;
    }
    Ok(())
}

fn requirement_store(
    config: &Config,
    directory: PathBuf,
    interpreter: &python::Interpreter,
) -> Store {
    let python = requirements::Python {
        executable: interpreter.executable.clone(),
        version: interpreter.version,
    };
    let pip_arguments = config
        .text("PipArguments")
        .split_whitespace()
        .map(str::to_owned)
        .collect();
    let write = |level: requirements::Level, message: &str| {
        let level = match level {
            requirements::Level::Notice => Level::Notice,
            requirements::Level::Warning => Level::Warning,
        };
        log(level, message);
    };
    let settings = Settings {
        // The setting accepts no other words.
        installer: config.text("Installer").parse().unwrap_or_default(),
        pip_arguments,
    };
    Store::new(directory, python, settings, Box::new(write))
}

/// The module is loaded, and stays loaded: other servers of a cluster may be told.
fn on_loaded(context: &Context) {
    cluster::start(context);
    streams::follow_cluster(context);
    gears::share_packages();
    agreement::start();
    commands::answer_shards();
    timer_shard::follow_cluster(context);
    keyed_timers::follow_cluster(context);
    distribution::start(gears::session_of_part);
}

/// The data is loaded, or a replica has become a master: handles the messages and starts the time events that arrived
/// before.
fn on_ready(context: &Context) {
    streams::start_all(context);
    keyed_timers::start_all(context);
}

fn on_shut_down() {
    bodies().stop();
    pool().stop();
}

fn on_not_shut_down() {
    pool().go_on();
}
