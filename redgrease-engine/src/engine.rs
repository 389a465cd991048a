//! The parts of the engine, put together once while the module loads.

use crate::commands;
use crate::config::Config;
use crate::execution::{Executions, IdCounter, Pool};
use crate::python;
use crate::redis::{
    Context, Guarded, InfoSection, Level, Text, cannot_keep_rights, library_path, log,
};
use crate::registration::{InFlight, Registry};
use crate::requirements::{self, Requirement, Store};
use std::path::PathBuf;
use std::sync::OnceLock;

/// There is one per process, as there is one interpreter.
pub(crate) struct Engine {
    pub(crate) shard_id: String,
    pub(crate) python_version: String,
    pub(crate) config: Config,
    pub(crate) registry: Guarded<Registry>,
    pub(crate) in_flight: Guarded<InFlight>,
    pub(crate) executions: Executions,
    pub(crate) pool: Pool,
    pub(crate) requirements: Store,
    pub(crate) execution_ids: IdCounter,
    pub(crate) registration_ids: IdCounter,
    /// Requirements that scripts asked this server for, in the order of asking.
    asked_for: Guarded<Vec<String>>,
}

static ENGINE: OnceLock<Engine> = OnceLock::new();

/// The engine. Commands, callbacks and threads exist after it was made only.
pub(crate) fn engine() -> &'static Engine {
    match ENGINE.get() {
        Some(engine) => engine,
        None => unreachable!("the engine is made before anything can ask for it"),
    }
}

/// Makes the engine and registers its commands. An error is the text for the server's log.
pub(crate) fn load(context: &Context, arguments: &[Text<'_>]) -> Result<(), String> {
    let config = Config::new();
    config.set_while_loading(b"Plugin", library_path().as_bytes())?;
    for pair in arguments.chunks(2) {
        let [name, value] = pair else {
            let name = pair
                .first()
                .map(|name| name.lossy().into_owned())
                .unwrap_or_default();
            return Err(format!(
                "the module argument {name} has no value: give name and value"
            ));
        };
        config.set_while_loading(name.bytes(), value.bytes())?;
    }
    let executable = Some(config.text("PythonExecutable")).filter(|path| !path.is_empty());
    let threads = config.execution_threads();
    // The interpreter's runtime asks for the engine only when a script uses it.
    let interpreter = python::start(executable.map(PathBuf::from).as_deref())?;
    let (major, minor) = interpreter.version;
    let python_version = format!("{major}.{minor}");
    let store = requirement_store(&config, &interpreter);
    let made = ENGINE.set(Engine {
        shard_id: context.shard_id(),
        python_version: python_version.clone(),
        config,
        registry: Guarded::default(),
        in_flight: Guarded::default(),
        executions: Executions::default(),
        pool: Pool::new(),
        requirements: store,
        execution_ids: IdCounter::default(),
        registration_ids: IdCounter::default(),
        asked_for: Guarded::default(),
    });
    if made.is_err() {
        return Err("the engine is loaded already: load it once per server".to_owned());
    }
    engine().make_packages_importable();
    if let Some(reason) = cannot_keep_rights(context) {
        return Err(reason);
    }
    commands::register_all(context)?;
    Pool::start(threads)?;
    let version = env!("CARGO_PKG_VERSION");
    log(
        Level::Notice,
        &format!("RedGrease engine {version}, Python {python_version}, {threads} worker threads"),
    );
    Ok(())
}

/// What `INFO` shows.
pub(crate) fn info(context: &Context) -> Vec<InfoSection> {
    ENGINE
        .get()
        .map(|engine| commands::sections(engine, context))
        .unwrap_or_default()
}

/// The server is about to exit: nothing new is begun.
pub(crate) fn shut_down() {
    if let Some(engine) = ENGINE.get() {
        engine.pool.stop();
    }
}

fn requirement_store(config: &Config, interpreter: &python::Interpreter) -> Store {
    let given = config.text("PythonInstallationDir");
    let directory = if given.is_empty() {
        PathBuf::from("redgrease-python")
    } else {
        given.into()
    };
    // Child processes may run elsewhere: the path must mean the same there.
    let directory = std::path::absolute(&directory).unwrap_or(directory);
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
    Store::new(directory, python, pip_arguments, Box::new(write))
}

impl Engine {
    pub(crate) fn has_installed(&self, requirements: &[String]) -> bool {
        requirements
            .iter()
            .all(|name| self.requirements.is_installed(name))
    }

    /// A script is about to use these packages, which are installed.
    pub(crate) fn use_packages(&self, context: &Context, requirements: &[String]) {
        if requirements.is_empty() {
            return;
        }
        self.asked_for.write(context, |asked_for| {
            for name in requirements {
                if !asked_for.contains(name) {
                    asked_for.push(name.clone());
                }
            }
        });
        self.make_packages_importable();
    }

    fn make_packages_importable(&self) {
        let directory = self.requirements.site_packages();
        if directory.exists() {
            python::use_packages(&directory);
        }
    }

    /// The requirements that this server's scripts asked for, and how many sessions have each.
    pub(crate) fn known_requirements(&self, context: &Context) -> Vec<(Requirement, usize)> {
        let names = self.asked_for.read(context, Clone::clone);
        self.registry.read(context, |registry| {
            names
                .iter()
                .filter_map(|name| self.requirements.row(name))
                .map(|row| {
                    let users = registry.requirement_users(&row.name);
                    (row, users)
                })
                .collect()
        })
    }
}
