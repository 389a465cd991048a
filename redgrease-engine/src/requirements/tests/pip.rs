//! The arguments and the retries of pip, with a shell script in place of the interpreter.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use tempfile::TempDir;

use super::sandbox::python;
use crate::requirements::attempts::Work;
use crate::requirements::child::Runner;
use crate::requirements::environment::Environment;
use crate::requirements::installer::{Installer, Sources};
use crate::requirements::level::Log;
use crate::requirements::lock::Lock;
use crate::requirements::pip::Pip;
use crate::requirements::{InstallError, InstallErrorKind, Python};

/// An environment whose interpreter records its arguments and runs a script.
struct FakePip {
    directory: TempDir,
    environment: Environment,
    log: Arc<Mutex<Vec<String>>>,
}

impl FakePip {
    /// In the script, `$ATTEMPT` is the number of the run, from 1 on.
    fn new(script: &str) -> Self {
        let directory = TempDir::new().unwrap();
        let python = Python {
            version: (3, 11),
            ..python()
        };
        let environment = Environment::new(directory.path().to_owned(), python);
        let interpreter = environment.interpreter();
        fs::create_dir_all(interpreter.parent().unwrap()).unwrap();
        let runs = directory.path().join("runs");
        let text = format!(
            "#!/bin/sh\necho \"$@\" >> {runs}\nATTEMPT=$(wc -l < {runs})\n{script}\n",
            runs = runs.display()
        );
        // Another test may fork while this file is open for writing, and a program that is open
        // cannot be run. A child process that writes the file avoids that.
        let source = directory.path().join("source");
        fs::write(&source, text).unwrap();
        let copied = std::process::Command::new("cp")
            .args([&source, &interpreter])
            .status()
            .unwrap();
        assert!(copied.success());
        fs::set_permissions(&interpreter, fs::Permissions::from_mode(0o755)).unwrap();
        Self {
            directory,
            environment,
            log: Arc::default(),
        }
    }

    fn with<T>(&self, body: impl FnOnce(&Pip<'_>) -> T) -> T {
        let lines = Arc::clone(&self.log);
        let log: Log = Box::new(move |_, line| lines.lock().unwrap().push(line.to_owned()));
        let lock = Lock::acquire(&self.environment.lock(), &log).unwrap();
        let status = self.environment.status();
        let runner = Runner {
            python: self.environment.base(),
            status: &status,
            lock: &lock,
            log: &log,
        };
        let work = Work {
            environment: &self.environment,
            runner: &runner,
        };
        body(&Pip {
            work,
            extra: &["--extra".to_owned()],
        })
    }

    fn install(&self, requirements: &[&str]) -> Result<(), InstallError> {
        let requirements: Vec<String> = requirements.iter().map(|&text| text.to_owned()).collect();
        let folders = [PathBuf::from("/wheels")];
        self.with(|pip| pip.install(&requirements, &folders, Sources::Folders, false))
    }

    /// The arguments of each run, without those that every run has.
    fn runs(&self) -> Vec<String> {
        let text = fs::read_to_string(self.directory.path().join("runs")).unwrap_or_default();
        text.lines()
            .map(|line| line.split_once("-m pip ").map_or(line, |(_, rest)| rest))
            .map(|line| {
                line.replace(
                    "--no-input --no-color --disable-pip-version-check --progress-bar=off ",
                    "",
                )
            })
            .collect()
    }

    fn logged(&self, text: &str) -> bool {
        self.log
            .lock()
            .unwrap()
            .iter()
            .any(|line| line.contains(text))
    }
}

#[test]
fn requirements_come_last_and_cannot_be_options() {
    let pip = FakePip::new("exit 0");
    pip.install(&["six", "needed>=1"]).unwrap();
    pip.with(|pip| {
        let names = ["six".to_owned()];
        let folders = [PathBuf::from("/a"), PathBuf::from("/b")];
        pip.install(&names, &folders, Sources::FoldersAndIndex, true)
            .unwrap();
        pip.wheel("six", "/a".as_ref(), false).unwrap();
        pip.wheel("six", "/a".as_ref(), true).unwrap();
    });
    assert_eq!(
        pip.runs(),
        [
            "install --no-index --find-links /wheels --extra -- six needed>=1",
            "install --find-links /a --find-links /b --force-reinstall --extra -- six",
            "wheel -w /a --use-pep517 --extra -- six",
            "wheel -w /a --use-pep517 --no-cache-dir --extra -- six",
        ]
    );
}

#[test]
fn redis_is_constrained_where_redgrease_needs_it() {
    let pip = FakePip::new("exit 0");
    let is_constrained = |requirements: &[&str]| {
        pip.install(requirements).unwrap();
        pip.runs().pop().unwrap().contains(" -c ")
    };
    assert!(is_constrained(&["RedGrease[runtime]"]));
    assert!(is_constrained(&["six", "redgrease>=0.3"]));
    assert!(!is_constrained(&["redis"]));
    let redgrease = pip
        .environment
        .site_packages()
        .join("redgrease-0.3.30.dist-info");
    fs::create_dir_all(redgrease).unwrap();
    assert!(is_constrained(&[" Redis "]));
    assert!(!is_constrained(&["redis>=4"]));
    assert!(!is_constrained(&["six"]));
    let constraints = fs::read_to_string(pip.environment.constraints()).unwrap();
    assert_eq!(constraints, "redis<4\n");
}

#[test]
fn an_interrupted_download_is_repeated() {
    let pip = FakePip::new("[ $ATTEMPT -ge 2 ] && exit 0; echo 'Read timed out'; exit 1");
    pip.install(&["six"]).unwrap();
    assert_eq!(pip.runs().len(), 2);
    assert!(pip.logged("a download was interrupted, attempt 2 of 3"));
}

#[test]
fn the_number_of_attempts_is_limited() {
    let pip = FakePip::new("echo 'ERROR: HTTP error 503'; exit 1");
    let error = pip.install(&["six"]).unwrap_err();
    assert_eq!(error.kind(), InstallErrorKind::Network);
    assert_eq!(error.lines(), ["ERROR: HTTP error 503"]);
    assert_eq!(pip.runs().len(), 3);
}

#[test]
fn other_failures_are_not_repeated() {
    for (output, kind) in [
        ("Max retries exceeded", InstallErrorKind::Network),
        ("ERROR: no such package", InstallErrorKind::Failed),
    ] {
        let pip = FakePip::new(&format!("echo '{output}'; exit 1"));
        let error = pip.install(&["six"]).unwrap_err();
        assert_eq!(error.kind(), kind, "{output}");
        assert_eq!(error.to_string(), output);
        assert_eq!(pip.runs().len(), 1, "{output}");
    }
}

#[test]
fn a_failure_without_output_points_to_the_log() {
    let error = FakePip::new("exit 1").install(&["six"]).unwrap_err();
    assert_eq!(error.kind(), InstallErrorKind::Failed);
    assert!(error.to_string().contains("server's log"), "{error}");
}

#[test]
fn an_error_is_one_line_without_secrets() {
    let script = "echo 'ERROR: a'; echo 'ERROR: https://joe:secret@host is down'; exit 1";
    let error = FakePip::new(script).install(&["six"]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "ERROR: a; ERROR: https://****@host is down"
    );
}
