//! Builds the programs of teams, each in a workspace of its own.

use redgrease_embedded::Server;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::{env, fs};

const PROGRAM: &str = include_str!("shop.rs");

/// A program of the package `shop`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Team {
    /// Folder of its workspace.
    pub(crate) folder: &'static str,
    /// Further lines of its `[package]`.
    pub(crate) package: &'static str,
    pub(crate) version: &'static str,
    pub(crate) trigger: &'static str,
    pub(crate) answer: &'static str,
}

impl Team {
    /// Builds the program once, and gives the path of the executable. All teams share a target directory outside of the
    /// repository, so that the dependencies are built once. Cargo takes packages of one name and version for the same one
    /// there, so each build begins with a new source.
    pub(crate) fn built(self) -> PathBuf {
        static BUILT: Mutex<BTreeMap<&str, PathBuf>> = Mutex::new(BTreeMap::new());
        let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
        let program = built.entry(self.folder).or_insert_with(|| self.build());
        program.clone()
    }

    fn build(self) -> PathBuf {
        let root = env::temp_dir().join(format!("redgrease-teams-{}", user()));
        let folder = root.join(self.folder);
        let redgrease = Path::new(env!("CARGO_MANIFEST_DIR"));
        let manifest = format!(
            "[package]\nname = \"shop\"\nversion = \"{}\"\nedition = \"2024\"\n{}\n\n[dependencies]\n\
             redgrease = {{ path = '{}' }}\n\n[workspace]\n",
            self.version,
            self.package,
            redgrease.display()
        );
        let program = PROGRAM.replace("TRIGGER", self.trigger);
        write(&folder.join("Cargo.toml"), &manifest);
        write(
            &folder.join("src/main.rs"),
            &program.replace("ANSWER", self.answer),
        );
        // The versions of dependencies that the workspace is tested with.
        fs::copy(redgrease.join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
        let target = root.join("target");
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        let built = cargo
            .args(["build", "--quiet", "--offline"])
            .current_dir(&folder)
            .env("CARGO_TARGET_DIR", &target)
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .env("CARGO_INCREMENTAL", "0")
            .status()
            .unwrap();
        assert!(built.success(), "{self:?} is not built");
        let program = folder.join("program");
        fs::copy(target.join("debug/shop"), &program).unwrap();
        program
    }

    /// Starts the program for a server.
    pub(crate) fn run(self, server: &Server) -> Program {
        Program::start(&self.built(), server)
    }
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// Distinguishes the target directories of several users and checkouts of one machine.
fn user() -> String {
    let mut hash = std::hash::DefaultHasher::new();
    std::hash::Hash::hash(env!("CARGO_MANIFEST_DIR"), &mut hash);
    std::hash::Hash::hash(&env::var_os("USER"), &mut hash);
    format!("{:x}", std::hash::Hasher::finish(&hash))
}

/// A running program.
pub(crate) struct Program {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Program {
    pub(crate) fn start(path: &Path, server: &Server) -> Program {
        let mut child = Command::new(path)
            .arg(server.url())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Program {
            input: child.stdin.take(),
            output: BufReader::new(child.stdout.take().unwrap()),
            child,
        }
    }

    /// Asks for an action without waiting for it.
    pub(crate) fn ask(&mut self, action: &str) {
        writeln!(self.input.as_mut().unwrap(), "{action}").unwrap();
    }

    /// The answer to the oldest action that was asked for.
    pub(crate) fn answer(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// Asks, and waits for the answer.
    pub(crate) fn says(&mut self, action: &str) -> String {
        self.ask(action);
        self.answer()
    }

    #[track_caller]
    pub(crate) fn does(&mut self, action: &str) -> String {
        let said = self.says(action);
        assert!(said.starts_with("ok:"), "{action}: {said}");
        said["ok:".len()..].trim_start().to_owned()
    }

    #[track_caller]
    pub(crate) fn fails(&mut self, action: &str) -> String {
        let said = self.says(action);
        assert!(said.starts_with("error: "), "{action}: {said}");
        said["error: ".len()..].to_owned()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // The end of its input ends the program.
        self.input.take();
        let _ = self.child.wait();
    }
}
