//! Servers, and virtual environments for their clients.

use crate::common::{free_port, untyped};
use redgrease_embedded::Server;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A server with a folder for its packages, and its TCP port, which the published clients need.
pub(crate) fn start(packages: &Path) -> (Server, u16) {
    let port = free_port();
    let server = Server::builder().python_dir(packages).port(port).start();
    (server.unwrap(), port)
}

/// A virtual environment.
pub(crate) struct Environment(PathBuf);

impl Environment {
    /// An environment with the Python of the engine, because functions are sent pickled.
    pub(crate) fn of(server: &Server, name: &str) -> Self {
        let name = format!("published-{name}-{}", version(server));
        let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        if !home.exists() {
            run(Command::new(answer(server, "sys.executable"))
                .args(["-m", "venv"])
                .arg(&home));
        }
        Environment(home)
    }

    /// The environment that the server has created for its packages.
    pub(crate) fn inside(server: &Server, packages: &Path) -> Self {
        Environment(packages.join(format!("venv-{}", version(server))))
    }

    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.0.join("bin").join(name)
    }

    pub(crate) fn python(&self) -> PathBuf {
        self.program("python")
    }

    pub(crate) fn install(&self, words: &[&str]) {
        let pip = ["-m", "pip", "install", "-q", "--disable-pip-version-check"];
        run(Command::new(self.python()).args(pip).args(words));
    }
}

fn version(server: &Server) -> String {
    answer(server, "'%d.%d' % sys.version_info[:2]")
}

/// Evaluates a Python expression on a server.
pub(crate) fn answer(server: &Server, expression: &str) -> String {
    let script = format!("import sys; GB('ShardsIDReader').map(lambda _: {expression}).run()");
    untyped(server, &["RG.PYEXECUTE", &script])
        .trim_end()
        .to_owned()
}

pub(crate) fn run(command: &mut Command) {
    let ended = command.status().unwrap();
    assert!(ended.success(), "{command:?}: see above");
}
