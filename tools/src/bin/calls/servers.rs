//! The servers that are measured, with the engine and the module that does nothing.

use crate::commands::{GEARS, LUA};
use redgrease_embedded::Server;
use redgrease_tools::{Client, Outcome};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

/// Time limit of a call; every call takes far less.
const BOUND: Duration = Duration::from_mins(2);

/// The module that does nothing.
#[derive(Debug)]
pub(crate) struct Floor {
    dir: TempDir,
}

impl Floor {
    /// Compiles the module.
    pub(crate) fn compile() -> Outcome<Floor> {
        let dir = tempfile::tempdir().map_err(|error| format!("a temporary directory: {error}"))?;
        let floor = Floor { dir };
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../benches/floor.c");
        let status = Command::new("cc")
            .args(["-O2", "-shared", "-fPIC", "-pthread", "-o"])
            .arg(floor.path())
            .arg(source)
            .status()
            .map_err(|error| format!("cc, which the linker of Rust needs, too: {error}"))?;
        if status.success() {
            Ok(floor)
        } else {
            Err("benches/floor.c was not compiled: see above".to_owned())
        }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.dir.path().join("floor.so")
    }

    /// A file beside the module.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }
}

/// A server that is measured.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) server: Server,
    engine: Option<String>,
}

impl Target {
    /// Starts a server with an engine, by default with that of the environment, and `program` in place of the server's program.
    pub(crate) fn start(
        engine: Option<&str>,
        floor: &Floor,
        program: Option<&Path>,
    ) -> Outcome<Target> {
        let mut builder = Server::builder()
            .server_arg("loadmodule", floor.path().to_string_lossy())
            .start_timeout(BOUND);
        if let Some(engine) = engine {
            builder = builder.engine(engine);
        }
        if let Some(program) = program {
            builder = builder.server(program);
        }
        let server = builder.start().map_err(|error| error.to_string())?;
        let mut client = Client::connect(server.url(), BOUND)?;
        client.call(&["RG.PYEXECUTE", GEARS])?;
        client.call(&["FUNCTION", "LOAD", "REPLACE", LUA])?;
        client.call(&["SET", "bench:key", "value"])?;
        Ok(Target {
            server,
            engine: engine.map(str::to_owned),
        })
    }

    /// The name of the server in tables.
    pub(crate) fn name(&self) -> String {
        let program = self.server.program().display();
        match &self.engine {
            None => program.to_string(),
            Some(engine) => format!("{program}, {engine}"),
        }
    }
}
