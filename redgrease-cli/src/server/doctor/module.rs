//! The engine in the server, and its Python.

use super::host;
use super::node::Node;
use super::report::Report;
use redgrease_core::{ErrorKind, GearsCommands as _};
use redgrease_embedded::find_engine;

const CHECK: &str = "module";

/// What the rights depend on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Module {
    /// Whether commands of modules are in categories of rules.
    pub(super) has_categories: bool,
}

/// Categories for commands of modules.
const WITH_CATEGORIES: [u64; 3] = [7, 2, 0];

/// The module; `None` if the server has no such module.
pub(super) fn look(node: &mut Node, report: &mut Report) -> Option<Module> {
    let engine = node.info("rg_engine_version").map(str::to_owned);
    let listed = node.connection().gears_version();
    match (engine, listed) {
        (Some(version), _) => engine_of_redgrease(&version, node, report),
        (None, Ok(version)) => report.warning(
            CHECK,
            format!("RedisGears {version}, not the engine of RedGrease"),
            "gears run; `redgrease migrate` tells what the engine does differently",
        ),
        (None, Err(error)) => {
            // Without the right to MODULE LIST and INFO, a command tells.
            let is_missing_here = is_missing(&error)
                || node
                    .connection()
                    .dump_registrations()
                    .is_err_and(|error| is_missing(&error));
            if is_missing_here {
                report.error(CHECK, "the server has no module that runs gears", remedy());
                return None;
            }
            report.ok(
                CHECK,
                "the server runs gears; the user may not see which module",
            );
        }
    }
    let server = node.info("redis_version").map(host::number);
    Some(Module {
        has_categories: server.is_none_or(|version| version >= WITH_CATEGORIES),
    })
}

fn is_missing(error: &redgrease_core::Error) -> bool {
    matches!(error.kind(), ErrorKind::NoGears)
}

fn engine_of_redgrease(version: &str, node: &mut Node, report: &mut Report) {
    let own = env!("CARGO_PKG_VERSION");
    let file = node.info("rg_engine_file").unwrap_or("an unknown file");
    let is = format!("engine {version}, {file}");
    if host::number(version) < host::number(own) {
        report.warning(
            CHECK,
            format!("{is}: older than this program, {own}"),
            "install the engine of the same release, and restart the server",
        );
    } else {
        report.ok(CHECK, is);
    }
    let python = node.info("rg_python_version").unwrap_or("unknown");
    let program = node.info("rg_python_program").unwrap_or("unknown");
    let libpython = node.info("rg_libpython").unwrap_or("unknown");
    report.ok("python", format!("{python}, {program} ({libpython})"));
    settings(node, report);
    let refused = node.number("rg_refused_executions");
    if refused > 0 {
        report.warning(
            "executions",
            format!("{refused} executions were refused, because the queue was full"),
            "raise `ExecutionQueueSize` or `ExecutionThreads`, or look with `redgrease ps` at what takes long",
        );
    }
    let abandoned = node.number("rg_abandoned_executions");
    if abandoned > 0 {
        report.warning(
            "executions",
            format!(
                "executions that were dropped before they began, because their clients had left: {abandoned}"
            ),
            "look with `redgrease ps` at what takes long; `redgrease config set AbortOnDisconnect=0` runs such executions",
        );
    }
}

/// Settings that were made for a purpose, and are forgotten.
fn settings(node: &mut Node, report: &mut Report) {
    const CHECK: &str = "settings";
    let usual = [
        ("PythonAttemptTraceback", "1", "errors have no traceback"),
        (
            "ProfileExecutions",
            "0",
            "each execution is measured, which makes it slower",
        ),
        (
            "CompatibleReplies",
            "1.2",
            "listings leave fields out, for old clients: this program sees less",
        ),
    ];
    let names = usual.map(|(name, ..)| name);
    let Ok(values) = node.connection().config_get(&names) else {
        return;
    };
    for ((name, expected, effect), value) in usual.into_iter().zip(values) {
        let value = value.map(|value| value.to_string());
        if let Ok(value) = value
            && value != expected
        {
            report.warning(
                CHECK,
                format!("{name} is {value}: {effect}"),
                format!("if nobody needs that: `redgrease config set {name}={expected}`"),
            );
        }
    }
}

fn remedy() -> String {
    match find_engine() {
        Ok(library) => format!(
            "write `loadmodule {}` into the configuration of the server and restart it, or start one with `redgrease serve`",
            library.display()
        ),
        Err(_) => "install the engine on the machine of the server with `redgrease engine install`, and load it with `loadmodule`"
            .to_owned(),
    }
}
